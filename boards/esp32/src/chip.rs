//! The chip: who it is, how it starts, and the watchdog that starts it when all else fails.

use core::panic::PanicInfo;
use core::ptr::addr_of_mut;

use esp_hal::efuse::{InterfaceMacAddress, interface_mac_address};
use esp_hal::peripherals::TIMG0;
use esp_hal::ram;
use esp_hal::rng::Rng;
use esp_hal::rtc_cntl::SocResetReason;
use esp_hal::system::{reset_reason, software_reset};
use esp_hal::time::Duration;
use esp_hal::timer::timg::{MwdtStage, Wdt};
use esp_println::println;
use sonoff_hal::{System, Wake};

/// How long the device may hang.
const PATIENCE: Duration = Duration::from_secs(8);
/// Erasing a page of flash stops everything for up to 400 ms.
const FEED_EVERY_MS: u64 = 4000;

/// A reset leaves both as they are; when power comes they are zeros.
#[ram(unstable(rtc_fast, persistent))]
static mut KEPT: [u8; 32] = [0; 32];
#[ram(unstable(rtc_fast, persistent))]
static mut CRASHED: u8 = 0;

/// The chip, for one run.
pub struct Chip {
    wake: Wake,
    kept: &'static mut [u8; 32],
    watchdog: Wdt<TIMG0<'static>>,
    chance: Rng,
}

/// The address of its radio.
pub fn address() -> [u8; 6] {
    let address = interface_mac_address(InterfaceMacAddress::Station);
    address.as_bytes().first_chunk().copied().unwrap_or_default()
}

impl Chip {
    /// From here on the watchdog watches.
    pub fn new(mut watchdog: Wdt<TIMG0<'static>>) -> Self {
        watchdog.set_timeout(MwdtStage::Stage0, PATIENCE);
        watchdog.enable();
        // SAFETY: any bytes are valid, and there is one chip, since there is one watchdog.
        let (kept, crashed) = unsafe { (&mut *addr_of_mut!(KEPT), &mut *addr_of_mut!(CRASHED)) };
        Self { wake: wake(core::mem::take(crashed) != 0), kept, watchdog, chance: Rng::new() }
    }
}

/// How this run began. What the chip cannot tell from power that came counts as that.
fn wake(crashed: bool) -> Wake {
    use SocResetReason as Reset;
    let (cold, reason) = match reset_reason() {
        Some(Reset::CoreSw | Reset::Cpu0Sw) if crashed => (false, "Exception"),
        Some(Reset::CoreSw | Reset::Cpu0Sw) => (false, "Software/System restart"),
        Some(Reset::CoreMwdt0 | Reset::Cpu0Mwdt0 | Reset::CoreRtcWdt | Reset::SysRtcWdt) => {
            (false, "Hardware Watchdog")
        }
        Some(Reset::CoreUsbUart | Reset::CoreUsbJtag) => (false, "External System"),
        Some(Reset::SysBrownOut) => (true, "Brownout"),
        _ => (true, "Power On"),
    };
    Wake { cold, reason }
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        address()
    }

    /// Nobody foresees it while the radio runs, or its stand-in.
    fn random(&mut self) -> u32 {
        self.chance.random()
    }

    fn restart(&mut self) {
        software_reset()
    }

    fn wake(&self) -> Wake {
        self.wake
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        self.kept
    }

    fn feed(&mut self) {
        self.watchdog.feed();
    }

    fn feed_every(&self) -> Option<u64> {
        Some(FEED_EVERY_MS)
    }

    fn free_memory(&self) -> u32 {
        esp_alloc::HEAP.free() as u32
    }
}

/// A run that went wrong ends, and the next one says so: the relay must be switched again.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("\r\nPANIC {info}\r");
    // SAFETY: nothing else runs any more.
    unsafe { CRASHED = 1 };
    software_reset()
}
