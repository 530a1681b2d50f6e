//! What the compiler calls to copy, to fill and to divide, in few bytes.
//!
//! Those of `compiler_builtins` are quick and take 1,300 bytes more. A firmware can do as here, for what a program
//! defines comes before what the compiler brings; or it calls what its chip's ROM has, as embassy's `intrinsics` do on
//! an RP2040.

use core::arch::global_asm;

// From the end; by words where all three are multiples of four. In assembler, because the compiler makes a call of
// memcpy out of any loop that copies.
global_asm!(
    ".syntax unified",
    ".section .text.memcpy, \"ax\", %progbits",
    ".global memcpy, __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8",
    ".thumb_func",
    "memcpy:",
    ".thumb_func",
    "__aeabi_memcpy:",
    ".thumb_func",
    "__aeabi_memcpy4:",
    ".thumb_func",
    "__aeabi_memcpy8:",
    "   movs r3, r0",
    "   orrs r3, r1",
    "   orrs r3, r2",
    "   lsls r3, r3, #30",
    "   bne  2f",
    "1: subs r2, #4",
    "   bmi  3f",
    "   ldr  r3, [r1, r2]",
    "   str  r3, [r0, r2]",
    "   b    1b",
    "2: subs r2, #1",
    "   bmi  3f",
    "   ldrb r3, [r1, r2]",
    "   strb r3, [r0, r2]",
    "   b    2b",
    "3: bx   lr",
    ".section .text.__aeabi_memset, \"ax\", %progbits",
    ".global __aeabi_memset, __aeabi_memset4, __aeabi_memset8, __aeabi_memclr, __aeabi_memclr4, __aeabi_memclr8",
    ".thumb_func",
    "__aeabi_memclr:",
    ".thumb_func",
    "__aeabi_memclr4:",
    ".thumb_func",
    "__aeabi_memclr8:",
    "   movs r2, #0",
    ".thumb_func",
    "__aeabi_memset:",
    ".thumb_func",
    "__aeabi_memset4:",
    ".thumb_func",
    "__aeabi_memset8:",
    "1: subs r1, #1",
    "   bmi  2f",
    "   strb r2, [r0, r1]",
    "   b    1b",
    "2: bx   lr",
    ".text",
);

/// The quotient, and above it the rest: `r0` and `r1`, as the chip's convention wants them.
#[unsafe(no_mangle)]
extern "C" fn __aeabi_uidivmod(of: u32, by: u32) -> u64 {
    let (mut quotient, mut rest) = (of, 0u32);
    for _ in 0..32 {
        let fits = rest >> 31 != 0;
        rest = rest << 1 | quotient >> 31;
        quotient <<= 1;
        if fits || rest >= by {
            rest = rest.wrapping_sub(by);
            quotient += 1;
        }
    }
    u64::from(rest) << 32 | u64::from(quotient)
}

#[unsafe(no_mangle)]
extern "C" fn __aeabi_uidiv(of: u32, by: u32) -> u32 {
    __aeabi_uidivmod(of, by) as u32
}

#[unsafe(no_mangle)]
extern "C" fn __aeabi_idivmod(of: i32, by: i32) -> u64 {
    let both = __aeabi_uidivmod(of.unsigned_abs(), by.unsigned_abs());
    let quotient = signed(both as u32, of ^ by);
    let rest = signed((both >> 32) as u32, of);
    u64::from(rest) << 32 | u64::from(quotient)
}

#[unsafe(no_mangle)]
extern "C" fn __aeabi_idiv(of: i32, by: i32) -> u32 {
    __aeabi_idivmod(of, by) as u32
}

/// The amount with the sign of another number.
fn signed(amount: u32, sign: i32) -> u32 {
    if sign < 0 { amount.wrapping_neg() } else { amount }
}
