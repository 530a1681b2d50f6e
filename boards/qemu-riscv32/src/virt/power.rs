//! The end of a run, chance, and memory over a reset.

use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicU32, Ordering};

use super::register::Register;
use super::uart;

// SAFETY: "virt" has its test finisher there; it ends or restarts the machine.
const FINISHER: Register<u32> = unsafe { Register::at(0x10_0000) };
// SAFETY: "virt" has its goldfish clock there; reading it is free of effects.
const RTC_LOW: Register<u32> = unsafe { Register::at(0x10_1000) };

/// Says that [`restart`] was the last thing that happened.
const RESTARTED: u32 = 0x50FA_57A7;

/// A reset leaves these as they are; when power comes they hold anything.
#[unsafe(link_section = ".uninit")]
static MARK: AtomicU32 = AtomicU32::new(0);
#[unsafe(link_section = ".uninit")]
static mut KEPT: [u8; 32] = [0; 32];

/// Ends QEMU with an exit code.
pub fn exit(code: u16) -> ! {
    FINISHER.write(if code == 0 { 0x5555 } else { 0x3333 | u32::from(code) << 16 });
    halted()
}

/// Resets the machine.
pub fn restart() -> ! {
    MARK.store(RESTARTED, Ordering::Relaxed);
    FINISHER.write(0x7777);
    halted()
}

fn halted() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Whether this run began with [`restart`]; true at most once.
pub fn was_restarted() -> bool {
    let mark = MARK.load(Ordering::Relaxed);
    MARK.store(0, Ordering::Relaxed);
    mark == RESTARTED
}

/// The memory that a reset leaves as it is.
///
/// # Safety
/// Only one owner may ask for it in a run.
pub unsafe fn kept() -> &'static mut [u8; 32] {
    // SAFETY: any bytes are valid, and the caller is the only one.
    unsafe { &mut *addr_of_mut!(KEPT) }
}

/// A number that nobody else knows: the host's nanoseconds.
pub fn chance() -> u32 {
    RTC_LOW.read()
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    uart::last_words(format_args!("PANIC {info}\r\n"));
    exit(101)
}
