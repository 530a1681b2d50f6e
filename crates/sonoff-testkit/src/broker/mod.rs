//! An MQTT broker as a value: bytes and time in, bytes out; no socket, no thread, no clock.
//!
//! It speaks MQTT 3.1 and 3.1.1 and keeps the standard's rules for retained messages, wills, sessions, wildcards and
//! keep-alive. It grants at most QoS 1, accepts every user, and keeps nothing on disk.
//!
//! ```
//! use sonoff_testkit::broker::Broker;
//!
//! let mut broker = Broker::new();
//! let client = broker.connect();
//! broker.receive(0, client, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x1e\x00\x01a");
//! assert_eq!(broker.take_output(client), [0x20, 2, 0, 0]);
//! ```

mod deadlines;
pub mod filter;
mod link;
mod message;
mod packets;
mod retained;
mod session;
mod sessions;
mod tree;
pub mod wire;
pub mod write;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use deadlines::Deadlines;
use link::{Link, Phase};
pub use message::Message;
use retained::Retained;
use session::{Delivery, Offer};
use sessions::{SessionId, Sessions};
use wire::Qos;

/// A byte stream to one client. A number is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(u64);

/// Bounds of memory and patience. A packet has at most [`wire::MAX_PACKET`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of messages that wait for one client; a connected client that reaches it is cut off.
    pub queue_bytes: usize,
    /// Bytes of answers that wait for one client, as acknowledgements.
    pub answer_bytes: usize,
    /// Bytes of all retained messages.
    pub retained_bytes: usize,
    /// Filters of one client.
    pub filters: usize,
    /// Sessions that are kept, with those of absent clients.
    pub sessions: usize,
    /// Messages that wait for an absent client.
    pub offline_messages: usize,
    /// Messages under way to one client without an acknowledgement.
    pub window: usize,
    /// Time from TCP connect to CONNECT, in milliseconds.
    pub connect_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_bytes: 64 << 20,
            answer_bytes: 1 << 20,
            retained_bytes: 256 << 20,
            filters: 10_000,
            sessions: 100_000,
            offline_messages: 1_000,
            window: 20,
            connect_ms: 10_000,
        }
    }
}

/// The broker.
///
/// The caller moves bytes: [`connect`](Self::connect) for each new stream, [`receive`](Self::receive) for what came,
/// [`take_output`](Self::take_output) for what must be sent, [`closed`](Self::closed) at the stream's end, and
/// [`tick`](Self::tick) at [`next_deadline`](Self::next_deadline).
#[derive(Debug, Default)]
pub struct Broker {
    limits: Limits,
    now: u64,
    last_client: u64,
    links: HashMap<ClientId, Link>,
    sessions: Sessions,
    retained: Retained,
    deadlines: Deadlines,
    /// Streams whose first deadline cannot be set before the time is known.
    untimed: Vec<ClientId>,
    ready: BTreeSet<ClientId>,
    stalled: Vec<ClientId>,
    refusal: Option<u8>,
}

impl Broker {
    /// An empty broker.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty broker with other bounds.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Answers every CONNECT with this CONNACK code from now on; `None` accepts again.
    pub fn refuse_with(&mut self, code: Option<u8>) {
        self.refusal = code;
    }

    /// The program ends without a word and begins anew: no will is published and no session is left; what was retained
    /// is left if it was kept on disk. Streams end from the outside.
    pub fn restart(&mut self, keeps_retained: bool) {
        let retained = if keeps_retained { std::mem::take(&mut self.retained) } else { Retained::default() };
        let Self { limits, now, last_client, .. } = *self;
        *self = Self { limits, now, last_client, retained, ..Self::default() };
    }

    /// A client's stream was made.
    pub fn connect(&mut self) -> ClientId {
        self.last_client += 1;
        let id = ClientId(self.last_client);
        self.links.insert(id, Link::new());
        self.untimed.push(id);
        id
    }

    /// Bytes came from a client, cut anywhere.
    pub fn receive(&mut self, now_ms: u64, id: ClientId, bytes: &[u8]) {
        self.set_time(now_ms);
        let reading = self.links.get_mut(&id).filter(|link| !matches!(link.phase, Phase::Ending));
        let Some(link) = reading else { return };
        let mut input = std::mem::take(&mut link.input);
        if input.is_empty() {
            let used = self.packets(id, bytes);
            input.extend(bytes.iter().skip(used));
        } else {
            input.extend_from_slice(bytes);
            let used = self.packets(id, &input);
            input.drain(..used.min(input.len()));
        }
        self.keep_rest(id, input);
        self.cut_stalled();
    }

    /// Everything that waits to be sent to a client.
    pub fn take_output(&mut self, id: ClientId) -> Vec<u8> {
        let mut out = Vec::new();
        self.poll_output(id, &mut out, usize::MAX);
        out
    }

    /// Appends whole packets for a client until `out` has `enough` bytes or nothing more waits.
    pub fn poll_output(&mut self, id: ClientId, out: &mut Vec<u8>, enough: usize) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if out.len() < enough {
            out.append(&mut link.answers);
        }
        let Some(session) = link.open().and_then(|open| self.sessions.get_mut(open.session)) else { return };
        while out.len() < enough && session.write_next(out, self.limits.window) {}
    }

    /// Whether [`take_output`](Self::take_output) would give bytes.
    pub fn has_output(&self, id: ClientId) -> bool {
        let Some(link) = self.links.get(&id) else { return false };
        let session = link.open().and_then(|open| self.sessions.get(open.session));
        !link.answers.is_empty() || session.is_some_and(|session| session.can_write(self.limits.window))
    }

    /// Whether some client has output.
    pub fn is_busy(&self) -> bool {
        self.links.keys().any(|&id| self.has_output(id))
    }

    /// A client for which something has changed since the last call: output, or the wish to close. Each is named
    /// once; a caller that looks after every stream anyway need not ask.
    pub fn next_ready(&mut self) -> Option<ClientId> {
        self.ready.pop_first()
    }

    /// The broker has ended this connection: send what waits, then close the stream.
    pub fn wants_close(&self, id: ClientId) -> bool {
        self.links.get(&id).is_none_or(|link| matches!(link.phase, Phase::Ending))
    }

    /// A client's stream has ended. Its will is published unless it said goodbye.
    pub fn closed(&mut self, id: ClientId) {
        self.lose(id);
        self.links.remove(&id);
        self.ready.remove(&id);
        self.cut_stalled();
    }

    /// Ends what has been silent for too long.
    pub fn tick(&mut self, now_ms: u64) {
        self.set_time(now_ms);
        while let Some(id) = self.deadlines.take_due(now_ms) {
            let deadline = self.links.get(&id).and_then(Link::open).and_then(link::Open::deadline);
            match deadline.filter(|&at| at > now_ms) {
                Some(at) => self.deadlines.set(id, Some(at)),
                None => self.lose(id),
            }
        }
        self.cut_stalled();
    }

    /// When [`tick`](Self::tick) is due. May be too early, never too late.
    pub fn next_deadline(&self) -> Option<u64> {
        if self.untimed.is_empty() { self.deadlines.first() } else { Some(self.now) }
    }

    /// Publishes without being a client.
    pub fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) {
        if filter::is_topic(topic) {
            let message = Message { topic: topic.to_owned(), payload: payload.to_vec(), qos: Qos::One };
            self.spread(&Arc::new(message), retain);
            self.cut_stalled();
        }
    }

    /// The payload that is kept for a topic.
    pub fn retained(&self, topic: &str) -> Option<&[u8]> {
        self.retained.get(topic).map(|message| message.payload.as_slice())
    }

    /// Whether a client of this MQTT client identifier is connected.
    pub fn is_connected(&self, name: &str) -> bool {
        self.sessions.find(name).is_some_and(|session| session.link.is_some())
    }

    /// How many clients are connected.
    pub fn clients(&self) -> usize {
        self.sessions.connected()
    }

    fn set_time(&mut self, now_ms: u64) {
        self.now = self.now.max(now_ms);
        for id in std::mem::take(&mut self.untimed) {
            if matches!(self.links.get(&id), Some(Link { phase: Phase::Fresh, .. })) {
                self.deadlines.set(id, Some(self.now.saturating_add(self.limits.connect_ms)));
            }
        }
    }

    fn keep_rest(&mut self, id: ClientId, rest: Vec<u8>) {
        let link = self.links.get_mut(&id).filter(|link| !matches!(link.phase, Phase::Ending));
        if let Some(link) = link.filter(|_| !rest.is_empty()) {
            link.input = rest;
        }
    }

    /// Hands a message to every reader, and keeps it if it is to be retained.
    fn spread(&mut self, message: &Arc<Message>, retain: bool) {
        if retain {
            self.retained.store(message, self.limits.retained_bytes);
        }
        for (reader, granted) in self.sessions.readers(&message.topic) {
            let qos = granted.min(message.qos);
            self.offer(reader, Delivery { message: message.clone(), qos, retain: false, sent_as: None });
        }
    }

    fn offer(&mut self, reader: SessionId, delivery: Delivery) {
        let Some(session) = self.sessions.get_mut(reader) else { return };
        let offer = session.offer(delivery, &self.limits);
        match (offer, session.link) {
            (Offer::Queued, Some(link)) => {
                self.ready.insert(link);
            }
            (Offer::Stalled, Some(link)) => self.stalled.push(link),
            (Offer::Queued | Offer::Dropped | Offer::Stalled, _) => {}
        }
    }

    /// The client vanished or broke the protocol: its will is published.
    fn lose(&mut self, id: ClientId) {
        if let Some(will) = self.end(id).and_then(|open| open.will) {
            self.spread(&will.message, will.retain);
        }
    }

    /// Ends a connection and, if it was a clean one, its session.
    fn end(&mut self, id: ClientId) -> Option<link::Open> {
        self.deadlines.set(id, None);
        let open = self.links.get_mut(&id)?.end();
        self.ready.insert(id);
        open.as_ref().into_iter().for_each(|open| self.sessions.detach(open.session));
        open
    }

    /// Cuts off clients that do not take what they subscribed to; a will may stall the next one.
    fn cut_stalled(&mut self) {
        while let Some(id) = self.stalled.pop() {
            if let Some(link) = self.links.get_mut(&id) {
                link.answers = Vec::new();
            }
            self.lose(id);
        }
    }
}

#[cfg(test)]
mod tests;
