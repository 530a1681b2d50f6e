//! The chip: who it is, how it starts, and the watchdog that starts it when all else fails.

use core::ptr::addr_of_mut;

use embassy_rp::Peri;
use embassy_rp::peripherals::WATCHDOG;
use embassy_rp::watchdog::Watchdog;
use embassy_time::Duration;
use sonoff_hal::{System, Wake};

use crate::chance;
use crate::restart::wake;

/// How long the device may hang.
const PATIENCE: Duration = Duration::from_secs(8);
/// Erasing a page of flash stops everything for up to 400 ms.
const FEED_EVERY_MS: u64 = 4000;

/// A reset leaves it as it is; when power comes it holds anything.
#[unsafe(link_section = ".uninit.kept")]
static mut KEPT: [u8; 32] = [0; 32];

/// The chip, for one run.
pub struct Chip {
    id: [u8; 6],
    wake: Wake,
    kept: &'static mut [u8; 32],
    watchdog: Watchdog,
}

impl Chip {
    /// The chip with this identity; from here on the watchdog watches.
    pub fn new(id: [u8; 6], watchdog: Peri<'static, WATCHDOG>) -> Self {
        let mut watchdog = Watchdog::new(watchdog);
        let wake = wake(&watchdog);
        watchdog.start(PATIENCE);
        // SAFETY: any bytes are valid, and there is one chip, since there is one watchdog.
        let kept = unsafe { &mut *addr_of_mut!(KEPT) };
        Self { id, wake, kept, watchdog }
    }
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        self.id
    }

    fn random(&mut self) -> u32 {
        chance::word()
    }

    fn restart(&mut self) {
        self.watchdog.trigger_reset();
    }

    fn wake(&self) -> Wake {
        self.wake
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        self.kept
    }

    fn feed(&mut self) {
        self.watchdog.feed(PATIENCE);
    }

    fn feed_every(&self) -> Option<u64> {
        Some(FEED_EVERY_MS)
    }

    /// Stack that is not in use now; there is no other free memory.
    fn free_memory(&self) -> u32 {
        /// Where the stack ends, by the memory map.
        const STACK: usize = 0x2000_0000;
        let here = 0_u8;
        ((&raw const here).addr() - STACK) as u32
    }
}
