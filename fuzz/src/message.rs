//! Any messages, in any order, to a device: no panic, and what it sends is well formed.
//!
//! One message a line: a flag byte, the topic, a blank, the payload.

use sonoff_core::io::{Boot, Link};
use sonoff_core::{Device, Input, Instant, Profile, Transmit};

/// Plays one input.
pub fn run(bytes: &[u8]) {
    let mut device =
        Device::new(Profile::with_relays(bytes.len() as u8 % 9), [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56]);
    let mut now = Instant::ZERO;
    device.boot(now, &Boot { cold: true, reason: "Power On", settings: None, state: None });
    device.handle(now, Input::Link(Link::Online));
    drain(&mut device, now);
    for message in bytes.split(|byte| *byte == b'\n') {
        let Some((flags, message)) = message.split_first() else { continue };
        let blank = message.iter().position(|byte| *byte == b' ').unwrap_or(message.len());
        let (topic, payload) = message.split_at(blank);
        let Ok(topic) = core::str::from_utf8(topic) else { continue };
        let payload = payload.get(1..).unwrap_or(&[]);
        if device.accepts_command() {
            device.handle(now, Input::Message { topic, payload, retained: flags & 1 == 1 });
        }
        drain(&mut device, now);
        now = now.plus_millis(u32::from(*flags) * 10);
        device.handle(now, Input::Tick);
        drain(&mut device, now);
    }
}

fn drain(device: &mut Device, now: Instant) {
    let mut buf = [0; 320];
    while device.poll_action().is_some() {}
    while let Some(transmit) = device.poll_transmit(now, &mut buf) {
        if let Transmit::Publish { topic, payload: None, len, .. } = transmit {
            assert!(!topic.is_empty());
            let mut given = 0;
            while let Some(window) = device.poll_payload(&mut buf) {
                given += window.len();
            }
            assert_eq!(given, len);
        }
    }
    while device.poll_log(&mut buf).is_some() {}
}
