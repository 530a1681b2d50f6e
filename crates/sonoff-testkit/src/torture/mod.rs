//! Torture: the unmodified core, session and runtime in a world where everything goes wrong, in virtual time.
//!
//! A seed draws a [`Plan`]: a device and everything that will happen to it. A [`Life`] lets it
//! happen. [`Invariants`](invariants) watch. A seed, the hours of its life and the places of the events that are kept
//! describe a life completely: see [`Case`].

pub mod causes;
pub mod event;
pub mod invariants;
pub mod journal;
pub mod life;
pub mod parts;
pub mod plan;
pub mod planted;
pub mod random;
pub mod scene;
pub mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};

use life::Life;
use plan::Plan;
use planted::Plant;
use watch::{Broken, Tally};

/// A life that anyone can repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is drawn from.
    pub seed: u64,
    /// How long it is.
    pub hours: u64,
    /// Places of the events that happen; `None` for all.
    pub keep: Option<Vec<usize>>,
    /// A deliberate fault.
    pub plant: Option<Plant>,
}

impl Case {
    /// The whole life of a seed.
    pub const fn whole(seed: u64, hours: u64) -> Self {
        Self { seed, hours, keep: None, plant: None }
    }

    /// What it consists of.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::draw(self.seed, self.hours);
        plan.setup.plant = self.plant;
        plan
    }

    /// Lives it.
    pub fn run(&self, loud: bool) -> (Tally, Option<Broken>) {
        let keep = |place: usize| self.keep.as_ref().is_none_or(|keep| keep.contains(&place));
        run(&self.plan(), keep, loud)
    }

    /// The first of so many seeds in which a deliberate fault is found, and how.
    pub fn find(plant: Plant, seeds: u64, hours: u64) -> Option<(u64, Broken)> {
        (0..seeds).find_map(|seed| {
            let case = Self { plant: Some(plant), ..Self::whole(seed, hours) };
            case.run(false).1.map(|broken| (seed, broken))
        })
    }

    /// The shortest list of events found that breaks the same invariant.
    #[must_use]
    pub fn shrunk(&self, broken: &Broken) -> Self {
        let plan = self.plan();
        let happened = |place: &usize| plan.events.get(*place).is_some_and(|(at, _)| *at <= broken.at);
        let mut keep: Vec<usize> = (0..plan.events.len()).filter(happened).collect();
        let still_breaks = |keep: &[usize]| {
            let (_, found) = run(&plan, |place| keep.contains(&place), false);
            found.is_some_and(|found| found.invariant == broken.invariant)
        };
        let mut chunk = keep.len().div_ceil(2);
        while chunk > 0 {
            let mut start = 0;
            while start < keep.len() {
                let without = without(&keep, start, chunk);
                if still_breaks(&without) {
                    keep = without;
                } else {
                    start += chunk;
                }
            }
            chunk /= 2;
        }
        Self { keep: Some(keep), ..self.clone() }
    }

    /// The options that repeat it.
    pub fn options(&self) -> String {
        let keep = self.keep.as_ref().map(|keep| {
            let places: Vec<String> = keep.iter().map(usize::to_string).collect();
            format!(" --keep {}", places.join(","))
        });
        format!("--seed {} --hours {}{}", self.seed, self.hours, keep.unwrap_or_default())
    }
}

/// A list without so many of its places.
fn without(keep: &[usize], start: usize, count: usize) -> Vec<usize> {
    let (before, rest) = keep.split_at(start.min(keep.len()));
    before.iter().chain(rest.iter().skip(count)).copied().collect()
}

/// Lives a plan; a panic of the device breaks it, too.
pub fn run(plan: &Plan, keep: impl Fn(usize) -> bool, loud: bool) -> (Tally, Option<Broken>) {
    let mut life = Life::new(plan, keep, loud);
    let broken = catch_unwind(AssertUnwindSafe(|| life.run())).unwrap_or_else(|_| {
        Some(Broken { invariant: "nothing panics", at: 0, why: "the device has panicked".to_owned() })
    });
    (life.tally(), broken)
}
