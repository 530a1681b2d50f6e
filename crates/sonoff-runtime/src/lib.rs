#![doc = include_str!("../README.md")]
#![no_std]

mod alarm;
#[cfg(all(feature = "pages", feature = "search"))]
mod announcement;
mod beside;
mod buffers;
mod console;
mod dial;
mod drive;
mod environment;
mod help;
mod keep;
mod lines;
mod link;
mod log;
#[cfg(feature = "search")]
mod mdns;
mod measure;
mod network;
mod outbox;
mod outgoing;
mod remote;
#[cfg(feature = "tls")]
mod secure;
#[cfg(not(feature = "tls"))]
#[path = "plain.rs"]
mod secure;
mod sense;
mod services;
#[cfg(feature = "setup")]
mod setup;
#[cfg(not(feature = "setup"))]
#[path = "setup/none.rs"]
mod setup;
mod shared;
mod sntp;
pub mod store;
mod talk;
#[cfg(feature = "search")]
mod turn;

use core::cell::RefCell;

#[cfg(feature = "pages")]
use edge_nal::TcpBind;
use edge_nal::{Dns, TcpConnect, UdpBind};
use embassy_futures::join::{join3, join4, join5};
use embassy_futures::select::{Either, select};
use embedded_io_async::Read;
use sonoff_core::Device;
use sonoff_core::io::{Boot, Restart, Slot};
use sonoff_hal::tls::Tls;
use sonoff_hal::{Clock, Pins, Sensors, Station, Store, System, TimeSource};

pub use buffers::{Buffers, Memory};
pub use log::{LogSink, Silent};
pub use remote::Remote;
#[cfg(feature = "pages")]
pub use services::web::Pages;
pub use sntp::Sntp;

use beside::{Beside, Nothing};
use services::syslog::LINE;
use shared::Shared;

/// The parts of a board.
#[derive(Debug)]
pub struct Hardware<P, C, N, T, S, Y, I, E, M, L> {
    /// Relays and buttons.
    pub pins: P,
    /// Monotonic time.
    pub clock: C,
    /// TCP, UDP and name resolution; `connect` may wait for a network stack that does not exist yet.
    pub net: N,
    /// The way to the network.
    pub station: T,
    /// Settings memory.
    pub store: S,
    /// The chip.
    pub system: Y,
    /// The serial console; [`NoConsole`](sonoff_hal::none::NoConsole) where there is none.
    pub console: I,
    /// Measured values; [`NoSensors`](sonoff_hal::none::NoSensors) where there are none.
    pub sensors: E,
    /// Where the time of day comes from: [`Sntp`], or [`NoTime`](sonoff_hal::none::NoTime).
    pub time: M,
    /// What makes the link to the broker secure; [`NoTls`](sonoff_hal::none::NoTls) where nothing does.
    pub tls: L,
}

/// Runs a device from boot to restart.
///
/// It loads the stored records, boots the device and joins all loops in this one future. Relays, buttons and console
/// never wait for the network. It returns when the device has ended and [`System::restart`] has returned, which on
/// a chip it does not; after [`Restart::Halt`] the chip is not restarted.
///
/// # Cancellation
/// Dropping the future is a power cut: nothing is said to the broker, and what was not saved is lost.
pub fn run<P, C, N, T, S, Y, I, E, M, L>(
    device: &mut Device,
    hardware: Hardware<P, C, N, T, S, Y, I, E, M, L>,
    buffers: Buffers<'_>,
    log: &dyn LogSink,
    remote: &Remote,
) -> impl Future<Output = Restart>
where
    P: Pins,
    C: Clock,
    N: TcpConnect + UdpBind + Dns,
    T: Station,
    S: Store,
    Y: System,
    I: Read,
    E: Sensors,
    M: TimeSource,
    L: Tls,
{
    // Awaited in here, it would lie in a second future with all its arguments.
    run_beside(device, hardware, buffers, log, remote, Nothing)
}

/// The same with pages, for a profile that has [`Part::Pages`](sonoff_core::profile::Part::Pages). Nothing waits for
/// whoever looks at them.
///
/// # Cancellation
/// As with [`run`].
#[cfg(feature = "pages")]
pub async fn run_with_pages<P, C, N, T, S, Y, I, E, M, L>(
    device: &mut Device,
    hardware: Hardware<P, C, N, T, S, Y, I, E, M, L>,
    buffers: Buffers<'_>,
    log: &dyn LogSink,
    remote: &Remote,
    pages: Pages<'_>,
) -> Restart
where
    P: Pins,
    C: Clock,
    N: TcpConnect + TcpBind + UdpBind + Dns,
    T: Station,
    S: Store,
    Y: System,
    I: Read,
    E: Sensors,
    M: TimeSource,
    L: Tls,
{
    let (web, journal) = pages.split();
    let journal = RefCell::new(journal);
    let log = services::web::log::PageLog { log, journal: &journal };
    run_beside(device, hardware, buffers, &log, remote, web.with(&journal)).await
}

async fn run_beside<P, C, N, T, S, Y, I, E, M, L, B>(
    device: &mut Device,
    hardware: Hardware<P, C, N, T, S, Y, I, E, M, L>,
    buffers: Buffers<'_>,
    log: &dyn LogSink,
    remote: &Remote,
    beside: B,
) -> Restart
where
    P: Pins,
    C: Clock,
    N: TcpConnect + UdpBind + Dns,
    T: Station,
    S: Store,
    Y: System,
    I: Read,
    E: Sensors,
    M: TimeSource,
    L: Tls,
    B: Beside<N>,
{
    let Hardware { pins, clock, net, mut station, mut store, system, .. } = hardware;
    let Hardware { mut console, mut sensors, mut time, mut tls, .. } = hardware;
    let Buffers { rx, tx, line, scratch, lines, blob } = buffers;
    let (line_out, lines) = lines.split_at_mut_checked(LINE).unwrap_or_default();
    let shared = Shared::new(device, &pins, &clock, RefCell::new(system), log, scratch, lines);
    boot(&shared, &mut store, blob).await;
    let local = local(&shared, &pins, &mut console, line, &mut sensors);
    let remote = join5(
        link::link(&shared, &net, &mut tls, rx, tx),
        network::network(&shared, &mut station),
        remote::remote(&shared, remote),
        services::time::time(&shared, &mut time),
        services::syslog::syslog(&shared, &net, line_out),
    );
    let Either::First(why) =
        select(keep::keep(&shared, &mut store, blob), join3(local, remote, beside.serve(&shared, &net)))
            .await;
    why
}

/// The loops that need no network.
fn local<P: Pins, C: Clock, Y: System, I: Read, E: Sensors>(
    shared: &Shared<'_, P, C, Y>,
    pins: &P,
    console: &mut I,
    line: &mut [u8],
    sensors: &mut E,
) -> impl Future {
    join4(
        drive::drive(shared),
        sense::sense(shared, pins),
        console::console(shared, console, line),
        measure::measure(shared, sensors),
    )
}

/// Loads what is stored and starts the device with it.
async fn boot<P: Pins, C: Clock, S: Store, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    store: &mut S,
    blob: &mut [u8],
) {
    let (document, rest) = blob.split_at_mut_checked(Slot::SETTINGS_BYTES).unwrap_or_default();
    let settings = store.load(sonoff_hal::Slot::Settings, document).await;
    let state = store.load(sonoff_hal::Slot::State, rest).await;
    let readable = settings.is_ok() && state.is_ok();
    let is_new = matches!(settings, Ok(None));
    let set_up = if cfg!(feature = "environment") && is_new { environment::set_up } else { |_: &mut _| () };
    let (settings, state) = (settings.unwrap_or_default(), state.unwrap_or_default());
    shared.boot(set_up, |wake| Boot { cold: wake.cold, reason: wake.reason, settings, state });
    if !readable {
        shared.error(format_args!("CFG: Stored settings cannot be read"));
    }
}
