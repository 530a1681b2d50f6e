//! Packets that go out, byte by byte, and as another codec reads them.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::num::NonZeroU16;

use bytes::BytesMut;
use mqttbytes::QoS;
use mqttbytes::v4::{Packet, read};
use sonoff_mqtt::packet::{PUBLISH_ROOM, connect, disconnect, pingreq, puback, publish_in_place, subscribe};
use sonoff_mqtt::{Connect, Full, Will};

const ONE: NonZeroU16 = NonZeroU16::MIN;

/// SX-1: the CONNECT of a new device.
const HELLO: Connect<'static> = Connect {
    client: "DVES_123456",
    user: Some("DVES_USER"),
    password: Some("DVES_PASS"),
    keep_alive_s: 30,
    clean_session: true,
    will: Some(Will { topic: "tele/sonoff/LWT", payload: b"Offline", retain: true }),
};

fn peer(bytes: &[u8]) -> Packet {
    let mut stream = BytesMut::from(bytes);
    let packet = read(&mut stream, usize::MAX).unwrap();
    assert!(stream.is_empty());
    packet
}

/// Writes at every smaller size first, which must fail, then at the exact one.
fn written(write: impl Fn(&mut [u8]) -> Result<usize, Full>) -> Vec<u8> {
    let mut buf = vec![0; 1000];
    let len = write(&mut buf).unwrap();
    for size in 0..len {
        assert_eq!(write(&mut vec![0; size]), Err(Full), "{size} of {len} bytes");
    }
    let mut exact = vec![0; len];
    assert_eq!(write(&mut exact), Ok(len));
    assert_eq!(exact, buf[..len]);
    exact
}

/// S-3, S-4, S-5, S-6, S-7, S-8, S-9, S-10, S-11.
#[test]
fn connect_says_who_and_what_to_say_when_gone() {
    let bytes = written(|out| connect(&HELLO, out));
    assert_eq!(
        bytes,
        b"\x10\x47\0\x04MQTT\x04\xee\0\x1e\0\x0bDVES_123456\0\x0ftele/sonoff/LWT\0\x07Offline\0\x09DVES_USER\0\x09DVES_PASS"
    );
    let Packet::Connect(told) = peer(&bytes) else { panic!() };
    let will = told.last_will.unwrap();
    assert_eq!((told.client_id.as_str(), told.keep_alive, told.clean_session), ("DVES_123456", 30, true));
    assert_eq!((will.topic.as_str(), &will.message[..]), ("tele/sonoff/LWT", &b"Offline"[..]));
    assert_eq!((will.qos, will.retain), (QoS::AtLeastOnce, true));
    let login = told.login.unwrap();
    assert_eq!((login.username.as_str(), login.password.as_str()), ("DVES_USER", "DVES_PASS"));
}

/// SX-10, S-8 with SetOption140 1, SX-15.
#[test]
fn connect_leaves_out_what_is_not_set() {
    let bare = Connect { user: None, password: None, clean_session: false, will: None, ..HELLO };
    let bytes = written(|out| connect(&bare, out));
    assert_eq!(bytes, b"\x10\x17\0\x04MQTT\x04\0\0\x1e\0\x0bDVES_123456");
    let will = HELLO.will.map(|will| Will { retain: false, ..will });
    let bytes = written(|out| connect(&Connect { will, ..HELLO }, out));
    assert_eq!(bytes[9], 0b1100_1110);
}

/// The protocol forbids it, and brokers drop the connection.
#[test]
fn no_password_without_a_user() {
    let alone = Connect { user: None, ..HELLO };
    let neither = Connect { user: None, password: None, ..HELLO };
    assert_eq!(written(|out| connect(&alone, out)), written(|out| connect(&neither, out)));
}

/// The codec would send 4,464 bytes of a text of 70,000 and turn the rest into other fields.
#[test]
fn a_text_that_is_too_long_is_refused_whole() {
    let long = "x".repeat(70_000);
    let out = &mut vec![0; 400_000][..];
    assert_eq!(connect(&Connect { client: &long, ..HELLO }, out), Err(Full));
    assert_eq!(connect(&Connect { user: Some(&long), ..HELLO }, out), Err(Full));
    assert_eq!(connect(&Connect { password: Some(&long), ..HELLO }, out), Err(Full));
    let will = Will { topic: &long, payload: b"", retain: false };
    assert_eq!(connect(&Connect { will: Some(will), ..HELLO }, out), Err(Full));
    let will = Will { topic: "a", payload: long.as_bytes(), retain: false };
    assert_eq!(connect(&Connect { will: Some(will), ..HELLO }, out), Err(Full));
    let border = &long[..65_535];
    let len = connect(&Connect { client: border, ..HELLO }, out).unwrap();
    let Packet::Connect(told) = peer(&out[..len]) else { panic!() };
    assert_eq!(told.client_id, border);
    assert_eq!(connect(&Connect { client: &long[..65_536], ..HELLO }, out), Err(Full));
}

#[test]
fn a_will_needs_a_topic() {
    let will = Will { topic: "", payload: b"", retain: false };
    assert_eq!(connect(&Connect { will: Some(will), ..HELLO }, &mut [0; 200]), Err(Full));
}

/// S-12, S-19.
#[test]
fn subscribe_asks_for_one_filter_with_qos_0() {
    let bytes = written(|out| subscribe(ONE, "cmnd/sonoff/#", out));
    assert_eq!(bytes, b"\x82\x12\0\x01\0\x0dcmnd/sonoff/#\0");
    let Packet::Subscribe(told) = peer(&bytes) else { panic!() };
    assert_eq!((told.pkid, told.filters.len()), (1, 1));
    assert_eq!((told.filters[0].path.as_str(), told.filters[0].qos), ("cmnd/sonoff/#", QoS::AtMostOnce));
}

/// The codec panics on the longer one when it receives it, and cannot hold it when it sends.
#[test]
fn the_longest_filter_has_256_bytes() {
    let long = "f".repeat(257);
    let out = &mut [0; 400];
    assert_eq!(subscribe(ONE, &long, out), Err(Full));
    assert_eq!(subscribe(ONE, "", out), Err(Full));
    let len = subscribe(NonZeroU16::MAX, &long[..256], out).unwrap();
    let Packet::Subscribe(told) = peer(&out[..len]) else { panic!() };
    assert_eq!((told.pkid, told.filters[0].path.len()), (65_535, 256));
}

#[test]
fn the_small_packets() {
    let id = NonZeroU16::new(0x1234).unwrap();
    assert_eq!(written(|out| puback(id, out)), b"\x40\x02\x12\x34");
    assert_eq!(written(pingreq), b"\xc0\0");
    assert_eq!(written(disconnect), b"\xe0\0");
}

/// A buffer of `size` bytes with topic and payload where they belong.
fn placed(size: usize, topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut buf = vec![0xAA; PUBLISH_ROOM];
    buf.extend_from_slice(topic.as_bytes());
    buf.extend_from_slice(payload);
    buf.resize(size.max(buf.len() + 3), 0xAA);
    buf
}

#[test]
fn publish_puts_its_header_before_the_topic() {
    let mut buf = placed(64, "stat/sonoff/POWER", b"ON");
    assert_eq!(publish_in_place(&mut buf, 17, 2, 2, false), Ok(23));
    assert_eq!(&buf[..23], b"\x30\x15\0\x11stat/sonoff/POWERON");
    let mut buf = placed(0, "tele/sonoff/LWT", b"Online");
    assert_eq!(publish_in_place(&mut buf, 15, 6, 6, true), Ok(25));
    assert_eq!(&buf[..25], b"\x31\x17\0\x0ftele/sonoff/LWTOnline");
    let mut buf = placed(0, "a", b"");
    assert_eq!(publish_in_place(&mut buf, 1, 0, 0, false), Ok(5));
    assert_eq!(&buf[..5], b"\x30\x03\0\x01a");
}

#[test]
fn publish_of_every_length_is_read_alike_elsewhere() {
    for size in
        [0, 1, 120, 121, 122, 123, 124, 125, 126, 127, 128, 16_378, 16_379, 16_380, 2_097_150, 2_097_151]
    {
        let payload = vec![b'x'; size];
        let mut buf = placed(0, "a/b", &payload);
        let len = publish_in_place(&mut buf, 3, size, size, size % 2 == 1).unwrap();
        let Packet::Publish(told) = peer(&buf[..len]) else { panic!() };
        assert_eq!((told.topic.as_str(), told.payload.len()), ("a/b", size));
        assert_eq!((told.qos, told.retain, told.dup), (QoS::AtMostOnce, size % 2 == 1, false));
        assert!(told.payload.iter().all(|&byte| byte == b'x'));
    }
}

/// The length covers what follows in windows.
#[test]
fn publish_may_begin_before_its_payload_is_whole() {
    let mut buf = placed(0, "stat/sonoff/STATUS", b"{\"Status\":");
    assert_eq!(publish_in_place(&mut buf, 18, 10, 2495, false), Ok(33));
    buf.truncate(33);
    assert_eq!(&buf[..5], b"\x30\xd3\x13\0\x12");
    buf.resize(33 + 2485, b'}');
    let Packet::Publish(told) = peer(&buf) else { panic!() };
    assert_eq!((told.topic.as_str(), told.payload.len()), ("stat/sonoff/STATUS", 2495));
}

#[test]
fn publish_refuses_what_it_cannot_say() {
    let buf = &mut vec![0; 80_000][..];
    assert_eq!(publish_in_place(buf, 0, 0, 0, false), Err(Full));
    assert_eq!(publish_in_place(buf, 65_536, 0, 0, false), Err(Full));
    assert_eq!(publish_in_place(buf, 65_535, 0, 0, false), Ok(65_541));
    assert_eq!(publish_in_place(buf, 1, 2, 1, false), Err(Full));
    assert_eq!(publish_in_place(buf, 1, 0, 268_435_453, false), Err(Full));
    assert_eq!(publish_in_place(buf, 1, 0, 268_435_452, false), Ok(8));
    assert_eq!(publish_in_place(buf, 1, usize::MAX, usize::MAX, false), Err(Full));
    assert_eq!(publish_in_place(&mut buf[..6], 1, 2, 2, false), Err(Full));
    assert_eq!(publish_in_place(&mut buf[..7], 1, 2, 2, false), Ok(7));
    assert_eq!(publish_in_place(&mut [], 1, 0, 0, false), Err(Full));
    assert_eq!(publish_in_place(&mut [0; 4], 1, 0, 0, false), Err(Full));
}

/// A header of more than four bytes pushes the texts up, if there is room for them.
#[test]
fn publish_moves_up_for_a_longer_header() {
    for (len, header) in [(123, 4), (124, 4), (125, 5), (140, 5)] {
        let payload: Vec<u8> = (b'a'..=b'z').cycle().take(len).collect();
        let mut buf = placed(0, "t", &payload);
        let end = header + 1 + len;
        assert_eq!(publish_in_place(&mut buf[..end - 1], 1, len, len, false), Err(Full));
        assert_eq!(publish_in_place(&mut buf[..end], 1, len, len, false), Ok(end));
        assert_eq!(buf[header..end], [b"t", &payload[..]].concat());
    }
}
