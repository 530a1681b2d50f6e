//! `COMMANDS.md` in the core's folder: every command and option, from the tables that run them.

use std::path::Path;

use sonoff_core::command::{Command, Index, Retained, TABLES};
use sonoff_core::profile::Part;
use sonoff_core::setoption::{self, OPTIONS, SetOption};

use crate::options::Tests;
use crate::{Failure, Outcome, files, options, tier};

const PAGE: &str = "crates/sonoff-core/COMMANDS.md";

/// Writes the page; with `--check` it only looks.
///
/// # Errors
/// [`Failure::Found`] for a page that is stale and for an option that no test shows; [`Failure::Usage`] for another word.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let path = root.join(PAGE);
    let tests = options::tests(&files::read(&root.join(options::FILE))?);
    let unmatched = options::unmatched(OPTIONS, &tests);
    unmatched.iter().for_each(|line| println!("{line}"));
    if !unmatched.is_empty() {
        return Err(Failure::Found(unmatched.len(), "options and tests that do not match"));
    }
    let page = page(TABLES, OPTIONS, &tests);
    match args {
        [] => files::write(&path, &page),
        [option] if option == "--check" => match files::read(&path) {
            Ok(present) if present == page => Ok(()),
            _ => Err(Failure::Found(1, "stale page: run `cargo xtask docs`")),
        },
        _ => Err(Failure::Usage("docs takes nothing or --check".to_owned())),
    }
}

fn page(tables: &[&[Command]], options: &[SetOption], tests: &Tests) -> String {
    let mut commands: Vec<&Command> = tables.iter().flat_map(|table| table.iter()).collect();
    commands.sort_by_key(|command| command.name.to_ascii_lowercase());
    let rows = commands.iter().map(|command| row(command)).collect::<String>();
    let mut options: Vec<&SetOption> = options.iter().collect();
    options.sort_by_key(|option| option.number);
    let options = options.iter().map(|set| option(set, tests)).collect::<String>();
    let tier = tier::section(setoption::OPTIONS);
    format!("{HEAD}{tier}{COLUMNS}{rows}{BETWEEN}{options}")
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

`SetOption<number>`, or short `SO<number>`. All other numbers are refused. Each acts: the test that is named shows it, in
`tests/options.rs` of the repository.

| Number | From the factory | Does | Shown by |
|---|---|---|---|
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
        Part::Tls => "TLS",
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

fn option(option: &SetOption, tests: &Tests) -> String {
    let SetOption { number, default, .. } = option;
    let restarts = if option.restarts { " Restarts." } else { "" };
    let test = tests.get(number).map_or("", String::as_str);
    format!("| {number} | {default} | {}{restarts} | {test} |\n", cell(option.help.text()))
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
        let page = page(&[&[named("beta"), named("Alpha")], &[named("Gamma")]], &[], &Tests::new());
        let at = |name: &str| page.find(name).unwrap();
        assert!(at("| Alpha") < at("| beta") && at("| beta") < at("| Gamma"));
    }
}
