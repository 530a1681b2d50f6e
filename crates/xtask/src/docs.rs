//! `COMMANDS.md` in the core's folder: every command and option, from the tables that run them.

use std::path::Path;

use sonoff_core::command::{Command, Index, Retained, TABLES};
use sonoff_core::profile::Part;
use sonoff_core::setoption::{self, OPTIONS, SetOption};

use crate::{Failure, Outcome, coverage, files};

const PAGE: &str = "crates/sonoff-core/COMMANDS.md";

/// Writes the page; with `--check` it only looks.
///
/// # Errors
/// [`Failure::Found`] for a page that is stale; [`Failure::Usage`] for another option.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let path = root.join(PAGE);
    let page = page(TABLES, OPTIONS);
    match args {
        [] => files::write(&path, &page),
        [option] if option == "--check" => match files::read(&path) {
            Ok(present) if present == page => Ok(()),
            _ => Err(Failure::Found(1, "stale page: run `cargo xtask docs`")),
        },
        _ => Err(Failure::Usage("docs takes nothing or --check".to_owned())),
    }
}

fn page(tables: &[&[Command]], options: &[SetOption]) -> String {
    let mut commands: Vec<&Command> = tables.iter().flat_map(|table| table.iter()).collect();
    commands.sort_by_key(|command| command.name.to_ascii_lowercase());
    let rows = commands.iter().map(|command| row(command)).collect::<String>();
    let options = options.iter().map(option).collect::<String>();
    let coverage = coverage::section(setoption::OPTIONS);
    format!("{HEAD}{coverage}{COLUMNS}{rows}{BETWEEN}{options}")
}

const HEAD: &str = "# Commands

Written by `cargo xtask docs` from the tables in the code; what they answer is in `docs/protocol` of the repository.
Without an argument a command shows what is set. A number behind the word chooses one of several.
*Tier 1* is what every plain relay device of this family has.

";

const COLUMNS: &str = "\
| Command | Number | Argument | Does | Needs | Retained |
|---|---|---|---|---|---|
";

const BETWEEN: &str = "
Where a board has not what a command *needs*, the answer is `{\"Command\":\"Error\"}`.
*Retained* says whether a message that the broker had kept may run the command while `RetainedCommands` is 1.

## Options

`SetOption<number>`, or short `SO<number>`. All other numbers are refused.

| Number | From the factory | Does |
|---|---|---|
";

fn row(command: &Command) -> String {
    let Command { name, args, help, .. } = command;
    format!(
        "| {name} | {} | {} | {} | {} | {} |\n",
        index(command.index),
        cell(args.text()),
        cell(help.text()),
        command.needs.map_or("", need),
        retained(command.retained)
    )
}

fn index(index: Index) -> String {
    match index {
        Index::Ignored => String::new(),
        Index::Powers { zero: true } => "0, 1 to relays".to_owned(),
        Index::Powers { zero: false } => "1 to relays".to_owned(),
        Index::UpTo(last) => format!("1 to {last}"),
        Index::Any => "any".to_owned(),
    }
}

fn need(part: Part) -> &'static str {
    match part {
        Part::Radio => "a radio",
        Part::FixedAddress => "a network that takes an address",
        Part::RadioSleep => "a radio that sleeps",
        Part::Serial => "a serial port",
        Part::Syslog => "a sender of log lines",
        Part::Pages => "pages",
        _ => "more",
    }
}

fn retained(retained: Retained) -> &'static str {
    match retained {
        Retained::Harmless => "yes",
        Retained::Judged => "by argument",
        Retained::Refused => "no",
    }
}

fn option(option: &SetOption) -> String {
    let restarts = if option.restarts { " Restarts." } else { "" };
    format!("| {} | {} | {}{restarts} |\n", option.number, option.default, cell(option.help.text()))
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonoff_core::help::help;

    #[test]
    fn a_command_is_a_row() {
        let command = Command {
            name: "Blip",
            args: help("0|1"),
            help: help("Blips."),
            index: Index::UpTo(3),
            needs: Some(Part::Pages),
            ..Command::PLAIN
        };
        assert_eq!(row(&command), "| Blip | 1 to 3 | 0\\|1 | Blips. | pages | yes |\n");
    }

    #[test]
    fn commands_are_sorted_without_case() {
        let named = |name| Command { name, ..Command::PLAIN };
        let page = page(&[&[named("beta"), named("Alpha")], &[named("Gamma")]], &[]);
        let at = |name: &str| page.find(name).unwrap();
        assert!(at("| Alpha") < at("| beta") && at("| beta") < at("| Gamma"));
    }
}
