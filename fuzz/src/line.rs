//! Any command lines to a device, through a restart: no panic, and settings that read back.

use sonoff_core::io::{Boot, Slot, Source};
use sonoff_core::{Device, Input, Instant, Profile};

/// Plays one input.
pub fn run(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    let mac = [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56];
    let mut device = Device::new(Profile::with_relays(4), mac);
    let mut now = Instant::ZERO;
    device.boot(now, &Boot { cold: true, reason: "Power On", settings: None, state: None });
    for line in text.lines() {
        device.handle(now, Input::Line { source: Source::Serial, text: line });
        let mut buf = [0; 1200];
        while device.poll_transmit(now, &mut buf).is_some() {
            while device.poll_payload(&mut buf).is_some() {}
        }
        now = now.plus_millis(100);
        device.handle(now, Input::Tick);
    }
    let mut room = [0; Slot::SETTINGS_BYTES];
    let document = device.encode(Slot::Settings, &mut room).expect("every document fits");
    let mut again = Device::new(Profile::with_relays(4), mac);
    again.boot(now, &Boot { cold: false, reason: "", settings: Some(document), state: None });
    assert_eq!(again.settings(), device.settings());
}
