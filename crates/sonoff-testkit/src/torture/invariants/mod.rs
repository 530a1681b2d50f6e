//! What must hold at every moment, whatever happens.
//!
//! Each invariant is a type of its own. It sees every fact in order, and looks at the world after each moment.

mod broker;
mod inputs;
mod link;
mod payloads;
mod relays;
mod settings;

use super::journal::Fact;
use super::scene::Scene;
use crate::world::World;

/// What an invariant says to a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The fact does not concern it.
    Silent,
    /// It was checked, and holds.
    Held,
    /// It does not hold, and why.
    Broken(String),
}

impl Verdict {
    /// Held if `holds`, else broken with these words.
    pub fn held_if(holds: bool, why: impl FnOnce() -> String) -> Self {
        if holds { Self::Held } else { Self::Broken(why()) }
    }
}

/// Something that must always hold.
pub trait Invariant {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// Judges a fact; `scene` knows it already.
    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict;

    /// Judges the world after a moment in which something happened.
    fn look(&mut self, _scene: &Scene, _world: &mut World) -> Verdict {
        Verdict::Silent
    }
}

/// All of them, for a new life.
pub fn all() -> Vec<Box<dyn Invariant>> {
    vec![
        Box::new(inputs::ContactsAct::default()),
        Box::new(relays::EdgesHaveCauses::default()),
        Box::new(relays::RivalsNeverMeet),
        Box::new(relays::BootKeepsLevels::default()),
        Box::new(link::ComesBack),
        Box::new(link::Heartbeat::default()),
        Box::new(link::Patience::default()),
        Box::new(link::Yields::default()),
        Box::new(link::Bounded),
        Box::new(link::NeverInTheClear),
        Box::new(settings::RestartsHaveCauses::default()),
        Box::new(settings::OldOrNew::default()),
        Box::new(settings::SavesHaveCauses::default()),
        Box::new(settings::Accepted::default()),
        Box::new(broker::KnowsTheRelays::default()),
        Box::new(broker::IsGreeted::default()),
        Box::new(broker::RetainedIsHarmless::default()),
        Box::new(payloads::WholeJson),
        Box::new(payloads::NoEcho::default()),
        Box::new(payloads::SecretsStay),
    ]
}
