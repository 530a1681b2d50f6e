//! Relays.

use super::{Invariant, Verdict};
use crate::torture::causes::{self, Effect};
use crate::torture::journal::{Fact, Heard};
use crate::torture::scene::{Scene, mask};
use crate::world::World;

/// How long a command may wait for its turn: an answer that cannot leave holds it up for 10 s, and so does a Backlog.
const PATIENCE_MS: u64 = 60_000;

/// Something that may switch relays.
#[derive(Debug, Clone, Copy)]
struct Cause {
    relays: u8,
    from: u64,
    until: u64,
    /// How many edges of each relay it may still make.
    edges: [u8; 8],
    /// It only switches off.
    ends: bool,
    /// It outlasts a power cut, as a finger on a button does.
    outlasts: bool,
}

impl Cause {
    const fn new(relays: u8, edges: u8, from: u64, until: u64) -> Self {
        Self { relays, from, until, edges: [edges; 8], ends: false, outlasts: false }
    }

    /// The end of a pulse.
    const fn pulse(edges: u8, from: u64, until: u64) -> Self {
        Self { ends: true, ..Self::new(1, edges, from, until) }
    }

    fn left(&mut self, relay: u8) -> Option<&mut u8> {
        let concerns = self.relays & mask(relay) != 0;
        self.edges.get_mut(usize::from(relay).wrapping_sub(1)).filter(|left| concerns && **left > 0)
    }
}

/// No relay moves without a cause: a contact, a command, PulseTime, an interlock or a boot. So there is no ghost
/// switching, and no edge at a restart.
#[derive(Debug, Default)]
pub struct EdgesHaveCauses {
    causes: Vec<Cause>,
    /// What MQTT last said outright for each relay in this run (D-51).
    said: [Option<bool>; 8],
}

impl EdgesHaveCauses {
    fn add(&mut self, cause: Cause, scene: &Scene) {
        self.causes.push(cause);
        if scene.setup.pulse > 0 && cause.relays & 1 != 0 {
            let pulse = u64::from(scene.setup.pulse) * 100;
            let end = Cause::pulse(cause.edges[0], cause.from + pulse, cause.until + pulse + 150);
            self.causes.push(Cause { outlasts: cause.outlasts, ..end });
        }
    }

    fn command(&mut self, at: u64, effect: Effect, scene: &Scene) {
        if effect.relays != 0 {
            self.add(Cause::new(effect.relays, effect.edges, at, at + PATIENCE_MS), scene);
        }
    }

    /// A retained command acts if it does no harm, and later in a boot only if it says something new.
    fn retained(&mut self, at: u64, effect: Effect, scene: &Scene) {
        let pulses = scene.setup.pulse > 0 && effect.relays & 1 != 0;
        let said = (1..=8).filter(|relay| effect.relays & mask(*relay) != 0);
        let says_new = said
            .map(|relay: u8| self.said.get(usize::from(relay) - 1).copied().flatten())
            .any(|said| said != effect.level);
        if effect.level.is_some() && !pulses && (scene.sessions == 1 || says_new) {
            self.message(at, effect, scene);
        }
    }

    /// A command that came by MQTT and is not refused.
    fn message(&mut self, at: u64, effect: Effect, scene: &Scene) {
        self.command(at, effect, scene);
        let concerned = (1..).zip(&mut self.said).filter(|(relay, _)| effect.relays & mask(*relay) != 0);
        if effect.level.is_some() {
            concerned.for_each(|(_, said)| *said = effect.level);
        }
    }

    /// A cold boot drives the pins. A short pulse is not saved and ends with a restart, a long one runs anew (P-19).
    fn boot(&mut self, at: u64, cold: bool, scene: &Scene) {
        if cold {
            self.add(Cause::new(0xFF, 1, at, at), scene);
        } else if scene.setup.pulse > 0 {
            self.causes.push(Cause::pulse(1, at, at + u64::from(scene.setup.pulse) * 100 + 150));
        }
    }

    fn edge(&mut self, at: u64, relay: u8, on: bool, scene: &Scene) -> Verdict {
        self.causes.retain(|cause| cause.until >= at);
        // A pulse that ends goes before all, then whoever has least time left.
        self.causes.sort_by_key(|cause| (!cause.ends, cause.until));
        // The rival of a relay that is about to go on goes off.
        let rivals = scene.setup.rivals(relay);
        let due = |cause: &Cause| cause.from <= at && !(cause.ends && on);
        if !on && self.causes.iter().any(|cause| due(cause) && cause.relays & rivals != 0) {
            return Verdict::Held;
        }
        let left = self.causes.iter_mut().filter(|cause| due(cause)).find_map(|cause| cause.left(relay));
        let caused = left.map(|left| *left -= 1).is_some();
        Verdict::held_if(caused, || format!("relay {relay} goes {} by itself", if on { "on" } else { "off" }))
    }
}

impl Invariant for EdgesHaveCauses {
    fn name(&self) -> &'static str {
        "no relay moves without a cause"
    }

    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict {
        match fact {
            Fact::Boot { cold } => {
                self.said = [None; 8];
                self.causes.retain(|cause| cause.outlasts);
                self.boot(at, *cold, scene);
            }
            Fact::Contact { relay, until, .. } => {
                let all = if scene.setup.acts_at_once(*relay) { mask(*relay) } else { 0xFF };
                self.add(Cause { outlasts: true, ..Cause::new(all, 1, at, *until) }, scene);
            }
            Fact::Typed(line) => self.command(at, causes::of_line(line), scene),
            Fact::Read(Heard::Publish(message)) => {
                let effect = causes::of_message(message);
                let take = if message.retain { Self::retained } else { Self::message };
                take(self, at, effect, scene);
            }
            Fact::Edge { relay, on } => return self.edge(at, *relay, *on, scene),
            _ => {}
        }
        Verdict::Silent
    }
}

/// Relays of one interlock group are never on together.
#[derive(Debug)]
pub struct RivalsNeverMeet;

impl Invariant for RivalsNeverMeet {
    fn name(&self) -> &'static str {
        "interlocked relays are never on together"
    }

    fn see(&mut self, _: u64, fact: &Fact, scene: &Scene) -> Verdict {
        match fact {
            Fact::Edge { relay, on: true } if scene.setup.interlock => {
                Verdict::held_if(scene.levels & scene.setup.rivals(*relay) == 0, || {
                    format!("relay {relay} goes on beside its rival: {:#b}", scene.levels)
                })
            }
            _ => Verdict::Silent,
        }
    }
}

/// A power cut brings back the levels of shortly before it, as `PowerOnState` says (P-10 to P-13).
#[derive(Debug, Default)]
pub struct BootKeepsLevels {
    /// Masks that were true lately, and until when.
    lately: Vec<(u64, u8)>,
    /// Power came back in this moment.
    booting: bool,
}

/// A change is saved a second after it.
const SAVED_AFTER_MS: u64 = 2500;

impl BootKeepsLevels {
    fn closed(&mut self, at: u64) {
        if let Some((until, _)) = self.lately.last_mut() {
            *until = at.min(*until);
        }
        self.lately.retain(|(until, _)| *until + SAVED_AFTER_MS >= at);
    }

    /// All that a boot does to relays is done.
    fn booted(&mut self, scene: &Scene) -> Verdict {
        self.booting = false;
        let verdict = self.judge(scene);
        self.lately = vec![(u64::MAX, scene.levels)];
        verdict
    }

    fn judge(&self, scene: &Scene) -> Verdict {
        // What lasts for less than three seconds is not saved (P-19).
        let kept = if scene.setup.pulse > 0 { !1 } else { !0 };
        let as_before = self.lately.iter().any(|(_, mask)| (mask ^ scene.levels) & kept == 0);
        let allowed = match scene.setup.power_on_state {
            0 => scene.levels == 0,
            1 => scene.setup.interlock || scene.levels.count_ones() == u32::from(scene.setup.relays),
            _ => self.lately.is_empty() || as_before,
        };
        Verdict::held_if(allowed, || {
            format!("{:#b} after the cut, {:?} before it", scene.levels, self.lately)
        })
    }
}

impl Invariant for BootKeepsLevels {
    fn name(&self) -> &'static str {
        "power comes back with the levels of before"
    }

    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict {
        let boots = matches!(fact, Fact::Boot { .. } | Fact::Loaded(..) | Fact::Edge { .. });
        if self.booting && !boots {
            return self.booted(scene);
        }
        match fact {
            Fact::Boot { cold: true } => self.booting = true,
            Fact::Cut => self.closed(at),
            Fact::Edge { .. } if !self.booting => {
                self.closed(at);
                self.lately.push((u64::MAX, scene.levels));
            }
            _ => {}
        }
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, _: &mut World) -> Verdict {
        if self.booting { self.booted(scene) } else { Verdict::Silent }
    }
}
