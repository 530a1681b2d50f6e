//! The commands that name the device: Topic, FullTopic, Prefix, GroupTopic, MqttClient.

use heapless::String;

use crate::args::{self, ArgError, Shortcut};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run};
use crate::device::Device;
use crate::json::Json;
use crate::log::Note;
use crate::names::Names;
use crate::report::Report;
use crate::settings::{Name, Settings};
use crate::text::Sink;
use crate::view::View;

/// The commands of this room. Each takes a restart, so none may be repeated at every connect.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Topic",
        args: "text of at most 32 bytes; 1 factory",
        help: "The device's own name in its topics.",
        run: Run::Set(set_topic),
        show: |view, _, json| json.text("Topic", &view.settings().topic),
        ..NAME
    },
    Command {
        name: "FullTopic",
        args: "template of at most 100 bytes; 1 factory",
        help: "How topics are made; %prefix%, %topic%, %hostname% and %id% are filled in.",
        run: Run::Set(set_full_topic),
        show: show_full_topic,
        ..NAME
    },
    Command {
        name: "Prefix",
        index: Index::UpTo(3),
        args: "text of at most 32 bytes; 1 factory",
        help: "The words for commands (1), answers (2) and telemetry (3).",
        run: Run::Set(set_prefix),
        show: show_prefix,
        ..NAME
    },
    Command {
        name: "GroupTopic",
        index: Index::UpTo(4),
        args: "text of at most 32 bytes; 0 none, 1 factory",
        help: "A name that several devices share.",
        run: Run::Set(set_group_topic),
        show: show_group_topic,
        ..NAME
    },
    Command {
        name: "MqttClient",
        args: "text of at most 32 bytes; 1 factory",
        help: "The client id, which is the fallback topic, too.",
        run: Run::Set(set_client),
        show: |view, _, json| json.text("MqttClient", &view.settings().client),
        ..NAME
    },
];

const NAME: Command = Command { retained: Retained::Refused, ..Command::PLAIN };

impl Device {
    /// Puts a changed copy of the settings in force, if its names work and differ; then restarts.
    pub(crate) fn rename(
        &mut self,
        call: &Call<'_>,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Renamed, CommandError> {
        let mut settings = self.settings.clone();
        change(&mut settings);
        self.put_in_force(call, settings)
    }

    /// Not generic, so that it is compiled once.
    fn put_in_force(&mut self, call: &Call<'_>, settings: Settings) -> Result<Renamed, CommandError> {
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
        "1" => Settings::default().topic,
        text => sanitised(text)?,
    };
    let renamed = device.rename(call, |settings| settings.topic = topic)?;
    device.clear_lwt_if(renamed);
    Ok(Reply::Show)
}

/// `+`, `#` and blanks are deleted (T-12).
fn set_full_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let mut template = String::new();
    for c in call.argument.chars().filter(|c| !matches!(c, '+' | '#' | ' ')) {
        template.push(valid(c)?).map_err(|_| ArgError::TooLong)?;
    }
    if call.argument == "1" {
        template = Settings::default().full_topic;
    }
    if template.trim_end_matches('/') == device.settings.full_topic.trim_end_matches('/') {
        return Ok(Reply::Show);
    }
    let renamed = device.rename(call, |settings| settings.full_topic = template)?;
    device.clear_lwt_if(renamed);
    Ok(Reply::Show)
}

/// Shown with exactly one slash at the end, whatever was entered (T-9).
fn show_full_topic(view: View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let mut buf = [0; 101];
    let mut shown = Sink::new(&mut buf);
    shown.push(view.settings().full_topic.trim_end_matches('/'));
    shown.push("/");
    json.text("FullTopic", shown.into_str());
}

/// One level: `/`, `$`, too, become `_`. Without a number all are shown and nothing is set (T-2).
fn set_prefix(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let Some(at) = call.index.map(|index| usize::from(index) - 1) else { return Ok(Reply::Show) };
    let factory = Settings::default().prefixes;
    let prefix = match (call.argument, factory.get(at)) {
        ("1", Some(factory)) => factory.clone(),
        (text, _) => one_level(text)?,
    };
    device.rename(call, |settings| put(&mut settings.prefixes, at, prefix))?;
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

fn put<T>(places: &mut [T], at: usize, value: T) {
    if let Some(place) = places.get_mut(at) {
        *place = value;
    }
}

fn show_prefix(view: View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    for (number, prefix) in (1..).zip(&view.settings().prefixes) {
        if index.is_none_or(|index| index == number) {
            json.text(("Prefix", number), prefix);
        }
    }
}

/// T-20: the value of the device's own topic is refused, duplicates go, slots close up.
fn set_group_topic(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let at = usize::from(call.index_or_first()) - 1;
    let factory = Settings::default().groups.into_iter().next().unwrap_or_default();
    let mut group = match args::shortcut(call.argument) {
        Some(Shortcut::Clear) => Name::new(),
        Some(Shortcut::Default) => factory.clone(),
        None => sanitised(call.argument)?,
    };
    if group == device.names.topic {
        device.notes.push(Note::GroupIsTopic);
        group = factory.clone();
    }
    let mut groups = device.settings.groups.clone();
    put(&mut groups, at, group);
    let groups = packed(&groups, factory);
    device.rename(call, |settings| settings.groups = groups)?;
    device.restart_soon(call.now);
    Ok(Reply::Show)
}

/// Without duplicates and gaps; never all empty.
fn packed(groups: &[Name; 4], factory: Name) -> [Name; 4] {
    let mut packed: [Name; 4] = Default::default();
    let mut used = 0;
    for group in groups.iter().filter(|group| !group.is_empty()) {
        if !packed.contains(group) {
            put(&mut packed, used, group.clone());
            used += 1;
        }
    }
    if used == 0 {
        put(&mut packed, 0, factory);
    }
    packed
}

fn show_group_topic(view: View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    for (number, group) in (1..).zip(&view.settings().groups) {
        json.text(("GroupTopic", number), group);
    }
}

/// A client id whose fallback topic could not be subscribed is refused (T-59).
fn set_client(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if device.named_by_group(call) {
        return Ok(Reply::Show);
    }
    let client = match call.argument {
        "1" => Settings::default().client,
        text if text.contains(['+', '#', '/', ' ']) => return Err(ArgError::Forbidden.into()),
        text => sanitised(text)?,
    };
    device.rename(call, |settings| settings.client = client)?;
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
        let [a, b, none] = ["a", "b", ""].map(name);
        let groups = [none.clone(), b.clone(), a.clone(), b.clone()];
        assert_eq!(packed(&groups, name("f")), [b, a, none.clone(), none.clone()]);
        assert_eq!(packed(&Default::default(), name("f")), [name("f"), none.clone(), none.clone(), none]);
    }

    #[test]
    fn a_text_that_is_too_long_or_has_control_characters_is_refused() {
        assert_eq!(sanitised(&"x".repeat(33)), Err(ArgError::TooLong));
        assert_eq!(sanitised("a\u{0}b"), Err(ArgError::Forbidden));
        assert_eq!(sanitised("my lamp#1"), Ok(name("my_lamp_1")));
    }
}
