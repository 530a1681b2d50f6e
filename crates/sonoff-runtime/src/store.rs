//! Settings and state in NOR flash: a log of numbered records with checksums, safe against power cuts.
//!
//! # What it promises
//!
//! Power may fail at any moment, also while a record is written, while a page is erased, and again after that. Then
//! [`Store::load`] gives the blob that was saved last, or the one whose save was under way: never a third. A blob
//! whose save was reported done is never lost. That includes words that were half programmed and pages that were
//! half erased, also where they happen to read as erased.
//!
//! # Form
//!
//! Each slot has pages of its own, used in turn. A page holds records one behind the other, each padded with 0xFF to
//! a multiple of what the flash can write. All numbers are little endian:
//!
//! | Byte | Holds |
//! |---|---|
//! | 0 | number of the record, 32 bits; higher is newer |
//! | 4 | length of the blob, 16 bits |
//! | 6 | head check: the low 16 bits of the checksum over what stands before |
//! | 8 | checksum, 32 bits, over what stands before the head check, then the blob |
//! | 12 | the blob |
//!
//! The checksum is CRC-32 (0xEDB88320, begun with all ones, not inverted at the end); it begins with two bytes that
//! are not stored: 1 for this form, and 1 for settings or 2 for state.
//!
//! # Why it holds
//!
//! * The live record is the last whole one of the page that begins with the highest number. It is found by reading
//!   alone: a power cut during the start changes nothing.
//! * A page with the live record is never erased, and no word is written twice. A new record counts as saved only
//!   after it was read back.
//! * Each run begins with a freshly erased page at its first save. So nothing is ever written to a place that a
//!   power cut may have touched, and a torn record never stands in a page that is newer than the live one. A save that
//!   fails goes on in the next page.
//!
//! # Wear
//!
//! A blob that this run has saved already is not written again. Otherwise a save costs one record; an erase comes
//! with each full page and with the first save of each run. [`Pages::records`] tells how many records a page holds:
//! 6 settings documents of 631 bytes, as a new device has, in 4096, or 204 state records of up to 8 bytes.
//!
//! A device that is switched 15 times a second saves its state once a second, for ten years: 1,546,730 erases, with
//! 16 pages less than 100,000 for each. Two pages are enough for a change of state every eight seconds, or for one of
//! settings every five minutes.

mod log;
mod record;

use core::ops::Range;

use embedded_storage_async::nor_flash::NorFlash;
use sonoff_hal::{Slot, Store};

use log::{CHUNK, Log, unit};
use record::Head;

/// A [`Store`] over any NOR flash. See the [module](self) for form and promises.
///
/// A store that was opened is for one run; a clone of it, or two stores on the same pages, would overwrite each other.
#[derive(Debug)]
pub struct FlashStore<F> {
    flash: F,
    settings: Log,
    state: Log,
}

/// Where the records of one slot lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// Offset of the first page in the flash.
    pub first: usize,
    /// Bytes of a page: what the flash erases at once, or a multiple of it.
    pub size: usize,
    /// How many, at least two. Wear is spread evenly over them.
    pub count: usize,
}

impl Pages {
    /// The longest blob that fits into a page of a flash that reads and writes multiples of `unit` bytes.
    pub const fn longest(self, unit: usize) -> usize {
        let whole = self.size - self.size % unit;
        let longest = whole.saturating_sub(Head::BYTES);
        // 0xFFFF is what erased flash would tell as a length.
        if longest < 0xFFFF { longest } else { 0xFFFE }
    }

    /// How many records with blobs of `len` bytes fit into a page.
    pub const fn records(self, unit: usize, len: usize) -> usize {
        self.size / (Head::BYTES + len).next_multiple_of(unit)
    }

    /// Pages behind these, of the same size.
    #[must_use]
    pub const fn then(self, count: usize) -> Self {
        Self { first: self.end(), size: self.size, count }
    }

    /// The offset behind the last page.
    pub const fn end(self) -> usize {
        self.first.saturating_add(self.size.saturating_mul(self.count))
    }

    /// Which page an offset lies in.
    fn index(self, at: usize) -> usize {
        at.saturating_sub(self.first).checked_div(self.size).unwrap_or(0)
    }

    fn page(self, index: usize) -> Range<usize> {
        let start = self.first + self.size * index;
        start..start + self.size
    }
}

/// Why pages cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// Pages do not begin and end where the flash can erase.
    Unaligned,
    /// A slot has fewer than two pages.
    TooFew,
    /// They do not lie inside the flash.
    Outside,
    /// A page belongs to both slots.
    Overlap,
}

/// Why a blob was not loaded or saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError<E> {
    /// The flash driver failed.
    Flash(E),
    /// The caller's buffer is too small for the blob.
    Buffer,
    /// The blob is larger than a page.
    TooLong,
    /// The live record no longer reads as it did.
    Faded,
    /// No page takes the record: none reads back as it was written.
    Worn,
}

impl<F: NorFlash> FlashStore<F> {
    /// A store in these pages. Whatever else they hold counts as empty, and is erased when its page is needed.
    ///
    /// # Errors
    /// [`LayoutError`] when the pages do not fit the flash.
    pub fn new(flash: F, settings: Pages, state: Pages) -> Result<Self, LayoutError> {
        const {
            let unit = unit::<F>();
            assert!(unit.is_power_of_two() && unit <= CHUNK, "reads or writes in too large units");
            assert!(
                unit.is_multiple_of(F::READ_SIZE) && unit.is_multiple_of(F::WRITE_SIZE),
                "odd read or write size"
            );
            assert!(F::ERASE_SIZE.is_multiple_of(unit), "odd erase size");
        };
        check::<F>(&flash, settings)?;
        check::<F>(&flash, state)?;
        if settings.first < state.end() && state.first < settings.end() {
            return Err(LayoutError::Overlap);
        }
        Ok(Self { flash, settings: Log::new(settings, 1), state: Log::new(state, 2) })
    }

    /// The flash, as when the device is switched off.
    pub fn into_flash(self) -> F {
        self.flash
    }
}

fn check<F: NorFlash>(flash: &F, pages: Pages) -> Result<(), LayoutError> {
    let aligned = [pages.first, pages.size].iter().all(|bytes| bytes.is_multiple_of(F::ERASE_SIZE));
    if !aligned || pages.size == 0 {
        return Err(LayoutError::Unaligned);
    }
    if pages.count < 2 {
        return Err(LayoutError::TooFew);
    }
    if pages.end() > flash.capacity() || u32::try_from(pages.end()).is_err() {
        return Err(LayoutError::Outside);
    }
    Ok(())
}

impl<F: NorFlash> Store for FlashStore<F> {
    type Error = StoreError<F::Error>;

    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> Result<Option<&'b [u8]>, Self::Error> {
        let Self { flash, settings, state } = self;
        match slot {
            Slot::Settings => settings.load(flash, buf).await,
            Slot::State => state.load(flash, buf).await,
        }
    }

    /// Dropping the future is allowed: it is a power cut for this blob, and the store goes on after it.
    async fn save(&mut self, slot: Slot, blob: &[u8]) -> Result<(), Self::Error> {
        let Self { flash, settings, state } = self;
        match slot {
            Slot::Settings => settings.save(flash, blob).await,
            Slot::State => state.save(flash, blob).await,
        }
    }
}
