//! A NUCLEO-H563ZI as a plug on a wire, with console and pages: the port that `docs/porting.md` alone was enough for.
#![no_std]
#![no_main]

mod chip;
mod console;
mod flash;
mod pins;
mod wire;

use embassy_executor::Spawner;
use embassy_stm32::interrupt::typelevel;
use embassy_stm32::peripherals::{RNG, USART3};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::{bind_interrupts, eth, exti, usart};
use panic_reset as _;
use sonoff_core::Device;
use sonoff_embassy::{EmbassyClock, Wire};
use sonoff_hal::none::{NoSensors, NoTls};
use sonoff_runtime::{Hardware, Memory, Pages, Remote, Sntp};
use static_cell::{ConstStaticCell, StaticCell};

use chip::Chip;
use wire::Plug;

static DEVICE: StaticCell<Device> = StaticCell::new();
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
static ROOMS: ConstStaticCell<sonoff_web::Memory> = ConstStaticCell::new(sonoff_web::Memory::new());

bind_interrupts!(struct Irqs {
    ETH => eth::InterruptHandler;
    EXTI13 => exti::InterruptHandler<typelevel::EXTI13>;
    RNG => rng::InterruptHandler<RNG>;
    USART3 => usart::BufferedInterruptHandler<USART3>;
});

/// Starts the device, and beside it whatever it does not wait for.
#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // 64 MHz by the chip itself.
    let p = embassy_stm32::init(Default::default());
    let pins = pins::open(p.PG14, p.PB0, p.PG4, p.PC13, p.EXTI13);
    let mut chance = Rng::new(p.RNG, Irqs);
    let seed = chance.next_u64();
    let system = Chip::new(p.IWDG, chance);
    let Some((console, log)) = console::open(p.USART3, p.PD8, p.PD9, spawner) else { return };
    let plug = Plug {
        port: p.ETH,
        clock: p.PA1,
        valid: p.PA7,
        receive: (p.PC4, p.PC5),
        transmit: (p.PG13, p.PB15, p.PG11),
        management: (p.ETH_SMA, p.PA2, p.PC1),
    };
    let uplink = wire::open(plug, chip::address(), seed, spawner);
    let Some(store) = flash::open(p.FLASH) else { return };
    let device = DEVICE.init_with(|| Device::new(pins::profile(), chip::address()));
    let hardware = Hardware {
        pins,
        clock: EmbassyClock,
        net: uplink,
        station: Wire::new(uplink),
        store,
        system,
        console,
        sensors: NoSensors,
        time: Sntp::new(uplink, EmbassyClock),
        tls: NoTls,
    };
    let pages = Pages { port: 80, announced: true, rooms: ROOMS.take().rooms() };
    let buffers = MEMORY.take().buffers();
    sonoff_runtime::run_with_pages(device, hardware, buffers, log, &Remote::new(), pages).await;
}
