//! What switches are called in messages (P-68).

use crate::args::{self, ArgError};
use crate::command::{Call, Command, CommandError, Index, Reply, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::settings::{Settings, Text};
use crate::switch::numbered;

impl Settings {
    /// The key of a switch in messages.
    pub(crate) fn switch_name(&self, number: u8) -> &str {
        match self.nth_text(Text::SWITCH_TEXT, number) {
            "" => numbered(number),
            name => name,
        }
    }
}

/// `SwitchText`
pub(super) const COMMAND: Command = Command {
    name: "SwitchText",
    index: Index::UpTo(8),
    args: help("text of at most 10 bytes; \" none"),
    help: help("What a switch is called in messages instead of Switch1 to Switch8."),
    run: Run::Set(set_switch_text),
    show: Show::Text(Text::SWITCH_TEXT),
    ..Command::PLAIN
};

/// Without a number it is the first one's. Two members of an object with one name would be one too few.
fn set_switch_text(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let (n, mut room) = (call.index_or_first(), [0; 10]);
    let text = if call.argument == "\"" { "" } else { as_key(&mut room, call.argument)? };
    let name = if text.is_empty() { numbered(n) } else { text };
    if (1..9).any(|other| other != n && device.settings.switch_name(other) == name) {
        return Err(CommandError::Kept);
    }
    device.settings.set_nth_text(Text::SWITCH_TEXT, n, text)?;
    device.settings_changed();
    Ok(Reply::ShowAt(n))
}

/// Without blanks; what would need an escape has no place in a key.
fn as_key<'b>(room: &'b mut [u8], text: &str) -> Result<&'b str, ArgError> {
    match text.bytes().any(|byte| byte == b'"' || byte == b'\\') {
        true => Err(ArgError::Forbidden),
        false => {
            args::printable(text)?;
            args::replaced(room, text, " ", "").ok_or(ArgError::TooLong)
        }
    }
}
