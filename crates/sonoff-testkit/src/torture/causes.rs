//! What a command may do: a reading of command lines that knows just enough to tell what they cannot have caused.

use super::journal::Message;

/// What a command may do to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// Relays that it may switch, as a mask, and how many edges of each.
    pub relays: u8,
    /// Edges of each of them.
    pub edges: u8,
    /// It may restart the device.
    pub restarts: bool,
    /// It may change a setting, or what is saved of the device's state.
    pub saves: bool,
    /// It says a value outright: on or off.
    pub level: Option<bool>,
    /// To repeat it at every connect could do harm (D-49, D-52).
    pub harmful: bool,
}

impl Effect {
    fn and(self, other: Self) -> Self {
        Self {
            relays: self.relays | other.relays,
            edges: self.edges.saturating_add(other.edges),
            restarts: self.restarts | other.restarts,
            saves: self.saves | other.saves,
            level: None,
            harmful: self.harmful | other.harmful,
        }
    }
}

/// Settings that restart the device when they change, and the word itself.
const RESTARTING: &[&str] = &["restart", "mqttpassword", "password", "grouptopic", "topic"];
/// Settings that do not, and that are drawn.
const PLAIN: &[&str] = &[
    "friendlyname",
    "telepriod",
    "telepriod",
    "powerretain",
    "setoption",
    "interlock",
    "pulsetime",
    "ledpower",
];

/// What a message may do, by its topic and payload.
pub fn of_message(message: &Message) -> Effect {
    of(message.leaf(), &String::from_utf8_lossy(&message.payload))
}

/// What a typed line may do.
pub fn of_line(line: &str) -> Effect {
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    of(word, argument)
}

fn of(word: &str, argument: &str) -> Effect {
    let word = word.to_ascii_lowercase();
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let index: Option<u8> = word.get(name.len()..).and_then(|digits| digits.parse().ok());
    if name == "backlog" {
        let parts = argument.split(';').map(|part| of_line(part.trim()));
        return Effect { harmful: true, ..parts.fold(Effect::default(), Effect::and) };
    }
    if name == "power" {
        return of_power(index.unwrap_or(1), argument);
    }
    let restarts = RESTARTING.contains(&name);
    let queries = argument.is_empty() || argument == "?";
    Effect {
        restarts: restarts && !queries,
        saves: !queries && (restarts || PLAIN.contains(&name)),
        harmful: (restarts && !queries) || name == "publish",
        ..Effect::default()
    }
}

fn of_power(index: u8, argument: &str) -> Effect {
    let relays = if index == 0 { 0xFF } else { super::scene::mask(index) };
    let level = match argument.to_ascii_lowercase().as_str() {
        "on" | "1" => Some(true),
        "off" | "0" => Some(false),
        _ => None,
    };
    let toggles = matches!(argument.to_ascii_lowercase().as_str(), "toggle" | "2");
    let acts = level.is_some() || toggles;
    Effect {
        relays: if acts { relays } else { 0 },
        edges: u8::from(acts),
        saves: acts,
        level,
        harmful: toggles,
        ..Effect::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_known_by_what_it_can_do() {
        let toggle = of("Power2", "TOGGLE");
        assert_eq!((toggle.relays, toggle.edges, toggle.harmful), (2, 1, true));
        assert_eq!(of("POWER", "?"), Effect::default());
        assert_eq!((of("Power0", "0").relays, of("Power0", "0").level), (0xFF, Some(false)));
        assert!(of("MqttPassword", "x").restarts && !of("MqttPassword", "").restarts);
        let queue = of("Backlog", "Power 2; Delay 5; Power 2");
        assert_eq!((queue.relays, queue.edges, queue.harmful), (1, 2, true));
    }
}
