//! The keep loop: saves records, and ends the run.

use sonoff_core::Input;
use sonoff_core::io::{Restart, Slot};
use sonoff_hal::{Clock, Pins, Store, System};

use crate::shared::Shared;

/// Saves what the device wants saved until it wants to restart. A save is never dropped half-way.
pub(crate) async fn keep<P: Pins, C: Clock, Y: System, S: Store>(
    shared: &Shared<'_, P, C, Y>,
    store: &mut S,
    blob: &mut [u8],
) -> Restart {
    loop {
        while let Some(slot) = shared.next_save() {
            let ok = save(shared, store, slot, blob).await;
            shared.input(Input::Saved { slot, ok });
        }
        if let Some(why) = shared.restart() {
            return why;
        }
        shared.due.keep.wait().await;
    }
}

async fn save<P: Pins, C: Clock, Y: System, S: Store>(
    shared: &Shared<'_, P, C, Y>,
    store: &mut S,
    slot: Slot,
    blob: &mut [u8],
) -> bool {
    let Some(record) = shared.encode(slot, blob) else { return false };
    store.save(hal_slot(slot), record).await.is_ok()
}

const fn hal_slot(slot: Slot) -> sonoff_hal::Slot {
    match slot {
        Slot::Settings => sonoff_hal::Slot::Settings,
        Slot::State => sonoff_hal::Slot::State,
    }
}
