//! Help on the console: which commands begin like what was typed (D-61).

use core::fmt;

use heapless::Vec;
use sonoff_core::command::Command;
use sonoff_core::completion::meant;
use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

/// Names in one line.
const ROW: usize = 8;

/// Tells what a line that is not finished may become: the names of several commands, or all about the only one.
pub(crate) fn help<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, line: &str) {
    let own = shared.own_commands();
    let mut commands = meant(line, own);
    match (commands.next(), commands.next()) {
        (None, _) => shared.tell(format_args!("CMD: No such command")),
        (Some(only), None) => shared.tell(format_args!("CMD: {}", Whole(only))),
        (Some(_), Some(_)) => {
            let mut commands = meant(line, own).peekable();
            while commands.peek().is_some() {
                shared.tell(format_args!("CMD: {}", Row(commands.by_ref().take(ROW).collect())));
            }
        }
    }
}

/// Names with blanks between them.
struct Row(Vec<&'static Command, ROW>);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for command in &self.0 {
            f.write_str(core::mem::replace(&mut gap, " "))?;
            f.write_str(command.name)?;
        }
        Ok(())
    }
}

/// A command with its arguments and its line of help, as far as the firmware has them.
struct Whole(&'static Command);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Command { name, args, help, .. } = self.0;
        f.write_str(name)?;
        for (before, text) in [(": ", args.text()), (" - ", help.text())] {
            if !text.is_empty() {
                f.write_str(before)?;
                f.write_str(text)?;
            }
        }
        Ok(())
    }
}
