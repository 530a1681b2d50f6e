//! The phases of a connection and the one step between them.

use super::{Millis, PeerError, Rc, Received, Timing};
use crate::packet::Incoming;

/// The wait grows while `MqttRetry` times the round is below this (S-40).
const GROWTH_END_S: u32 = 120;

/// Which broker is tried, and how often the whole list has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Attempt {
    /// Place in the list, from 0.
    pub broker: u8,
    /// 1 until the whole list has failed once; the factor k of S-40.
    pub round: u16,
}

impl Attempt {
    /// The first broker, for the first time.
    pub const FIRST: Self = Self { broker: 0, round: 1 };

    const fn has_next_broker(self, brokers: u8) -> bool {
        self.broker.saturating_add(1) < brokers
    }

    /// Seconds to wait when the whole list has failed; never 0, which would be a storm.
    const fn wait_s(self, retry_s: u16) -> u32 {
        let retry_s = if retry_s == 0 { 1 } else { retry_s as u32 };
        retry_s * self.round as u32
    }

    /// The attempt to make when this one has failed.
    const fn next(self, brokers: u8, retry_s: u16) -> Self {
        if self.has_next_broker(brokers) {
            return Self { broker: self.broker + 1, round: self.round };
        }
        let grows = self.wait_s(retry_s) < GROWTH_END_S;
        Self { broker: 0, round: if grows { self.round.saturating_add(1) } else { self.round } }
    }
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

    const fn new(now: Millis, keep_alive_s: u16) -> Self {
        Self { keep_alive_s, sent_at: now, heard_at: now, pinged_at: None }
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
        /// The settings in force.
        timing: &'a Timing,
        /// How many brokers there are to try.
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
            Event::Lost { timing, brokers, random } => self.lost(now, timing, brokers, random),
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

    /// Seconds until the next attempt if this phase is lost, as the log tells them.
    pub(super) const fn retry_s(&self, brokers: u8, timing: &Timing) -> u32 {
        match self {
            Self::Off => 0,
            Self::Online(_) => 1,
            Self::Offline { next: attempt, .. }
            | Self::Dialling { attempt, .. }
            | Self::Greeting { attempt, .. } => {
                if attempt.has_next_broker(brokers) {
                    1
                } else {
                    attempt.wait_s(timing.retry_s)
                }
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
            Self::Greeting { keep_alive_s, .. } => *self = Self::Online(Link::new(now, keep_alive_s)),
            Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Online(_) => {}
        }
    }

    fn on_link(&mut self, change: impl FnOnce(&mut Link)) {
        match self {
            Self::Online(link) => change(link),
            Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Greeting { .. } => {}
        }
    }

    /// After an online session everybody comes back at once, so each at its own moment of the first second
    /// (S-40). The first failed round waits exactly `MqttRetry`, later ones up to a tenth more.
    fn lost(&mut self, now: Millis, timing: &Timing, brokers: u8, random: u32) {
        let wait = self.retry_s(brokers, timing).saturating_mul(1000);
        let (wait, next) = match *self {
            Self::Off => return,
            Self::Online(_) => (below(wait, random), Attempt::FIRST),
            Self::Offline { next: attempt, .. }
            | Self::Dialling { attempt, .. }
            | Self::Greeting { attempt, .. } => {
                let jitters = attempt.round > 1 && !attempt.has_next_broker(brokers);
                let jitter = if jitters { below(wait / 10 + 1, random) } else { 0 };
                (wait + jitter, attempt.next(brokers, timing.retry_s))
            }
        };
        *self = Self::Offline { retry_at: after(now, wait), next };
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
