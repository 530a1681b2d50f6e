//! A timer that is not set anew for every message.

use core::pin::Pin;

/// How much too early a timer may ring before it is worth setting it anew.
const SLACK_MS: u64 = 1000;

/// Wakes a loop at its deadline, or a little earlier where the deadline moved on: the loop then looks again.
///
/// Deadlines of a busy link move with every packet. Setting a timer each time costs more than waking once too often.
pub(crate) struct Alarm<'p, M, F> {
    make: M,
    timer: Pin<&'p mut F>,
    at: u64,
}

impl<'p, M: Fn(u64) -> F, F: Future<Output = ()>> Alarm<'p, M, F> {
    /// An alarm from a way to make timers and a timer that never rings.
    pub fn new(make: M, never: Pin<&'p mut F>) -> Self {
        Self { make, timer: never, at: u64::MAX }
    }

    /// Waits until `at`, or wakes early.
    pub async fn until(&mut self, at: u64) {
        if at < self.at || at - self.at >= SLACK_MS {
            self.set(at);
        }
        self.timer.as_mut().await;
        // A timer that has rung must not be polled again.
        self.set(u64::MAX);
    }

    fn set(&mut self, at: u64) {
        self.timer.set((self.make)(at));
        self.at = at;
    }
}
