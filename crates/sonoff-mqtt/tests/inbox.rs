//! Frames come out of a stream whole, however it was cut.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use oracle::{Told, told};
use sonoff_mqtt::packet::decode;
use sonoff_mqtt::{FrameError, Inbox};

const CONNACK: &[u8] = b"\x20\x02\0\0";
const SUBACK: &[u8] = b"\x90\x03\0\x01\0";
const MESSAGE: &[u8] = b"\x30\x19\0\x11cmnd/sonoff/POWERTOGGLE";
const ACKED: &[u8] = b"\x32\x07\0\x01a\0\x05ON";
const PONG: &[u8] = b"\xd0\0";

fn stream() -> Vec<u8> {
    [CONNACK, SUBACK, MESSAGE, ACKED, PONG, MESSAGE].concat()
}

/// Reads all of `bytes` that fit; says how many.
fn read(inbox: &mut Inbox<'_>, bytes: &[u8]) -> usize {
    let spare = inbox.spare();
    let n = spare.len().min(bytes.len());
    spare[..n].copy_from_slice(&bytes[..n]);
    inbox.filled(n);
    n
}

fn take(inbox: &mut Inbox<'_>, frames: &mut Vec<Vec<u8>>) -> Result<(), FrameError> {
    while let Some(len) = inbox.next()? {
        frames.push(inbox.frame(len).to_vec());
        inbox.consume(len);
    }
    Ok(())
}

/// Feeds the pieces through a buffer of `room` bytes.
fn frames(room: usize, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, u32) {
    let mut buf = vec![0; room];
    let mut inbox = Inbox::new(&mut buf);
    let mut frames = Vec::new();
    for mut piece in pieces.iter().copied() {
        while !piece.is_empty() {
            let n = read(&mut inbox, piece);
            assert_ne!(n, 0, "no room, and no frame to take");
            piece = &piece[n..];
            take(&mut inbox, &mut frames).unwrap();
        }
    }
    (frames, inbox.skipped())
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_frames() {
    let stream = stream();
    let whole = frames(200, &[&stream]).0;
    assert_eq!(whole, [CONNACK, SUBACK, MESSAGE, ACKED, PONG, MESSAGE]);
    for at in 0..=stream.len() {
        for second in at..=stream.len() {
            let pieces = [&stream[..at], &stream[at..second], &stream[second..]];
            assert_eq!(frames(MESSAGE.len(), &pieces).0, whole, "cut at {at} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(frames(MESSAGE.len(), &bytes).0, whole);
}

#[test]
fn each_packet_is_decoded_from_its_own_bytes_alone() {
    let told: Vec<Told> =
        frames(200, &[&stream()]).0.iter().map(|frame| told(decode(frame).unwrap())).collect();
    let message = Told::Publish {
        topic: "cmnd/sonoff/POWER".into(),
        payload: b"TOGGLE".into(),
        retain: false,
        id: None,
    };
    assert_eq!(told[0], Told::ConnAck { present: false, code: 0 });
    assert_eq!(told[1], Told::SubAck { id: 1, refused: false });
    assert_eq!((&told[2], &told[5]), (&message, &message));
    assert_eq!(told[4], Told::PingResp);
}

/// S-15: larger incoming messages are lost, and nothing else.
#[test]
fn a_frame_larger_than_the_buffer_is_skipped_and_counted() {
    let stream = [CONNACK, MESSAGE, PONG, MESSAGE, MESSAGE, SUBACK].concat();
    for at in 0..=stream.len() {
        let (frames, skipped) = frames(MESSAGE.len() - 1, &[&stream[..at], &stream[at..]]);
        assert_eq!(frames, [CONNACK, PONG, SUBACK], "cut at {at}");
        assert_eq!(skipped, 3);
    }
}

#[test]
fn a_frame_of_exactly_the_buffer_is_taken() {
    assert_eq!(frames(MESSAGE.len(), &[MESSAGE, MESSAGE]), (vec![MESSAGE.to_vec(); 2], 0));
}

/// Found by fuzzing: with less room than a header, its length might never be known.
#[test]
fn five_bytes_are_enough_to_skip_anything() {
    for length in [&b"\x05"[..], b"\xff\x01", b"\x80\x80\x01", b"\x81\x80\x80\0"] {
        let mut frame = [&[0x30], length].concat();
        let body: usize = length.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7F));
        frame.resize(frame.len() + body, 0);
        let pieces: Vec<&[u8]> = frame.chunks(1).chain(PONG.chunks(1)).collect();
        let (got, skipped) = frames(5, &pieces);
        let fits = frame.len() <= 5;
        assert_eq!((got.len(), skipped), (if fits { 2 } else { 1 }, u32::from(!fits)), "{length:02x?}");
        assert_eq!(got.last().map(Vec::as_slice), Some(PONG));
    }
}

#[test]
fn a_new_connection_starts_with_an_empty_inbox() {
    let mut buf = [0; 16];
    let mut inbox = Inbox::new(&mut buf);
    let n = read(&mut inbox, MESSAGE);
    assert_eq!(inbox.next(), Ok(None));
    assert_eq!((n, inbox.skipped()), (16, 1));
    inbox.clear();
    assert_eq!(inbox.spare().len(), 16);
    read(&mut inbox, PONG);
    assert_eq!(inbox.next(), Ok(Some(2)));
    assert_eq!(inbox.frame(2), PONG);
    assert_eq!(inbox.skipped(), 1);
}

#[test]
fn a_wrong_stream_is_an_error_again_and_again() {
    let mut buf = [0; 16];
    let mut inbox = Inbox::new(&mut buf);
    read(&mut inbox, b"\xd0\0\x82");
    assert_eq!(inbox.next(), Ok(Some(2)));
    inbox.consume(2);
    assert_eq!(inbox.next(), Err(FrameError::NotForClients));
    assert_eq!(inbox.next(), Err(FrameError::NotForClients));
}

#[test]
fn wrong_numbers_from_the_caller_are_harmless() {
    let mut buf = [0; 4];
    let mut inbox = Inbox::new(&mut buf);
    read(&mut inbox, PONG);
    assert_eq!(inbox.frame(3), b"");
    inbox.consume(usize::MAX);
    assert_eq!(inbox.next(), Ok(None));
    inbox.filled(usize::MAX);
    assert!(inbox.spare().is_empty());
    assert_eq!(Inbox::new(&mut []).next(), Ok(None));
}

/// Moving the rest down at every packet would cost more than decoding it.
#[test]
fn bytes_move_only_when_there_is_no_room_behind_them() {
    let mut buf = [0; 32];
    let mut inbox = Inbox::new(&mut buf);
    read(&mut inbox, &[PONG, PONG, &[0x30]].concat());
    inbox.consume(2);
    assert_eq!(inbox.spare().len(), 27);
    read(&mut inbox, &[0; 27]);
    assert_eq!(inbox.spare().len(), 2);
}
