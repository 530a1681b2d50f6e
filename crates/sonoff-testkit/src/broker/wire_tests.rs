//! What is refused, and what is taken.

use proptest::prelude::*;

use super::*;

fn connect(flags: u8, rest: &[u8]) -> Vec<u8> {
    let body = [b"\0\x04MQTT\x04", &[flags, 0, 30][..], rest].concat();
    [&[0x10, body.len() as u8][..], &body].concat()
}

fn error(bytes: &[u8]) -> WireError {
    read(bytes, Level::V311).expect_err("refused")
}

#[test]
fn every_field_of_connect_is_read() {
    let bytes = connect(0b1111_0110, b"\0\x01c\0\x02w/\0\x03end\0\x01u\0\x02\xff\0");
    let will = Publish { topic: "w/", payload: b"end", qos: Qos::Two, retain: true, dup: false, id: 0 };
    let wanted = Connect {
        level: Level::V311,
        client: "c",
        clean_session: true,
        keep_alive: 30,
        will: Some(will),
        user: Some("u"),
        password: Some(&[0xff, 0]),
    };
    assert_eq!(read(&bytes, Level::V311), Ok(Packet::Connect(wanted)));
}

#[test]
fn connect_flags_must_agree() {
    for (flags, rest) in [
        (0b0000_0011, &b"\0\x01c"[..]),   // reserved
        (0b0010_0010, b"\0\x01c"),        // retain without will
        (0b0000_1010, b"\0\x01c"),        // QoS without will
        (0b0100_0010, b"\0\x01c\0\x01p"), // password without user
    ] {
        assert_eq!(error(&connect(flags, rest)), WireError::Flags, "{flags:08b}");
    }
    assert_eq!(error(&connect(0b0001_1110, b"\0\x01c\0\x01w\0\0")), WireError::Qos);
}

#[test]
fn connect_must_be_whole_and_nothing_more() {
    assert_eq!(error(&connect(2, b"\0\x02c")), WireError::Truncated);
    assert_eq!(error(&connect(2, b"\0\x01cc")), WireError::Trailing);
    assert_eq!(error(&connect(2, b"\0\x01\0")), WireError::Text);
    assert_eq!(error(&connect(2, b"\0\x01\xff")), WireError::Text);
    assert_eq!(error(&connect(6, b"\0\x01c\0\x01#\0\0")), WireError::Topic);
}

#[test]
fn other_levels_and_other_protocols_differ() {
    assert_eq!(error(b"\x10\x0d\0\x04MQTT\x05\x02\0\0\0\x01a"), WireError::Level);
    assert_eq!(error(b"\x10\x0d\0\x04MQTT\x03\x02\0\0\0\x01a"), WireError::Level);
    assert_eq!(error(b"\x10\x0f\0\x06MQIsdp\x04\x02\0\0\0\x01a"), WireError::Level);
    assert_eq!(error(b"\x10\x0d\0\x04MQQT\x04\x02\0\0\0\x01a"), WireError::Protocol);
}

#[test]
fn malformed_packets_are_refused() {
    for (bytes, wanted) in [
        (&b"\x36\x05\0\x01a\0\x01"[..], WireError::Qos),
        (b"\x38\x03\0\x01a", WireError::Flags), // DUP at QoS 0
        (b"\x32\x05\0\x01a\0\0", WireError::PacketId),
        (b"\x32\x04\0\x01a\0", WireError::Truncated),
        (b"\x30\x02\0\0", WireError::Topic),
        (b"\x30\x03\0\x01+", WireError::Topic),
        (b"\x30\x03\0\x02a", WireError::Truncated),
        (b"\x40\x02\0\0", WireError::PacketId),
        (b"\x41\x02\0\x01", WireError::Flags),
        (b"\x40\x03\0\x01\0", WireError::Trailing),
        (b"\x60\x02\0\x01", WireError::Flags),
        (b"\x80\x06\0\x01\0\x01a\0", WireError::Flags),
        (b"\x82\x02\0\x01", WireError::NoFilter),
        (b"\x82\x06\0\x01\0\x01a\x03", WireError::Qos),
        (b"\x82\x05\0\x01\0\x01a", WireError::Truncated),
        (b"\xa2\x02\0\x01", WireError::NoFilter),
        (b"\xa2\x06\0\0\0\x01ab", WireError::PacketId),
        (b"\xc0\x01\0", WireError::Trailing),
        (b"\xc1\0", WireError::Flags),
        (b"\xe1\0", WireError::Flags),
        (b"\x20\x02\0\0", WireError::NotForBrokers),
        (b"\x90\x03\0\x01\0", WireError::NotForBrokers),
        (b"\xd0\0", WireError::NotForBrokers),
        (b"\0\0", WireError::NotForBrokers),
        (b"\xf0\0", WireError::NotForBrokers),
    ] {
        assert_eq!(error(bytes), wanted, "{bytes:x?}");
    }
}

#[test]
fn a_level_3_client_may_set_dup_on_requests() {
    let bytes = b"\x8a\x06\0\x01\0\x01a\0";
    assert!(read(bytes, Level::V31).is_ok());
    assert_eq!(read(bytes, Level::V311), Err(WireError::Flags));
}

#[test]
fn the_length_has_at_most_four_bytes_and_64_kib() {
    assert_eq!(packet_length(&[]), Ok(None));
    assert_eq!(packet_length(&[0x30]), Ok(None));
    assert_eq!(packet_length(&[0x30, 0x80]), Ok(None));
    assert_eq!(packet_length(&[0x30, 0x80, 0x80, 0x80]), Ok(None));
    assert_eq!(packet_length(&[0x30, 0x80, 0x80, 0x80, 0x80]), Err(WireError::Length));
    assert_eq!(packet_length(&[0x30, 0xff, 0xff, 0xff, 0x7f]), Err(WireError::Length));
    assert_eq!(packet_length(&[0x30, 0x85, 0]), Ok(Some(8)), "a length need not be the shortest");
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200), first: u8) {
        let _ = read(&bytes, Level::V311);
        let whole = [&[first, bytes.len() as u8 & 0x7f][..], bytes.get(..bytes.len() & 0x7f).unwrap_or(&bytes)].concat();
        let _ = (packet_length(&bytes), read(&whole, Level::V31), read(&whole, Level::V311));
    }

    /// A packet that lost its last byte, or has one more, is refused or is another message.
    #[test]
    fn a_cut_packet_is_refused(cut in 0..40usize) {
        let whole = connect(0b1100_0110, b"\0\x03abc\0\x01w\0\x02xy\0\x01u\0\x01p");
        prop_assume!(cut < whole.len());
        prop_assert!(read(whole.get(..cut).unwrap_or_default(), Level::V311).is_err());
    }
}
