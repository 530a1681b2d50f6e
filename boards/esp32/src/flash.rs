//! The flash: the settings, in the partition of that name.

use core::ops::Range;

use esp_bootloader_esp_idf::partitions::{PARTITION_TABLE_MAX_LEN, read_partition_table};
use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;
use sonoff_embassy::flash::{Part, SharedFlash, part, share};
use sonoff_runtime::store::{FlashStore, Pages};
use static_cell::StaticCell;

/// What the partition table calls it.
const PARTITION: &str = "settings";
/// Pages for the settings, and for the relay's state, which changes more often.
const SETTINGS: Pages = Pages { first: 0, size: FlashStorage::SECTOR_SIZE as usize, count: 4 };
const STATE: Pages = SETTINGS.then(12);

type BoardFlash = FlashStorage<'static>;
/// Where the settings lie.
pub type Settings = FlashStore<Part<'static, BoardFlash>>;

static SHARED: StaticCell<SharedFlash<BoardFlash>> = StaticCell::new();

/// Opens it; `None` where the partition is missing or too small.
pub fn open(flash: FLASH<'static>) -> Option<Settings> {
    let mut flash = FlashStorage::new(flash);
    let at = partition(&mut flash)?;
    let shared = SHARED.init_with(|| share(flash));
    FlashStore::new(part(shared, at)?, SETTINGS, STATE).ok()
}

fn partition(flash: &mut BoardFlash) -> Option<Range<u32>> {
    let mut table = [0; PARTITION_TABLE_MAX_LEN];
    let table = read_partition_table(flash, &mut table).ok()?;
    let found = table.iter().find(|partition| partition.label_as_str() == PARTITION)?;
    Some(found.offset()..found.offset().checked_add(found.len())?)
}
