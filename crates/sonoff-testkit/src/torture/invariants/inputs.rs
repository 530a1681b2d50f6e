//! Buttons and switches.

use super::{Invariant, Verdict};
use crate::torture::journal::{Fact, Heard};
use crate::torture::scene::Scene;
use crate::world::World;

/// A contact reaches its relay within debounce and one tick, whatever the network does (P-41, P-43).
#[derive(Debug, Default)]
pub struct ContactsAct {
    /// Relay, when the contact closed, when the relay must have moved.
    owed: Vec<(u8, u64, u64)>,
    /// When a contact of each relay last closed.
    closed: [u64; 9],
}

/// Contacts that close so close to each other may toggle a relay twice in one moment, and so move nothing.
const TOGETHER_MS: u64 = 200;

impl ContactsAct {
    fn is_alone(&mut self, relay: u8, at: u64) -> bool {
        let closed = self.closed.get_mut(usize::from(relay));
        closed.is_some_and(|closed| at > std::mem::replace(closed, at) + TOGETHER_MS)
    }

    fn late(&self, now: u64) -> Verdict {
        match self.owed.iter().find(|(_, _, by)| now > *by) {
            Some((relay, at, _)) => {
                Verdict::Broken(format!("relay {relay} ignores the contact closed at {at}"))
            }
            None => Verdict::Silent,
        }
    }
}

fn stirs(fact: &Fact) -> bool {
    matches!(fact, Fact::Contact { .. } | Fact::Typed(_) | Fact::Read(Heard::Publish(_)))
}

impl Invariant for ContactsAct {
    fn name(&self) -> &'static str {
        "a contact acts within debounce and one tick"
    }

    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict {
        let late = self.late(at);
        if late != Verdict::Silent {
            return late;
        }
        // Whoever comes last wins an interlock.
        if scene.setup.interlock && stirs(fact) {
            self.owed.clear();
        }
        match fact {
            Fact::Contact { relay, must_by, .. } => {
                let alone = self.is_alone(*relay, at);
                self.owed.retain(|(owes, _, _)| alone || owes != relay);
                self.owed.extend(must_by.filter(|_| alone).map(|by| (*relay, at, by)));
            }
            Fact::Edge { relay, .. } => {
                let first = self.owed.iter().position(|(owes, _, _)| owes == relay);
                if let Some(first) = first {
                    self.owed.remove(first);
                    return Verdict::Held;
                }
            }
            Fact::Cut | Fact::Ended => self.owed.clear(),
            _ => {}
        }
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, _: &mut World) -> Verdict {
        self.late(scene.now)
    }
}
