//! Millions of right, damaged and random packets through inbox, decoder and session, judged by two other readers.
//!
//! `cargo run --release --example hammer [FRAMES] [SEED]`

#[path = "../tests/oracle/mod.rs"]
mod oracle;
#[path = "../tests/oracle/random.rs"]
mod random;

use std::process::ExitCode;
use std::time::Instant;

use oracle::{Told, judge, strict, told};
use random::Xorshift;
use sonoff_mqtt::{Inbox, Received, Session, Timing, Todo, packet};

const FRAMES: u64 = 10_000_000;
const TIMING: Timing = Timing { keep_alive_s: 30, timeout_s: 4, retry_s: 10 };
/// Small enough that some frames are too long.
const ROOM: usize = 256;

#[derive(Debug, Default)]
struct Tally {
    frames: u64,
    bytes: u64,
    accepted: u64,
    refused: u64,
    too_long: u64,
    online: u64,
    messages: u64,
    broken: u64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let frames = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(FRAMES);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(2026);
    let start = Instant::now();
    match hammer(frames, seed) {
        Ok(tally) => {
            println!("{tally:?}");
            println!("{frames} frames in {:.1} s, seed {seed}: no difference", start.elapsed().as_secs_f32());
            ExitCode::SUCCESS
        }
        Err(difference) => {
            eprintln!("seed {seed}: {difference}");
            ExitCode::FAILURE
        }
    }
}

fn hammer(frames: u64, seed: u64) -> Result<Tally, String> {
    let mut random = Xorshift::new(seed);
    let mut buf = [0; ROOM];
    let mut inbox = Inbox::new(&mut buf);
    let mut session = Session::new(0);
    let mut tally = Tally::default();
    let mut frame = Vec::with_capacity(1024);
    for now in 0..frames {
        random::frame(&mut random, &mut frame);
        tally.frames += 1;
        tally.bytes += frame.len() as u64;
        let right = judge(&frame)?;
        let mut came = Vec::new();
        let whole = feed(&mut inbox, &mut random, &frame, &mut |told| came.push(told))?;
        tally.refused += u64::from(!whole);
        tally.accepted += came.len() as u64;
        if right.is_some() && frame.len() <= ROOM && came != right.as_slice() {
            return Err(format!("{frame:02x?} came through the inbox as {came:?}"));
        }
        let packets = greet_first(&mut session, now, &mut tally);
        if !packets || !listen(&mut session, now, &frame, &mut tally)? || !whole {
            session.lost(now, sonoff_mqtt::Rc::Lost, &TIMING, 1, 0);
            session.retry_now_in(now, 0);
        }
        inbox.clear();
    }
    tally.too_long = u64::from(inbox.skipped());
    Ok(tally)
}

/// Feeds `bytes` in pieces; gives every packet that comes out. False: the stream was refused or is not at an end.
fn feed(
    inbox: &mut Inbox<'_>,
    random: &mut Xorshift,
    bytes: &[u8],
    came: &mut dyn FnMut(Told),
) -> Result<bool, String> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let most = 1 + random.below(rest.len());
        let spare = inbox.spare();
        let n = spare.len().min(most);
        let (Some(spare), Some((piece, later))) = (spare.get_mut(..n), rest.split_at_checked(n)) else {
            break;
        };
        if n == 0 {
            return Err(format!("no room in the inbox for {rest:02x?}"));
        }
        spare.copy_from_slice(piece);
        inbox.filled(n);
        rest = later;
        if !take(inbox, came)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes all whole frames; each must be what the standard says.
fn take(inbox: &mut Inbox<'_>, came: &mut dyn FnMut(Told)) -> Result<bool, String> {
    loop {
        let len = match inbox.next() {
            Ok(Some(len)) => len,
            Ok(None) => return Ok(true),
            Err(_) => return Ok(false),
        };
        let frame = inbox.frame(len);
        let ours = packet::decode(frame).ok().map(told);
        if frame.len() != len || ours != strict(frame) {
            return Err(format!("{frame:02x?} came out of the inbox as {ours:?}"));
        }
        let Some(told) = ours else { return Ok(false) };
        came(told);
        inbox.consume(len);
    }
}

/// Brings the session to its greeting when it is offline; false when it wants to end.
fn greet_first(session: &mut Session, now: u64, tally: &mut Tally) -> bool {
    match session.poll(now, &TIMING) {
        Todo::Dial { .. } => {
            session.dialling(now, &TIMING);
            session.greeting(now, &TIMING);
            // Half of the connections are accepted before the frame comes.
            if tally.frames.is_multiple_of(2) {
                let accepted = sonoff_mqtt::Incoming::ConnAck { session_present: false, code: 0 };
                session.received(now, &accepted);
            }
            true
        }
        Todo::Ping => {
            session.sent(now);
            true
        }
        Todo::Wait(_) => true,
        Todo::Lost(_) => false,
    }
}

/// Gives the packet to the session; false when the connection has to end.
fn listen(session: &mut Session, now: u64, frame: &[u8], tally: &mut Tally) -> Result<bool, String> {
    let Ok(incoming) = packet::decode(frame) else { return Ok(false) };
    let was_online = session.is_online();
    let meaning = session.received(now, &incoming);
    let right = match meaning {
        Received::Nothing | Received::Message => was_online && session.is_online(),
        Received::Online { .. } => !was_online && session.is_online(),
        Received::Refused { .. } => !session.is_online(),
        Received::Broken(_) => true,
    };
    if !right {
        return Err(format!("{incoming:?} meant {meaning:?}"));
    }
    tally.online += u64::from(matches!(meaning, Received::Online { .. }));
    tally.messages += u64::from(meaning == Received::Message);
    tally.broken += u64::from(matches!(meaning, Received::Broken(_)));
    Ok(!matches!(meaning, Received::Broken(_) | Received::Refused { .. }))
}
