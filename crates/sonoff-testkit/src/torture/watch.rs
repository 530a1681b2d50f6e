//! The judge: reads the journal after each moment and asks all invariants.

use std::collections::BTreeMap;
use std::fmt;

use super::invariants::{self, Invariant, Verdict};
use super::journal::{Fact, Heard, Journal};
use super::scene::Scene;
use crate::world::World;

/// What did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The invariant.
    pub invariant: &'static str,
    /// When, in milliseconds.
    pub at: u64,
    /// How it was seen.
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken at {}: {}: {}", clock(self.at), self.invariant, self.why)
    }
}

/// `3d 04:05:06.007`
pub fn clock(ms: u64) -> String {
    let (days, hours, minutes) = (ms / 86_400_000, ms / 3_600_000 % 24, ms / 60_000 % 60);
    format!("{days}d {hours:02}:{minutes:02}:{:02}.{:03}", ms / 1000 % 60, ms % 1000)
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Milliseconds of virtual time.
    pub ms: u64,
    /// Lives.
    pub lives: u64,
    /// Events by their kind.
    pub events: BTreeMap<&'static str, u64>,
    /// Checks by invariant.
    pub checks: BTreeMap<&'static str, u64>,
    /// Runs of the device.
    pub boots: u64,
    /// Sessions with the broker.
    pub sessions: u64,
    /// Edges of relays.
    pub edges: u64,
    /// Records saved.
    pub saves: u64,
}

impl Tally {
    /// Adds another one up.
    pub fn add(&mut self, other: &Self) {
        for (mine, more) in [
            (&mut self.ms, other.ms),
            (&mut self.lives, other.lives),
            (&mut self.boots, other.boots),
            (&mut self.sessions, other.sessions),
            (&mut self.edges, other.edges),
            (&mut self.saves, other.saves),
        ] {
            *mine += more;
        }
        other.events.iter().for_each(|(kind, count)| *self.events.entry(kind).or_default() += count);
        other.checks.iter().for_each(|(name, count)| *self.checks.entry(name).or_default() += count);
    }

    fn count(&mut self, fact: &Fact) {
        let counter = match fact {
            Fact::Boot { .. } => &mut self.boots,
            Fact::Read(Heard::Accepted) => &mut self.sessions,
            Fact::Edge { .. } => &mut self.edges,
            Fact::Saved(_, true) => &mut self.saves,
            _ => return,
        };
        *counter += 1;
    }
}

/// All invariants, and what is known.
pub struct Watch {
    /// What is known.
    pub scene: Scene,
    /// What did not hold first.
    pub broken: Option<Broken>,
    /// What was counted, but for checks.
    pub tally: Tally,
    journal: Journal,
    facts: Vec<(u64, Fact)>,
    invariants: Vec<(Box<dyn Invariant>, u64)>,
    /// Writes every fact to the standard error.
    loud: bool,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    /// A judge of a new life.
    pub fn new(scene: Scene, journal: Journal, loud: bool) -> Self {
        let invariants = invariants::all().into_iter().map(|invariant| (invariant, 0)).collect();
        Self { scene, broken: None, tally: Tally::default(), journal, facts: Vec::new(), invariants, loud }
    }

    /// Judges all that has happened in this moment; true once something is broken.
    pub fn look(&mut self, world: &mut World) -> bool {
        let mut facts = std::mem::take(&mut self.facts);
        self.journal.take(&mut facts);
        for (at, fact) in facts.drain(..) {
            self.see(at, &fact);
        }
        self.facts = facts;
        self.scene.now = world.now();
        let Self { scene, invariants, broken, .. } = self;
        for (invariant, checks) in invariants {
            let verdict = invariant.look(scene, world);
            judge(scene.now, invariant.as_ref(), verdict, checks, broken);
        }
        self.broken.is_some()
    }

    fn see(&mut self, at: u64, fact: &Fact) {
        if self.loud {
            eprintln!("{} {fact:?}", clock(at));
        }
        self.tally.count(fact);
        self.scene.see(at, fact);
        let Self { scene, invariants, broken, .. } = self;
        for (invariant, checks) in invariants {
            let verdict = invariant.see(at, fact, scene);
            judge(at, invariant.as_ref(), verdict, checks, broken);
        }
    }

    /// The tally with the checks of each invariant.
    pub fn tally(&self) -> Tally {
        let checks = self.invariants.iter().map(|(invariant, checks)| (invariant.name(), *checks));
        Tally { checks: checks.collect(), ..self.tally.clone() }
    }
}

fn judge(at: u64, of: &dyn Invariant, verdict: Verdict, checks: &mut u64, broken: &mut Option<Broken>) {
    match verdict {
        Verdict::Silent => {}
        Verdict::Held => *checks += 1,
        Verdict::Broken(why) => {
            broken.get_or_insert(Broken { invariant: of.name(), at, why });
        }
    }
}
