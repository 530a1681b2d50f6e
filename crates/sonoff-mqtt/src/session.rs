//! One connection after another: when to dial, when to ping, when to give up, and how long to wait then.
//!
//! A [`Session`] owns no socket and no clock. Its caller runs this loop:
//!
//! | [`Session::poll`] says | the caller does                                                                   |
//! |------------------------|-----------------------------------------------------------------------------------|
//! | [`Todo::Dial`]         | [`dialling`](Session::dialling), opens TCP, writes CONNECT, [`greeting`](Session::greeting) |
//! | [`Todo::Ping`]         | writes PINGREQ, [`sent`](Session::sent)                                           |
//! | [`Todo::Lost`]         | drops the stream, [`lost`](Session::lost)                                         |
//! | [`Todo::Wait`]         | reads until then; each packet goes to [`received`](Session::received)             |
//!
//! After every other packet it writes it calls [`sent`](Session::sent), after every end [`lost`](Session::lost).
//! Bytes that have arrived are best handed over before `poll`, so that a busy caller finds no dead peer.

mod phase;
mod rc;

pub use phase::{Attempt, Event, Link, Phase};
pub use rc::Rc;

use core::fmt;

use crate::packet::Incoming;

/// A moment: milliseconds since the device started.
pub type Millis = u64;

/// The settings that a session obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    /// `MqttKeepAlive`, 1 to 100 s; a change counts from the next CONNECT (S-56). 0 counts as 1.
    pub keep_alive_s: u16,
    /// `MqttTimeout`: how long to wait for TCP, for CONNACK, and for an answer to PINGREQ (S-13). 0 counts as 1.
    pub timeout_s: u16,
    /// `MqttRetry`: the first wait after a failed attempt (S-40).
    pub retry_s: u16,
}

/// What the caller has to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Todo {
    /// Nothing before this moment, which is later than now; with `None`, nothing at all.
    Wait(Option<Millis>),
    /// Open TCP to this broker of the list, counted from 0.
    Dial {
        /// Its place in the list.
        broker: u8,
    },
    /// Send PINGREQ. It is said once; the peer's time to answer runs from now.
    Ping,
    /// The attempt or the connection has run out of time.
    Lost(Rc),
}

/// What a packet means for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Received {
    /// Nothing to do.
    Nothing,
    /// The broker accepted: announce and subscribe.
    Online {
        /// It kept the session of the connection before.
        session_present: bool,
    },
    /// The broker refused: end it, with this code.
    Refused {
        /// 1 to 5.
        rc: Rc,
    },
    /// A message to handle: the packet is a PUBLISH.
    Message,
    /// The broker broke the protocol: end it, with [`Rc::Lost`].
    Broken(PeerError),
}

/// How the broker broke the protocol, though each packet was right. It ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PeerError {
    /// A packet came while nothing was asked for, or before CONNACK.
    BeforeConnAck,
    /// A second CONNACK.
    SecondConnAck,
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BeforeConnAck => "packet before CONNACK",
            Self::SecondConnAck => "second CONNACK",
        })
    }
}

impl core::error::Error for PeerError {}

/// When the next attempt comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Retry {
    /// The wait as the log line tells it (S-34): without jitter.
    pub seconds: u32,
    /// Again and again the connection was ended soon after it was made: somebody else may have the same client id
    /// (S-90).
    pub is_pushed_out: bool,
}

/// The life of the connection to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Session {
    phase: Phase,
    rc: Rc,
}

impl Session {
    /// A session whose first attempt is due at `now`, with the first broker.
    pub const fn new(now: Millis) -> Self {
        Self { phase: Phase::Offline { retry_at: now, next: Attempt::FIRST }, rc: Rc::Disconnected }
    }

    /// What to do at `now`.
    pub fn poll(&mut self, now: Millis, timing: &Timing) -> Todo {
        match self.phase {
            Phase::Off => Todo::Wait(None),
            Phase::Offline { retry_at, next } if now >= retry_at => Todo::Dial { broker: next.broker },
            Phase::Dialling { until, .. } if now >= until => Todo::Lost(Rc::ConnectFailed),
            Phase::Greeting { until, .. } if now >= until => Todo::Lost(Rc::Timeout),
            Phase::Offline { retry_at: at, .. }
            | Phase::Dialling { until: at, .. }
            | Phase::Greeting { until: at, .. } => Todo::Wait(Some(at)),
            Phase::Online(link) => self.poll_link(now, &link, timing),
        }
    }

    /// TCP to the broker of [`Todo::Dial`] is being opened.
    pub fn dialling(&mut self, now: Millis, timing: &Timing) {
        self.step(now, Event::Dial { timing });
    }

    /// CONNECT was written.
    pub fn greeting(&mut self, now: Millis, timing: &Timing) {
        self.step(now, Event::Greet { timing });
    }

    /// A packet was written; the keepalive counts from the last one.
    pub fn sent(&mut self, now: Millis) {
        self.step(now, Event::Sent);
    }

    /// Takes note of a packet and says what it means.
    pub fn received(&mut self, now: Millis, packet: &Incoming<'_>) -> Received {
        let meaning = self.phase.meaning(packet);
        match meaning {
            Received::Online { .. } => {
                self.rc = Rc::Connected;
                self.step(now, Event::Accepted);
            }
            Received::Nothing | Received::Message => self.step(now, Event::Heard),
            Received::Refused { .. } | Received::Broken(_) => {}
        }
        meaning
    }

    /// The connection ended, or the attempt failed, with this code: sets the time of the next attempt.
    ///
    /// `brokers` is the length of the list, 0 while there is no network; `random` any number.
    pub fn lost(&mut self, now: Millis, rc: Rc, timing: &Timing, brokers: u8, random: u32) -> Retry {
        self.rc = rc;
        self.phase.lost(now, rc, timing, brokers, random)
    }

    /// Makes a wait that runs end in so many seconds (S-41).
    pub fn retry_now_in(&mut self, now: Millis, seconds: u16) {
        self.step(now, Event::RetryIn { seconds });
    }

    /// DISCONNECT was sent: no more attempts until [`wake`](Self::wake).
    pub fn hang_up(&mut self, now: Millis) {
        self.rc = Rc::Disconnected;
        self.step(now, Event::HangUp);
    }

    /// After [`hang_up`](Self::hang_up): the next attempt is due at once, with the first broker.
    pub fn wake(&mut self, now: Millis) {
        self.step(now, Event::Wake);
    }

    /// The broker accepted, and the connection has not ended.
    pub const fn is_online(&self) -> bool {
        matches!(self.phase, Phase::Online(_))
    }

    /// How things stand, or how the last connection or attempt ended (S-42).
    pub const fn rc(&self) -> Rc {
        self.rc
    }

    /// The phase, with its deadline.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    fn step(&mut self, now: Millis, event: Event<'_>) {
        self.phase.change(now, event);
    }

    fn poll_link(&mut self, now: Millis, link: &Link, timing: &Timing) -> Todo {
        let dead_at = link.dead_at(timing);
        if dead_at.is_some_and(|at| now >= at) {
            return Todo::Lost(Rc::Timeout);
        }
        if now >= link.ping_at() {
            self.step(now, Event::Pinged);
            return Todo::Ping;
        }
        Todo::Wait(Some(dead_at.map_or(link.ping_at(), |at| at.min(link.ping_at()))))
    }
}
