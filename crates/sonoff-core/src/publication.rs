//! One message: where it goes, what it is called, what it says.

use crate::command::{Command, Reply};
use crate::device::Device;
use crate::json::{Json, Key as _};
use crate::keys::{self, Action, Key, Word};
use crate::text::Sink;
use crate::texts::TextId;
use crate::topic::Prefix;
use crate::view::View;
use crate::{discovery, sensor, status, telemetry};

/// A message, as a description that is written when there is room for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publication {
    pub place: Place,
    pub leaf: Leaf,
    pub body: Body,
    pub retain: bool,
}

/// The levels of a topic before its last one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Own(Prefix),
    Fallback(Prefix),
    /// Group slot 1 to 4.
    Group(u8, Prefix),
    /// The device that a button or switch addresses.
    Key(Key),
    /// `tasmota/discovery/<id>/`
    Discovery,
    /// None: the leaf is the whole topic.
    Nowhere,
}

impl Place {
    pub(crate) const fn answer(prefix: Prefix, fallback: bool) -> Self {
        if fallback { Self::Fallback(prefix) } else { Self::Own(prefix) }
    }

    pub(crate) fn write(self, device: &Device, sink: &mut Sink<'_>) {
        let names = &device.names;
        match self {
            Self::Own(prefix) => sink.push(names.own(prefix)),
            Self::Fallback(prefix) => names.write_fallback(sink, prefix),
            Self::Group(slot, prefix) => names.write_group(sink, prefix, names.group(slot).unwrap_or("")),
            Self::Key(key) => {
                names.write_named(sink, Prefix::Cmnd, device.settings.key_topic(key).unwrap_or(""))
            }
            Self::Discovery => {
                sink.push(discovery::TOPIC);
                sink.push(&names.id);
                sink.push("/");
            }
            Self::Nowhere => {}
        }
    }
}

/// The last level of a topic.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leaf {
    Word(&'static str),
    /// A command's name in upper case.
    Upper(&'static str),
    /// `POWER` or `POWER<n>`.
    Power(u8),
    /// A word with its number.
    Numbered(&'static str, u8),
    /// The topic of a text that waits.
    Text(TextId),
}

impl Leaf {
    fn write(self, view: View<'_>, sink: &mut Sink<'_>) {
        match self {
            Self::Word(word) => sink.push(word),
            Self::Upper(word) => sink.push_upper(word),
            Self::Power(relay) => view.power_key(relay).write(sink),
            Self::Numbered(word, number) => (word, number).write(sink),
            Self::Text(id) => {
                view.device.reports.texts.get(id).iter().for_each(|text| sink.push_bytes(text.topic))
            }
        }
    }
}

/// What a message says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Body {
    Empty,
    Word(&'static str),
    /// The payload of a text that waits.
    Text(TextId),
    /// StateText1 or 2.
    OnOff(bool),
    /// StateText1 to 4.
    StateText(Word),
    Power {
        relay: u8,
        on: bool,
    },
    Blink {
        relay: u8,
        on: bool,
    },
    Answer {
        command: &'static Command,
        index: Option<u8>,
        reply: Reply,
    },
    Unknown,
    Error,
    /// One Status block, by its place in [`status::BLOCKS`].
    Block(u8),
    /// All Status blocks in one object.
    Blocks,
    State,
    Sensor,
    Action {
        key: Key,
        number: u8,
        action: Action,
    },
    Info1,
    Info3,
    /// Discovery: what the device has.
    Config,
    /// Discovery: what it measures.
    Sensors,
}

impl Publication {
    pub(crate) fn write_topic(&self, view: View<'_>, sink: &mut Sink<'_>) {
        self.place.write(view.device, sink);
        self.leaf.write(view, sink);
    }
}

impl Body {
    pub(crate) fn write(self, view: View<'_>, sink: &mut Sink<'_>) {
        match self {
            Self::Empty => {}
            Self::Word(word) => sink.push(word),
            Self::Text(id) => {
                view.device.reports.texts.get(id).iter().for_each(|text| sink.push_bytes(text.payload));
            }
            Self::OnOff(on) => sink.push(view.on_off(on)),
            Self::StateText(word) => sink.push(view.word(word)),
            Self::Power { relay, on } => {
                Json::object(sink, |json| json.text(view.power_key(relay), view.on_off(on)));
            }
            Self::Blink { relay, on } => {
                let text = if on { "Blink ON" } else { "Blink OFF" };
                Json::object(sink, |json| json.text(view.power_key(relay), text));
            }
            Self::Answer { command, index, reply } => {
                Json::object(sink, |json| answer(view, command, index, reply, json))
            }
            Self::Unknown => Json::object(sink, |json| json.text("Command", "Unknown")),
            Self::Error => Json::object(sink, |json| json.text("Command", "Error")),
            Self::Block(at) => Json::object(sink, |json| status::block(view, at, json)),
            Self::Blocks => Json::object(sink, |json| status::blocks(view, json)),
            Self::State => Json::object(sink, |json| telemetry::state(view, json)),
            Self::Sensor => Json::object(sink, |json| sensor::sensors(view, json)),
            Self::Action { key, number, action } => {
                Json::object(sink, |json| keys::write_action(view, key, number, action, json));
            }
            Self::Info1 => {
                Json::object(sink, |json| json.nested("Info1", |json| telemetry::info1(view, json)))
            }
            Self::Config => Json::object(sink, |json| discovery::config(view, json)),
            Self::Sensors => Json::object(sink, |json| discovery::sensors(view, json)),
            Self::Info3 => {
                Json::object(sink, |json| json.nested("Info3", |json| telemetry::info3(view, json)))
            }
        }
    }
}

fn answer(view: View<'_>, command: &Command, index: Option<u8>, reply: Reply, json: &mut Json<'_, '_>) {
    match reply {
        Reply::Show => command.show.write(view, command.name, index, json),
        Reply::ShowAt(number) => command.show.write(view, command.name, Some(number), json),
        Reply::Text(text) => json.text(command.name, text),
        Reply::Number(number) => json.number(command.name, number),
        Reply::Own => {}
    }
}
