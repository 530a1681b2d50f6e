//! The chip: who it is, how it starts, and the watchdog that starts it when all else fails.

use core::ptr::addr_of_mut;

use cortex_m::peripheral::SCB;
use embassy_nrf::Peri;
use embassy_nrf::mode::Blocking;
use embassy_nrf::pac::{FICR, POWER};
use embassy_nrf::peripherals::WDT;
use embassy_nrf::rng::Rng;
use embassy_nrf::wdt::{Config, Watchdog, WatchdogHandle};
use sonoff_hal::{System, Wake};

/// How long the device may hang, in ticks of 32,768 Hz: eight seconds.
const PATIENCE: u32 = 8 * 32_768;
const FEED_EVERY_MS: u64 = 4000;

/// A reset leaves it as it is; when power comes it holds anything.
#[unsafe(link_section = ".uninit.kept")]
static mut KEPT: [u8; 32] = [0; 32];

/// The chip, for one run.
pub struct Chip {
    wake: Wake,
    kept: &'static mut [u8; 32],
    watchdog: Option<WatchdogHandle>,
    chance: Rng<'static, Blocking>,
}

/// A locally administered address, from the number that the chip was born with.
pub fn address() -> [u8; 6] {
    let [a, b, c, d] = FICR.deviceaddr(0).read().to_le_bytes();
    [2, FICR.deviceaddr(1).read() as u8, d, c, b, a]
}

impl Chip {
    /// From here on the watchdog watches.
    pub fn new(watchdog: Peri<'static, WDT>, chance: Rng<'static, Blocking>) -> Self {
        let wake = wake();
        let mut config = Config::default();
        config.timeout_ticks = PATIENCE;
        // One that runs already, with another patience, is left alone.
        let watchdog = Watchdog::try_new(watchdog, config).ok().map(|(_, [handle])| handle);
        // SAFETY: any bytes are valid, and there is one chip, since there is one watchdog.
        let kept = unsafe { &mut *addr_of_mut!(KEPT) };
        Self { wake, kept, watchdog, chance }
    }
}

/// How this run began; the register says nothing when power came.
fn wake() -> Wake {
    let why = POWER.resetreas().read();
    POWER.resetreas().write_value(why);
    let (cold, reason) = match (why.dog(), why.sreq(), why.resetpin()) {
        (true, _, _) => (false, "Hardware Watchdog"),
        (_, true, _) => (false, "Software/System restart"),
        (_, _, true) => (false, "External System"),
        _ => (true, "Power On"),
    };
    Wake { cold, reason }
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        address()
    }

    fn random(&mut self) -> u32 {
        self.chance.blocking_next_u32()
    }

    fn restart(&mut self) {
        SCB::sys_reset()
    }

    fn wake(&self) -> Wake {
        self.wake
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        self.kept
    }

    fn feed(&mut self) {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.pet();
        }
    }

    fn feed_every(&self) -> Option<u64> {
        Some(FEED_EVERY_MS)
    }

    /// Nobody measures it.
    fn free_memory(&self) -> u32 {
        0
    }
}
