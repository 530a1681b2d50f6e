//! A Sonoff Basic in QEMU: the loops of `sonoff-runtime` over a network card, a flash and two serial ports.
#![no_std]
#![no_main]

mod beside;
mod chip;
mod flash;
mod lines;
mod pins;
mod secure;
mod virt;

use edge_nal_embassy::{TcpBuffers, UdpBuffers};
use embassy_executor::{Executor, Spawner};
use sonoff_core::Device;
use sonoff_embassy::{EmbassyClock, Uplink, Wire};
use sonoff_hal::System;
use sonoff_hal::none::NoSensors;
use sonoff_runtime::{Hardware, Memory, Pages, Remote, Sntp, run_with_pages};
use static_cell::{ConstStaticCell, StaticCell};

use beside::{network, print, spawn, world};
use chip::Chip;
use lines::{Lines, Log};
use pins::{LinePins, PROFILE};
use virt::nic::{self, Nic};
use virt::{clint, plic, power, stack, uart};

static EXECUTOR: StaticCell<Executor> = StaticCell::new();
static LOG: StaticCell<Lines> = StaticCell::new();
static TRACE: StaticCell<Lines> = StaticCell::new();
static PINS: StaticCell<LinePins> = StaticCell::new();
static REMOTE: StaticCell<Remote> = StaticCell::new();
/// One for the broker, three for browsers.
static TCP: StaticCell<TcpBuffers<4, 1024, 1024>> = StaticCell::new();
static UDP: StaticCell<UdpBuffers<2, 512, 512>> = StaticCell::new();
static UPLINK: StaticCell<Uplink<'static>> = StaticCell::new();
static DEVICE: StaticCell<Device> = StaticCell::new();
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
static SITE: ConstStaticCell<sonoff_web::Memory> = ConstStaticCell::new(sonoff_web::Memory::new());

#[riscv_rt::entry]
fn main() -> ! {
    stack::paint();
    clint::start();
    uart::start();
    let nic = nic::start();
    plic::start();
    EXECUTOR.init(Executor::new()).run(|spawner| start(spawner, nic))
}

/// Starts the device, and beside it whatever it does not wait for.
fn start(spawner: Spawner, nic: Option<Nic>) {
    let (log, trace): (&Lines, &Lines) = (LOG.init(Lines::new()), TRACE.init(Lines::new()));
    let (pins, remote): (&LinePins, &Remote) = (PINS.init(LinePins::new(trace)), REMOTE.init(Remote::new()));
    let uplink = UPLINK.init(Uplink::new(TCP.init(TcpBuffers::new()), UDP.init(UdpBuffers::new())));
    let chip = Chip::new(nic.as_ref().map_or([2, 0, 0, 0, 0, 1], Nic::address));
    trace.line(format_args!("0 reset {}", chip.wake().reason));
    spawn(spawner, print(log, &uart::CONSOLE));
    spawn(spawner, print(trace, &uart::SECOND));
    spawn(spawner, world(pins, trace, remote));
    spawn(spawner, device(chip, pins, uplink, log, remote));
    if let Some(nic) = nic {
        spawn(spawner, network(nic, uplink));
    }
}

#[embassy_executor::task]
async fn device(
    chip: Chip,
    pins: &'static LinePins,
    uplink: &'static Uplink<'static>,
    log: &'static Lines,
    remote: &'static Remote,
) {
    let device = DEVICE.init_with(|| Device::new(PROFILE, chip.chip_id()));
    let Some(store) = flash::open() else { power::exit(3) };
    let Some(tls) = secure::open() else { power::exit(4) };
    let hardware = Hardware {
        pins,
        clock: EmbassyClock,
        net: uplink,
        station: Wire::new(uplink),
        store,
        system: chip,
        console: &uart::CONSOLE,
        sensors: NoSensors,
        time: Sntp::new(uplink, EmbassyClock),
        tls,
    };
    let pages = Pages { port: 80, announced: true, rooms: SITE.take().rooms() };
    run_with_pages(device, hardware, MEMORY.take().buffers(), &Log(log), remote, pages).await;
    power::exit(0)
}
