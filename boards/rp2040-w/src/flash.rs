//! The flash: the settings, and the radio's address, by which the device is known once its radio has run.

use core::ops::Range;

use embassy_rp::Peri;
use embassy_rp::flash::{Blocking, ERASE_SIZE, Flash};
use embassy_rp::peripherals::FLASH;
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use sonoff_embassy::flash::{Part, SharedFlash, part, share};
use sonoff_runtime::store::{FlashStore, LayoutError, Pages};
use static_cell::StaticCell;

const BYTES: usize = 2 << 20;
/// The end of the flash, which the memory map leaves free.
const KEPT: Range<u32> = 0x1E_0000..BYTES as u32;
/// Pages for the settings, for the relay's state, which changes more often, and for the address.
const SETTINGS: Pages = Pages { first: 0, size: ERASE_SIZE, count: 4 };
const STATE: Pages = SETTINGS.then(12);
const ADDRESS: u32 = KEPT.start + STATE.end() as u32;

type BoardFlash = Flash<'static, FLASH, Blocking, BYTES>;
/// A part of the flash.
pub type BoardPart = Part<'static, BoardFlash>;

static SHARED: StaticCell<SharedFlash<BoardFlash>> = StaticCell::new();

/// The flash, in its parts.
pub struct Parts {
    /// Who the device is.
    pub id: [u8; 6],
    /// Where the settings lie; the layout is a constant, and fits.
    pub store: Result<FlashStore<BoardPart>, LayoutError>,
    /// Where the address lies.
    pub address: BoardPart,
}

/// Opens it.
pub fn open(flash: Peri<'static, FLASH>) -> Option<Parts> {
    let mut flash = Flash::new_blocking(flash);
    let id = known(&mut flash).unwrap_or_else(|| born(&mut flash));
    let shared = SHARED.init_with(|| share(flash));
    let store = FlashStore::new(part(shared, KEPT)?, SETTINGS, STATE);
    Some(Parts { id, store, address: part(shared, ADDRESS..ADDRESS + ERASE_SIZE as u32)? })
}

/// The radio's address as [`remember`] left it.
fn known(flash: &mut BoardFlash) -> Option<[u8; 6]> {
    let mut record = [0; 12];
    flash.blocking_read(ADDRESS, &mut record).ok()?;
    let address = *record.first_chunk()?;
    (record == record_of(address)).then_some(address)
}

/// A locally administered address, from the number that the flash chip was born with.
fn born(flash: &mut BoardFlash) -> [u8; 6] {
    let mut number = [0; 8];
    // It fails on the other core only.
    let _ = flash.blocking_unique_id(&mut number);
    let [.., a, b, c, d, e] = number;
    [2, a, b, c, d, e]
}

/// Keeps the radio's address for the next start. It is written once in a device's life.
pub async fn remember(mut part: BoardPart, address: [u8; 6]) {
    let (record, mut kept) = (record_of(address), [0; 12]);
    let read = part.read(0, &mut kept).await;
    if read.is_err() || kept != record {
        // A flash that fails keeps the number it was born with.
        let _ = part.erase(0, ERASE_SIZE as u32).await;
        let _ = part.write(0, &record).await;
    }
}

/// The address, and its complement, which tells it from anything else.
fn record_of(address: [u8; 6]) -> [u8; 12] {
    let mut record = [0; 12];
    let bytes = address.into_iter().chain(address.map(|byte| !byte));
    record.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    record
}
