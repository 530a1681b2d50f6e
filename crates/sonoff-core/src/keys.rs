//! What buttons and switches tell the broker: key messages for another device, and actions.

use crate::POWERS;
use crate::args::{self, Shortcut};
use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::dispatch::Order;
use crate::help::help;
use crate::io::Source;
use crate::json::Json;
use crate::naming::sanitised;
use crate::power::Verb;
use crate::publication::{Body, Leaf, Place, Publication};
use crate::report::{Part, Report};
use crate::retain::Retain;
use crate::settings::{Settings, Text};
use crate::view::View;

/// What a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Key {
    /// A button.
    Button,
    /// A switch.
    Switch,
}

/// A word of StateText.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Word {
    /// StateText1
    Off,
    /// StateText2
    On,
    /// StateText3
    Toggle,
    /// StateText4
    Hold,
}

impl Word {
    /// What it asks of a relay; nothing for HOLD.
    pub const fn verb(self) -> Option<Verb> {
        match self {
            Self::Off => Some(Verb::Off),
            Self::On => Some(Verb::On),
            Self::Toggle => Some(Verb::Toggle),
            Self::Hold => None,
        }
    }
}

/// What a detached button or switch tells (P-52, P-65).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// A word of StateText.
    Word(Word),
    /// A press.
    Single,
    /// Two presses.
    Double,
    /// Three presses.
    Triple,
    /// Four presses.
    Quad,
    /// Five presses.
    Penta,
    /// A button was let go of after a hold.
    Clear,
    /// A dimmer's push button is held: dim one step further (P-59).
    Increment,
    /// Pressed again after dimming: change the direction.
    Invert,
    /// The dimming is over.
    DimmerClear,
    /// Let go of after dimming.
    Release,
    /// Pressed twice: full brightness.
    Full,
    /// A single press that no second one followed.
    Delayed,
}

impl Action {
    /// So many presses, 1 to 5.
    pub const fn clicks(count: u8) -> Self {
        match count {
            0 | 1 => Self::Single,
            2 => Self::Double,
            3 => Self::Triple,
            4 => Self::Quad,
            5.. => Self::Penta,
        }
    }

    /// The word that it is.
    pub const fn word(self) -> Option<Word> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }
}

impl Settings {
    /// The topic of a key's messages, if it has one (P-50).
    pub fn key_topic(&self, key: Key) -> Option<&str> {
        Some(self.text(key.topic())).filter(|topic| !topic.is_empty() && *topic != "0")
    }
}

impl Key {
    const fn topic(self) -> Text {
        match self {
            Self::Button => Text::BUTTON_TOPIC,
            Self::Switch => Text::SWITCH_TOPIC,
        }
    }
}

impl<'v> View<'v> {
    /// The device's word: StateText1 to 4.
    pub(crate) fn word(&self, word: Word) -> &'v str {
        let n = match word {
            Word::Off => 1,
            Word::On => 2,
            Word::Toggle => 3,
            Word::Hold => 4,
        };
        self.settings().nth_text(Text::STATE_TEXT, n)
    }
}

/// `{"Button1":{"Action":"SINGLE"}}`
pub(crate) fn write_action(view: &View<'_>, key: Key, number: u8, action: Action, json: &mut Json<'_, '_>) {
    let tell = |json: &mut Json<'_, '_>| json.text("Action", action_text(view, action));
    match key {
        Key::Button => json.nested(("Button", number), tell),
        Key::Switch => json.nested(view.settings().switch_name(number), tell),
    }
}

fn action_text<'v>(view: &View<'v>, action: Action) -> &'v str {
    match action {
        Action::Word(word) => view.word(word),
        Action::Single => "SINGLE",
        Action::Double => "DOUBLE",
        Action::Triple => "TRIPLE",
        Action::Quad => "QUAD",
        Action::Penta => "PENTA",
        Action::Clear => "CLEAR",
        Action::Increment => "POWER_INCREMENT",
        Action::Invert => "POWER_INV",
        Action::DimmerClear => "POWER_CLEAR",
        Action::Release => "POWER_RELEASE",
        Action::Full => "POWER_100",
        Action::Delayed => "POWER_DELAYED",
    }
}

impl Device {
    /// Sends a key message, if the key has a topic and the broker is there. `true`: the other device acts, so this
    /// one does not (P-50, P-63).
    pub(crate) fn send_key(&mut self, key: Key, number: u8, word: Word) -> bool {
        if !self.link.online || self.settings.key_topic(key).is_none() {
            return false;
        }
        let word = if word == Word::Toggle && self.is_explicit(key) { self.opposite(number) } else { word };
        self.report(Report::Key { key, number, word }, false);
        !self.option(61)
    }

    /// A toggle would not be safe where this device acts, too.
    fn is_explicit(&self, key: Key) -> bool {
        let [group, ..] = &self.names.groups;
        let topic = self.settings.key_topic(key).unwrap_or("");
        self.option(61) || topic == self.names.topic || topic == group
    }

    fn opposite(&self, number: u8) -> Word {
        if self.power.is_on(self.relay_of(number)) { Word::Off } else { Word::On }
    }

    /// P-7
    pub(crate) fn relay_of(&self, number: u8) -> u8 {
        if (1..=self.power.count()).contains(&number) { number } else { 1 }
    }

    /// Tells what a detached button or switch did, where anyone listens for it (P-52, P-65).
    pub(crate) fn act(&mut self, key: Key, number: u8, action: Action) {
        if !self.option(19) {
            self.report(Report::Action { key, number, action }, false);
        }
    }

    /// A command that a button gives; nothing where there is no such command.
    pub(crate) fn order(&mut self, word: &str, argument: &str) {
        let name = crate::command::Word::new(word).name;
        if crate::command::find(name, self.profile.commands).is_some() {
            let (source, argument) = (Source::Button, Some(argument));
            self.execute(&Order { word, argument, source, topic: "", retained: false, silent: false });
        }
    }

    /// The name of a switch always has its number (T-54); that of a button follows the relays (T-50).
    fn key_leaf(&self, key: Key, number: u8) -> Leaf {
        match key {
            Key::Button => Leaf::Power(self.relay_of(number)),
            Key::Switch => Leaf::Numbered("POWER", number),
        }
    }

    /// HOLD is not kept with SetOption62.
    pub(crate) fn key_publication(&self, key: Key, number: u8, word: Word) -> Publication {
        let retain = self.retains(Retain::of(key)) && !(word == Word::Hold && self.option(62));
        Publication {
            place: Place::Key(key),
            leaf: self.key_leaf(key, number),
            body: Body::StateText(word),
            retain,
        }
    }

    pub(crate) fn action_publication(&self, key: Key, number: u8, action: Action) -> Publication {
        let own = match key {
            Key::Button => Leaf::Numbered("BUTTON", number),
            Key::Switch => Leaf::Numbered("SWITCH", number),
        };
        self.answer(own, Body::Action { key, number, action }, false)
    }

    /// Empties what the broker keeps of key messages, one topic for each key (S-61, S-62).
    pub(crate) fn clear_keys_part(&self, key: Key, retain: bool, cursor: u8) -> Part {
        let number = cursor.saturating_add(1);
        if usize::from(cursor) >= POWERS {
            return Part::End;
        }
        if self.wiring.pin(key.into(), number).is_none() {
            return Part::Skip;
        }
        let leaf = self.key_leaf(key, number);
        Part::Publish(Publication { place: Place::Key(key), leaf, body: Body::Empty, retain })
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "ButtonTopic",
        help: help("The device that a button switches instead of this one."),
        ..topic(Key::Button)
    },
    Command {
        name: "SwitchTopic",
        help: help("The device that a switch switches instead of this one."),
        ..topic(Key::Switch)
    },
    Command {
        name: "ButtonRetain",
        help: help("Let the broker keep what buttons send to ButtonTopic."),
        ..retain(Key::Button)
    },
    Command {
        name: "SwitchRetain",
        help: help("Let the broker keep what switches send to SwitchTopic."),
        ..retain(Key::Switch)
    },
];

const fn topic(key: Key) -> Command {
    let args = "text of at most 32 bytes; 0 none, 1 own Topic, 2 factory";
    Command { args: help(args), run: Run::Change(set_topic), show: Show::Text(key.topic()), ..Command::PLAIN }
}

const fn retain(key: Key) -> Command {
    let (run, show) = (Run::Change(set_retain), Show::Option(Retain::of(key).option()));
    Command { args: help("0/off, 1/on"), run, show, ..Command::PLAIN }
}

/// T-23. A topic that would become too long is refused (T-60).
fn set_topic(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Show::Text(text) = call.command.show else { return Err(CommandError::Kept) };
    let mut room = [0; 32];
    let topic = match (args::shortcut(call.argument), call.argument) {
        (Some(Shortcut::Clear), _) => "",
        (Some(Shortcut::Default), _) => &device.names.topic,
        (None, "2") => text.factory(1),
        (None, text) => sanitised(&mut room, text).ok_or(CommandError::Kept)?,
    };
    device.names.check_name(topic)?;
    device.settings.set_text(text, topic)?;
    Ok(())
}

/// What is kept goes first, with the flag as it was (S-67).
fn set_retain(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Show::Option(option) = call.command.show else { return Err(CommandError::Kept) };
    let key = if option == Retain::Button.option() { Key::Button } else { Key::Switch };
    if !call.on_off()? && device.link.online && device.settings.key_topic(key).is_some() {
        let retain = device.retains(Retain::of(key));
        device.report(Report::ClearKeys { key, retain }, false);
    }
    device.store(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_23_nothing_and_0_are_no_topic() {
        let mut settings = Settings::default();
        assert_eq!(settings.key_topic(Key::Button), None);
        settings.set_text(Text::BUTTON_TOPIC, "").unwrap();
        assert_eq!(settings.key_topic(Key::Button), None);
        settings.set_text(Text::BUTTON_TOPIC, "lamp").unwrap();
        assert_eq!(settings.key_topic(Key::Button), Some("lamp"));
        assert_eq!(settings.key_topic(Key::Switch), None);
    }
}
