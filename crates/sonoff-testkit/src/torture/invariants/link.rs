//! The connection to the broker.

use std::collections::VecDeque;

use super::{Invariant, Verdict};
use crate::torture::journal::{Fact, Heard, Sent};
use crate::torture::scene::Scene;
use crate::world::World;

/// The longest wait between two attempts, jitter included (S-40).
const LONGEST_WAIT_MS: u64 = 132_000;
/// `MqttTimeout`, for TCP and for CONNACK, and a second of jitter.
const HANDSHAKE_MS: u64 = 9_000;
/// `MqttRetry`
const RETRY_MS: u64 = 10_000;

/// Once the last fault ends, the session is back within the longest wait and a handshake.
#[derive(Debug)]
pub struct ComesBack;

impl Invariant for ComesBack {
    fn name(&self) -> &'static str {
        "the session comes back in bounded time"
    }

    fn see(&mut self, _: u64, _: &Fact, _: &Scene) -> Verdict {
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, _: &mut World) -> Verdict {
        let (Some(calm), Some(running)) = (scene.calm_since, scene.running_since) else {
            return Verdict::Silent;
        };
        let bound = LONGEST_WAIT_MS.max(u64::from(scene.setup.keep_alive_s) * 1500 + 1000) + HANDSHAKE_MS;
        let away = scene.now.saturating_sub(calm.max(running));
        if away <= bound {
            return Verdict::Silent;
        }
        Verdict::held_if(scene.online_since.is_some(), || {
            format!("offline, though all is well for {away} ms")
        })
    }
}

/// The device never keeps silent for longer than its keepalive, and notices a peer that does (S-75).
#[derive(Debug, Default)]
pub struct Heartbeat {
    keep_alive_ms: u64,
    sent: Option<u64>,
    heard: Option<u64>,
}

impl Heartbeat {
    /// A write may take 10 s, and a peer has `MqttTimeout` for its answer.
    const SLACK_MS: u64 = 15_000;

    fn judge(&self, scene: &Scene) -> Verdict {
        let (Some(sent), Some(heard)) = (self.sent, self.heard) else { return Verdict::Silent };
        if scene.now.saturating_sub(heard) > self.keep_alive_ms + Self::SLACK_MS {
            return Verdict::Broken(format!("nothing heard since {heard}, and the link is kept"));
        }
        let silent = scene.now.saturating_sub(sent);
        let calm = scene.well_for().is_some_and(|ms| ms > silent);
        if calm && silent > self.keep_alive_ms {
            return Verdict::Broken(format!("silent for {silent} ms"));
        }
        Verdict::Silent
    }
}

impl Invariant for Heartbeat {
    fn name(&self) -> &'static str {
        "keepalive is kept, and a dead peer is noticed"
    }

    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict {
        match fact {
            Fact::Sent(packet) => {
                let verdict = self.judge(scene);
                if let Sent::Connect { keep_alive_s, .. } = packet {
                    self.keep_alive_ms = u64::from(*keep_alive_s) * 1000;
                }
                self.sent = scene.online_since.map(|_| at);
                return if verdict == Verdict::Silent && self.sent.is_some() {
                    Verdict::Held
                } else {
                    verdict
                };
            }
            Fact::Read(Heard::Accepted) => (self.sent, self.heard) = (Some(at), Some(at)),
            Fact::Read(_) => self.heard = self.heard.map(|_| at),
            Fact::Dropped | Fact::Cut | Fact::Ended => (self.sent, self.heard) = (None, None),
            _ => {}
        }
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, _: &mut World) -> Verdict {
        self.judge(scene)
    }
}

/// Attempts that fail come at longer and longer intervals (S-40).
#[derive(Debug, Default)]
pub struct Patience {
    failures: u64,
    dialled: Option<u64>,
}

impl Invariant for Patience {
    fn name(&self) -> &'static str {
        "a broker that is down is not flooded"
    }

    fn see(&mut self, at: u64, fact: &Fact, _: &Scene) -> Verdict {
        match fact {
            Fact::Boot { .. } | Fact::Read(Heard::Accepted) => (self.failures, self.dialled) = (0, None),
            Fact::Dial => {
                let Some(before) = self.dialled.replace(at) else { return Verdict::Silent };
                self.failures += 1;
                let wait = (RETRY_MS * self.failures).min(120_000);
                return Verdict::held_if(at - before >= wait, || {
                    format!("attempt {} after {} ms instead of {wait}", self.failures + 1, at - before)
                });
            }
            _ => {}
        }
        Verdict::Silent
    }
}

/// A connection that is ended soon after each success is not made again at once for ever (S-90).
#[derive(Debug, Default)]
pub struct Yields {
    /// The sessions of the last minute.
    begun: VecDeque<u64>,
}

impl Yields {
    /// Twice what S-90 allows for one cause; several may coincide.
    const MOST: usize = 16;
}

impl Invariant for Yields {
    fn name(&self) -> &'static str {
        "who is pushed out again and again waits"
    }

    fn see(&mut self, at: u64, fact: &Fact, _: &Scene) -> Verdict {
        match fact {
            Fact::Boot { .. } => self.begun.clear(),
            Fact::Read(Heard::Accepted) => {
                self.begun.push_back(at);
                self.begun.retain(|begun| at - begun < 60_000);
                let count = self.begun.len();
                return Verdict::held_if(count <= Self::MOST, || format!("{count} sessions in a minute"));
            }
            _ => {}
        }
        Verdict::Silent
    }
}

/// A device that is to speak TLS says nothing without it, whatever becomes of handshakes (S-50).
#[derive(Debug)]
pub struct NeverInTheClear;

impl Invariant for NeverInTheClear {
    fn name(&self) -> &'static str {
        "a secure device says nothing in the clear"
    }

    fn see(&mut self, _: u64, fact: &Fact, scene: &Scene) -> Verdict {
        match fact {
            Fact::Sent(Sent::Connect { secure, .. }) if scene.setup.is_secure() => {
                Verdict::held_if(*secure, || "CONNECT without TLS".to_owned())
            }
            _ => Verdict::Silent,
        }
    }
}

/// Sockets and attempts never add up, and flash is used as its maker allows.
#[derive(Debug)]
pub struct Bounded;

impl Invariant for Bounded {
    fn name(&self) -> &'static str {
        "sockets stay bounded"
    }

    fn see(&mut self, _: u64, _: &Fact, _: &Scene) -> Verdict {
        Verdict::Silent
    }

    fn look(&mut self, _: &Scene, world: &mut World) -> Verdict {
        // Two devices may be there.
        let (sockets, dials) = (world.net().open_sockets(), world.net().dialling());
        Verdict::held_if(sockets + dials <= 2, || format!("{sockets} sockets, {dials} attempts"))
    }
}
