//! Chance, from the ring oscillator, whose period wavers.

use cortex_m::asm;
use embassy_rp::pac::ROSC;

/// Of so many samples the parity is a bit, since each alone leans to one side.
const SAMPLES: u8 = 4;
/// Cycles between two, 10 microseconds: what wavers needs time to go astray, and samples in a row are much alike.
const APART: u32 = 1250;

/// For an access point of ten minutes and for waits that differ, not for TLS: see README.md. It takes 1.3 ms.
pub fn word() -> u32 {
    (0..u32::BITS).fold(0, |word, _| word << 1 | bit())
}

/// Twice as many.
pub fn seed() -> u64 {
    u64::from(word()) << 32 | u64::from(word())
}

fn bit() -> u32 {
    (0..SAMPLES).fold(0, |parity, _| {
        asm::delay(APART);
        parity ^ u32::from(ROSC.randombit().read().randombit())
    })
}
