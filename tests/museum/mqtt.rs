//! MQTT clients that believed what a packet says about itself. Whoever sits between device and broker, or has taken the
//! broker over, writes these bytes.

use sonoff_mqtt::frame::check;
use sonoff_mqtt::{FrameError, packet};

use crate::target::{Target, message};

/// Eclipse Paho Embedded C before 1.1 read as many bytes as the length field said into a buffer that was smaller: whatever
/// lay behind the buffer was overwritten. minimq did the same in 2023, as a panic (quartiq/minimq#155).
///
/// Here a packet larger than the buffer is not kept: its bytes are let through to its end and what follows is read as
/// before. One that never ends costs the connection, by the ping that nobody answers.
#[test]
fn cve_2021_41036_a_packet_longer_than_the_buffer() {
    let longer = message("cmnd/sonoff/POWER", &[b'0'; 70_000]);
    Target::new().gets(&longer).holds_the_line().is_unharmed();
    let largest = [&b"\x30\xff\xff\xff\x7f"[..], &[b'0'; 4000]].concat();
    Target::new().gets(&largest).holds_the_line().waits_ms(60_000).hangs_up().is_unharmed();
}

/// The MQTT library of Arm Mbed OS took the length of the topic from the packet without a look at the packet's own length,
/// left the topic's pointer at 0 when they did not agree, and read from there.
#[test]
fn cve_2019_17210_a_topic_longer_than_its_packet() {
    Target::new().gets(b"\x30\x07\xff\xffABCDE").hangs_up().is_unharmed();
    Target::new().gets(b"\x30\x02\x00\x01").hangs_up().is_unharmed();
}

/// MQTT-C up to 1.1.6 computed the payload as packet minus topic minus two, in unsigned numbers: with a topic longer than
/// the packet that is 4 GB of payload, which the application then read.
///
/// Every length of a topic against every short packet: what fits is read, what does not is refused, and no payload is
/// longer than what came.
#[test]
fn cve_2026_54412_a_payload_of_less_than_nothing() {
    for rest in 0..=20u8 {
        for topic in 0..=u16::MAX {
            let head = [[0x30, rest + 2], topic.to_be_bytes()].concat();
            let frame = [head, vec![b'a'; rest.into()]].concat();
            let expected = match usize::from(topic) {
                0 => Err(FrameError::Topic),
                length if length > rest.into() => Err(FrameError::Truncated),
                _ => Ok(()),
            };
            assert_eq!(check(&frame), expected, "{rest} bytes, of which {topic} are the topic");
        }
    }
    Target::new().gets(b"\x30\x07\xff\xffABCDE").hangs_up().is_unharmed();
}

/// Mongoose 6.16 read a fifth byte of the length field, shifted it out of its number and got a packet that ended before it
/// began: the loop that removes packets from the buffer removed nothing, for ever.
#[test]
fn cve_2019_19307_a_length_that_points_backwards() {
    for fifth in 0..=u8::MAX {
        let head = [0x30, 0xFF, 0xFF, 0xFF, 0xFF, fifth, 0, 0];
        assert_eq!(check(&head), Err(FrameError::Length), "{fifth}");
    }
    Target::new().gets(b"\x30\xff\xff\xff\xff\x7f").hangs_up().is_unharmed();
}

/// Mosquitto before 2.0.8 fell over a topic of no bytes.
#[test]
fn cve_2021_34432_a_topic_of_no_bytes() {
    Target::new().gets(b"\x30\x02\x00\x00").hangs_up().is_unharmed();
    Target::new().gets(b"\x30\x04\x00\x00ON").hangs_up().is_unharmed();
}

/// wolfMQTT up to 2.0.0 took a CONNACK of two bytes of body at its word and read them, though they had not come. The
/// packet codec of this very project does so, too (`mqttrs` 0.4: it panics), and is never handed one.
#[test]
fn wolfmqtt_545_a_connack_without_its_body() {
    for bytes in [&b"\x20\x00"[..], b"\x20\x01\x00"] {
        Target::greeting().gets(bytes).hangs_up().is_unharmed();
    }
    let mut waits = Target::greeting();
    waits.gets(b"\x20\x02\x00").holds_the_line().waits_ms(4000).hangs_up().is_unharmed();
}

/// rumqttc counted the messages that wait for an acknowledgement and subtracted one for each that came, also for one that
/// nobody waited for: below zero it panicked.
#[test]
fn rumqtt_372_an_acknowledgement_of_nothing() {
    for bytes in [&b"\x40\x02\x12\x34"[..], b"\x90\x03\x12\x34\x00", b"\xb0\x02\x12\x34", b"\xd0\x00"] {
        Target::new().gets(&bytes.repeat(50)).holds_the_line().is_unharmed();
    }
}

/// A packet that nobody expects was an error, and an error was a panic, so that somebody had to walk to the instrument and
/// switch it off and on (quartiq/stabilizer).
///
/// Every first byte that a broker may not send, at once after the handshake and instead of it.
#[test]
fn stabilizer_286_an_error_that_stops_the_device() {
    for first in 0..=u8::MAX {
        let bytes = [first, 2, 0, 1];
        if packet::decode(&bytes).is_err() {
            Target::new().gets(&bytes).hangs_up().is_unharmed();
            Target::greeting().gets(&bytes).hangs_up().is_unharmed();
        }
    }
}
