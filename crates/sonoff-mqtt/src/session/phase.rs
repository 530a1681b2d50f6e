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
        quiet_since.saturating_add(ping_after_ms(self.keep_alive_s))
    }

    /// When the peer counts as dead; `None` while it owes nothing.
    pub fn dead_at(&self, timing: &Timing) -> Option<Millis> {
        self.pinged_at.map(|at| at.saturating_add(timeout_ms(timing)))
    }

    const fn new(now: Millis, keep_alive_s: u16) -> Self {
        Self { keep_alive_s, sent_at: now, heard_at: now, pinged_at: None }
    }
}

/// How long nothing may be sent: the keepalive less a quarter of it, at most one second, for the way to the broker.
const fn ping_after_ms(keep_alive_s: u16) -> Millis {
    let seconds = if keep_alive_s == 0 { 1 } else { keep_alive_s as Millis };
    let quarter = seconds * 250;
    seconds * 1000 - if quarter < 1000 { quarter } else { 1000 }
}

const fn timeout_ms(timing: &Timing) -> Millis {
    if timing.timeout_s == 0 { 1000 } else { timing.timeout_s as Millis * 1000 }
}

/// `random` brought into `0..end`.
fn below(end: Millis, random: u32) -> Millis {
    (u64::from(random) * end) >> 32
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
    pub fn step(self, now: Millis, event: Event<'_>) -> Self {
        match event {
            Event::Dial { timing } => self.dial(now.saturating_add(timeout_ms(timing))),
            Event::Greet { timing } => {
                self.greet(now.saturating_add(timeout_ms(timing)), timing.keep_alive_s)
            }
            Event::Accepted => self.accepted(now),
            Event::Heard => self.on_link(|link| Link { heard_at: now, pinged_at: None, ..link }),
            Event::Sent => self.on_link(|link| Link { sent_at: now, ..link }),
            Event::Pinged => {
                self.on_link(|link| Link { sent_at: now, pinged_at: link.pinged_at.or(Some(now)), ..link })
            }
            Event::Lost { timing, brokers, random } => self.lost(now, timing, brokers, random),
            Event::RetryIn { seconds } => self.retry_at(now.saturating_add(Millis::from(seconds) * 1000)),
            Event::HangUp => Self::Off,
            Event::Wake => self.wake(now),
        }
    }

    /// What `packet` means in this phase.
    pub(super) const fn meaning(self, packet: &Incoming<'_>) -> Received {
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
    pub(super) const fn retry_s(self, brokers: u8, timing: &Timing) -> u32 {
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

    const fn dial(self, until: Millis) -> Self {
        match self {
            Self::Offline { next: attempt, .. } => Self::Dialling { until, attempt },
            phase @ (Self::Off | Self::Dialling { .. } | Self::Greeting { .. } | Self::Online(_)) => phase,
        }
    }

    const fn greet(self, until: Millis, keep_alive_s: u16) -> Self {
        match self {
            Self::Dialling { attempt, .. } => Self::Greeting { until, attempt, keep_alive_s },
            phase @ (Self::Off | Self::Offline { .. } | Self::Greeting { .. } | Self::Online(_)) => phase,
        }
    }

    const fn accepted(self, now: Millis) -> Self {
        match self {
            Self::Greeting { keep_alive_s, .. } => Self::Online(Link::new(now, keep_alive_s)),
            phase @ (Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Online(_)) => phase,
        }
    }

    fn on_link(self, change: impl FnOnce(Link) -> Link) -> Self {
        match self {
            Self::Online(link) => Self::Online(change(link)),
            phase @ (Self::Off | Self::Offline { .. } | Self::Dialling { .. } | Self::Greeting { .. }) => {
                phase
            }
        }
    }

    /// After an online session everybody comes back at once, so each at its own moment of the first second
    /// (S-40). The first failed round waits exactly `MqttRetry`, later ones up to a tenth more.
    fn lost(self, now: Millis, timing: &Timing, brokers: u8, random: u32) -> Self {
        let wait = Millis::from(self.retry_s(brokers, timing)) * 1000;
        match self {
            Self::Off => Self::Off,
            Self::Online(_) => {
                Self::Offline { retry_at: now.saturating_add(below(wait, random)), next: Attempt::FIRST }
            }
            Self::Offline { next: attempt, .. }
            | Self::Dialling { attempt, .. }
            | Self::Greeting { attempt, .. } => {
                let jitters = attempt.round > 1 && !attempt.has_next_broker(brokers);
                let jitter = if jitters { below(wait / 10 + 1, random) } else { 0 };
                let next = attempt.next(brokers, timing.retry_s);
                Self::Offline { retry_at: now.saturating_add(wait + jitter), next }
            }
        }
    }

    const fn retry_at(self, retry_at: Millis) -> Self {
        match self {
            Self::Offline { next, .. } => Self::Offline { retry_at, next },
            phase @ (Self::Off | Self::Dialling { .. } | Self::Greeting { .. } | Self::Online(_)) => phase,
        }
    }

    const fn wake(self, now: Millis) -> Self {
        match self {
            Self::Off => Self::Offline { retry_at: now, next: Attempt::FIRST },
            phase @ (Self::Offline { .. }
            | Self::Dialling { .. }
            | Self::Greeting { .. }
            | Self::Online(_)) => phase,
        }
    }
}
