//! What is stored, and what restarts.

use sonoff_hal::Slot;

use super::{Invariant, Verdict};
use crate::torture::causes::{self, Effect};
use crate::torture::journal::{Fact, Heard, Sent};
use crate::torture::scene::Scene;
use crate::world::World;

/// How long a command may wait for its turn, and a save for its time.
const PATIENCE_MS: u64 = 62_000;

/// The effect of a command that reaches the device with this fact.
fn effect(fact: &Fact) -> Option<Effect> {
    match fact {
        Fact::Typed(line) => Some(causes::of_line(line)),
        Fact::Read(Heard::Publish(message)) => Some(causes::of_message(message)),
        _ => None,
    }
}

/// The device restarts when it is told to, and never because of the network (S-36).
#[derive(Debug, Default)]
pub struct RestartsHaveCauses {
    until: u64,
}

impl Invariant for RestartsHaveCauses {
    fn name(&self) -> &'static str {
        "no restart but a commanded one"
    }

    fn see(&mut self, at: u64, fact: &Fact, _: &Scene) -> Verdict {
        if effect(fact).is_some_and(|effect| effect.restarts) {
            self.until = at + PATIENCE_MS;
        }
        match fact {
            Fact::Ended => Verdict::held_if(at <= self.until, || "it restarts by itself".to_owned()),
            _ => Verdict::Silent,
        }
    }
}

/// After any power cut a record is the one saved last, or the one that was being saved.
#[derive(Debug, Default)]
pub struct OldOrNew {
    saved: [Option<Vec<u8>>; 2],
    saving: [Option<Vec<u8>>; 2],
}

const fn place(slot: Slot) -> usize {
    match slot {
        Slot::Settings => 0,
        Slot::State => 1,
    }
}

impl OldOrNew {
    fn loaded(&mut self, slot: Slot, blob: &Option<Vec<u8>>) -> Verdict {
        let (Some(saved), Some(saving)) = (self.saved.get_mut(place(slot)), self.saving.get_mut(place(slot)))
        else {
            return Verdict::Silent;
        };
        let new = saving.take().filter(|new| blob.as_ref() == Some(new));
        if new.is_some() {
            *saved = new;
        }
        Verdict::held_if(saved == blob, || format!("{slot:?}: neither the old record nor the new one"))
    }
}

impl Invariant for OldOrNew {
    fn name(&self) -> &'static str {
        "after any cut settings are the old or the new ones"
    }

    fn see(&mut self, _: u64, fact: &Fact, _: &Scene) -> Verdict {
        match fact {
            Fact::Loaded(slot, blob) => return self.loaded(*slot, blob),
            Fact::Saving(slot, blob) => {
                self.saving
                    .iter_mut()
                    .skip(place(*slot))
                    .take(1)
                    .for_each(|saving| *saving = Some(blob.clone()));
            }
            Fact::Saved(slot, true) => {
                let both = self.saved.iter_mut().zip(&mut self.saving).skip(place(*slot)).take(1);
                both.for_each(|(saved, saving)| *saved = saving.take());
            }
            Fact::Line(line) if line.contains("cannot be read") => {
                return Verdict::Broken(format!("the log says {line:?}"));
            }
            _ => {}
        }
        Verdict::Silent
    }
}

/// Nothing is written to flash without a reason, so a quiet year wears nothing out.
#[derive(Debug, Default)]
pub struct SavesHaveCauses {
    until: u64,
}

impl Invariant for SavesHaveCauses {
    fn name(&self) -> &'static str {
        "flash is written for a reason only"
    }

    fn see(&mut self, at: u64, fact: &Fact, _: &Scene) -> Verdict {
        let may_save = effect(fact).is_some_and(|effect| effect.saves);
        let moves = matches!(fact, Fact::Edge { .. } | Fact::Boot { .. } | Fact::Contact { .. });
        if may_save || moves {
            self.until = at + PATIENCE_MS;
        }
        match fact {
            Fact::Saving(slot, _) => {
                Verdict::held_if(at <= self.until, || format!("{slot:?} is written by itself"))
            }
            _ => Verdict::Silent,
        }
    }
}

/// A setting whose answer was sent is in the flash two seconds later, power cut or not.
#[derive(Debug, Default)]
pub struct Accepted {
    /// The name that was answered, and when.
    answered: Option<(String, u64)>,
    stored: Vec<u8>,
}

/// `SaveData`, and a moment for the flash.
const STORED_WITHIN_MS: u64 = 2000;

impl Accepted {
    fn is_stored(&self, name: &str) -> bool {
        self.stored.windows(name.len()).any(|window| window == name.as_bytes())
    }
}

impl Invariant for Accepted {
    fn name(&self) -> &'static str {
        "a setting that was accepted is kept"
    }

    fn see(&mut self, at: u64, fact: &Fact, _: &Scene) -> Verdict {
        match fact {
            Fact::Sent(Sent::Publish(message)) if message.leaf() == "RESULT" => {
                let payload = String::from_utf8_lossy(&message.payload);
                if let Some(answer) = payload.strip_prefix("{\"FriendlyName1\":\"") {
                    let name = answer.split('"').next().filter(|name| name.starts_with("Lamp "));
                    self.answered = name.map(|name| (name.to_owned(), at));
                }
            }
            Fact::Saving(Slot::Settings, blob) | Fact::Loaded(Slot::Settings, Some(blob)) => {
                self.stored.clone_from(blob);
            }
            Fact::Cut | Fact::Ended => self.answered = None,
            _ => {}
        }
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, _: &mut World) -> Verdict {
        let due = self.answered.take_if(|(_, at)| scene.now > *at + STORED_WITHIN_MS);
        match due {
            None => Verdict::Silent,
            Some((name, _)) => Verdict::held_if(self.is_stored(&name), || format!("{name:?} is not stored")),
        }
    }
}
