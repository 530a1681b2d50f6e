//! What the broker is told.

use super::{Invariant, Verdict};
use crate::torture::causes;
use crate::torture::journal::{Fact, Heard, Message, Sent};
use crate::torture::scene::Scene;
use crate::world::World;

/// What is true must be told within this time, when nothing is wrong.
const TOLD_WITHIN_MS: u64 = 12_000;

/// The power states that were told in a session are those of the relays (S-21, T-50).
#[derive(Debug, Default)]
pub struct KnowsTheRelays {
    told: [Option<bool>; 8],
    /// The relays have not moved since then.
    settled: u64,
}

impl KnowsTheRelays {
    fn publish(&mut self, message: &Message, scene: &Scene) {
        // Answers to the fallback topic tell as well as others (T-19).
        let own = scene.stat("POWER");
        let number = [own.as_str(), "stat/DVES_123456/POWER"]
            .iter()
            .find_map(|topic| message.topic.strip_prefix(topic));
        let Some(number) = number else { return };
        let number = if number.is_empty() { Some(1) } else { number.parse::<usize>().ok() };
        let place = number.and_then(|number| self.told.get_mut(number.checked_sub(1)?));
        if let (Some(told), false) = (place, message.payload.is_empty()) {
            *told = Some(message.payload == b"ON");
        }
    }
}

impl Invariant for KnowsTheRelays {
    fn name(&self) -> &'static str {
        "the broker knows the relays"
    }

    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict {
        match fact {
            Fact::Sent(Sent::Connect { .. }) => self.told = [None; 8],
            Fact::Sent(Sent::Publish(message)) => self.publish(message, scene),
            Fact::Edge { .. } => self.settled = at,
            _ => {}
        }
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, _: &mut World) -> Verdict {
        let due = scene.well_for().is_some_and(|ms| ms > TOLD_WITHIN_MS);
        if !due || scene.now < self.settled + TOLD_WITHIN_MS {
            return Verdict::Silent;
        }
        let relays = (1..=scene.setup.relays).zip(self.told);
        let wrong = relays.into_iter().find(|(relay, told)| *told != Some(scene.is_on(*relay)));
        Verdict::held_if(wrong.is_none(), || format!("{wrong:?} was told, {:#b} is true", scene.levels))
    }
}

/// Soon after a session begins the broker has LWT `Online`, discovery and telemetry (S-17, S-22, S-23).
#[derive(Debug, Default)]
pub struct IsGreeted {
    /// Leaves of what must still be sent in this session, until that was judged.
    owed: Option<Vec<&'static str>>,
}

const ANNOUNCED: &[&str] = &["LWT", "config", "sensors", "STATE"];

/// Ten seconds for discovery, five more for telemetry and jitter.
const GREETED_WITHIN_MS: u64 = 16_000;

impl IsGreeted {
    fn retained(scene: &Scene, world: &mut World) -> Verdict {
        let lwt = format!("{}LWT", scene.tele);
        let broker = world.broker();
        let found = broker.retained("tasmota/discovery/240AC4123456/config").is_some();
        let online = broker.retained(&lwt) == Some(b"Online");
        Verdict::held_if(found && online, || {
            format!("online: LWT kept is Online: {online}, discovery kept: {found}")
        })
    }
}

impl Invariant for IsGreeted {
    fn name(&self) -> &'static str {
        "every session is announced, and the announcement is kept"
    }

    fn see(&mut self, _: u64, fact: &Fact, scene: &Scene) -> Verdict {
        match fact {
            Fact::Read(Heard::Accepted) => {
                let count = if scene.setup.tele_period_s > 0 { 4 } else { 3 };
                self.owed = Some(ANNOUNCED.iter().copied().take(count).collect());
            }
            Fact::Sent(Sent::Publish(message)) => {
                self.owed.iter_mut().for_each(|owed| owed.retain(|leaf| *leaf != message.leaf()));
            }
            Fact::Dropped | Fact::Cut => self.owed = None,
            _ => {}
        }
        Verdict::Silent
    }

    fn look(&mut self, scene: &Scene, world: &mut World) -> Verdict {
        if scene.well_for().is_none_or(|ms| ms <= GREETED_WITHIN_MS) {
            return Verdict::Silent;
        }
        match self.owed.take() {
            None => Verdict::Silent,
            Some(owed) if owed.is_empty() => Self::retained(scene, world),
            Some(owed) => Verdict::Broken(format!("not sent in {GREETED_WITHIN_MS} ms: {owed:?}")),
        }
    }
}

/// A retained command that could do harm is refused, with a line in the log (D-52, D-53).
#[derive(Debug, Default)]
pub struct RetainedIsHarmless {
    owed: Option<u64>,
}

impl Invariant for RetainedIsHarmless {
    fn name(&self) -> &'static str {
        "a retained command never repeats what does harm"
    }

    fn see(&mut self, at: u64, fact: &Fact, scene: &Scene) -> Verdict {
        if let Some(since) = self.owed.filter(|since| at > since + 30_000) {
            return Verdict::Broken(format!("the retained command read at {since} was not refused"));
        }
        match fact {
            Fact::Read(Heard::Publish(message)) if message.retain => {
                let effect = causes::of_message(message);
                let pulses = scene.setup.pulse > 0 && effect.relays & 1 != 0;
                // A relay that the device lacks is an error as ever.
                let acts = effect.relays == 0 || effect.relays & scene.setup.all_relays() != 0;
                if acts && (effect.harmful || pulses) {
                    self.owed = Some(at);
                }
            }
            Fact::Line(line) if line.starts_with("MQT: Retained command") => {
                return if self.owed.take().is_some() { Verdict::Held } else { Verdict::Silent };
            }
            Fact::Dropped | Fact::Cut | Fact::Ended => self.owed = None,
            _ => {}
        }
        Verdict::Silent
    }
}
