//! Time and chip of a virtual device.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_io::Timer;
use sonoff_hal::{Clock, System, TimeSource, Wake};

use crate::args::Mac;

/// Time since the device's start.
#[derive(Debug, Clone, Copy)]
pub struct HostClock(Instant);

impl HostClock {
    /// It is 0 now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for HostClock {
    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn wait_until(&self, at: u64) {
        match self.0.checked_add(Duration::from_millis(at)) {
            Some(at) => drop(Timer::at(at).await),
            None => pending().await,
        }
    }
}

/// A virtual time server takes so long to answer.
const TIME_SERVER: Duration = Duration::from_secs(1);

/// The host's time of day, whatever server is asked: a virtual device asks nobody outside.
#[derive(Debug, Clone, Copy)]
pub struct HostTime;

impl TimeSource for HostTime {
    async fn ask(&mut self, _server: &str, _nonce: u32) -> Option<u64> {
        Timer::after(TIME_SERVER).await;
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
    }
}

/// Power was applied.
pub const COLD: Wake = Wake { cold: true, reason: "Power On" };
/// The device restarted itself.
pub const RESTARTED: Wake = Wake { cold: false, reason: "Software/System restart" };
/// Someone pulled the reset pin.
pub const RESET: Wake = Wake { cold: false, reason: "External System" };

/// What the virtual chip has free, about that of the small chips in such devices.
const FREE_MEMORY: u32 = 26 * 1024;

/// Memory that survives a warm reset. Clones are the same memory.
#[derive(Debug, Clone, Default)]
pub struct Kept(Rc<Cell<[u8; 32]>>);

impl Kept {
    /// Power fails: what is in it afterwards is anything.
    pub fn scramble(&self) {
        self.0.set(std::array::from_fn(|_| fastrand::u8(..)));
    }
}

/// The chip, for one run.
#[derive(Debug)]
pub struct Chip {
    mac: Mac,
    wake: Wake,
    keep: [u8; 32],
    kept: Kept,
}

impl Chip {
    /// A chip that wakes like this.
    pub fn new(mac: Mac, wake: Wake, kept: Kept) -> Self {
        Self { mac, wake, keep: kept.0.get(), kept }
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        self.kept.0.set(self.keep);
    }
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        self.mac.0
    }

    fn random(&mut self) -> u32 {
        fastrand::u32(..)
    }

    /// Returns: the program runs the device anew.
    fn restart(&mut self) {}

    fn wake(&self) -> Wake {
        self.wake
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        &mut self.keep
    }

    fn free_memory(&self) -> u32 {
        FREE_MEMORY
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn waiting_ends_at_or_after_its_time() {
        let clock = HostClock::start();
        block_on(clock.wait_until(20));
        assert!(clock.now() >= 20);
        block_on(clock.wait_until(0));
        assert_eq!(block_on(poll_once(clock.wait_until(u64::MAX))), None, "never");
    }

    #[test]
    fn kept_memory_survives_a_reset_and_no_power_cut() {
        let kept = Kept::default();
        kept.scramble();
        let chip = |wake| Chip::new(Mac([2, 0, 0, 0, 0, 1]), wake, kept.clone());
        *chip(COLD).keep() = [7; 32];
        assert_eq!(chip(RESET).keep(), &[7; 32]);
        kept.scramble();
        assert_ne!(chip(COLD).keep(), &[7; 32]);
    }
}
