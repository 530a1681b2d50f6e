//! What the firmware itself tells a device that runs.

use core::cell::Cell;
use core::convert::Infallible;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use sonoff_core::Input;
use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

/// A handle to a running device, for the code around [`run`](crate::run): one for each device, on the same thread.
#[derive(Default)]
pub struct Remote {
    shut_down: Cell<bool>,
    utc_seconds: Cell<Option<u64>>,
    due: Signal<NoopRawMutex, ()>,
}

impl core::fmt::Debug for Remote {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl Remote {
    /// A handle for one device.
    pub const fn new() -> Self {
        Self { shut_down: Cell::new(false), utc_seconds: Cell::new(None), due: Signal::new() }
    }

    /// Asks for a clean end: LWT `Offline`, DISCONNECT, then [`run`](crate::run) returns.
    pub fn shut_down(&self) {
        self.shut_down.set(true);
        self.due.signal(());
    }

    /// Tells the time of day: seconds since 1970-01-01T00:00:00Z.
    pub fn set_wall_clock(&self, utc_seconds: u64) {
        self.utc_seconds.set(Some(utc_seconds));
        self.due.signal(());
    }
}

/// Passes on what the handle is told.
pub(crate) async fn remote<P: Pins, C: Clock, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    remote: &Remote,
) -> Infallible {
    loop {
        remote.due.wait().await;
        if let Some(seconds) = remote.utc_seconds.take() {
            shared.input(Input::WallClock { unix_ms: seconds.saturating_mul(1000) });
        }
        if remote.shut_down.take() {
            shared.input(Input::Shutdown);
        }
    }
}
