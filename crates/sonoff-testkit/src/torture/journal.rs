//! What a device does and what is done to it, in one order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use sonoff_hal::{Clock, Slot};
use sonoff_mqtt::packet::{self, Incoming};

use crate::broker::wire::{self, Level, Packet};
use crate::clock::VirtualClock;
use crate::net::Tap;
use crate::tls::MockTls;

/// A message, as the device sent or read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whole topic.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// With the retain flag.
    pub retain: bool,
}

impl Message {
    /// The last level of its topic.
    pub fn leaf(&self) -> &str {
        self.topic.rsplit('/').next().unwrap_or("")
    }
}

/// A packet that the device sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// CONNECT with this keepalive, and the topic of the will.
    Connect {
        /// Seconds.
        keep_alive_s: u16,
        /// `tele/<topic>/LWT`
        will: String,
        /// Over the secure link.
        secure: bool,
    },
    /// A message.
    Publish(Message),
    /// A topic filter.
    Subscribe(String),
    /// PINGREQ, DISCONNECT or an acknowledgement.
    Other,
    /// Nothing that a client may send.
    Rubbish,
}

/// A packet that the device read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The broker accepts.
    Accepted,
    /// A message.
    Publish(Message),
    /// Anything else.
    Other,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A run begins.
    Boot {
        /// Power was applied.
        cold: bool,
    },
    /// A run has ended by itself.
    Ended,
    /// Power has failed.
    Cut,
    /// A relay's coil was switched.
    Edge {
        /// Which, from 1.
        relay: u8,
        /// It is on from now on.
        on: bool,
    },
    /// A contact of a button or switch closes or opens, and may switch its relay until then.
    Contact {
        /// Which, from 1.
        relay: u8,
        /// The last moment at which it can act.
        until: u64,
        /// It must act by this moment.
        must_by: Option<u64>,
    },
    /// A line was typed at the console.
    Typed(String),
    /// TCP was asked for.
    Dial,
    /// A packet left.
    Sent(Sent),
    /// A packet was read.
    Read(Heard),
    /// The device has let go of its stream.
    Dropped,
    /// A log line.
    Line(String),
    /// What a run began with.
    Loaded(Slot, Option<Vec<u8>>),
    /// A record is being saved.
    Saving(Slot, Vec<u8>),
    /// It is saved, or that has failed.
    Saved(Slot, bool),
}

/// Everything that happened and was not looked at yet. Clones are the same.
#[derive(Debug, Clone)]
pub struct Journal(Rc<Pages>);

#[derive(Debug)]
struct Pages {
    clock: VirtualClock,
    facts: RefCell<Vec<(u64, Fact)>>,
    /// Nobody reads it.
    deaf: Cell<bool>,
}

impl Journal {
    /// An empty one.
    pub fn new(clock: VirtualClock) -> Self {
        Self(Rc::new(Pages { clock, facts: RefCell::default(), deaf: Cell::new(false) }))
    }

    /// One that forgets everything: for a device that nobody judges.
    pub fn deaf(clock: VirtualClock) -> Self {
        let journal = Self::new(clock);
        journal.0.deaf.set(true);
        journal
    }

    /// Nobody reads it.
    pub fn is_deaf(&self) -> bool {
        self.0.deaf.get()
    }

    /// Something happened now.
    pub fn note(&self, fact: Fact) {
        if !self.is_deaf() {
            self.0.facts.borrow_mut().push((self.0.clock.now(), fact));
        }
    }

    /// Everything since the last call, into an empty list.
    pub fn take(&self, into: &mut Vec<(u64, Fact)>) {
        std::mem::swap(into, &mut self.0.facts.borrow_mut());
    }
}

/// Writes down the packets of a device's streams.
pub struct Wire {
    journal: Journal,
    tls: MockTls,
    /// Beginnings of packets: what was read, what was written.
    halves: RefCell<BTreeMap<u64, [Vec<u8>; 2]>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl Wire {
    /// One that writes into this journal.
    pub const fn new(journal: Journal, tls: MockTls) -> Self {
        Self { journal, tls, halves: RefCell::new(BTreeMap::new()) }
    }

    /// Hands on every whole packet.
    fn moved(&self, stream: u64, way: usize, bytes: &[u8], note: impl Fn(&[u8]) -> Fact) {
        if self.journal.is_deaf() {
            return;
        }
        let mut halves = self.halves.borrow_mut();
        let Some(half) = halves.entry(stream).or_default().get_mut(way) else { return };
        half.extend_from_slice(bytes);
        while let Ok(Some(len)) = wire::packet_length(half) {
            let Some(packet) = half.get(..len) else { return };
            self.journal.note(note(packet));
            half.drain(..len);
        }
    }
}

impl Tap for Wire {
    fn dialled(&self) {
        self.journal.note(Fact::Dial);
    }

    fn read(&self, stream: u64, bytes: &[u8]) {
        self.moved(stream, 0, bytes, |packet| Fact::Read(heard(packet)));
    }

    fn written(&self, stream: u64, bytes: &[u8]) {
        let secure = self.tls.is_secure();
        self.moved(stream, 1, bytes, |packet| Fact::Sent(sent(packet, secure)));
    }

    fn dropped(&self, stream: u64) {
        self.halves.borrow_mut().remove(&stream);
        self.journal.note(Fact::Dropped);
    }
}

fn heard(packet: &[u8]) -> Heard {
    match packet::decode(packet) {
        Ok(Incoming::ConnAck { code: 0, .. }) => Heard::Accepted,
        Ok(Incoming::Publish(publish)) => Heard::Publish(Message {
            topic: publish.topic.to_owned(),
            payload: publish.payload.to_owned(),
            retain: publish.retain,
        }),
        Ok(_) | Err(_) => Heard::Other,
    }
}

fn sent(packet: &[u8], secure: bool) -> Sent {
    match wire::read(packet, Level::V311) {
        Ok(Packet::Connect(connect)) => Sent::Connect {
            keep_alive_s: connect.keep_alive,
            will: connect.will.map(|will| will.topic.to_owned()).unwrap_or_default(),
            secure,
        },
        Ok(Packet::Publish(publish)) => Sent::Publish(Message {
            topic: publish.topic.to_owned(),
            payload: publish.payload.to_owned(),
            retain: publish.retain,
        }),
        Ok(Packet::Subscribe { filters, .. }) => {
            Sent::Subscribe(filters.first().map(|(filter, _)| (*filter).to_owned()).unwrap_or_default())
        }
        Ok(_) => Sent::Other,
        Err(_) => Sent::Rubbish,
    }
}
