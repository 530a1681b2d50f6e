//! What holds for every input.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod oracle;

use std::num::NonZeroU16;

use oracle::{Told, judge, strict, told};
use proptest::collection::vec;
use proptest::prelude::*;
use sonoff_mqtt::packet::{PUBLISH_ROOM, decode, publish_in_place};
use sonoff_mqtt::{Inbox, Incoming, Millis, Publish, Rc, Received, Session, Timing, Todo};

/// Bytes that stand at borders: often enough right, often enough wrong.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => prop::sample::select(vec![0, 1, 2, 3, 4, 5, b'a', b'/', b'+', b'#', 0x7F, 0x80, 0xFF]),
        2 => prop::sample::select(vec![0x20, 0x30, 0x31, 0x32, 0x3A, 0x40, 0x90, 0xB0, 0xD0]),
        1 => any::<u8>(),
    ]
}

fn topic() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_/$ äß€😀]{1,60}"
}

fn message(topic: &str, payload: &[u8], retain: bool) -> Vec<u8> {
    let mut buf = vec![0; PUBLISH_ROOM];
    buf.extend_from_slice(topic.as_bytes());
    buf.extend_from_slice(payload);
    buf.resize(buf.len() + 3, 0);
    let len = publish_in_place(&mut buf, topic.len(), payload.len(), payload.len(), retain).unwrap();
    buf.truncate(len);
    buf
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_as_the_standard_says(frame in vec(byte(), 0..40)) {
        prop_assert!(judge(&frame).is_ok(), "{:?}", judge(&frame));
    }

    #[test]
    fn any_body_of_the_right_length_is_read_as_the_standard_says(first in byte(), body in vec(byte(), 0..40)) {
        let mut frame = vec![first, u8::try_from(body.len()).unwrap()];
        frame.extend(body);
        prop_assert!(judge(&frame).is_ok(), "{:?}", judge(&frame));
    }

    #[test]
    fn a_message_written_is_read_back(topic in topic(), payload in vec(any::<u8>(), 0..300), retain: bool) {
        let expected = Told::Publish { topic: topic.clone(), payload: payload.clone(), retain, id: None };
        prop_assert_eq!(judge(&message(&topic, &payload, retain)), Ok(Some(expected)));
    }

    #[test]
    fn no_buffer_is_too_small_to_say_so(topic in 0..80_usize, payload in 0..80_usize, size in 0..120_usize) {
        let mut buf = vec![b'x'; size];
        let header = if 2 + topic + payload < 128 { 4 } else { 5 };
        let fits = topic > 0 && header + topic + payload <= size;
        prop_assert_eq!(publish_in_place(&mut buf, topic, payload, payload, false).is_ok(), fits);
        if fits {
            prop_assert!(decode(&buf[..4 + topic + payload]).is_ok() || topic + payload > 125);
        }
    }

    /// Frames of any size, through a buffer of any size, in pieces of any size: those that fit come out, in order.
    #[test]
    fn a_stream_gives_what_fits(
        payloads in vec(0..90_usize, 1..20),
        pieces in vec(1..40_usize, 1..20),
        room in 8..64_usize,
    ) {
        let frames: Vec<Vec<u8>> = payloads.iter().map(|&size| message("ab", &vec![7; size], false)).collect();
        let fitting: Vec<Vec<u8>> = frames.iter().filter(|frame| frame.len() <= room).cloned().collect();
        let stream = frames.concat();
        let mut buf = vec![0; room];
        let mut inbox = Inbox::new(&mut buf);
        let mut out = Vec::new();
        let mut rest = &stream[..];
        for piece in pieces.iter().cycle() {
            let spare = inbox.spare();
            let n = spare.len().min(*piece).min(rest.len());
            prop_assert!(n > 0);
            spare[..n].copy_from_slice(&rest[..n]);
            inbox.filled(n);
            rest = &rest[n..];
            while let Some(len) = inbox.next().unwrap() {
                out.push(inbox.frame(len).to_vec());
                inbox.consume(len);
            }
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(inbox.skipped() as usize, frames.len() - fitting.len());
        prop_assert_eq!(out, fitting);
    }

    /// What comes through the inbox and the fence is right by itself, whatever the stream.
    #[test]
    fn any_stream_gives_right_packets_or_an_error(stream in vec(byte(), 0..200), room in 0..40_usize) {
        let mut buf = vec![0; room];
        let mut inbox = Inbox::new(&mut buf);
        for piece in stream.chunks(7) {
            let spare = inbox.spare();
            let n = spare.len().min(piece.len());
            spare[..n].copy_from_slice(&piece[..n]);
            inbox.filled(n);
            while let Ok(Some(len)) = inbox.next() {
                let frame = inbox.frame(len);
                prop_assert_eq!(frame.len(), len);
                prop_assert_eq!(decode(frame).ok().map(told), strict(frame));
                inbox.consume(len);
            }
        }
    }
}

/// One thing that the world does to a session.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Poll,
    Obey,
    Wait(u16),
    Sent,
    Receive(u8),
    Lost(u32),
    RetryIn(u16),
    HangUp,
    Wake,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Poll),
        6 => Just(Deed::Obey),
        4 => any::<u16>().prop_map(Deed::Wait),
        2 => Just(Deed::Sent),
        6 => (0..8_u8).prop_map(Deed::Receive),
        2 => any::<u32>().prop_map(Deed::Lost),
        1 => any::<u16>().prop_map(Deed::RetryIn),
        1 => Just(Deed::HangUp),
        2 => Just(Deed::Wake),
    ]
}

fn timing() -> impl Strategy<Value = Timing> {
    (0..=100_u16, 0..=100_u16, prop_oneof![Just(10_u16), any::<u16>()])
        .prop_map(|(keep_alive_s, timeout_s, retry_s)| Timing { keep_alive_s, timeout_s, retry_s })
}

fn packet(choice: u8) -> Incoming<'static> {
    let id = NonZeroU16::MIN;
    match choice {
        0..=2 => Incoming::ConnAck { session_present: choice == 1, code: 0 },
        3 => Incoming::ConnAck { session_present: false, code: 3 },
        4 => Incoming::Publish(Publish { topic: "a", payload: b"", retain: false, id: None }),
        5 => Incoming::SubAck { id, refused: false },
        6 => Incoming::PubAck { id },
        _ => Incoming::PingResp,
    }
}

/// Does what `todo` asks; `now` moves on when it asks to wait.
fn obey(session: &mut Session, todo: Todo, now: &mut Millis, timing: &Timing) {
    match todo {
        Todo::Dial { .. } => {
            session.dialling(*now, timing);
            session.greeting(*now, timing);
        }
        Todo::Ping => session.sent(*now),
        Todo::Lost(rc) => {
            session.lost(*now, rc, timing, 2, 0);
        }
        Todo::Wait(Some(at)) => *now = at,
        Todo::Wait(None) => session.wake(*now),
    }
}

/// A session that has just been accepted.
fn online(timing: &Timing) -> Session {
    let mut session = Session::new(0);
    session.dialling(0, timing);
    session.greeting(0, timing);
    session.received(0, &packet(0));
    session
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A wait always ends later than now, else the caller would spin; online is reached by CONNACK alone; and left
    /// alone, it comes to rest: no more than two other answers in a row.
    #[test]
    fn a_session_never_spins(timing in timing(), deeds in vec(deed(), 0..200)) {
        let (mut session, mut now) = (Session::new(0), 0);
        for deed in deeds {
            let was_online = session.is_online();
            let mut accepted = false;
            match deed {
                Deed::Poll => {}
                Deed::Obey => {
                    let todo = session.poll(now, &timing);
                    obey(&mut session, todo, &mut now, &timing);
                }
                Deed::Wait(ms) => now += Millis::from(ms),
                Deed::Sent => session.sent(now),
                Deed::Receive(choice) => {
                    let meaning = session.received(now, &packet(choice));
                    accepted = matches!(meaning, Received::Online { .. });
                    prop_assert_eq!(meaning == Received::Message, was_online && choice == 4);
                }
                Deed::Lost(random) => {
                    session.lost(now, Rc::Lost, &timing, 2, random);
                }
                Deed::RetryIn(seconds) => session.retry_now_in(now, seconds),
                Deed::HangUp => session.hang_up(now),
                Deed::Wake => session.wake(now),
            }
            prop_assert!(accepted == (session.is_online() && !was_online));
            let mut copy = session;
            for _ in 0..6 {
                match copy.poll(now, &timing) {
                    Todo::Wait(Some(at)) => {
                        prop_assert!(at > now);
                        break;
                    }
                    Todo::Wait(None) => break,
                    todo => obey(&mut copy, todo, &mut now.clone(), &timing),
                }
            }
            prop_assert!(matches!(copy.poll(now, &timing), Todo::Wait(_)), "{:?}", copy);
        }
    }

    /// S-7: the pause between two packets sent never exceeds the keepalive, and a peer that fell silent is noticed
    /// in keepalive plus timeout.
    #[test]
    fn the_keepalive_is_kept(
        keep_alive_s in 1..=100_u16,
        timeout_s in 1..=100_u16,
        telemetry in 50..200_000_u64,
        silent_from in 0..500_000_u64,
    ) {
        let timing = Timing { keep_alive_s, timeout_s, retry_s: 10 };
        let mut session = online(&timing);
        let (mut now, mut sent_at, mut next_telemetry) = (0, 0, telemetry);
        let (keep_alive, timeout) = (u64::from(keep_alive_s) * 1000, u64::from(timeout_s) * 1000);
        let noticed_by = silent_from + keep_alive + timeout;
        loop {
            prop_assert!(now <= noticed_by + telemetry, "never noticed");
            match session.poll(now, &timing) {
                Todo::Ping => {
                    prop_assert!(now - sent_at <= keep_alive);
                    (sent_at, now) = (now, now + 5);
                    session.sent(sent_at);
                    (now < silent_from).then(|| session.received(now, &Incoming::PingResp));
                }
                Todo::Wait(Some(at)) if at < next_telemetry => {
                    prop_assert!(at > now);
                    now = at;
                }
                Todo::Wait(_) => {
                    now = next_telemetry;
                    prop_assert!(now - sent_at <= keep_alive);
                    sent_at = now;
                    session.sent(now);
                    next_telemetry += telemetry;
                }
                Todo::Lost(rc) => {
                    prop_assert_eq!(rc, Rc::Timeout);
                    prop_assert!(now >= silent_from.saturating_sub(5));
                    prop_assert!(now <= noticed_by);
                    break;
                }
                Todo::Dial { .. } => prop_assert!(false),
            }
        }
    }
}
