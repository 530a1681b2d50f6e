//! An ESP32 as a plug: the loops of `sonoff-runtime` over its pins, its radio, its flash and a serial port.
#![no_std]
#![no_main]

mod chip;
mod console;
mod flash;
mod interfaces;
mod model;
mod pins;
mod radio;

#[cfg(feature = "defmt")]
use defmt as _;
use edge_nal_embassy::{TcpBuffers, UdpBuffers};
use embassy_executor::{SpawnError, SpawnToken, Spawner};
use esp_hal::clock::CpuClock;
use esp_hal::ram;
use esp_hal::rng::TrngSource;
use esp_hal::timer::timg::TimerGroup;
use esp_println::println;
use sonoff_core::Device;
use sonoff_embassy::{EmbassyClock, Uplink, Wire};
use sonoff_hal::RadioStation;
use sonoff_hal::none::{NoSensors, NoTls};
use sonoff_runtime::{Hardware, Memory, Remote, Sntp};
use static_cell::{ConstStaticCell, StaticCell};

use chip::Chip;
use pins::BoardPins;
use radio::{BoardRadio, HEARD, TCPS, UDPS};

esp_bootloader_esp_idf::esp_app_desc!();

static TCP: StaticCell<TcpBuffers<TCPS, 1024, 1024>> = StaticCell::new();
static UDP: StaticCell<UdpBuffers<UDPS, 512, HEARD>> = StaticCell::new();
static UPLINK: StaticCell<Uplink<'static>> = StaticCell::new();
static DEVICE: StaticCell<Device> = StaticCell::new();
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
#[cfg(feature = "pages")]
static SITE: ConstStaticCell<sonoff_web::Memory> = ConstStaticCell::new(sonoff_web::Memory::new());

/// Starts a task; there is room for all, or the program is wrong.
fn spawn<S>(spawner: Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    if let Ok(task) = task {
        spawner.spawn(task);
    }
}

/// Starts the device, and beside it whatever it does not wait for.
#[esp_hal::main]
async fn main(spawner: Spawner) {
    let p = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // The radio's: what the boot loader had, and a little more.
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 36 * 1024);
    #[cfg(feature = "log")]
    esp_println::logger::init_logger_from_env();
    let timers = TimerGroup::new(p.TIMG0);
    esp_rtos::start(timers.timer0, p.FROM_CPU_INTR0);
    let Ok((console, log)) = console::open(p.UART0, spawner) else { return };
    let Some(store) = flash::open(p.FLASH) else {
        println!("There is no partition for the settings: see README.md");
        return;
    };
    let uplink: &Uplink<'_> =
        UPLINK.init(Uplink::new(TCP.init_with(TcpBuffers::new), UDP.init_with(UdpBuffers::new)));
    let noise = TrngSource::new(p.RNG, p.ADC1);
    radio::start_network(spawner, uplink);
    let device = DEVICE.init_with(|| Device::new(model::profile(), chip::address()));
    let hardware = Hardware {
        pins: BoardPins::new(),
        clock: EmbassyClock,
        net: uplink,
        station: RadioStation::new(BoardRadio::new(p.WIFI, noise), Wire::new(uplink)),
        store,
        system: Chip::new(timers.wdt),
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
}
