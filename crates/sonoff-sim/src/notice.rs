//! A wake-up call from one loop to another on the same thread.

use std::fmt;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;

/// Wakes its one waiter, at once or when it comes to wait. A second call before that replaces the first.
pub struct Notice<T = ()>(Signal<NoopRawMutex, T>);

impl<T> Default for Notice<T> {
    fn default() -> Self {
        Self(Signal::new())
    }
}

impl<T> fmt::Debug for Notice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice").finish_non_exhaustive()
    }
}

impl<T> Notice<T> {
    /// Calls.
    pub fn give(&self, what: T) {
        self.0.signal(what);
    }

    /// Waits for the call. Dropping the future loses nothing.
    pub async fn wait(&self) -> T {
        self.0.wait().await
    }
}
