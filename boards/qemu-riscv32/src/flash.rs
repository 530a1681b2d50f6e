//! The flash: the settings, and nothing else.

use sonoff_embassy::flash::{Part, SharedFlash, part, share};
use sonoff_runtime::store::{FlashStore, Pages};
use static_cell::StaticCell;

use crate::virt::nor::Nor;

/// Pages for the settings, and for the relay's state, which changes more often.
const SETTINGS: Pages = Pages { first: 0, size: 4096, count: 4 };
const STATE: Pages = SETTINGS.then(12);
const SIZE: usize = STATE.end();

/// Where the settings lie.
pub type Settings = FlashStore<Part<'static, Nor<SIZE>>>;

static SHARED: StaticCell<SharedFlash<Nor<SIZE>>> = StaticCell::new();

/// Opens it; `None` where it is too small.
pub fn open() -> Option<Settings> {
    let shared = SHARED.init_with(|| share(Nor::new()));
    FlashStore::new(part(shared, 0..SIZE as u32)?, SETTINGS, STATE).ok()
}
