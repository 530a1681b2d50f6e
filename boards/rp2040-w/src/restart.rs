//! Why the chip starts, and the restart after a run that went wrong, so that the relay can be switched again.

use core::fmt::{self, Write as _};
use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};
use embassy_rp::pac::{PSM, RESETS, UART0, VREG_AND_CHIP_RESET, WATCHDOG};
use embassy_rp::watchdog::{ResetReason, Watchdog};
use embassy_time::Duration;
use sonoff_hal::Wake;

/// In a register that a restart leaves alone: the run ended here. The upper half; the lower one counts such runs.
const CRASHED: u32 = 0x0BAD << 16;
/// In another one: it was the last run.
const LAST: u32 = 0x0BAD_1A57;

/// The device is off, and nobody feeds the watchdog any more.
pub fn rest() {
    WATCHDOG.ctrl().modify(|control| control.set_enable(false));
}

/// How this run began.
pub fn wake(watchdog: &Watchdog) -> Wake {
    let reset = VREG_AND_CHIP_RESET.chip_reset().read();
    let (cold, reason) = match watchdog.reset_reason() {
        Some(ResetReason::Forced) if crashed() => (false, "Exception"),
        Some(ResetReason::Forced) => (false, "Software/System restart"),
        Some(ResetReason::TimedOut) => (false, "Hardware Watchdog"),
        None if reset.had_run() => (false, "External System"),
        None => (true, "Power On"),
    };
    Wake { cold, reason }
}

/// Whether the last run ended here; true at most once.
fn crashed() -> bool {
    let last = WATCHDOG.scratch1().read() == LAST;
    WATCHDOG.scratch1().write_value(0);
    last
}

/// How long the radio's driver, the likeliest cause, is to be left alone: longer after each run that ended here.
pub fn radio_rests() -> Duration {
    let count = u64::from(count().min(8));
    Duration::from_secs(60 * count * count)
}

/// All has gone well for long enough.
pub fn forget() {
    WATCHDOG.scratch0().write_value(0);
}

fn count() -> u16 {
    let count = WATCHDOG.scratch0().read();
    if count & 0xFFFF_0000 == CRASHED { count as u16 } else { 0 }
}

fn end(why: fmt::Arguments<'_>) -> ! {
    if RESETS.reset_done().read().uart0() {
        // It takes every byte.
        let _ = write!(Console, "\r\n{why}\r\n");
    }
    WATCHDOG.scratch0().write_value(CRASHED | u32::from(count().saturating_add(1)));
    WATCHDOG.scratch1().write_value(LAST);
    /// All but the two oscillators.
    const EVERYTHING: u32 = 0x1_FFFC;
    PSM.wdsel().write(|select| select.0 = EVERYTHING);
    WATCHDOG.ctrl().modify(|control| control.set_trigger(true));
    loop {
        core::hint::spin_loop();
    }
}

/// The console, past everything that waits to be printed.
struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while UART0.uartfr().read().txff() {}
            UART0.uartdr().write(|data| data.set_data(byte));
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    end(format_args!("PANIC {info}"))
}

// SAFETY: it runs once, touches nothing but registers and never returns.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    end(format_args!("FAULT at {:#010x}", frame.pc()))
}
