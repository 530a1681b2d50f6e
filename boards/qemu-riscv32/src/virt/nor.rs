//! The second flash bank, by Intel's command set, as slow as the flash of a small chip.

use core::ops::Range;

use embassy_time::{Duration, Instant};
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};

use super::register::Register;

const BANK: usize = 0x2200_0000;
const WORD: usize = 4;
/// What is programmed at once, and erased at once.
const PAGE: usize = 256;
const SECTOR: usize = 4096;

/// The bank is two 16-bit chips side by side: each command is given to both.
const PROGRAM: u32 = 0x0040_0040;
const READ_ARRAY: u32 = 0x00FF_00FF;
const ERASED: u32 = u32::MAX;

/// As data sheets of such flash chips tell as usual.
const PROGRAM_PAGE: Duration = Duration::from_micros(500);
const ERASE_SECTOR: Duration = Duration::from_millis(45);

/// `SIZE` bytes of the bank, which lasts as long as its file does.
pub struct Nor<const SIZE: usize>(());

impl<const SIZE: usize> Nor<SIZE> {
    /// The bank; a second one would write between the words of the first.
    pub const fn new() -> Self {
        const { assert!(SIZE <= 32 << 20, "more than the bank has") };
        Self(())
    }

    fn word(at: usize) -> Register<u32> {
        // SAFETY: every caller has checked the range. Reading gives the flash's bytes; writing is a command.
        unsafe { Register::at(BANK + at) }
    }

    fn checked(from: u32, len: usize) -> Result<Range<usize>, NorFlashErrorKind> {
        let from = from as usize;
        let to = from.checked_add(len).filter(|to| *to <= SIZE).ok_or(NorFlashErrorKind::OutOfBounds)?;
        Ok(from..to)
    }

    /// Programs words one after the other, spread over the time that the whole takes, so that a power cut may fall
    /// anywhere in between. The chip blocks meanwhile, as one does that runs its program from the same flash.
    fn program(at: usize, words: impl ExactSizeIterator<Item = u32>, time: Duration) {
        let begin = Instant::now();
        let count = words.len().max(1) as u32;
        for (done, (at, word)) in (1..).zip((at..).step_by(WORD).zip(words)) {
            Self::word(at).write(PROGRAM);
            Self::word(at).write(word);
            while begin.elapsed() < time * done / count {}
        }
        Self::word(at).write(READ_ARRAY);
    }
}

impl<const SIZE: usize> ErrorType for Nor<SIZE> {
    type Error = NorFlashErrorKind;
}

impl<const SIZE: usize> ReadNorFlash for Nor<SIZE> {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let range = Self::checked(offset, bytes.len())?;
        for (at, piece) in range.step_by(WORD).zip(bytes.chunks_mut(WORD)) {
            let word = Self::word(at).read().to_le_bytes();
            piece.iter_mut().zip(word).for_each(|(place, byte)| *place = byte);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl<const SIZE: usize> NorFlash for Nor<SIZE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    /// QEMU erases 256 KiB at once; a sector is programmed with ones instead, which it allows.
    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let range = Self::checked(from, to.saturating_sub(from) as usize)?;
        range
            .step_by(SECTOR)
            .for_each(|at| Self::program(at, core::iter::repeat_n(ERASED, SECTOR / WORD), ERASE_SECTOR));
        Ok(())
    }

    /// Programming only clears bits; QEMU would set them, too.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let range = Self::checked(offset, bytes.len())?;
        for (at, page) in range.step_by(PAGE).zip(bytes.chunks(PAGE)) {
            let mut words = [ERASED; PAGE / WORD];
            let count = page.len() / WORD;
            let there = (at..).step_by(WORD).map(|at| Self::word(at).read());
            for ((place, word), old) in words.iter_mut().zip(page.as_chunks().0).zip(there) {
                *place = u32::from_le_bytes(*word) & old;
            }
            let words = words.into_iter().take(count);
            Self::program(at, words, PROGRAM_PAGE);
        }
        Ok(())
    }
}
