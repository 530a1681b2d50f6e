//! What leaves the device.

use super::{Invariant, Verdict};
use crate::broker::filter;
use crate::torture::journal::{Fact, Heard, Message, Sent};
use crate::torture::plan::CANARY;
use crate::torture::scene::Scene;

/// What is JSON is whole and valid (D-58).
#[derive(Debug)]
pub struct WholeJson;

/// Leaves whose payload is always an object; empty clears what was retained.
const OBJECTS: &[&str] = &["RESULT", "STATE", "SENSOR", "INFO", "STATUS", "config", "sensors"];

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

impl Invariant for WholeJson {
    fn name(&self) -> &'static str {
        "every payload is whole"
    }

    fn see(&mut self, _: u64, fact: &Fact, _: &Scene) -> Verdict {
        let message = match fact {
            Fact::Sent(Sent::Publish(message)) => message,
            Fact::Sent(Sent::Rubbish) => {
                return Verdict::Broken("a packet that no client may send".to_owned());
            }
            _ => return Verdict::Silent,
        };
        let leaf = message.leaf().trim_end_matches(|c: char| c.is_ascii_digit());
        let whole = match (message.payload.first(), OBJECTS.contains(&leaf)) {
            (None, _) | (_, false) => true,
            (Some(first), true) => *first == b'{' && is_json(&message.payload),
        };
        Verdict::held_if(whole, || {
            format!("{} = {}", message.topic, String::from_utf8_lossy(&message.payload))
        })
    }
}

/// Nothing that the device says comes back to it as a command.
#[derive(Debug, Default)]
pub struct NoEcho {
    filters: Vec<String>,
    sent: Vec<Message>,
}

impl NoEcho {
    fn said(&mut self, message: &Message) -> Verdict {
        // S-18: sent before the subscriptions, so that it does not come back.
        let asks_itself = message.payload.is_empty() && message.topic.starts_with("cmnd/");
        if asks_itself {
            self.sent.push(message.clone());
        }
        let heard = !asks_itself && self.filters.iter().any(|filter| filter::matches(filter, &message.topic));
        Verdict::held_if(!heard, || format!("{} is subscribed by its own sender", message.topic))
    }
}

impl Invariant for NoEcho {
    fn name(&self) -> &'static str {
        "no own publication comes back as a command"
    }

    fn see(&mut self, _: u64, fact: &Fact, _: &Scene) -> Verdict {
        match fact {
            Fact::Sent(Sent::Connect { .. }) => {
                self.filters.clear();
                self.sent.clear();
            }
            Fact::Sent(Sent::Subscribe(filter)) => self.filters.push(filter.clone()),
            Fact::Sent(Sent::Publish(message)) => return self.said(message),
            Fact::Read(Heard::Publish(message)) => {
                let echo = self
                    .sent
                    .iter()
                    .any(|sent| (&sent.topic, &sent.payload) == (&message.topic, &message.payload));
                return Verdict::held_if(!echo, || format!("{} came back", message.topic));
            }
            _ => {}
        }
        Verdict::Silent
    }
}

/// A password leaves the device in CONNECT and nowhere else (D-54).
#[derive(Debug)]
pub struct SecretsStay;

fn has_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

impl Invariant for SecretsStay {
    fn name(&self) -> &'static str {
        "secrets never leave"
    }

    fn see(&mut self, _: u64, fact: &Fact, _: &Scene) -> Verdict {
        let leaves = match fact {
            Fact::Sent(Sent::Publish(message)) => {
                has_canary(&message.payload) || has_canary(message.topic.as_bytes())
            }
            Fact::Line(line) => has_canary(line.as_bytes()),
            _ => return Verdict::Silent,
        };
        Verdict::held_if(!leaves, || format!("{fact:?}"))
    }
}
