//! The chip: who it is, how it starts, and the watchdog that starts it when all else fails.

use core::ptr::addr_of_mut;

use cortex_m::peripheral::SCB;
use cortex_m_rt::exception;
use embassy_stm32::Peri;
use embassy_stm32::pac::{FLASH, RCC};
use embassy_stm32::peripherals::{IWDG, RNG};
use embassy_stm32::rng::Rng;
use embassy_stm32::uid::uid;
use embassy_stm32::wdg::IndependentWatchdog;
use sonoff_hal::{System, Wake};

/// How long the device may hang, in microseconds.
const PATIENCE: u32 = 8_000_000;
const FEED_EVERY_MS: u64 = 4000;

/// A reset leaves it as it is; when power comes it holds anything.
#[unsafe(link_section = ".uninit.kept")]
static mut KEPT: [u8; 32] = [0; 32];

/// The chip, for one run.
pub struct Chip {
    wake: Wake,
    kept: &'static mut [u8; 32],
    watchdog: IndependentWatchdog<'static, IWDG>,
    chance: Rng<'static, RNG>,
}

/// A locally administered address, from the number that the chip was born with.
pub fn address() -> [u8; 6] {
    let [_, _, _, a, b, c, d, e] = mixed(&uid()).to_be_bytes();
    [2, a, b, c, d, e]
}

/// FNV-1a, which spreads the few bits by which chips of one wafer differ.
fn mixed(bytes: &[u8]) -> u64 {
    let start = 0xCBF2_9CE4_8422_2325_u64;
    bytes.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
}

impl Chip {
    /// From here on the watchdog watches.
    pub fn new(watchdog: Peri<'static, IWDG>, chance: Rng<'static, RNG>) -> Self {
        let wake = wake();
        let mut watchdog = IndependentWatchdog::new(watchdog, PATIENCE);
        watchdog.unleash();
        // SAFETY: any bytes are valid, and there is one chip, since there is one watchdog.
        let kept = unsafe { &mut *addr_of_mut!(KEPT) };
        Self { wake, kept, watchdog, chance }
    }
}

/// How this run began. Power sets the flag of the pin, too, and so does every other reset.
fn wake() -> Wake {
    let why = RCC.rsr().read();
    RCC.rsr().modify(|flags| flags.set_rmvf(true));
    let reasons = [
        (why.borrstf(), "Power On"),
        (why.iwdgrstf(), "Hardware Watchdog"),
        (why.sftrstf(), "Software/System restart"),
    ];
    let reason = reasons.iter().find(|(is, _)| *is).map_or("External System", |(_, reason)| reason);
    Wake { cold: why.borrstf(), reason }
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        address()
    }

    fn random(&mut self) -> u32 {
        self.chance.next_u32()
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
        self.watchdog.pet();
    }

    fn feed_every(&self) -> Option<u64> {
        Some(FEED_EVERY_MS)
    }

    /// What lies between the variables and the stack.
    fn free_memory(&self) -> u32 {
        unsafe extern "C" {
            /// Where the variables end.
            static __sheap: u8;
        }
        cortex_m::register::msp::read().saturating_sub((&raw const __sheap).addr() as u32)
    }
}

/// Power that fails while the flash is written leaves words with wrong check bits, and whoever reads one comes here.
/// In the settings' bank that is no harm: they have checksums of their own.
#[exception]
unsafe fn NonMaskableInt() {
    let why = FLASH.eccdetr().read();
    if !why.eccd() || !why.bk_ecc() {
        SCB::sys_reset();
    }
    FLASH.eccdetr().modify(|flags| flags.set_eccd(true));
}
