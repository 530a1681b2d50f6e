//! Commands about the device as a whole.

use crate::args;
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run};
use crate::device::Device;
use crate::io::Restart;
use crate::json::Json;
use crate::settings::Settings;
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Restart",
        args: "1 restart, 2 halt",
        help: "Save what is to be saved, say goodbye to the broker and restart.",
        run: Run::Always(set_restart),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
    Command {
        name: "StateText",
        index: Index::UpTo(4),
        args: "text of at most 10 bytes",
        help: "The words for off (1), on (2), toggle (3) and hold (4).",
        run: Run::Set(set_state_text),
        show: show_state_text,
        ..Command::PLAIN
    },
    Command {
        name: "GroupState",
        args: "0/off, 1/on",
        help: "Copy power states as plain text to stat/<group>/POWER.",
        run: Run::Set(set_group_state),
        show: |view, _, json| json.text("GroupState", view.on_off(view.settings().group_state)),
        ..Command::PLAIN
    },
    Command {
        name: "RetainedCommands",
        args: "0 none, 1 harmless ones, 2 all",
        help: "Which commands act when the broker had kept them.",
        run: Run::Set(set_retained_commands),
        show: |view, _, json| json.number("RetainedCommands", view.settings().retained_commands),
        ..Command::PLAIN
    },
];

fn set_restart(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let (why, text) = match args::number(call.argument) {
        Some(1) => (Restart::Commanded, "Restarting"),
        Some(2) => (Restart::Halt, "Halting"),
        _ => return Ok(Reply::Text("1 to restart, 2 to halt")),
    };
    device.end_soon(call.now, why);
    Ok(Reply::Text(text))
}

/// Blanks become `_`. A value without a number is ignored: all four are shown.
fn set_state_text(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let Some(index) = call.index else { return Ok(Reply::Show) };
    let place = device.settings.state_texts.get_mut(usize::from(index).wrapping_sub(1));
    let place = place.ok_or(CommandError::Refused)?;
    let mut text = heapless::String::new();
    for c in call.argument.chars() {
        text.push(if c == ' ' { '_' } else { c }).map_err(|_| args::ArgError::TooLong)?;
    }
    *place = text;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}

fn show_state_text(view: View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let Settings { state_texts, .. } = view.settings();
    for (number, text) in (1..).zip(state_texts) {
        if index.is_none_or(|index| index == number) {
            json.text(("StateText", number), text);
        }
    }
}

fn set_group_state(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.group_state = call.on_off()?;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}

fn set_retained_commands(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.retained_commands = call.number_in(0..=2)?;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}
