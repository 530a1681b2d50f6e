//! NOR flash in RAM, whose power a test can cut at every byte.

#![allow(clippy::indexing_slicing, reason = "every range is checked against the flash before it is used")]

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use sonoff_hal::conformance::Rig;
use sonoff_runtime::store::{FlashStore, LayoutError, Pages};

/// NOR flash as chips have it: an erase sets all bits of a page, a program only clears bits, and a word is programmed
/// once between two erases. Clones are the same flash: one goes into a device, one stays with the test.
///
/// Each byte that is programmed or erased is a *step*. [`Self::cut_at`] lets power fail at any of them. Then nothing
/// works until [`Self::power_on`], and what was under way stays half done, in the way that [`Torn`] tells. A word that
/// was interrupted is weak until its page is erased: programming it is a fault, whatever it reads as.
#[derive(Debug, Clone)]
pub struct RamFlash<const READ: usize, const WRITE: usize, const ERASE: usize>(Rc<RefCell<Cells>>);

/// What is left of a word or page whose program or erase was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Torn {
    /// Bytes before the cut are done, the others untouched.
    Bytes,
    /// Of the word under way, or of the page under erase, each bit is done or not at random.
    Bits,
    /// All of the word or page reads as if it were done.
    Done,
    /// All of the word or page reads as before.
    Untouched,
    /// Each bit of the word or page under way is done or not at random, and anew for each reading of it.
    Shaky,
}

impl Torn {
    /// Those that read the same every time.
    pub const STEADY: [Self; 4] = [Self::Bytes, Self::Bits, Self::Done, Self::Untouched];
}

/// Why the flash refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashFault {
    /// Power has failed.
    Off,
    /// Offset or length is no multiple of what the flash reads, writes or erases.
    Unaligned,
    /// Not inside the flash.
    Outside,
    /// The word was programmed, or interrupted, since its last erase.
    NotErased,
    /// A page that a test declared broken.
    Broken,
}

impl NorFlashError for FlashFault {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Unaligned => NorFlashErrorKind::NotAligned,
            Self::Outside => NorFlashErrorKind::OutOfBounds,
            Self::Off | Self::NotErased | Self::Broken => NorFlashErrorKind::Other,
        }
    }
}

#[derive(Debug)]
struct Cells {
    bytes: Vec<u8>,
    /// For each word: programmed or interrupted since its last erase.
    used: Vec<bool>,
    erases: Vec<u64>,
    broken: Vec<bool>,
    steps: u64,
    /// The step at which power fails.
    cut: Option<u64>,
    off: bool,
    torn: Torn,
    /// Bytes that read anew each time, and the bits in question.
    shaky: Vec<(usize, u8)>,
    /// Bytes with bits that read as 0 for ever.
    stuck: Vec<(usize, u8)>,
    faults: u32,
    random: u32,
}

impl Cells {
    fn random(&mut self) -> u8 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random.to_le_bytes()[1]
    }

    /// How many of the next `len` steps can happen.
    fn steps_left(&self, len: usize) -> usize {
        let left = self.cut.map(|cut| cut.saturating_sub(self.steps));
        left.and_then(|left| usize::try_from(left).ok()).map_or(len, |left| left.min(len))
    }

    /// Takes bytes to what they shall be. Power may fail: then the unit of `unit` bytes under way is torn.
    fn change(&mut self, at: usize, want: &[u8], unit: usize) -> Result<(), FlashFault> {
        let done = self.steps_left(want.len());
        self.steps += u64::try_from(done).unwrap_or(0);
        self.off = done < want.len();
        let whole = if self.off { done - done % unit } else { done };
        self.bytes[at..at + whole].copy_from_slice(&want[..whole]);
        if !self.off {
            return Ok(());
        }
        for (index, want) in want.iter().enumerate().skip(whole).take(unit) {
            self.tear(at + index, *want, index < done);
        }
        Err(FlashFault::Off)
    }

    fn tear(&mut self, at: usize, want: u8, done: bool) {
        let old = self.bytes[at];
        if self.torn == Torn::Shaky && old != want {
            self.shaky.push((at, old ^ want));
        }
        self.bytes[at] = match self.torn {
            Torn::Bytes if done => want,
            Torn::Done => want,
            Torn::Bits | Torn::Shaky => old ^ ((old ^ want) & self.random()),
            Torn::Bytes | Torn::Untouched => old,
        };
    }

    fn check(&mut self, range: &Range<usize>, unit: usize) -> Result<(), FlashFault> {
        if self.off {
            return Err(FlashFault::Off);
        }
        if !range.start.is_multiple_of(unit) || !range.end.is_multiple_of(unit) || range.start > range.end {
            return self.fault(FlashFault::Unaligned);
        }
        if range.end > self.bytes.len() { self.fault(FlashFault::Outside) } else { Ok(()) }
    }

    fn fault<T>(&mut self, fault: FlashFault) -> Result<T, FlashFault> {
        self.faults += 1;
        Err(fault)
    }

    fn read(&mut self, at: usize, out: &mut [u8]) {
        out.copy_from_slice(&self.bytes[at..at + out.len()]);
        for index in 0..self.shaky.len() {
            let (place, bits) = self.shaky[index];
            if let Some(byte) = place.checked_sub(at).and_then(|place| out.get_mut(place)) {
                *byte ^= bits & self.random();
            }
        }
        for (place, bits) in &self.stuck {
            if let Some(byte) = place.checked_sub(at).and_then(|place| out.get_mut(place)) {
                *byte &= !bits;
            }
        }
    }

    fn program(&mut self, at: usize, bytes: &[u8], word: usize) -> Result<(), FlashFault> {
        let words = at / word..(at + bytes.len()) / word;
        if self.used[words.clone()].iter().any(|used| *used) {
            return self.fault(FlashFault::NotErased);
        }
        let want: Vec<u8> = self.bytes[at..].iter().zip(bytes).map(|(old, new)| old & new).collect();
        let begun =
            self.cut.map_or(bytes.len(), |cut| usize::try_from(cut - self.steps).unwrap_or(usize::MAX));
        let begun = bytes.len().min(begun + 1).div_ceil(word);
        self.used[words].iter_mut().take(begun).for_each(|used| *used = true);
        self.change(at, &want, word)
    }

    fn erase(&mut self, page: Range<usize>, word: usize) -> Result<(), FlashFault> {
        self.erases[page.start / page.len()] += 1;
        self.shaky.retain(|(at, _)| !page.contains(at));
        let len = page.len();
        let words = page.start / word..page.end / word;
        self.used[words.clone()].fill(true);
        self.change(page.start, &vec![0xFF; len], len)?;
        self.used[words].fill(false);
        Ok(())
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> RamFlash<READ, WRITE, ERASE> {
    /// Erased flash.
    pub fn new(pages: usize) -> Self {
        let bytes = pages * ERASE;
        Self(Rc::new(RefCell::new(Cells {
            bytes: vec![0xFF; bytes],
            used: vec![false; bytes / WRITE],
            erases: vec![0; pages],
            broken: vec![false; pages],
            steps: 0,
            cut: None,
            off: false,
            torn: Torn::Bytes,
            shaky: Vec::new(),
            stuck: Vec::new(),
            faults: 0,
            random: 1,
        })))
    }

    /// Power fails at that step from now on, 0 being the next one; `None`: it stays.
    pub fn cut_at(&self, step: Option<u64>) {
        let mut cells = self.0.borrow_mut();
        cells.cut = step.map(|step| cells.steps + step);
    }

    /// What a cut leaves, with the seed for what is random in it.
    pub fn tear(&self, torn: Torn, seed: u32) {
        let mut cells = self.0.borrow_mut();
        // Zero would stay zero.
        (cells.torn, cells.random) = (torn, seed | 1);
    }

    /// Power has failed.
    pub fn is_off(&self) -> bool {
        self.0.borrow().off
    }

    /// Power is back, and stays.
    pub fn power_on(&self) {
        let mut cells = self.0.borrow_mut();
        (cells.off, cells.cut) = (false, None);
    }

    /// A page that can be neither erased nor programmed from now on.
    ///
    /// # Panics
    /// When there is no such page.
    pub fn break_page(&self, page: usize) {
        self.0.borrow_mut().broken[page] = true;
    }

    /// Bits that read as 0 from now on, whatever is done to them.
    pub fn stick(&self, at: usize, bits: u8) {
        self.0.borrow_mut().stuck.push((at, bits));
    }

    /// Bytes programmed or erased so far.
    pub fn steps(&self) -> u64 {
        self.0.borrow().steps
    }

    /// Erases of each page so far, also those that were cut.
    pub fn erases(&self) -> Vec<u64> {
        self.0.borrow().erases.clone()
    }

    /// How often it was used in a way that it refuses: unaligned, outside, or on a word that was not erased.
    pub fn faults(&self) -> u32 {
        self.0.borrow().faults
    }

    /// What it holds.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.borrow().bytes.clone()
    }

    /// Changes bits as time and radiation do.
    ///
    /// # Panics
    /// Outside the flash.
    pub fn spoil(&self, at: usize, bits: u8) {
        self.0.borrow_mut().bytes[at] ^= bits;
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ErrorType for RamFlash<READ, WRITE, ERASE> {
    type Error = FlashFault;
}

/// The range as a host counts.
fn range(from: u32, to: u32) -> Range<usize> {
    let size = |at| usize::try_from(at).unwrap_or(usize::MAX);
    size(from)..size(to)
}

fn span(from: u32, len: usize) -> Range<usize> {
    let start = range(from, from).start;
    start..start.saturating_add(len)
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ReadNorFlash
    for RamFlash<READ, WRITE, ERASE>
{
    const READ_SIZE: usize = READ;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault> {
        let mut cells = self.0.borrow_mut();
        let range = span(offset, bytes.len());
        cells.check(&range, READ)?;
        cells.read(range.start, bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.borrow().bytes.len()
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> NorFlash for RamFlash<READ, WRITE, ERASE> {
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashFault> {
        let mut cells = self.0.borrow_mut();
        let range = range(from, to);
        cells.check(&range, ERASE)?;
        for start in range.step_by(ERASE) {
            if cells.broken[start / ERASE] {
                return Err(FlashFault::Broken);
            }
            cells.erase(start..start + ERASE, WRITE)?;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault> {
        let mut cells = self.0.borrow_mut();
        let range = span(offset, bytes.len());
        cells.check(&range, WRITE)?;
        if cells.broken[range.start / ERASE] {
            return Err(FlashFault::Broken);
        }
        cells.program(range.start, bytes, WRITE)
    }
}

/// A [`FlashStore`] over a [`RamFlash`], for [`store_survives_any_cut`](sonoff_hal::conformance::store_survives_any_cut).
#[derive(Debug)]
pub struct FlashRig<const READ: usize, const WRITE: usize, const ERASE: usize> {
    /// The flash.
    pub flash: RamFlash<READ, WRITE, ERASE>,
    settings: Pages,
    state: Pages,
    torn: Torn,
    seed: u32,
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> FlashRig<READ, WRITE, ERASE> {
    /// A flash with so many pages for each slot, and what cuts do to it.
    ///
    /// # Errors
    /// [`LayoutError`] when the pages are too few or too small.
    pub fn new(settings: usize, state: usize, torn: Torn, seed: u32) -> Result<Self, LayoutError> {
        let flash = RamFlash::new(settings + state);
        let settings = Pages { first: 0, size: ERASE, count: settings };
        let rig = Self { flash, settings, state: settings.then(state), torn, seed };
        FlashStore::new(rig.flash.clone(), rig.settings, rig.state).map(|_| rig)
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> Rig for FlashRig<READ, WRITE, ERASE> {
    type Store = FlashStore<RamFlash<READ, WRITE, ERASE>>;

    fn renew(&mut self) {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.flash = RamFlash::new(self.settings.count + self.state.count);
        self.flash.tear(self.torn, self.seed);
    }

    #[allow(clippy::expect_used, reason = "the layout was checked when the rig was made")]
    fn open(&mut self) -> Self::Store {
        self.flash.power_on();
        FlashStore::new(self.flash.clone(), self.settings, self.state).expect("a checked layout")
    }

    fn cut_at(&mut self, step: u64) {
        self.flash.cut_at(Some(step));
    }

    fn is_cut(&self) -> bool {
        self.flash.is_off()
    }
}
