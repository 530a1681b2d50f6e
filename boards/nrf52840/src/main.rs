//! An nRF52840 with a W5500 as a plug on a wire: the port that `docs/porting.md` tells of.
#![no_std]
#![no_main]

mod chip;
mod model;
mod wire;

use edge_nal_embassy::{TcpBuffers, UdpBuffers};
use embassy_executor::{SpawnError, SpawnToken, Spawner};
use embassy_nrf::gpio::{self, Input, Level, Output, OutputDrive, Pull};
use embassy_nrf::nvmc::{Nvmc, PAGE_SIZE};
use embassy_nrf::peripherals::SPI3;
use embassy_nrf::rng::Rng;
use embassy_nrf::{Peri, bind_interrupts, spim};
use panic_reset as _;
use sonoff_core::Device;
use sonoff_embassy::flash::{SharedFlash, part, share};
use sonoff_embassy::{EmbassyClock, Uplink, Wire};
use sonoff_hal::FixedPins;
use sonoff_hal::none::{NoConsole, NoSensors, NoTls};
use sonoff_runtime::store::{self, FlashStore};
use sonoff_runtime::{Hardware, Memory, Pages, Remote, Silent, Sntp, run_with_pages};
use static_cell::{ConstStaticCell, StaticCell};

use chip::Chip;
use model::{BUTTON, RELAY, profile};
use wire::Wires;

/// The end of the flash, which the memory map leaves free.
const KEPT: u32 = 960 << 10;
const SETTINGS: store::Pages = store::Pages { first: 0, size: PAGE_SIZE, count: 4 };
const STATE: store::Pages = SETTINGS.then(12);

static FLASH: StaticCell<SharedFlash<Nvmc<'static>>> = StaticCell::new();
/// One for the broker, three for browsers.
static TCP: StaticCell<TcpBuffers<4, 1024, 1024>> = StaticCell::new();
static UDP: StaticCell<UdpBuffers<2, 512, 512>> = StaticCell::new();
static UPLINK: StaticCell<Uplink<'static>> = StaticCell::new();
static DEVICE: StaticCell<Device> = StaticCell::new();
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
static SITE: ConstStaticCell<sonoff_web::Memory> = ConstStaticCell::new(sonoff_web::Memory::new());

bind_interrupts!(struct Irqs {
    SPIM3 => spim::InterruptHandler<SPI3>;
});

/// Starts a task; there is room for all, or the program is wrong.
fn spawn<S>(spawner: Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    if let Ok(task) = task {
        spawner.spawn(task);
    }
}

fn output(pin: Peri<'static, impl gpio::Pin>, level: Level) -> Output<'static> {
    Output::new(pin, level, OutputDrive::Standard)
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_nrf::init(Default::default());
    let uplink: &Uplink<'_> =
        UPLINK.init(Uplink::new(TCP.init_with(TcpBuffers::new), UDP.init_with(UdpBuffers::new)));
    let mut chance = Rng::new_blocking(p.RNG);
    let bus = spim::Spim::new(p.SPI3, Irqs, p.P0_19, p.P0_21, p.P0_20, Default::default());
    let interrupt = Input::new(p.P0_25, Pull::Up);
    let wires =
        Wires { bus, select: output(p.P0_22, Level::High), interrupt, reset: output(p.P0_24, Level::High) };
    spawn(spawner, wire::start(wires, chip::address(), chance.blocking_next_u64(), spawner, uplink));
    let flash = FLASH.init_with(|| share(Nvmc::new(p.NVMC)));
    let store = part(flash, KEPT..1 << 20).map(|part| FlashStore::new(part, SETTINGS, STATE));
    let Some(Ok(store)) = store else { return };
    let device = DEVICE.init_with(|| Device::new(profile(), chip::address()));
    let hardware = Hardware {
        pins: FixedPins::new(
            [(RELAY, output(p.P0_13, Level::Low))],
            [(BUTTON, Input::new(p.P0_11, Pull::Up))],
        ),
        clock: EmbassyClock,
        net: uplink,
        station: Wire::new(uplink),
        store,
        system: Chip::new(p.WDT, chance),
        console: NoConsole,
        sensors: NoSensors,
        time: Sntp::new(uplink, EmbassyClock),
        tls: NoTls,
    };
    let pages = Pages { port: 80, announced: true, rooms: SITE.take().rooms() };
    run_with_pages(device, hardware, MEMORY.take().buffers(), &Silent, &Remote::new(), pages).await;
}
