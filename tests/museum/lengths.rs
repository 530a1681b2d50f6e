//! Numbers that were stored in fewer bits than they came in.

use sonoff_core::io::Restart;
use sonoff_core::settings::{Settings, SettingsError};
use sonoff_testkit::bench::Bench;

use crate::support::table::commands;
use crate::target::{Target, message};

/// Tasmota up to 15.3 kept the length of a download in 16 bits: of 65,556 bytes it made room for 20, and wrote them all.
///
/// The same length as an MQTT packet, so made that its first 20 bytes and what follows them were packets of their own if
/// they were looked at apart: the relay would switch.
#[test]
fn cve_2026_38427_sixty_five_thousand_bytes_and_twenty() {
    let inner = message("cmnd/sonoff/POWER", b"OFF");
    let mut body = inner.repeat(65_556 / inner.len());
    body.resize(65_556, 0);
    let packet = [&[0x30, 0x94, 0x80, 0x04][..], &body].concat();
    Target::new().gets(&packet).holds_the_line().is_unharmed();
}

/// The same for numbers in commands: what is larger than its place is not taken as what is left of it there.
#[test]
fn cve_2026_38427_numbers_that_do_not_fit_their_place() {
    const PLACES: [u128; 4] = [1 << 8, 1 << 16, 1 << 32, 1 << 64];
    for word in commands().map(|command| command.name) {
        for small in [1, 2, 5, 99] {
            let expected = after(word, small);
            for large in PLACES.map(|place| place + small).into_iter().filter(|_| expected.is_some()) {
                // Where all that is too large means the same, as for Timezone, so does its neighbour.
                let does_the_same = after(word, large) == expected && after(word, large + 7) != expected;
                assert!(!does_the_same, "{word} {large} did what {word} {small} does");
            }
        }
    }
}

/// What a device is like after a command with this number, if it differs from the factory's.
fn after(word: &str, number: u128) -> Option<(Settings, Vec<Restart>)> {
    let mut bench = Bench::sonoff(2);
    let before = bench.device().settings().clone();
    let asked = bench.cmnd(word, &number.to_string()).wait_ms(4000).restarted();
    let settings = bench.device().settings().clone();
    (settings != before || !asked.is_empty()).then_some((settings, asked))
}

/// ESPHome 2025.9 to 2025.12 asked `pointer + length > end` of a field in a message from the network; with a length near the
/// end of the number the sum wraps round and the answer is no.
///
/// The only lengths of that size that are read here are those of stored settings.
#[test]
fn cve_2026_23833_a_field_that_ends_before_it_begins() {
    let lengths: [&[u8]; 5] = [
        b"\x79\xff\xff",
        b"\x7a\xff\xff\xff\xff",
        b"\x7a\x7f\xff\xff\xff",
        b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
    ];
    for length in lengths {
        let document = [b"\xa1\x01", length, b"abc"].concat();
        let mut settings = Settings::default();
        assert_eq!(settings.decode(&document), Err(SettingsError::NotADocument), "{length:x?}");
        assert_eq!(settings, Settings::default());
    }
    let endless = b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff";
    assert_eq!(Settings::default().decode(endless), Err(SettingsError::NotADocument));
}

/// Tasmota up to 15.3 copied a name into 40 bytes without a look at its length.
///
/// Every command gets a text of every length that a place might have been made for, and one more than that: it is taken
/// whole or not at all.
#[test]
fn cve_2026_38426_a_text_longer_than_its_place() {
    for word in commands().map(|command| command.name) {
        for length in [
            9, 11, 15, 16, 17, 31, 32, 33, 39, 40, 41, 63, 64, 65, 99, 100, 101, 127, 128, 129, 255, 256,
            1000,
        ] {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let mut bench = Bench::sonoff(2);
            let before = bench.device().settings().clone();
            let answers = bench.cmnd(word, &text).sent().concat();
            let after = bench.device().settings();
            let shown = format!("{answers}{after:?}");
            assert!(*after == before || shown.contains(&text), "{word}, {length} bytes: {shown}");
        }
    }
}
