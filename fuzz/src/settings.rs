//! Any bytes where settings are kept: the device starts, and what it saves then reads back the same.
//!
//! The first byte chooses. 0: the rest lies in the flash as it is. Else it is so many bytes of the record of the state, and
//! the document of the settings.

use embassy_futures::block_on;
use sonoff_core::io::{Boot, Slot};
use sonoff_core::settings::Settings;
use sonoff_core::{Device, Instant, Profile};
use sonoff_hal::{Slot as Place, Store};
use sonoff_runtime::store::{FlashStore, Pages};
use sonoff_testkit::bench::MAC;
use sonoff_testkit::flash::RamFlash;

/// Small pages, so that an input fills several.
type Flash = RamFlash<4, 4, 128>;

/// Plays one input.
pub fn run(input: &[u8]) {
    match input.split_first() {
        None => {}
        Some((0, image)) => in_flash(image),
        Some((state, rest)) => {
            let (state, settings) = rest.split_at(usize::from(*state).min(rest.len()));
            in_records(settings, state);
        }
    }
}

fn in_records(document: &[u8], state: &[u8]) {
    let settings = started(document, state);
    let mut room = [0; Slot::SETTINGS_BYTES];
    let saved = settings.encode(&mut room).expect("every document fits");
    assert_eq!(started(saved, &[]), settings);
}

/// The settings of a device that starts with these records.
fn started(settings: &[u8], state: &[u8]) -> Settings {
    let mut device = Device::new(Profile::with_relays(8), MAC);
    let boot = Boot { cold: true, reason: "Power On", settings: Some(settings), state: Some(state) };
    device.boot(Instant::ZERO, &boot);
    let mut buf = [0; 320];
    while device.poll_action().is_some() {}
    while device.poll_transmit(Instant::ZERO, &mut buf).is_some() {}
    device.settings().clone()
}

fn in_flash(image: &[u8]) {
    let flash = Flash::new(4);
    for (at, byte) in image.iter().enumerate().take(4 * 128) {
        flash.spoil(at, !byte);
    }
    for slot in [Place::Settings, Place::State] {
        let found = load(&flash, slot);
        save(&flash, slot, b"own");
        assert_eq!(load(&flash, slot).as_deref(), Some(&b"own"[..]), "after {found:?}");
    }
}

fn open(flash: &Flash) -> FlashStore<Flash> {
    let settings = Pages { first: 0, size: 128, count: 2 };
    FlashStore::new(flash.clone(), settings, settings.then(2)).expect("the pages fit")
}

fn load(flash: &Flash, slot: Place) -> Option<Vec<u8>> {
    let mut room = [0; 512];
    block_on(open(flash).load(slot, &mut room)).expect("it can be read").map(<[u8]>::to_vec)
}

fn save(flash: &Flash, slot: Place, blob: &[u8]) {
    block_on(open(flash).save(slot, blob)).expect("there is room");
}
