//! One message: where it goes, what it is called, what it says.

use crate::command::{Command, Reply};
use crate::device::Device;
use crate::discovery;
use crate::json::{Json, Key as _};
use crate::keys::{self, Action, Key, Word};
use crate::names::Tree;
use crate::text::Sink;
use crate::texts::TextId;
use crate::topic::Prefix;
use crate::view::{PowerKey, View};

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
    /// Where the command came from: the own tree or the fallback (T-19).
    Asker {
        fallback: bool,
        prefix: Prefix,
    },
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
    pub(crate) fn write(self, device: &Device, sink: &mut Sink<'_>) {
        let names = &device.names;
        match self {
            Self::Own(prefix) | Self::Asker { fallback: false, prefix } => sink.push(names.own(prefix)),
            Self::Fallback(prefix) | Self::Asker { fallback: true, prefix } => {
                names.write(sink, Tree::Fallback, prefix)
            }
            Self::Group(slot, prefix) => {
                names.write(sink, Tree::Group(slot), prefix);
            }
            Self::Key(key) => {
                let topic = device.settings.key_topic(key).unwrap_or("");
                names.write_named(sink, topic, Prefix::Cmnd);
            }
            Self::Discovery => {
                sink.push(discovery::TOPIC);
                sink.push(&names.id);
                sink.push_byte(b'/');
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
    /// The same for a number of relays that is no more.
    Key(PowerKey),
    /// A word with its number.
    Numbered(&'static str, u8),
    /// The topic of a text that waits.
    Text(TextId),
}

impl Leaf {
    fn write(self, view: &View<'_>, sink: &mut Sink<'_>) {
        match self {
            Self::Word(word) => sink.push(word),
            Self::Upper(word) => sink.push_upper(word),
            Self::Power(relay) => view.power_key(relay).write(sink),
            Self::Key(key) => key.write(sink),
            Self::Numbered(word, number) => (word, number).write(sink),
            Self::Text(id) => {
                view.device.reports.texts.get(id).iter().for_each(|text| sink.push_bytes(text.topic))
            }
        }
    }
}

/// Writes the members of an object.
pub(crate) type Members = fn(&View<'_>, &mut Json<'_, '_>);

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
    /// `{"Command":"<word>"}`
    Verdict(&'static str),
    /// An object with these members.
    Object(Members),
    /// An object with one object in it.
    Nested(&'static str, Members),
    Action {
        key: Key,
        number: u8,
        action: Action,
    },
}

impl Publication {
    pub(crate) fn write_topic(&self, view: &View<'_>, sink: &mut Sink<'_>) {
        self.place.write(view.device, sink);
        if self.body.is_answer() && !view.settings().option(4) {
            sink.push("RESULT");
        } else {
            self.leaf.write(view, sink);
        }
    }
}

impl Body {
    /// It goes to RESULT, unless SetOption4 gives it the topic of its own (T-49).
    const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::Power { .. }
                | Self::Blink { .. }
                | Self::Answer { .. }
                | Self::Verdict(_)
                | Self::Action { .. }
        )
    }

    pub(crate) fn write(self, view: &View<'_>, sink: &mut Sink<'_>) {
        match self {
            Self::Empty => {}
            Self::Word(word) => sink.push(word),
            Self::Text(id) => {
                view.device.reports.texts.get(id).iter().for_each(|text| sink.push_bytes(text.payload));
            }
            Self::OnOff(on) => sink.push(view.on_off(on)),
            Self::StateText(word) => sink.push(view.word(word)),
            Self::Power { .. }
            | Self::Blink { .. }
            | Self::Answer { .. }
            | Self::Verdict(_)
            | Self::Object(_)
            | Self::Nested(..)
            | Self::Action { .. } => Json::object(sink, |json| self.members(view, json)),
        }
    }

    /// The members of the object that it is; none where it is no object.
    pub(crate) fn members(self, view: &View<'_>, json: &mut Json<'_, '_>) {
        match self {
            Self::Power { relay, on } => json.text(view.power_key(relay), view.on_off(on)),
            Self::Blink { relay, on } => {
                json.text(view.power_key(relay), if on { "Blink ON" } else { "Blink OFF" });
            }
            Self::Answer { command, index, reply } => answer(view, command, index, reply, json),
            Self::Verdict(word) => json.text("Command", word),
            Self::Object(members) => members(view, json),
            Self::Nested(key, members) => json.nested(key, |json| members(view, json)),
            Self::Action { key, number, action } => keys::write_action(view, key, number, action, json),
            Self::Empty | Self::Word(_) | Self::Text(_) | Self::OnOff(_) | Self::StateText(_) => {}
        }
    }
}

fn answer(view: &View<'_>, command: &Command, index: Option<u8>, reply: Reply, json: &mut Json<'_, '_>) {
    let index = match reply {
        Reply::Show => index,
        Reply::ShowAt(number) => Some(number),
        Reply::Number(number) => return json.number(command.name, number),
        Reply::Own => return,
    };
    command.show.write(view, command.name, index, json);
}
