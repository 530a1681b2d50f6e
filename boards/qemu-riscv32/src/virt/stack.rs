//! How deep the stack has been.

use core::ptr::{addr_of, with_exposed_provenance_mut};

/// What unused stack is painted with.
const PAINT: u32 = 0x5041_494E;
/// What is left alone below the frame that paints.
const MARGIN: usize = 256;

unsafe extern "C" {
    /// The end of all statics.
    static __sheap: u8;
    /// The first byte above the stack.
    static _stack_start: u8;
}

fn bottom() -> usize {
    addr_of!(__sheap).addr().next_multiple_of(size_of::<u32>())
}

fn top() -> usize {
    addr_of!(_stack_start).addr()
}

/// Paints what is not used yet; once, at the start.
pub fn paint() {
    let here = 0_u32;
    let end = addr_of!(here).addr() - MARGIN;
    for address in (bottom()..end).step_by(size_of::<u32>()) {
        // SAFETY: between the statics and the frame in use nothing lives.
        unsafe { with_exposed_provenance_mut::<u32>(address).write_volatile(PAINT) };
    }
}

/// The most bytes that were ever in use since [`paint`].
pub fn deepest() -> usize {
    let painted = |address: &usize| {
        // SAFETY: RAM, which may be read at any time.
        unsafe { with_exposed_provenance_mut::<u32>(*address).read_volatile() == PAINT }
    };
    let unused = (bottom()..top()).step_by(size_of::<u32>()).take_while(painted).count();
    size() - unused * size_of::<u32>()
}

/// All the room that it has.
pub fn size() -> usize {
    top() - bottom()
}
