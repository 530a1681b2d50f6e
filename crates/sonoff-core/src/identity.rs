//! What people and networks call the device: DeviceName, FriendlyName, Hostname.

use crate::args;
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::names::put;
use crate::settings::{Name, Text};
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "DeviceName",
        args: help("text of at most 32 bytes; 1 FriendlyName1, \" none"),
        help: help("What people call the whole device."),
        run: Run::Change(set_device_name),
        show: Show::Text(Text::DEVICE_NAME),
        ..Command::PLAIN
    },
    FRIENDLY_NAME,
    Command { name: "FN", ..FRIENDLY_NAME },
    Command {
        name: "Hostname",
        args: help("text of at most 32 bytes; 1 factory"),
        help: help("The device's name in the network; one with % is made of Topic and hardware address."),
        run: Run::ChangeAndRestart(set_hostname),
        show: Show::Text(Text::HOSTNAME),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
];

const FRIENDLY_NAME: Command = Command {
    name: "FriendlyName",
    index: Index::UpTo(8),
    args: help("text of at most 32 bytes; 1 factory, \" none"),
    help: help("What people call a relay."),
    run: Run::Set(set_friendly_name),
    show: Show::By(show_friendly_name),
    ..Command::PLAIN
};

/// A name for people; nothing is replaced in it. `0` is a name like any other.
fn name_or<'a>(argument: &'a str, factory: &'a str) -> &'a str {
    match argument {
        "\"" => "",
        "1" => factory,
        name => name,
    }
}

fn set_device_name(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    args::printable(call.argument)?;
    let mut first = Name::new();
    put(&mut first, device.settings.text(Text::FRIENDLY_NAME));
    device.settings.set_text(Text::DEVICE_NAME, name_or(call.argument, &first))?;
    Ok(())
}

/// Without a number it is the first one's name.
fn set_friendly_name(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    args::printable(call.argument)?;
    let (text, n) = (Text::FRIENDLY_NAME, call.index_or_first());
    device.settings.set_nth_text(text, n, name_or(call.argument, text.factory(n)))?;
    device.settings_changed();
    Ok(Reply::ShowAt(n))
}

/// The same for both words.
fn show_friendly_name(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    Show::Text(Text::FRIENDLY_NAME).write(view, "FriendlyName", index, json);
}

/// T-24: a text with `%` is the factory's pattern.
fn set_hostname(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let factory = Text::HOSTNAME.factory(1);
    let mut hostname = factory;
    if args::cut(call.argument, b'%').is_none() {
        args::printable(call.argument)?;
        hostname = name_or(call.argument, factory);
    }
    device.rename(Text::HOSTNAME, 1, hostname)?;
    Ok(())
}
