//! What people and networks call the device: DeviceName, FriendlyName, Hostname.

use crate::args::{ArgError, Shortcut, shortcut};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run};
use crate::device::Device;
use crate::json::Json;
use crate::settings::{Name, Settings};
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "DeviceName",
        args: "text of at most 32 bytes; 1 FriendlyName1, \" none",
        help: "What people call the whole device.",
        run: Run::Set(set_device_name),
        show: |view, _, json| json.text("DeviceName", &view.settings().device_name),
        ..Command::PLAIN
    },
    FRIENDLY_NAME,
    Command { name: "FN", ..FRIENDLY_NAME },
    Command {
        name: "Hostname",
        args: "text of at most 32 bytes; 1 factory",
        help: "The device's name in the network; one with % is made of Topic and hardware address.",
        run: Run::Set(set_hostname),
        show: |view, _, json| json.text("Hostname", &view.settings().hostname),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
];

const FRIENDLY_NAME: Command = Command {
    name: "FriendlyName",
    index: Index::UpTo(8),
    args: "text of at most 32 bytes; 1 factory, \" none",
    help: "What people call a relay.",
    run: Run::Set(set_friendly_name),
    show: show_friendly_name,
    ..Command::PLAIN
};

/// A name for people; nothing is replaced in it. `0` is a name like any other.
fn name_or(argument: &str, factory: &Name) -> Result<Name, CommandError> {
    match shortcut(argument) {
        Some(Shortcut::Clear) if argument == "\"" => Ok(Name::new()),
        Some(Shortcut::Default) => Ok(factory.clone()),
        _ if argument.contains(|c: char| c.is_control()) => Err(ArgError::Forbidden.into()),
        _ => Name::try_from(argument).map_err(|_| ArgError::TooLong.into()),
    }
}

fn set_device_name(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if device.named_by_group(call) {
        return Ok(Reply::Show);
    }
    let [first, ..] = &device.settings.friendly_names;
    device.settings.device_name = name_or(call.argument, first)?;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}

/// Without a number it is the first one's name.
fn set_friendly_name(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let index = call.index_or_first();
    let at = usize::from(index).wrapping_sub(1);
    let factory = Settings::default().friendly_names;
    let name = name_or(call.argument, factory.get(at).ok_or(CommandError::Refused)?)?;
    if let Some(place) = device.settings.friendly_names.get_mut(at) {
        *place = name;
    }
    device.settings_changed(call.now);
    Ok(Reply::ShowAt(index))
}

/// One, or without a number all of them.
fn show_friendly_name(view: View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    for (number, name) in (1..).zip(&view.settings().friendly_names) {
        if index.is_none_or(|index| index == number) {
            json.text(("FriendlyName", number), name);
        }
    }
}

/// T-24: a text with `%` is the factory's pattern.
fn set_hostname(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if device.named_by_group(call) {
        return Ok(Reply::Show);
    }
    let factory = || Settings::default().hostname;
    let hostname = match call.argument {
        text if text == "1" || text.contains('%') => factory(),
        text => name_or(text, &Name::new())?,
    };
    device.rename(call, |settings| settings.hostname = hostname)?;
    device.restart_soon(call.now);
    Ok(Reply::Show)
}
