//! Monotonic time from embassy-time's driver.

use core::future::pending;

use embassy_time::{Instant, Timer};
use sonoff_hal::Clock;

/// The time since the chip's timer began to count.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbassyClock;

impl Clock for EmbassyClock {
    fn now(&self) -> u64 {
        Instant::now().as_millis()
    }

    async fn wait_until(&self, at: u64) {
        match Instant::try_from_millis(at) {
            Some(at) => Timer::at(at).await,
            // Later than the timer can count.
            None => pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use core::pin::pin;
    use core::task::{Context, Waker};

    use embassy_futures::block_on;

    use super::*;

    #[test]
    fn waiting_ends_when_the_clock_tells_that_time() {
        let at = EmbassyClock.now() + 5;
        block_on(EmbassyClock.wait_until(at));
        assert!(EmbassyClock.now() >= at);
    }

    #[test]
    fn never_does_not_come() {
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(EmbassyClock.wait_until(u64::MAX)).poll(&mut context).is_pending());
    }
}
