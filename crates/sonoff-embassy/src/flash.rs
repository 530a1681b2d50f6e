//! One flash with several owners: settings here, updates there, and neither reaches into the other's part.

use core::ops::Range;

use embassy_embedded_hal::adapter::{BlockingAsync, YieldingAsync};
use embassy_embedded_hal::flash::partition::Partition;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_storage::nor_flash::NorFlash;

/// A chip's driver, which blocks while it writes or erases; other tasks have their turn between two such calls.
pub type Driver<F> = YieldingAsync<BlockingAsync<F>>;

/// The flash that the parts share; they use it in turn.
pub type SharedFlash<F> = Mutex<NoopRawMutex, Driver<F>>;

/// A part of the flash, which begins at 0 for its owner.
pub type Part<'f, F> = Partition<'f, NoopRawMutex, Driver<F>>;

/// Puts a chip's driver where several owners can share it.
pub fn share<F: NorFlash>(flash: F) -> SharedFlash<F> {
    Mutex::new(YieldingAsync::new(BlockingAsync::new(flash)))
}

/// The part at these offsets; `None` where they are none that the flash can erase.
pub fn part<F: NorFlash>(flash: &SharedFlash<F>, at: Range<u32>) -> Option<Part<'_, F>> {
    let size = at.end.checked_sub(at.start)?;
    let units = [F::READ_SIZE, F::WRITE_SIZE, F::ERASE_SIZE];
    let whole = |unit: usize| {
        u32::try_from(unit).is_ok_and(|unit| at.start.is_multiple_of(unit) && size.is_multiple_of(unit))
    };
    units.into_iter().all(whole).then(|| Partition::new(flash, at.start, size))
}
