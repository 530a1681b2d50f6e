//! The common port of multicast DNS, which a search needs for itself: of two sockets there only one would hear.

use core::cell::Cell;

use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;

/// Whether a search is at the port.
#[derive(Default)]
pub(crate) struct CommonPort {
    taken: Cell<bool>,
    changed: Signal<NoopRawMutex, ()>,
}

impl CommonPort {
    /// Takes the port, and lets whoever is there leave it.
    pub async fn take(&self) -> Turn<'_> {
        self.set(true);
        let turn = Turn(self);
        yield_now().await;
        turn
    }

    /// Waits until the port is taken, or until it is free.
    #[cfg(feature = "pages")]
    pub async fn until_taken(&self, taken: bool) {
        while self.taken.get() != taken {
            self.changed.wait().await;
        }
    }

    fn set(&self, taken: bool) {
        self.taken.set(taken);
        self.changed.signal(());
    }
}

/// The port is taken as long as this lasts.
pub(crate) struct Turn<'p>(&'p CommonPort);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
