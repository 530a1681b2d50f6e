//! What one switch costs: the bytes of `cmnd/sonoff/POWER TOGGLE` in, the bytes of both answers out.
//!
//! `cargo xtask cost` runs this under callgrind and prints the instructions for each round.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "an example has no caller to hand an error to"
)]

use sonoff_core::io::{Boot, Link};
use sonoff_core::settings::Number;
use sonoff_core::{Device, Input, Instant, Profile, Transmit};
use sonoff_mqtt::Inbox;
use sonoff_mqtt::packet::{self, Incoming};
use sonoff_mqtt::session::{Session, Timing};

/// Rounds that are counted.
const ROUNDS: u64 = 10_000;
const TIMING: Timing = Timing { keep_alive_s: 30, timeout_s: 4, retry_s: 10 };

fn main() {
    let message = message();
    let (mut inbox, mut answers) = ([0; 1200], [0; 1200]);
    let (mut inbox, mut session, mut device) = (Inbox::new(&mut inbox), session(), device());
    let mut sent = 0;
    for round in 0..ROUNDS {
        let now = round * 1000;
        let room = inbox.spare();
        room[..message.len()].copy_from_slice(&message);
        inbox.filled(message.len());
        sent += toggle(&mut inbox, &mut session, &mut device, now, &mut answers);
    }
    println!("{ROUNDS} rounds, {sent} bytes of answers");
}

/// One round, from received bytes to bytes to be sent.
#[inline(never)]
fn toggle(
    inbox: &mut Inbox<'_>,
    session: &mut Session,
    device: &mut Device,
    now: u64,
    out: &mut [u8],
) -> usize {
    let Ok(Some(len)) = inbox.next() else { return 0 };
    let Ok(incoming) = packet::decode(inbox.frame(len)) else { return 0 };
    session.received(now, &incoming);
    let now = Instant::from_millis(now);
    if let Incoming::Publish(publish) = incoming {
        let (topic, payload, retained) = (publish.topic, publish.payload, publish.retain);
        device.handle(now, Input::Message { topic, payload, retained });
    }
    inbox.consume(len);
    while device.poll_action().is_some() {}
    let mut filled = 0;
    while let Some(bytes) = answer(device, now, &mut out[filled..]) {
        filled += bytes;
    }
    filled
}

fn answer(device: &mut Device, now: Instant, out: &mut [u8]) -> Option<usize> {
    let Some(Transmit::Publish { topic, payload, len, retain }) =
        device.poll_transmit(now, packet::publish_room(out))
    else {
        return None;
    };
    let (topic, here) = (topic.len(), payload.map_or(0, <[u8]>::len));
    packet::publish_in_place(out, topic, here, len, retain).ok()
}

/// `cmnd/sonoff/POWER` with the payload `TOGGLE`, as a broker sends it.
fn message() -> Vec<u8> {
    let topic = b"cmnd/sonoff/POWER";
    let mut frame = vec![0x30, 25, 0, 17];
    frame.extend_from_slice(topic);
    frame.extend_from_slice(b"TOGGLE");
    frame
}

fn session() -> Session {
    let mut session = Session::new(0);
    session.dialling(0, &TIMING);
    session.greeting(0, &TIMING);
    if let Ok(accepted) = packet::decode(&[0x20, 2, 0, 0]) {
        session.received(0, &accepted);
    }
    session
}

/// Online, with `GroupState 0`.
fn device() -> Device {
    let mut device = Device::new(Profile::BASIC, [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56]);
    device.settings_mut().set_number(Number::GROUP_STATE, 0).unwrap();
    device.boot(Instant::ZERO, &Boot { cold: true, reason: "Power On", settings: None, state: None });
    device.handle(Instant::ZERO, Input::Link(Link::Online));
    let mut buffer = [0; 1200];
    while device.poll_transmit(Instant::ZERO, &mut buffer).is_some() {}
    device
}
