//! The built-in commands and options, and anything that could be said to them.

use proptest::prelude::*;
use proptest::sample::select;
use sonoff_core::command::{Command, Index, TABLES};
use sonoff_core::setoption::OPTIONS;

/// All built-in commands.
pub fn commands() -> impl Iterator<Item = &'static Command> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The words under which a command can be called: without a number, and with each that may mean something.
pub fn words(command: &Command) -> Vec<String> {
    let last = match command.index {
        Index::Ignored => 0,
        Index::UpTo(last) => last,
        Index::Powers { .. } | Index::Any => 8,
    };
    let numbered = (0..=last).filter(|_| last > 0).map(|number| format!("{}{number}", command.name));
    [command.name.to_owned()].into_iter().chain(numbered).collect()
}

/// `SetOption<n>` of each option.
pub fn options() -> impl Iterator<Item = String> {
    OPTIONS.iter().map(|option| format!("SetOption{}", option.number))
}

/// A word that is a command, with or without a number.
pub fn word() -> impl Strategy<Value = String> {
    let names: Vec<_> = commands().map(|command| command.name).collect();
    let command = (select(names), 0..12u8)
        .prop_map(|(name, index)| if index < 6 { format!("{name}{index}") } else { name.to_owned() });
    let option = select(options().collect::<Vec<_>>());
    (prop_oneof![Just(""), Just("_")], prop_oneof![7 => command, 1 => option])
        .prop_map(|(silence, word)| format!("{silence}{word}"))
}

/// Words and numbers that mean something to some command, and any text.
pub fn argument() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "on",
        "off",
        "toggle",
        "blink",
        "",
        "?",
        "1,2 3,4",
        "-1",
        "100",
        "4000",
        "99",
        "1704164645",
        "-9:30",
        "1,0,9,7,23,-720",
    ];
    prop_oneof![
        3 => "[0-5]",
        2 => select(WORDS).prop_map(str::to_owned),
        1 => "\\PC{0,40}",
    ]
}
