//! The phases of a connection and the one step between them.

use super::{Millis, PeerError, Rc, Received, Retry, Timing};
use crate::packet::Incoming;

/// The wait grows while `MqttRetry` times the round is below this (S-40).
const GROWTH_END_S: u32 = 120;
/// A connection that ends sooner is a short one (S-90).
const SHORT_MS: u32 = 300_000;
/// So many short connections in a row are an accident.
const ACCIDENTS: u8 = 3;

/// Which broker is tried, and how often the whole list has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Attempt {
    /// Place in the list, from 0.
    pub broker: u8,
    /// 1 until the whole list has failed once; the factor k of S-40.
    pub round: u8,
    /// How many connections in a row were short ones (S-90).
    pub short: u8,
}

impl Attempt {
    /// The first broker, for the first time.
    pub const FIRST: Self = Self { broker: 0, round: 1, short: 0 };

    const fn has_next_broker(self, brokers: u8) -> bool {
        self.broker.saturating_add(1) < brokers
    }

    /// What comes when this one has failed.
    const fn failed(self, brokers: u8, retry_s: u16) -> Next {
        if self.has_next_broker(brokers) {
            return Next { round: 1, seconds: 1, attempt: Self { broker: self.broker + 1, ..self } };
        }
        let seconds = wait_s(self.round, retry_s);
        Next {
            round: self.round,
            seconds,
            attempt: Self { broker: 0, round: grown(self.round, seconds), ..self },
        }
    }
}

/// What comes after a loss.
#[derive(Clone, Copy)]
struct Next {
    /// The factor of the wait; 0 if none was earned.
    round: u8,
    /// The wait as the log tells it.
    seconds: u32,
    attempt: Attempt,
}

impl Next {
    /// After an online session everybody comes back at once, so each at its own moment of the first second (S-32).
    /// The first wait is exactly `MqttRetry`, later ones are up to a tenth longer (S-40).
    fn wait_ms(self, random: u32) -> u32 {
        let wait = self.seconds * 1000;
        match self.round {
            0 => below(wait, random),
            1 => wait,
            _ => wait + below(wait / 10 + 1, random),
        }
    }
}

/// Seconds to wait in this round; `MqttRetry` 0, which would be a storm, counts as 1.
const fn wait_s(round: u8, retry_s: u16) -> u32 {
    let retry_s = if retry_s == 0 { 1 } else { retry_s as u32 };
    retry_s * round as u32
}

/// The round after one with this wait.
const fn grown(round: u8, wait_s: u32) -> u8 {
    if wait_s < GROWTH_END_S { round.saturating_add(1) } else { round }
}

/// What is known of a connection that the broker accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Link {
    /// The keepalive that CONNECT told, in seconds.
    keep_alive_s: u16,
    /// When the last packet was sent.
    sent_at: Millis,
    /// When the last packet came.
    heard_at: Millis,
    /// When the first PINGREQ was sent after that.
    pinged_at: Option<Millis>,
    /// When it began.
    since: Millis,
    /// How many before it were short ones.
    short: u8,
}

impl Link {
    /// When a PINGREQ is due: nothing was sent for a while, so that the broker does not give up; or nothing came,
    /// so that a peer that vanished is noticed even while telemetry is being sent.
    pub fn ping_at(&self) -> Millis {
        let quiet_since = match self.pinged_at {
            None => self.sent_at.min(self.heard_at),
            Some(_) => self.sent_at,
        };
        after(quiet_since, ping_after_ms(self.keep_alive_s))
    }

    /// When the peer counts as dead; `None` while it owes nothing.
    pub fn dead_at(&self, timing: &Timing) -> Option<Millis> {
        self.pinged_at.map(|at| after(at, timeout_ms(timing)))
    }

    const fn new(now: Millis, keep_alive_s: u16, short: u8) -> Self {
        Self { keep_alive_s, sent_at: now, heard_at: now, pinged_at: None, since: now, short }
    }

    /// What comes when it has ended. Who is pushed out soon after each success does not push back at once (S-90).
    fn ended(&self, is_short: bool, retry_s: u16) -> Next {
        let round = self.short.saturating_sub(ACCIDENTS);
        let short = if is_short { grown(self.short, wait_s(round, retry_s)) } else { 0 };
        let round = short.saturating_sub(ACCIDENTS);
        let seconds = wait_s(round, retry_s).max(1);
        Next { round, seconds, attempt: Attempt { short, ..Attempt::FIRST } }
    }
}

/// How long nothing may be sent: the keepalive less a quarter of it, at most one second, for the way to the broker.
const fn ping_after_ms(keep_alive_s: u16) -> u32 {
    let seconds = if keep_alive_s == 0 { 1 } else { keep_alive_s as u32 };
    let quarter = seconds * 250;
    seconds * 1000 - if quarter < 1000 { quarter } else { 1000 }
}

const fn timeout_ms(timing: &Timing) -> u32 {
    if timing.timeout_s == 0 { 1000 } else { timing.timeout_s as u32 * 1000 }
}

#[inline(never)]
const fn after(now: Millis, span_ms: u32) -> Millis {
    now.saturating_add(span_ms as Millis)
}

/// `random` brought into `0..end`.
fn below(end: u32, random: u32) -> u32 {
    let [a, b, c, d, ..] = (u64::from(random) * u64::from(end)).to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Phase {
    /// Hung up: no attempts.
    Off,
    /// Waiting for the next attempt.
    Offline {
        /// When it is due.
        retry_at: Millis,
        /// Which it is.
        next: Attempt,
    },
    /// TCP is being opened.
    Dialling {
        /// When that has taken too long.
        until: Millis,
        /// Which attempt this is.
        attempt: Attempt,
    },
    /// CONNECT was sent, CONNACK has not come.
    Greeting {
        /// When that has taken too long.
        until: Millis,
        /// Which attempt this is.
        attempt: Attempt,
        /// The keepalive that CONNECT told, in seconds.
        keep_alive_s: u16,
    },
    /// The broker accepted.
    Online(Link),
}

/// What happened to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// TCP is being opened.
    Dial {
        /// The settings in force.
        timing: &'a Timing,
    },
    /// CONNECT was sent.
    Greet {
        /// The settings in force.
        timing: &'a Timing,
    },
    /// CONNACK 0 came.
    Accepted,
    /// Another packet came.
    Heard,
    /// A packet was sent.
    Sent,
    /// A PINGREQ is being sent.
    Pinged,
    /// The connection ended or the attempt failed.
    Lost {
        /// How.
        rc: Rc,
        /// The settings in force.
        timing: &'a Timing,
        /// How many brokers there are to try; 0 without a network.
        brokers: u8,
        /// Any number.
        random: u32,
    },
    /// `MqttRetry` was set.
    RetryIn {
        /// The new wait.
        seconds: u16,
    },
    /// DISCONNECT was sent.
    HangUp,
    /// Attempts are wanted again.
    Wake,
}

impl Phase {
    /// The phase after `event`.
    #[must_use]
    pub fn step(mut self, now: Millis, event: Event<'_>) -> Self {
        self.change(now, event);
        self
    }

    /// In place: to hand a phase on by value costs a small chip more than the change itself.
    pub(super) fn change(&mut self, now: Millis, event: Event<'_>) {
        match event {
            Event::Dial { timing } => self.dial(after(now, timeout_ms(timing))),
            Event::Greet { timing } => self.greet(after(now, timeout_ms(timing)), timing.keep_alive_s),
            Event::Accepted => self.accepted(now),
            Event::Heard => self.on_link(|link| (link.heard_at, link.pinged_at) = (now, None)),
            Event::Sent => self.on_link(|link| link.sent_at = now),
            Event::Pinged => self.on_link(|link| {
                link.sent_at = now;
                link.pinged_at.get_or_insert(now);
            }),
            Event::Lost { rc, timing, brokers, random } => _ = self.lost(now, rc, timing, brokers, random),
            Event::RetryIn { seconds } => self.retry_at(after(now, u32::from(seconds) * 1000)),
            Event::HangUp => *self = Self::Off,
            Event::Wake => self.wake(now),
        }
    }

    /// What `packet` means in this phase.
    pub(super) const fn meaning(&self, packet: &Incoming<'_>) -> Received {
        match (self, packet) {
            (Self::Greeting { .. }, Incoming::ConnAck { session_present, code: 0 }) => {
                Received::Online { session_present: *session_present }
            }
            (Self::Greeting { .. }, Incoming::ConnAck { code, .. }) => {
                Received::Refused { rc: Rc::from_connack(*code) }
            }
            (Self::Online(_), Incoming::ConnAck { .. }) => Received::Broken(PeerError::SecondConnAck),
            (Self::Online(_), Incoming::Publish(_)) => Received::Message,
            (
                Self::Online(_),
                Incoming::PubAck { .. }
                | Incoming::SubAck { .. }
                | Incoming::UnsubAck { .. }
                | Incoming::PingResp,
            ) => Received::Nothing,
            (Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Greeting { .. }, _) => {
                Received::Broken(PeerError::BeforeConnAck)
            }
        }
    }

    fn dial(&mut self, until: Millis) {
        match *self {
            Self::Offline { next: attempt, .. } => *self = Self::Dialling { until, attempt },
            Self::Off | Self::Dialling { .. } | Self::Greeting { .. } | Self::Online(_) => {}
        }
    }

    fn greet(&mut self, until: Millis, keep_alive_s: u16) {
        match *self {
            Self::Dialling { attempt, .. } => *self = Self::Greeting { until, attempt, keep_alive_s },
            Self::Off | Self::Offline { .. } | Self::Greeting { .. } | Self::Online(_) => {}
        }
    }

    fn accepted(&mut self, now: Millis) {
        match *self {
            Self::Greeting { keep_alive_s, attempt, .. } => {
                *self = Self::Online(Link::new(now, keep_alive_s, attempt.short));
            }
            Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Online(_) => {}
        }
    }

    fn on_link(&mut self, change: impl FnOnce(&mut Link)) {
        match self {
            Self::Online(link) => change(link),
            Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Greeting { .. } => {}
        }
    }

    pub(super) fn lost(&mut self, now: Millis, rc: Rc, timing: &Timing, brokers: u8, random: u32) -> Retry {
        let next = match *self {
            Self::Off => return Retry { seconds: 0, is_pushed_out: false },
            Self::Online(link) => {
                let is_short = rc == Rc::Lost && brokers > 0 && now < after(link.since, SHORT_MS);
                link.ended(is_short, timing.retry_s)
            }
            Self::Offline { next: attempt, .. }
            | Self::Dialling { attempt, .. }
            | Self::Greeting { attempt, .. } => attempt.failed(brokers, timing.retry_s),
        };
        let is_pushed_out = matches!(self, Self::Online(_)) && next.round > 0;
        *self = Self::Offline { retry_at: after(now, next.wait_ms(random)), next: next.attempt };
        Retry { seconds: next.seconds, is_pushed_out }
    }

    fn retry_at(&mut self, at: Millis) {
        match self {
            Self::Offline { retry_at, .. } => *retry_at = at,
            Self::Off | Self::Dialling { .. } | Self::Greeting { .. } | Self::Online(_) => {}
        }
    }

    fn wake(&mut self, now: Millis) {
        match self {
            Self::Off => *self = Self::Offline { retry_at: now, next: Attempt::FIRST },
            Self::Offline { .. } | Self::Dialling { .. } | Self::Greeting { .. } | Self::Online(_) => {}
        }
    }
}
