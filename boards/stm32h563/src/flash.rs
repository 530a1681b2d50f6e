//! The settings, at the end of the second bank: the program runs from the first while a page of theirs is erased.

use core::ops::Range;

use embassy_stm32::Peri;
use embassy_stm32::flash::{Blocking, FLASH_SIZE, Flash, MAX_ERASE_SIZE};
use embassy_stm32::peripherals::FLASH;
use sonoff_embassy::flash::{Part, SharedFlash, part, share};
use sonoff_runtime::store::{FlashStore, Pages};
use static_cell::StaticCell;

/// The end of the flash, which the memory map leaves free.
const KEPT: Range<u32> = 0x1E_0000..FLASH_SIZE as u32;
/// Pages for the settings, and for the relay's state, which changes more often.
const SETTINGS: Pages = Pages { first: 0, size: MAX_ERASE_SIZE, count: 4 };
const STATE: Pages = SETTINGS.then(12);

type BoardFlash = Flash<'static, Blocking>;

static SHARED: StaticCell<SharedFlash<BoardFlash>> = StaticCell::new();

/// Opens it; the layout is a constant, and fits.
pub fn open(flash: Peri<'static, FLASH>) -> Option<FlashStore<Part<'static, BoardFlash>>> {
    let shared = SHARED.init_with(|| share(Flash::new_blocking(flash)));
    FlashStore::new(part(shared, KEPT)?, SETTINGS, STATE).ok()
}
