//! Any stream of bytes from a broker: no panic, and every packet is what two other readers say.
//!
//! The first byte chooses the size of the receive buffer, the second how many bytes come at once.

#[path = "../../crates/sonoff-mqtt/tests/oracle/mod.rs"]
mod oracle;

use oracle::judge;
use sonoff_mqtt::{Inbox, Received, Session, Timing, packet};

const TIMING: Timing = Timing { keep_alive_s: 30, timeout_s: 4, retry_s: 10 };

/// Plays one input.
pub fn run(input: &[u8]) {
    let [room, step, stream @ ..] = input else { return };
    check(judge(stream));
    let mut buf = vec![0; usize::from(*room)];
    let mut inbox = Inbox::new(&mut buf);
    let mut session = Session::new(0);
    session.dialling(0, &TIMING);
    session.greeting(0, &TIMING);
    let mut rest = stream;
    while !rest.is_empty() {
        let spare = inbox.spare();
        let n = spare.len().min(rest.len()).min(usize::from(*step).max(1));
        // Every frame is taken at once, so there is room, unless not even a header fits.
        if n == 0 {
            assert!(*room < 5);
            return;
        }
        spare[..n].copy_from_slice(&rest[..n]);
        inbox.filled(n);
        rest = &rest[n..];
        if !take(&mut inbox, &mut session) {
            return;
        }
    }
}

/// Takes all whole frames; false when the connection has to end.
fn take(inbox: &mut Inbox<'_>, session: &mut Session) -> bool {
    loop {
        let len = match inbox.next() {
            Ok(Some(len)) => len,
            Ok(None) => return true,
            Err(_) => return false,
        };
        let frame = inbox.frame(len);
        assert_eq!(frame.len(), len);
        if check(judge(frame)).is_none() || !listen(session, frame) {
            return false;
        }
        inbox.consume(len);
    }
}

fn listen(session: &mut Session, frame: &[u8]) -> bool {
    let Ok(incoming) = packet::decode(frame) else { return false };
    let was_online = session.is_online();
    match session.received(1, &incoming) {
        Received::Nothing | Received::Message => assert!(was_online),
        Received::Online { .. } => assert!(!was_online && session.is_online()),
        Received::Refused { .. } | Received::Broken(_) => return false,
    }
    true
}

fn check<T>(judgement: Result<T, String>) -> T {
    judgement.unwrap_or_else(|difference| panic!("{difference}"))
}
