//! A server that a test plays by hand.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use sonoff_testkit::broker::wire::Qos;
use sonoff_testkit::broker::write::{self, PublishHead};
use sonoff_testkit::net::Peer;
use sonoff_testkit::world::World;

/// CONNACK 0.
pub const ACCEPT: &[u8] = &[0x20, 2, 0, 0];

/// A QoS 0 PUBLISH.
pub fn publish(topic: &str, payload: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let head = PublishHead { qos: Qos::Zero, retain: false, dup: false, id: 0 };
    write::publish(&mut out, head, topic, payload.as_bytes());
    out
}

/// Runs until the device has connected; the server's end.
pub fn accept(world: &mut World) -> Peer {
    let mut peer = None;
    world.run_until(
        |world| {
            peer = world.net().next_touched().filter(|peer| !peer.is_over());
            peer.is_some()
        },
        10_000,
    );
    peer.expect("a connection")
}

/// Accepts the device's CONNECT and takes what it says then.
pub fn greet(world: &mut World) -> Peer {
    let peer = accept(world);
    world.settle();
    assert_eq!(peer.take().first(), Some(&0x10), "CONNECT");
    assert_eq!(peer.send(ACCEPT), 4);
    world.settle();
    peer.take();
    peer
}

/// Splits bytes into packets of less than 16 KiB.
pub fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut packets = Vec::new();
    while rest.len() >= 2 {
        let (header, length) = match rest[1] {
            short @ 0..=127 => (2, usize::from(short)),
            low => (3, usize::from(low & 127) | usize::from(rest[2]) << 7),
        };
        let (packet, after) = rest.split_at(header + length);
        packets.push(packet.to_vec());
        rest = after;
    }
    assert!(rest.is_empty(), "half a packet: {rest:?}");
    packets
}

/// Topic and payload of each PUBLISH, as `topic payload`.
pub fn messages(bytes: &[u8]) -> Vec<String> {
    let publishes = packets(bytes).into_iter().filter(|packet| packet[0] >> 4 == 3);
    publishes
        .map(|packet| {
            let start = if packet[1] < 128 { 2 } else { 3 };
            let topic = usize::from(packet[start]) << 8 | usize::from(packet[start + 1]);
            let text = String::from_utf8(packet[start + 2..].to_vec()).unwrap();
            format!("{} {}", &text[..topic], &text[topic..])
        })
        .collect()
}
