//! Any templates, one a line, for any chip: whole or not at all, what was taken reads back the same, and any pins that
//! follow are assigned once each.

use sonoff_core::io::{Boot, Slot, Source};
use sonoff_core::module::Arch;
use sonoff_core::profile::Board;
use sonoff_core::{Action, Device, Input, Instant, Profile, Transmit};

const REFUSED: &str = r#"{"Template":"Invalid JSON"}"#;

/// Plays one input.
pub fn run(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    let chips = [Arch::ESP8266, Arch::ESP32, Arch::ESP32C3, Arch::RP2040];
    let board = Board::Open { arch: chips[text.len() % 4], module: 0 };
    let profile = Profile { board, ..Profile::BASIC };
    let mut device = started(profile, None);
    let mut last = told(&mut device, "");
    for line in text.lines() {
        let shown = told(&mut device, line);
        let now = told(&mut device, "");
        assert!(now == shown || shown == REFUSED && now == last, "{line}: {shown}, {now}");
        assert_eq!(told(&mut device, &now), now);
        last = now;
    }
    let mut room = [0; Slot::SETTINGS_BYTES];
    let document = device.encode(Slot::Settings, &mut room).expect("every document fits");
    let mut again = started(profile, Some(document));
    let mut pins = Vec::new();
    while let Some(action) = again.poll_action() {
        if let Action::Assign { gpio, .. } = action {
            pins.push(gpio);
        }
    }
    let assigned = pins.len();
    pins.sort_unstable();
    pins.dedup();
    assert_eq!(pins.len(), assigned);
    assert_eq!(told(&mut again, ""), last);
}

fn started(profile: Profile, settings: Option<&[u8]>) -> Device {
    let mut device = Device::new(profile, [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56]);
    device.boot(Instant::ZERO, &Boot { cold: true, reason: "Power On", settings, state: None });
    device
}

/// The answer to `Template` with this argument.
fn told(device: &mut Device, argument: &str) -> String {
    let mut buf = [0; 1200];
    while device.poll_transmit(Instant::ZERO, &mut buf).is_some() {
        while device.poll_payload(&mut buf).is_some() {}
    }
    device
        .handle(Instant::ZERO, Input::Line { source: Source::Serial, text: &format!("Template {argument}") });
    match device.poll_transmit(Instant::ZERO, &mut buf) {
        Some(Transmit::Publish { payload: Some(payload), .. }) => {
            String::from_utf8(payload.to_vec()).expect("text")
        }
        other => panic!("{other:?}"),
    }
}
