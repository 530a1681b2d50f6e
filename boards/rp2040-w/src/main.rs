//! A Raspberry Pi Pico W as a plug: the loops of `sonoff-runtime` over its pins, its radio, its flash and a serial port.
#![no_std]
#![no_main]

mod chance;
mod chip;
mod console;
mod flash;
mod led;
mod pins;
mod radio;
mod restart;
mod station;

use edge_nal_embassy::{TcpBuffers, UdpBuffers};
use embassy_executor::{SpawnError, SpawnToken, Spawner};
use embassy_rp::clocks::ClockConfig;
use embassy_rp::config::Config;
use embassy_rp::peripherals::{DMA_CH0, PIO0, UART0};
use embassy_rp::uart::BufferedInterruptHandler;
use embassy_rp::{bind_interrupts, dma, pio};
use sonoff_core::Device;
use sonoff_embassy::{EmbassyClock, Uplink};
use sonoff_hal::none::{NoSensors, NoTls};
use sonoff_runtime::{Hardware, Memory, Remote, Sntp};
use static_cell::{ConstStaticCell, StaticCell};

use chip::Chip;
use led::Led;
use pins::BoardPins;
use radio::{HEARD, TCPS, UDPS};
use station::{Handover, RadioStation};

static LED: StaticCell<Led> = StaticCell::new();
static RADIO: StaticCell<Handover> = StaticCell::new();
static TCP: StaticCell<TcpBuffers<TCPS, 1024, 1024>> = StaticCell::new();
static UDP: StaticCell<UdpBuffers<UDPS, 512, HEARD>> = StaticCell::new();
static UPLINK: StaticCell<Uplink<'static>> = StaticCell::new();
static DEVICE: StaticCell<Device> = StaticCell::new();
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
#[cfg(feature = "pages")]
static SITE: ConstStaticCell<sonoff_web::Memory> = ConstStaticCell::new(sonoff_web::Memory::new());

bind_interrupts!(struct Irqs {
    UART0_IRQ => BufferedInterruptHandler<UART0>;
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
});

/// Starts a task; there is room for all, or the program is wrong.
fn spawn<S>(spawner: Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    if let Ok(task) = task {
        spawner.spawn(task);
    }
}

/// The usual clocks, from a crystal that swings within milliseconds: meanwhile a relay that was on is let go.
fn clocks() -> ClockConfig {
    let mut clocks = ClockConfig::crystal(12_000_000);
    if let Some(crystal) = &mut clocks.xosc {
        crystal.delay_multiplier = 6;
    }
    clocks
}

/// Starts the device, and beside it whatever it does not wait for.
#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_rp::init(Config::new(clocks()));
    let (led, radio): (&Led, &Handover) = (LED.init(Led::default()), RADIO.init(Handover::new()));
    let uplink: &Uplink<'_> =
        UPLINK.init(Uplink::new(TCP.init_with(TcpBuffers::new), UDP.init_with(UdpBuffers::new)));
    let (console, log) = console::open(p.UART0, p.PIN_0, p.PIN_1, spawner);
    let Some(flash) = flash::open(p.FLASH) else { return };
    let Ok(store) = flash.store else { return };
    let wires = radio::Wires::new(p.PIN_23, p.PIN_24, p.PIN_25, p.PIN_29, p.PIO0, p.DMA_CH0);
    spawn(spawner, radio::start(wires, spawner, uplink, radio, flash.address));
    let device = DEVICE.init_with(|| Device::new(pins::profile(), flash.id));
    let hardware = Hardware {
        pins: BoardPins::new(led),
        clock: EmbassyClock,
        net: uplink,
        station: RadioStation::new(uplink, radio, led),
        store,
        system: Chip::new(flash.id, p.WATCHDOG),
        console,
        sensors: NoSensors,
        time: Sntp::new(uplink, EmbassyClock),
        tls: NoTls,
    };
    let (buffers, remote) = (MEMORY.take().buffers(), Remote::new());
    #[cfg(feature = "pages")]
    let pages = sonoff_runtime::Pages { port: 80, announced: true, rooms: SITE.take().rooms() };
    #[cfg(feature = "pages")]
    sonoff_runtime::run_with_pages(device, hardware, buffers, &log, &remote, pages).await;
    #[cfg(not(feature = "pages"))]
    sonoff_runtime::run(device, hardware, buffers, &log, &remote).await;
    restart::rest();
}
