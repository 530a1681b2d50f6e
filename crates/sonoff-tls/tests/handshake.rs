//! Handshakes with all kinds of brokers, right and wrong (S-51 to S-53, S-91 to S-93).
// What a test is built of may fail as the test may.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod broker;
#[path = "broker/papers.rs"]
mod papers;

use std::future::pending;

use broker::{Broker, tls_1_3};
use embedded_io_async::{Read, Write};
use futures_lite::future::{block_on, poll_once, yield_now};
use papers::{Authority, Papers};
use rand_core::OsRng;
use sonoff_hal::tls::{Conversation, Fingerprint, Peer, Proof, Tls, TlsError};
use sonoff_tls::{Memory, Secure};

/// 2025-01-01
const NOW: Option<u64> = Some(1_735_689_600);
const YEAR: u64 = 31_557_600;
const LEARN: Option<Fingerprint> = Some([0; 20]);

/// Says something and hears the answer.
#[derive(Default)]
struct Talk<'b> {
    broker: Option<&'b Broker>,
    learned: Option<Fingerprint>,
    heard: Vec<u8>,
    /// Before each read one is begun and dropped.
    drops: bool,
    /// So much is answered.
    answer: Vec<u8>,
    hurried: bool,
}

const WORDS: &[u8] = b"CONNECT DVES_123456";

impl Conversation for Talk<'_> {
    async fn patience(&mut self) {
        if !self.hurried {
            pending::<()>().await;
        }
    }

    fn learned(&mut self, key: &Fingerprint) {
        self.learned = Some(*key);
    }

    async fn talk<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) {
        writer.write_all(WORDS).await.unwrap();
        writer.flush().await.unwrap();
        self.broker.unwrap().say(&self.answer);
        let mut buf = [0; 100];
        while self.heard.len() < self.answer.len() {
            if self.drops
                && let Some(count) = poll_once(reader.read(&mut buf)).await
            {
                self.heard.extend(&buf[..count.unwrap()]);
                continue;
            }
            let count = reader.read(&mut buf).await.unwrap();
            assert!(count > 0, "it ended early");
            self.heard.extend(&buf[..count]);
        }
    }
}

/// One attempt with a broker.
fn attempt(
    broker: &Broker,
    authority: Option<&Authority>,
    peer: Peer<'_>,
) -> Result<Option<Fingerprint>, TlsError> {
    let mut talk = Talk { broker: Some(broker), answer: b"CONNACK".to_vec(), ..Talk::default() };
    let outcome = run(broker, authority, peer, &mut talk);
    if outcome.is_ok() {
        assert_eq!(broker.heard(), WORDS);
        assert_eq!(talk.heard, b"CONNACK");
        assert!(broker.has_closed());
    }
    assert!(outcome.is_ok() || broker.heard().is_empty(), "a wrong broker heard something");
    assert!(!broker.seen().windows(4).any(|bytes| bytes == b"DVES"), "it was said in the clear");
    outcome.map(|()| talk.learned)
}

fn run(
    broker: &Broker,
    authority: Option<&Authority>,
    peer: Peer<'_>,
    talk: &mut Talk<'_>,
) -> Result<(), TlsError> {
    let mut memory = Memory::<4352, 512>::new();
    let mut secure = Secure::new(OsRng, memory.rooms());
    if let Some(authority) = authority {
        secure = secure.with_authority(authority.der());
    }
    let (reader, writer) = broker.split();
    block_on(secure.secure(reader, writer, &peer, talk))
}

fn by_authority(host: &str, now: Option<u64>) -> Peer<'_> {
    Peer { host, proof: Proof::Authority, now }
}

fn by_keys(first: Option<Fingerprint>, second: Option<Fingerprint>) -> Peer<'static> {
    Peer { host: "hub.local", proof: Proof::Keys([first, second]), now: None }
}

fn at_work(papers: Papers) -> Broker {
    Broker::new(vec![papers.certificate], papers.key)
}

// S-51
#[test]
fn a_broker_with_a_certificate_of_the_authority_is_the_one() {
    let authority = papers::authority("house");
    let broker = at_work(papers::broker("hub.local", &authority));
    assert_eq!(attempt(&broker, Some(&authority), by_authority("hub.local", NOW)), Ok(None));
}

// S-51
#[test]
fn a_certificate_of_another_authority_is_worth_nothing() {
    let (own, other) = (papers::authority("house"), papers::authority("house"));
    let broker = at_work(papers::broker("hub.local", &other));
    let outcome = attempt(&broker, Some(&own), by_authority("hub.local", NOW));
    assert_eq!(outcome, Err(TlsError::UnknownIssuer));
}

// S-51
#[test]
fn without_an_authority_no_certificate_is_believed() {
    let authority = papers::authority("house");
    let broker = at_work(papers::broker("hub.local", &authority));
    assert_eq!(attempt(&broker, None, by_authority("hub.local", NOW)), Err(TlsError::NoAuthority));
}

// S-53
#[test]
fn a_certificate_is_for_the_host_that_was_asked_for() {
    let authority = papers::authority("house");
    for (name, host, is_it) in [
        ("hub.local", "HUB.local", true),
        ("hub.local", "hub2.local", false),
        ("hub.local", "10.0.0.1", false),
        ("10.0.0.1", "10.0.0.1", true),
        ("10.0.0.1", "10.0.0.2", false),
        ("hub.local", "not a name", false),
    ] {
        let broker = at_work(papers::broker(name, &authority));
        let outcome = attempt(&broker, Some(&authority), by_authority(host, NOW));
        assert_eq!(outcome.is_ok(), is_it, "{name} for {host}: {outcome:?}");
        assert!(is_it || outcome == Err(TlsError::WrongName), "{name} for {host}: {outcome:?}");
    }
}

// S-92
#[test]
fn a_certificate_is_valid_in_its_time_and_while_nobody_knows_the_time() {
    let authority = papers::authority("house");
    for (now, expected) in [
        (NOW.map(|now| now - 6 * YEAR), Err(TlsError::NotYetValid)),
        (NOW.map(|now| now + 16 * YEAR), Err(TlsError::Expired)),
        (None, Ok(None)),
    ] {
        let broker = at_work(papers::broker("hub.local", &authority));
        assert_eq!(attempt(&broker, Some(&authority), by_authority("hub.local", now)), expected, "{now:?}");
    }
}

// S-92: what is unknown is the time alone.
#[test]
fn without_the_time_all_else_is_checked() {
    let (own, other) = (papers::authority("house"), papers::authority("house"));
    let broker = at_work(papers::broker("hub.local", &other));
    let outcome = attempt(&broker, Some(&own), by_authority("hub.local", None));
    assert_eq!(outcome, Err(TlsError::UnknownIssuer));
}

// S-51
#[test]
fn an_authority_below_the_authority_may_sign_and_a_broker_may_not() {
    let root = papers::authority("house");
    for (signer, is_one) in
        [(papers::authority_below("cellar", &root), true), (papers::impostor("tv", &root), false)]
    {
        let Papers { certificate, key } = papers::broker("hub.local", &signer);
        let broker = Broker::new(vec![certificate, signer.der().clone()], key);
        let outcome = attempt(&broker, Some(&root), by_authority("hub.local", NOW));
        assert_eq!(outcome.is_ok(), is_one, "{outcome:?}");
    }
}

// S-52, S-91
#[test]
fn a_key_is_learned_once_and_then_no_other_will_do() {
    let authority = papers::authority("anyone");
    let first = papers::broker("hub.local", &authority);
    let renewed = papers::renewed("hub.local", &authority, &first.key);
    let learned = attempt(&at_work(first), None, by_keys(LEARN, None)).unwrap();
    assert!(learned.is_some_and(|key| Some(key) != LEARN));
    assert_eq!(
        attempt(&at_work(renewed), None, by_keys(learned, None)),
        Ok(None),
        "a new certificate, the old key"
    );
    let changed = at_work(papers::broker("hub.local", &authority));
    let outcome = attempt(&changed, None, by_keys(learned, None));
    let Err(TlsError::UnknownKey(key)) = outcome else { panic!("{outcome:?}") };
    let changed = at_work(papers::broker("hub.local", &authority));
    assert!(attempt(&changed, None, by_keys(learned, Some(key))).is_err(), "each has a key of its own");
}

// S-52
#[test]
fn the_next_key_is_accepted_beside_the_present_one() {
    let authority = papers::authority("anyone");
    let next = papers::broker("hub.local", &authority);
    let again = papers::renewed("hub.local", &authority, &next.key);
    let key = attempt(&at_work(next), None, by_keys(LEARN, None)).unwrap();
    assert_eq!(attempt(&at_work(again), None, by_keys(Some([1; 20]), key)), Ok(None));
}

// S-52
#[test]
fn a_key_of_ff_is_anybodys() {
    let broker = at_work(papers::broker("tv", &papers::authority("anyone")));
    assert_eq!(attempt(&broker, None, by_keys(Some([0xFF; 20]), None)), Ok(None));
}

// S-93
#[test]
fn who_has_copied_a_certificate_lacks_its_key() {
    use rustls::crypto::ring::sign::any_supported_type;
    let authority = papers::authority("house");
    let (copied, own) = (papers::broker("hub.local", &authority), papers::broker("hub.local", &authority));
    let certified =
        rustls::sign::CertifiedKey::new(vec![copied.certificate], any_supported_type(&own.key).unwrap());
    let config =
        tls_1_3().with_cert_resolver(std::sync::Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    let outcome = attempt(&Broker::with(config), Some(&authority), by_authority("hub.local", NOW));
    assert_eq!(outcome, Err(TlsError::Signature));
}

// S-93
#[test]
fn a_port_that_speaks_no_tls_is_told() {
    let peer = || by_authority("hub.local", NOW);
    assert_eq!(attempt(&Broker::plain(b""), None, peer()), Err(TlsError::Closed));
    assert_eq!(attempt(&Broker::plain(b"\x20\x02\x00\x01"), None, peer()), Err(TlsError::NotTls));
    assert_eq!(attempt(&Broker::plain(b"HTTP/1.1 400 Bad Request\r\n"), None, peer()), Err(TlsError::NotTls));
    assert_eq!(
        attempt(&Broker::plain(b"\x15\x03\x03\x00\x02\x02\x46"), None, peer()),
        Err(TlsError::Alert(70))
    );
}

// S-93
#[test]
fn a_handshake_may_not_take_for_ever() {
    let broker = at_work(papers::broker("hub.local", &papers::authority("anyone")));
    let mut talk = Talk { hurried: true, ..Talk::default() };
    let silent = Broker::plain(b"").trickles(0);
    assert_eq!(run(&silent, None, by_keys(LEARN, None), &mut talk), Err(TlsError::Closed));
    let (reader, writer) = broker.split();
    let mut memory = Memory::<4352, 512>::new();
    let mut secure = Secure::new(OsRng, memory.rooms());
    let mute = Mute(reader);
    assert_eq!(
        block_on(secure.secure(mute, writer, &by_keys(LEARN, None), &mut talk)),
        Err(TlsError::TimedOut)
    );
}

/// A broker that never says anything.
struct Mute<R>(R);

impl<R: embedded_io_async::ErrorType> embedded_io_async::ErrorType for Mute<R> {
    type Error = R::Error;
}

impl<R: Read> Read for Mute<R> {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, R::Error> {
        pending().await
    }
}

// A dropped read loses nothing, however the bytes come, and records are no longer than was asked for.
#[test]
fn long_answers_come_whole_however_they_come() {
    let answer: Vec<u8> = (0..40_000u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
    for (bytes, drops) in [(1, true), (7, true), (5000, true), (5000, false)] {
        let papers = papers::broker("hub.local", &papers::authority("anyone"));
        let broker = with_short_records(papers).trickles(bytes);
        let mut talk = Talk { broker: Some(&broker), answer: answer.clone(), drops, ..Talk::default() };
        assert_eq!(run(&broker, None, by_keys(LEARN, None), &mut talk), Ok(()));
        assert!(talk.heard == answer, "{bytes} at a time");
    }
}

/// What mosquitto's library does when it is asked, rustls must be told.
fn with_short_records(papers: Papers) -> Broker {
    let mut config = tls_1_3().with_single_cert(vec![papers.certificate], papers.key).unwrap();
    config.max_fragment_size = Some(4096);
    Broker::with(config)
}

#[test]
fn a_record_that_is_too_large_ends_the_link() {
    let broker = at_work(papers::broker("hub.local", &papers::authority("anyone")));
    let mut talk = Talk { broker: Some(&broker), answer: vec![7; 9000], ..Talk::default() };
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(&broker, None, by_keys(LEARN, None), &mut talk)
    }));
    let said = ended.unwrap_err();
    assert!(said.downcast_ref::<&str>().is_some_and(|said| said.contains("it ended early")), "{said:?}");
}

/// Hears messages after the handshake, and then a text or the end of the link.
struct Betrayed<'b> {
    broker: &'b Broker,
    message: &'b [u8],
    times: usize,
    heard: Vec<u8>,
    /// How often it had its turn until it heard something.
    turns: usize,
}

impl Conversation for Betrayed<'_> {
    async fn patience(&mut self) {
        pending().await
    }

    fn learned(&mut self, _: &Fingerprint) {}

    async fn talk<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) {
        writer.write_all(WORDS).await.unwrap();
        self.broker.breaks_free();
        (0..self.times).for_each(|_| self.broker.forges(22, self.message));
        self.broker.forges(23, b"CONNACK");
        let mut buf = [0; 100];
        let count = loop {
            self.turns += 1;
            match poll_once(reader.read(&mut buf)).await {
                Some(count) => break count.unwrap(),
                None => yield_now().await,
            }
        };
        self.heard.extend(&buf[..count]);
    }
}

/// What the device hears after a message of the handshake that comes when the handshake has ended.
fn hears_after(message: &[u8]) -> Vec<u8> {
    betrayed(message, 1).0
}

/// What it hears after so many of them, and how many turns that took.
fn betrayed(message: &[u8], times: usize) -> (Vec<u8>, usize) {
    let papers = papers::broker("hub.local", &papers::authority("anyone"));
    let mut config = tls_1_3().with_single_cert(vec![papers.certificate], papers.key).unwrap();
    config.enable_secret_extraction = true;
    let broker = Broker::with(config);
    let (reader, writer) = broker.split();
    let mut memory = Memory::<4352, 512>::new();
    let mut talk = Betrayed { broker: &broker, message, times, heard: Vec::new(), turns: 0 };
    let mut secure = Secure::new(OsRng, memory.rooms());
    assert_eq!(block_on(secure.secure(reader, writer, &by_keys(LEARN, None), &mut talk)), Ok(()));
    (talk.heard, talk.turns)
}

/// What is behind the kind and the length of each message, as RFC 8446, 4 has it.
const FINISHED: &[u8] = &[
    20, 0, 0, 32, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6,
    7, 8,
];
const TICKET: &[u8] = &[4, 0, 0, 14, 0, 0, 1, 0, 5, 5, 5, 5, 0, 0, 1, 9, 0, 0];

// S-94, SX-42: whoever has proved that he is the broker cannot end the program.
#[test]
fn a_handshake_that_has_ended_does_not_begin_again() {
    let encrypted_extensions = &[8, 0, 0, 2, 0, 0];
    let certificate = &[11, 0, 0, 4, 0, 0, 0, 0];
    let certificate_request = &[13, 0, 0, 3, 0, 0, 0];
    let certificate_verify = &[15, 0, 0, 4, 4, 3, 0, 0];
    let key_update = &[24, 0, 0, 1, 0];
    let ticket_and_finished = &[TICKET, FINISHED].concat();
    for message in [
        &encrypted_extensions[..],
        certificate,
        certificate_request,
        certificate_verify,
        FINISHED,
        key_update,
        ticket_and_finished,
        &[],
        &[4],
        &[99, 0, 0, 0],
    ] {
        let ended: &[u8] = if message.is_empty() { b"CONNACK" } else { b"" };
        assert_eq!(hears_after(message), ended, "{message:?}");
    }
}

// S-94: nor by what a ticket is made to hold.
#[test]
fn tickets_are_passed_over_whatever_they_hold() {
    let longer = [&[4, 0, 0, 50][..], &TICKET[4..], FINISHED].concat();
    for ticket in [TICKET, &[TICKET, TICKET].concat(), &longer, &[4, 0, 0, 0]] {
        assert_eq!(hears_after(ticket), b"CONNACK", "{ticket:?}");
    }
}

// S-94: what says nothing takes turns with everything else.
#[test]
fn a_flood_of_tickets_keeps_nobody_waiting() {
    let (heard, turns) = betrayed(TICKET, 300);
    assert_eq!(heard, b"CONNACK");
    assert!(turns > 300, "{turns}");
}

/// Writes that wait for ever once the link is open.
struct Stuck<'b, W>(W, &'b std::cell::Cell<bool>);

impl<W: embedded_io_async::ErrorType> embedded_io_async::ErrorType for Stuck<'_, W> {
    type Error = W::Error;
}

impl<W: Write> Write for Stuck<'_, W> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, W::Error> {
        if self.1.get() {
            return pending().await;
        }
        self.0.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), W::Error> {
        self.0.flush().await
    }
}

/// Gives a write up.
struct GivesUp<'b>(&'b std::cell::Cell<bool>);

impl Conversation for GivesUp<'_> {
    async fn patience(&mut self) {
        pending().await
    }

    fn learned(&mut self, _: &Fingerprint) {}

    async fn talk<R: Read, W: Write>(&mut self, _: &mut R, writer: &mut W) {
        self.0.set(true);
        assert!(poll_once(writer.write(WORDS)).await.is_none());
        self.0.set(false);
    }
}

// S-94: two texts under one number would tell whoever listens how they differ.
#[test]
fn after_half_a_record_comes_no_other() {
    let broker = at_work(papers::broker("hub.local", &papers::authority("anyone")));
    let (reader, writer) = broker.split();
    let (mut memory, stuck) = (Memory::<4352, 512>::new(), std::cell::Cell::new(false));
    let (writer, mut talk) = (Stuck(writer, &stuck), GivesUp(&stuck));
    let mut secure = Secure::new(OsRng, memory.rooms());
    assert_eq!(block_on(secure.secure(reader, writer, &by_keys(LEARN, None), &mut talk)), Ok(()));
    assert!(!broker.has_closed(), "the farewell has the number of what was given up");
}

#[cfg(feature = "p384")]
#[test]
fn a_key_on_the_larger_curve_will_do() {
    let authority = papers::authority("house");
    let papers = papers::broker_with("hub.local", &authority, &rcgen::PKCS_ECDSA_P384_SHA384);
    let broker = at_work(papers);
    assert_eq!(attempt(&broker, Some(&authority), by_authority("hub.local", NOW)), Ok(None));
}

// Beside its memory the link takes this much of the device's future.
#[test]
fn the_link_takes_little_beside_its_memory() {
    let broker = at_work(papers::broker("hub.local", &papers::authority("anyone")));
    let (reader, writer) = broker.split();
    let (mut memory, mut talk) = (Memory::<4352, 512>::new(), Talk::default());
    let mut secure = Secure::new(OsRng, memory.rooms());
    let peer = by_keys(LEARN, None);
    let bytes = std::mem::size_of_val(&secure.secure(reader, writer, &peer, &mut talk));
    println!("the future of a secure link: {bytes} bytes");
    assert!(bytes < 6000, "{bytes}");
}
