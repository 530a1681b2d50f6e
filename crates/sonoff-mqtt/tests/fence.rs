//! The fence refuses what makes the codec panic or read wrongly, and lets through what is right.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use oracle::{Told, judge};
use sonoff_mqtt::FrameError::{self, *};
use sonoff_mqtt::frame::{Head, check, head};
use sonoff_mqtt::packet::decode;

/// Each with the reason for which it is refused.
type Rows = &'static [(&'static [u8], FrameError)];

fn refuses(rows: Rows) {
    for (frame, error) in rows {
        assert_eq!(check(frame), Err(*error), "{frame:02x?}");
        assert_eq!(decode(frame).err(), Some(*error), "{frame:02x?}");
        assert_eq!(judge(frame), Ok(None));
    }
}

/// Bytes that end the program inside the codec when a broker sends them.
#[test]
fn refuses_what_panics_the_codec_on_a_device() {
    refuses(&[
        (b"\x40\0", Truncated),
        (b"\x40\x01\0", Truncated),
        (b"\x50\0", NotForClients),
        (b"\x50\x01\0", NotForClients),
        (b"\x62\0", NotForClients),
        (b"\x62\x01\0", NotForClients),
        (b"\x70\0", NotForClients),
        (b"\x70\x01\0", NotForClients),
        (b"\xb0\0", Truncated),
        (b"\xb0\x01\0", Truncated),
        (b"\x90\0", Truncated),
        (b"\x20\0", Truncated),
        (b"\x20\x01\0", Truncated),
        (b"\x32\x03\0\x01a", Truncated),
        (b"\x32\x03\0\x01a\xc0\0", Excess),
        (b"\x30\0\0\0", Excess),
    ]);
}

/// Bytes that end a program that plays the broker; a client gets none of them.
#[test]
fn refuses_what_panics_the_codec_in_a_broker() {
    refuses(&[
        (b"\x82\0", NotForClients),
        (b"\x82\x05\0\x01\0\x01a", NotForClients),
        (b"\x10\x02\0\0", NotForClients),
        (b"\x10\x06\0\x04MQTT", NotForClients),
        (b"\x10\x07\0\x04MQTT\x04", NotForClients),
        (b"\x10\x08\0\x04MQTT\x04\x02", NotForClients),
        (b"\x10\x09\0\x04MQTT\x04\x02\0", NotForClients),
        (b"\x10\x0d\0\x0bMQTTMQTTMQT", NotForClients),
    ]);
}

/// Short bodies whose missing bytes the codec takes from the next packet.
#[test]
fn refuses_what_reads_into_the_next_packet() {
    refuses(&[
        (b"\x40\0\xd0\0", Truncated),
        (b"\x40\x01\0\xd0\0", Truncated),
        (b"\x20\0\x20\x02", Truncated),
        (b"\x20\x01\0\xd0\0", Truncated),
        (b"\x90\x02\0\x01\xd0\0", Truncated),
        (b"\xb0\0\xd0\0", Truncated),
        (b"\x30\x02\0\x04test", Excess),
        (b"\x30\x05\0\x04tes", Truncated),
        (b"\x32\x04\0\x01a\0", Truncated),
    ]);
}

#[test]
fn refuses_malformed_packets_that_the_codec_accepts() {
    refuses(&[
        (b"\x40\x03\0\x01\x09", Excess),
        (b"\xb0\x03\0\x01\x09", Excess),
        (b"\xd0\x01\0", Excess),
        (b"\x20\x03\0\0\0", Excess),
        (b"\xe0\x02\0\0", NotForClients),
        (b"\x20\x02\x02\0", ConnAckFlags),
        (b"\x20\x02\x80\0", ConnAckFlags),
        (b"\x20\x02\x01\x05", ConnAckFlags),
        (b"\x38\x05\0\x01aON", Flags),
        (b"\x39\x05\0\x01aON", Flags),
        (b"\x30\x04\0\0ON", Topic),
        (b"\x30\x05\0\x03a/#", Topic),
        (b"\x30\x05\0\x03a/+", Topic),
        (b"\x30\x05\0\x03a\0b", Topic),
        (b"\x90\x02\0\x01", Truncated),
    ]);
}

#[test]
fn refuses_what_the_codec_refuses_as_well() {
    refuses(&[
        (b"", Truncated),
        (b"\x20", Truncated),
        (b"\x20\x02\0", Truncated),
        (b"\x20\x02\0\x06", ReturnCode),
        (b"\x40\x02\0\0", Identifier),
        (b"\xb0\x02\0\0", Identifier),
        (b"\x90\x03\0\0\0", Identifier),
        (b"\x90\x03\0\x01\x03", ReturnCode),
        (b"\x32\x05\0\x01a\0\0", Identifier),
        (b"\x36\x05\0\x01a\0\x01", Qos),
        (b"\x30\x03\0\x01\xff", Topic),
        (b"\x30\x05\0\x03\xed\xa0\x80", Topic),
        (b"\x20\x80\x80\x80\x80\x01\0\0", Length),
        (b"\x41\x02\0\x01", Flags),
        (b"\xd1\0", Flags),
        (b"\0\0", NotForClients),
        (b"\xf0\0", NotForClients),
    ]);
}

/// Beyond the standard, since subscriptions ask for QoS 0 and one filter each (S-12).
#[test]
fn refuses_qos_2_and_subacks_of_many_codes() {
    refuses(&[
        (b"\x34\x05\0\x01a\0\x01", Qos),
        (b"\x3d\x05\0\x01a\0\x01", Qos),
        (b"\x90\x04\0\x01\0\0", Excess),
        (b"\x90\x08\0\x01\0\0\0\0\0\0", Excess),
    ]);
}

fn publish(topic: &str, payload: &[u8], retain: bool, id: Option<u16>) -> Told {
    Told::Publish { topic: topic.into(), payload: payload.into(), retain, id }
}

#[test]
fn lets_right_packets_through() {
    let rows: &[(&[u8], Told)] = &[
        (b"\x20\x02\0\0", Told::ConnAck { present: false, code: 0 }),
        (b"\x20\x02\x01\0", Told::ConnAck { present: true, code: 0 }),
        (b"\x20\x02\0\x05", Told::ConnAck { present: false, code: 5 }),
        (b"\x30\x05\0\x01aON", publish("a", b"ON", false, None)),
        (b"\x31\x03\0\x01a", publish("a", b"", true, None)),
        (b"\x32\x07\0\x01a\x12\x34ON", publish("a", b"ON", false, Some(0x1234))),
        (b"\x3b\x05\0\x01a\0\x01", publish("a", b"", true, Some(1))),
        (b"\x30\x04\0\x02\xc3\xa4", publish("ä", b"", false, None)),
        (b"\x40\x02\x01\0", Told::PubAck(256)),
        (b"\x90\x03\0\x07\0", Told::SubAck { id: 7, refused: false }),
        (b"\x90\x03\0\x07\x02", Told::SubAck { id: 7, refused: false }),
        (b"\x90\x03\0\x07\x80", Told::SubAck { id: 7, refused: true }),
        (b"\xb0\x02\0\x09", Told::UnsubAck(9)),
        (b"\xd0\0", Told::PingResp),
        (b"\xd0\x80\x80\0", Told::PingResp),
        (b"\x20\x82\x80\x80\0\0\0", Told::ConnAck { present: false, code: 0 }),
    ];
    for (frame, told) in rows {
        assert_eq!(judge(frame), Ok(Some(told.clone())), "{frame:02x?}");
    }
}

/// Every first byte with every short body.
#[test]
fn agrees_with_the_standard_on_every_short_packet() {
    for first in 0..=255 {
        for length in 0..=5_u8 {
            for bits in 0..1_u32 << (2 * length) {
                let mut frame = vec![first, length];
                frame.extend((0..length).map(|at| [0, 1, 0x61, 0x80][(bits >> (2 * at) & 3) as usize]));
                judge(&frame).unwrap();
            }
        }
    }
}

#[test]
fn lengths_at_their_borders() {
    for body in [3, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
        let mut frame = vec![0x30];
        frame.extend(length_field(body));
        frame.extend([0, 1, b'a']);
        frame.resize(frame.len() + body - 3, b'x');
        assert_eq!(head(&frame, frame.len()), Ok(Head::Whole(frame.len())));
        assert_eq!(head(&frame, frame.len() - 1), Ok(Head::TooLong(frame.len())));
        assert_eq!(check(&frame), Ok(()), "{body}");
        frame.pop();
        assert_eq!(head(&frame, usize::MAX), Ok(Head::Incomplete));
        assert_eq!(check(&frame), Err(Truncated), "{body}");
    }
}

fn length_field(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length > 127 {
        bytes.push(u8::try_from(length % 128).unwrap() | 128);
        length /= 128;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes
}

/// The codec waits for up to 256 MB before it says that the type is reserved.
#[test]
fn a_hopeless_beginning_is_refused_at_once() {
    let room = 1200;
    assert_eq!(head(b"\0", room), Err(NotForClients));
    assert_eq!(head(b"\0\xff\xff\xff\x7f", room), Err(NotForClients));
    assert_eq!(head(b"\xf0", room), Err(NotForClients));
    assert_eq!(head(b"\x40\xff\xff\xff\x7f", room), Err(Excess));
    assert_eq!(head(b"\xd0\x02", room), Err(Excess));
    assert_eq!(head(b"\x20\x01", room), Err(Truncated));
    assert_eq!(head(b"\x30\xff\xff\xff\xff", room), Err(Length));
    assert_eq!(head(b"\x30\xff\xff\xff\x7f", room), Ok(Head::TooLong(268_435_460)));
    assert_eq!(head(b"\x30\xff\xff\xff", room), Ok(Head::Incomplete));
    assert_eq!(head(b"", room), Ok(Head::Incomplete));
}

#[test]
fn each_error_has_its_own_words() {
    let all =
        [Length, NotForClients, Flags, Qos, Truncated, Excess, Identifier, Topic, ConnAckFlags, ReturnCode];
    let mut words: Vec<String> = all.iter().map(FrameError::to_string).collect();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), all.len());
}
