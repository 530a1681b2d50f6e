//! Settings documents of released versions: every later version reads them, for ever.
#![allow(clippy::needless_update, reason = "fields that come later have their factory values")]

use std::fs;
use std::path::PathBuf;

use sonoff_core::io::Slot;
use sonoff_core::settings::Settings;
use sonoff_core::state_record::StateRecord;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Read over the factory values, as at a boot.
fn decoded(name: &str) -> Settings {
    let mut settings = Settings::default();
    settings.decode(&fs::read(golden(name)).unwrap()).unwrap();
    settings
}

/// What the longest document of 0.1.0 holds. Fields that came later have their defaults: the document lacks them.
fn longest_of_0_1_0() -> Settings {
    let text = |first: char| -> String { [first].into_iter().chain(['x'; 31]).collect() };
    let name = |first| text(first).parse().unwrap();
    Settings {
        topic: name('a'),
        full_topic: "y".repeat(100).parse().unwrap(),
        prefixes: ['b', 'c', 'd'].map(name),
        groups: ['e', 'f', 'g', 'h'].map(name),
        client: name('i'),
        hosts: ['j', 'k', 'l'].map(name),
        ports: [65535, 65534, 65533],
        user: name('m'),
        password: name('n'),
        retry: 32000,
        keep_alive: 100,
        timeout: 99,
        state_texts: ["0123456789", "1234567890", "2345678901", "3456789012"]
            .map(|text| text.parse().unwrap()),
        tele_period: 3600,
        power_on_state: 5,
        blink_time: 3600,
        blink_count: 32000,
        pulse_times: [64900, 64901, 64902, 64903, 64904, 64905, 64906, 64907],
        interlock: true,
        interlock_groups: [0xC0, 0x30, 0x0C, 0x03],
        options: [u32::MAX, u32::MAX - 1, u32::MAX - 2, u32::MAX - 3, u32::MAX - 4],
        option_bytes: std::array::from_fn(|index| u8::MAX - u8::try_from(index).unwrap()),
        retain: 0xFF,
        group_state: false,
        retained_commands: 2,
        ..Settings::default()
    }
}

/// What the document of a new device of 0.1.0 holds, whatever later factory values are.
fn factory_of_0_1_0() -> Settings {
    let none = || "".parse().unwrap();
    let mut option_bytes = [0; 18];
    option_bytes[34 - 32] = 200;
    Settings {
        topic: "sonoff".parse().unwrap(),
        full_topic: "%prefix%/%topic%".parse().unwrap(),
        prefixes: ["cmnd", "stat", "tele"].map(|text| text.parse().unwrap()),
        groups: ["sonoffs", "", "", ""].map(|text| text.parse().unwrap()),
        client: "DVES_%06X".parse().unwrap(),
        hosts: [none(), none(), none()],
        ports: [1883; 3],
        user: "DVES_USER".parse().unwrap(),
        password: "DVES_PASS".parse().unwrap(),
        retry: 10,
        keep_alive: 30,
        timeout: 4,
        state_texts: ["OFF", "ON", "TOGGLE", "HOLD"].map(|text| text.parse().unwrap()),
        tele_period: 300,
        power_on_state: 3,
        blink_time: 10,
        blink_count: 10,
        pulse_times: [0; 8],
        interlock: false,
        interlock_groups: [0xFF, 0, 0, 0],
        options: [0b1001, 0, 0, 0, 0],
        option_bytes,
        retain: 0,
        group_state: true,
        retained_commands: 1,
        ..Settings::default()
    }
}

#[test]
fn the_default_document_of_0_1_0_is_read() {
    assert_eq!(decoded("settings-0.1.0.cbor"), factory_of_0_1_0());
}

#[test]
fn the_longest_document_of_0_1_0_is_read() {
    assert_eq!(decoded("settings-0.1.0-longest.cbor"), longest_of_0_1_0());
}

// A document that was read and written again says the same.
#[test]
fn a_golden_document_survives_being_saved() {
    for name in ["settings-0.1.0.cbor", "settings-0.1.0-longest.cbor"] {
        let (old, mut new) = (decoded(name), Settings::default());
        let mut buf = [0; Slot::SETTINGS_BYTES];
        new.decode(old.encode(&mut buf).unwrap()).unwrap();
        assert_eq!(new, old, "{name}");
    }
}

#[test]
fn the_state_record_of_0_1_0_is_read() {
    let record = StateRecord::decode(&fs::read(golden("state-0.1.0.cbor")).unwrap()).unwrap();
    assert_eq!((record.power, record.boots), (0b1010_0101, 4711));
}

// Makes the documents of a version that is about to be released; one that is there stays as it is:
// cargo test --test golden -- --ignored
#[test]
#[ignore = "writes files"]
fn write_golden_documents() {
    let mut buf = [0; Slot::SETTINGS_BYTES];
    let record = StateRecord { power: 0b1010_0101, boots: 4711, ..StateRecord::default() };
    keep("state-0.1.0.cbor", record.encode(&mut buf).unwrap());
    keep("settings-0.1.0.cbor", factory_of_0_1_0().encode(&mut buf).unwrap());
    keep("settings-0.1.0-longest.cbor", longest_of_0_1_0().encode(&mut buf).unwrap());
}

fn keep(name: &str, document: &[u8]) {
    if !golden(name).exists() {
        fs::create_dir_all(golden("")).unwrap();
        fs::write(golden(name), document).unwrap();
    }
}
