//! Commands about the device as a whole.

use crate::args;
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Restart;
use crate::settings::{Number, Text};

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Restart",
        args: help("1 restart, 2 halt"),
        help: help("Save what is to be saved, say goodbye to the broker and restart."),
        run: Run::Always(set_restart),
        show: Show::OneOf(&"1 to restart, 2 to halt|Restarting|Halting"),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
    Command {
        name: "StateText",
        index: Index::UpTo(4),
        args: help("text of at most 10 bytes"),
        help: help("The words for off (1), on (2), toggle (3) and hold (4)."),
        run: Run::Change(set_state_text),
        show: Show::Text(Text::STATE_TEXT),
        ..Command::PLAIN
    },
    Command {
        name: "GroupState",
        args: help("0/off, 1/on"),
        help: help("Copy power states as plain text to stat/<group>/POWER."),
        run: Run::STORE,
        show: Show::State(Number::GROUP_STATE),
        ..Command::PLAIN
    },
    Command {
        name: "RetainedCommands",
        args: help("0 none, 1 harmless ones, 2 all"),
        help: help("Which commands act when the broker had kept them."),
        run: Run::STORE,
        show: Show::Number(Number::RETAINED_COMMANDS),
        ..Command::PLAIN
    },
];

/// The places of its answers.
const HOW: u8 = 0;
const RESTARTING: u8 = 1;
const HALTING: u8 = 2;

fn set_restart(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let (why, answer) = match args::number(call.argument) {
        Some(1) => (Restart::Commanded, RESTARTING),
        Some(2) => (Restart::Halt, HALTING),
        _ => return Ok(Reply::ShowAt(HOW)),
    };
    device.end_soon(why);
    Ok(Reply::ShowAt(answer))
}

/// Blanks become `_`. A value without a number is ignored: all four are shown.
fn set_state_text(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Some(index) = call.index else { return Err(CommandError::Kept) };
    let mut room = [0; 10];
    let text = args::replaced(&mut room, call.argument, " ", "_").ok_or(CommandError::Kept)?;
    device.settings.set_nth_text(Text::STATE_TEXT, index, text)?;
    Ok(())
}
