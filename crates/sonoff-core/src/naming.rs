//! The commands that name the device: Topic, FullTopic, Prefix, GroupTopic, MqttClient.

use heapless::String;

use crate::args::{self, ArgError, Shortcut};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::log::Note;
use crate::names::{Names, put};
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
        run: Run::ChangeAndRestart(set_prefix),
        show: Show::Text(Text::PREFIX),
        ..NAME
    },
    Command {
        name: "GroupTopic",
        index: Index::UpTo(4),
        args: help("text of at most 32 bytes; 0 none, 1 factory"),
        help: help("A name that several devices share."),
        run: Run::ChangeAndRestart(set_group_topic),
        show: Show::By(show_group_topic),
        ..NAME
    },
    Command {
        name: "MqttClient",
        args: help("text of at most 32 bytes; 1 factory"),
        help: help("The client id, which is the fallback topic, too."),
        run: Run::ChangeAndRestart(set_client),
        show: Show::Text(Text::MQTT_CLIENT),
        ..NAME
    },
];

const NAME: Command = Command { retained: Retained::Refused, ..Command::PLAIN };

impl Device {
    /// Changes member `n` of a text, if the names that come of it work.
    pub(crate) fn rename(&mut self, text: Text, n: u8, value: &str) -> Result<Renamed, CommandError> {
        let mut old = String::<100>::new();
        put(&mut old, self.settings.nth_text(text, n));
        if old == value {
            return Ok(Renamed::Same);
        }
        self.settings.set_nth_text(text, n, value)?;
        if let Err(error) = Names::default().put(&self.settings, self.mac, self.profile.fallback_suffix) {
            let _ = self.settings.set_nth_text(text, n, &old);
            return Err(error.into());
        }
        Ok(Renamed::Changed)
    }

    /// Changes topics and restarts. The old LWT must not stay behind (T-27).
    fn rename_topics(&mut self, text: Text, value: &str) -> Result<Reply, CommandError> {
        if self.rename(text, 1, value)? == Renamed::Changed {
            self.settings_changed();
            self.restart_soon();
            self.report(Report::ClearLwt, false);
            self.lwt_cleared = true;
        }
        Ok(Reply::Show)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renamed {
    Same,
    Changed,
}

/// A name with `+`, `#` and blanks made `_` (T-20, T-25); `None` for one that is no name.
pub(crate) fn sanitised<'b>(buf: &'b mut [u8; 32], text: &str) -> Option<&'b str> {
    args::printable(text).ok()?;
    args::replaced(buf, text, "+# ", "_")
}

fn set_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let text = if call.argument == "1" { Text::TOPIC.factory(1) } else { call.argument };
    device.rename_topics(Text::TOPIC, sanitised(&mut [0; 32], text).ok_or(CommandError::Kept)?)
}

/// `+`, `#` and blanks are deleted (T-12).
fn set_full_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let (text, mut room) = (Text::FULL_TOPIC, [0; 100]);
    let entered = if call.argument == "1" { text.factory(1) } else { call.argument };
    args::printable(entered)?;
    let template = args::replaced(&mut room, entered, "+# ", "").ok_or(ArgError::TooLong)?;
    if without_end(template) == without_end(device.settings.text(text)) {
        return Ok(Reply::Show);
    }
    device.rename_topics(text, template)
}

/// Shown with exactly one slash at the end, whatever was entered (T-9).
fn show_full_topic(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let mut buf = [0; 101];
    let mut shown = Sink::new(&mut buf);
    shown.push(without_end(view.settings().text(Text::FULL_TOPIC)));
    shown.push_byte(b'/');
    json.text("FullTopic", shown.into_str());
}

/// A template without the slashes at its end.
fn without_end(template: &str) -> &str {
    let mut without = template;
    while let Some(shorter) = without.strip_suffix('/') {
        without = shorter;
    }
    without
}

/// One level: `/`, `$`, too, become `_`. Without a number all are shown and nothing is set (T-2).
fn set_prefix(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Some(n) = call.index else { return Err(CommandError::Kept) };
    let text = if call.argument == "1" { Text::PREFIX.factory(n) } else { call.argument };
    args::printable(text)?;
    let mut room = [0; 32];
    let prefix = args::replaced(&mut room, text, "+# /$", "_").ok_or(ArgError::TooLong)?;
    device.rename(Text::PREFIX, n, prefix)?;
    Ok(())
}

/// T-20: the value of the device's own topic is refused, duplicates go, slots close up.
fn set_group_topic(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let factory = Text::GROUP_TOPIC.factory(1);
    let mut room = [0; 32];
    let mut group = match args::shortcut(call.argument) {
        Some(Shortcut::Clear) => "",
        Some(Shortcut::Default) => factory,
        None => sanitised(&mut room, call.argument).ok_or(CommandError::Kept)?,
    };
    if group == device.names.topic {
        device.notes.push(Note::GroupIsTopic);
        group = factory;
    }
    // A copy of all: the list moves while it is written.
    let mut groups: [Name; 4] = Default::default();
    for n in 1..5 {
        let old = device.settings.nth_text(Text::GROUP_TOPIC, n);
        add(&mut groups, if n == call.index_or_first() { group } else { old });
    }
    let [first, ..] = &groups;
    if first.is_empty() {
        add(&mut groups, factory);
    }
    for (n, group) in (1..).zip(&groups) {
        device.rename(Text::GROUP_TOPIC, n, group)?;
    }
    Ok(())
}

/// Adds a group to a list without gaps, unless it is there already.
fn add(groups: &mut [Name; 4], group: &str) {
    if let Some(place) = groups.iter_mut().find(|place| place.is_empty() || *place == group) {
        put(place, group);
    }
}

fn show_group_topic(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    Show::Text(Text::GROUP_TOPIC).write(view, "GroupTopic", None, json);
}

/// A client id whose fallback topic could not be subscribed is refused (T-59).
fn set_client(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let client = if call.argument == "1" { Text::MQTT_CLIENT.factory(1) } else { call.argument };
    args::printable(client)?;
    if client.bytes().any(|byte| matches!(byte, b'+' | b'#' | b'/' | b' ')) {
        return Err(ArgError::Forbidden.into());
    }
    device.rename(Text::MQTT_CLIENT, 1, client)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_20_groups_close_up() {
        let mut groups: [Name; 4] = Default::default();
        ["", "b", "a", "b"].iter().for_each(|group| add(&mut groups, group));
        assert_eq!(groups, ["b", "a", "", ""]);
    }

    #[test]
    fn a_text_that_is_too_long_or_has_control_characters_is_refused() {
        let room = &mut [0; 32];
        assert_eq!(sanitised(room, &"x".repeat(33)), None);
        for control in ["a\u{0}b", "a\u{7F}", "\u{80}", "\u{9F}"] {
            assert_eq!(sanitised(room, control), None);
        }
        assert_eq!(sanitised(room, "\u{A0}"), Some("\u{A0}"));
        assert_eq!(sanitised(room, "my lamp#1"), Some("my_lamp_1"));
    }
}
