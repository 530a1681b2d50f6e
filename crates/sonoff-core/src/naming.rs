//! The commands that name the device: Topic, FullTopic, Prefix, GroupTopic, MqttClient.

use heapless::String;

use crate::args::{self, ArgError, Shortcut};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::log::Note;
use crate::names::Names;
use crate::report::Report;
use crate::settings::{Name, Text};
use crate::text::Sink;
use crate::view::View;

/// The commands of this room. Each takes a restart, so none may be repeated at every connect.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Topic",
        args: help("text of at most 32 bytes; 1 factory"),
        help: help("The device's own name in its topics."),
        run: Run::Set(set_topic),
        show: Show::Text(Text::TOPIC),
        ..NAME
    },
    Command {
        name: "FullTopic",
        args: help("template of at most 100 bytes; 1 factory"),
        help: help("How topics are made; %prefix%, %topic%, %hostname% and %id% are filled in."),
        run: Run::Set(set_full_topic),
        show: Show::By(show_full_topic),
        ..NAME
    },
    Command {
        name: "Prefix",
        index: Index::UpTo(3),
        args: help("text of at most 32 bytes; 1 factory"),
        help: help("The words for commands (1), answers (2) and telemetry (3)."),
        run: Run::Set(set_prefix),
        show: Show::Text(Text::PREFIX),
        ..NAME
    },
    Command {
        name: "GroupTopic",
        index: Index::UpTo(4),
        args: help("text of at most 32 bytes; 0 none, 1 factory"),
        help: help("A name that several devices share."),
        run: Run::Set(set_group_topic),
        show: Show::By(show_group_topic),
        ..NAME
    },
    Command {
        name: "MqttClient",
        args: help("text of at most 32 bytes; 1 factory"),
        help: help("The client id, which is the fallback topic, too."),
        run: Run::Set(set_client),
        show: Show::Text(Text::MQTT_CLIENT),
        ..NAME
    },
];

const NAME: Command = Command { retained: Retained::Refused, ..Command::PLAIN };

impl Device {
    /// Changes members of a text from number `first` on, if the names that come of it work and differ; then restarts.
    pub(crate) fn rename(
        &mut self,
        call: &Call<'_>,
        text: &Text,
        first: u8,
        values: &[&str],
    ) -> Result<Renamed, CommandError> {
        let mut settings = self.settings.clone();
        for (n, value) in (first..).zip(values) {
            settings.set_nth_text(text, n, value)?;
        }
        if settings == self.settings {
            return Ok(Renamed::Same);
        }
        Names::expand(&settings, self.mac, self.profile.fallback_suffix)?;
        self.settings = settings;
        self.settings_changed(call.now);
        self.restart_soon(call.now);
        Ok(Renamed::Changed)
    }

    /// A name of one device is no business of a group (T-26).
    pub(crate) fn named_by_group(&self, call: &Call<'_>) -> bool {
        self.names.is_group(call.topic)
    }

    /// Before the names change, the old LWT must not stay behind (T-27).
    fn clear_lwt_if(&mut self, renamed: Renamed) {
        if renamed == Renamed::Changed {
            self.reports.push(Report::ClearLwt, false);
            self.lwt_cleared = true;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renamed {
    Same,
    Changed,
}

/// A name with `+`, `#` and blanks made `_` (T-20, T-25).
pub(crate) fn sanitised(text: &str) -> Result<Name, ArgError> {
    let mut name = Name::new();
    for c in text.chars() {
        let kept = if matches!(c, '+' | '#' | ' ') { '_' } else { c };
        name.push(valid(kept)?).map_err(|_| ArgError::TooLong)?;
    }
    Ok(name)
}

/// Control characters have no place in a topic.
fn valid(c: char) -> Result<char, ArgError> {
    if c.is_control() { Err(ArgError::Forbidden) } else { Ok(c) }
}

fn set_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if device.named_by_group(call) {
        return Ok(Reply::Show);
    }
    let topic = match call.argument {
        "1" => sanitised(Text::TOPIC.factory(1))?,
        text => sanitised(text)?,
    };
    let renamed = device.rename(call, Text::TOPIC, 1, &[&topic])?;
    device.clear_lwt_if(renamed);
    Ok(Reply::Show)
}

/// `+`, `#` and blanks are deleted (T-12).
fn set_full_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let mut template = String::<100>::new();
    for c in call.argument.chars().filter(|c| !matches!(c, '+' | '#' | ' ')) {
        template.push(valid(c)?).map_err(|_| ArgError::TooLong)?;
    }
    let text = Text::FULL_TOPIC;
    let template = if call.argument == "1" { text.factory(1) } else { &template };
    if template.trim_end_matches('/') == device.settings.text(text).trim_end_matches('/') {
        return Ok(Reply::Show);
    }
    let renamed = device.rename(call, text, 1, &[template])?;
    device.clear_lwt_if(renamed);
    Ok(Reply::Show)
}

/// Shown with exactly one slash at the end, whatever was entered (T-9).
fn show_full_topic(view: View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let mut buf = [0; 101];
    let mut shown = Sink::new(&mut buf);
    shown.push(view.settings().text(Text::FULL_TOPIC).trim_end_matches('/'));
    shown.push("/");
    json.text("FullTopic", shown.into_str());
}

/// One level: `/`, `$`, too, become `_`. Without a number all are shown and nothing is set (T-2).
fn set_prefix(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let Some(n) = call.index else { return Ok(Reply::Show) };
    let text = if call.argument == "1" { Text::PREFIX.factory(n) } else { call.argument };
    device.rename(call, Text::PREFIX, n, &[&one_level(text)?])?;
    device.restart_soon(call.now);
    Ok(Reply::Show)
}

fn one_level(text: &str) -> Result<Name, ArgError> {
    let mut name = Name::new();
    for c in sanitised(text)?.chars() {
        name.push(if matches!(c, '/' | '$') { '_' } else { c }).map_err(|_| ArgError::TooLong)?;
    }
    Ok(name)
}

/// T-20: the value of the device's own topic is refused, duplicates go, slots close up.
fn set_group_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let factory = Text::GROUP_TOPIC.factory(1);
    let mut group = match args::shortcut(call.argument) {
        Some(Shortcut::Clear) => Name::new(),
        Some(Shortcut::Default) => sanitised(factory)?,
        None => sanitised(call.argument)?,
    };
    if group == device.names.topic {
        device.notes.push(Note::GroupIsTopic);
        group = sanitised(factory)?;
    }
    // A copy of the others: the list moves while it is written.
    let mut groups: [Name; 4] = Default::default();
    for (n, place) in (1..).zip(&mut groups) {
        let old = device.settings.nth_text(Text::GROUP_TOPIC, n);
        *place =
            if n == call.index_or_first() { group.clone() } else { Name::try_from(old).unwrap_or_default() };
    }
    device.rename(call, Text::GROUP_TOPIC, 1, &packed(&groups, factory))?;
    device.restart_soon(call.now);
    Ok(Reply::Show)
}

/// Without duplicates and gaps; never all empty.
fn packed<'g>(groups: &'g [Name; 4], factory: &'g str) -> [&'g str; 4] {
    let mut packed = [""; 4];
    for group in groups {
        if !packed.contains(&group.as_str())
            && let Some(place) = packed.iter_mut().find(|place| place.is_empty())
        {
            *place = group;
        }
    }
    if let [first @ "", ..] = &mut packed {
        *first = factory;
    }
    packed
}

fn show_group_topic(view: View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    Show::Text(Text::GROUP_TOPIC).write(view, "GroupTopic", None, json);
}

/// A client id whose fallback topic could not be subscribed is refused (T-59).
fn set_client(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if device.named_by_group(call) {
        return Ok(Reply::Show);
    }
    let client = match call.argument {
        "1" => sanitised(Text::MQTT_CLIENT.factory(1))?,
        text if text.contains(['+', '#', '/', ' ']) => return Err(ArgError::Forbidden.into()),
        text => sanitised(text)?,
    };
    device.rename(call, Text::MQTT_CLIENT, 1, &[&client])?;
    device.restart_soon(call.now);
    Ok(Reply::Show)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::try_from(text).unwrap()
    }

    #[test]
    fn t_20_groups_close_up_and_are_never_all_empty() {
        let groups = ["", "b", "a", "b"].map(name);
        assert_eq!(packed(&groups, "f"), ["b", "a", "", ""]);
        assert_eq!(packed(&Default::default(), "f"), ["f", "", "", ""]);
    }

    #[test]
    fn a_text_that_is_too_long_or_has_control_characters_is_refused() {
        assert_eq!(sanitised(&"x".repeat(33)), Err(ArgError::TooLong));
        assert_eq!(sanitised("a\u{0}b"), Err(ArgError::Forbidden));
        assert_eq!(sanitised("my lamp#1"), Ok(name("my_lamp_1")));
    }
}
