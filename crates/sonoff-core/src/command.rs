//! What a command is, and the tables in which each is declared once.

use crate::args::{self, ArgError, Shortcut};
use crate::device::Device;
use crate::help::{Help, help};
use crate::io::Source;
use crate::json::Json;
use crate::profile::Part;
use crate::settings::{Number, Text};
use crate::time::Instant;
use crate::topic::TopicError;
use crate::view::View;
use crate::{
    admin, backlog, broker, button, keys, led, naming, power, retain, setoption, status, switch, telemetry,
    timekeeping,
};
use crate::{board, discovery, identity, logging, publish, reset, savedata, syslog, tls, web, wifi};

/// A command, declared once: dispatch, help, the command page and the coverage count read this.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The word on the wire, compared without case.
    pub name: &'static str,
    /// What a number behind the word means.
    pub index: Index,
    /// Its arguments, for people: `0/off, 1/on, 2/toggle`.
    pub args: Help,
    /// One line of help.
    pub help: Help,
    /// What it does.
    pub run: Run,
    /// Writes the members of its answer.
    pub show: Show,
    /// Whether a retained message may run it.
    pub retained: Retained,
    /// What the board must have for it.
    pub needs: Option<Part>,
}

impl Command {
    /// The rest of an entry whose word takes no number and whose repetition does no harm.
    pub const PLAIN: Self = Self {
        name: "",
        index: Index::Ignored,
        args: help(""),
        help: help(""),
        run: Run::Ask,
        show: Show::By(|_, _, _| {}),
        retained: Retained::Harmless,
        needs: None,
    };
}

/// What a number behind a command word means. One outside the range is an error (D-19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Nothing.
    Ignored,
    /// A relay, 1 to the number of relays; with `zero`, 0 stands for all of them.
    Powers {
        /// 0 is allowed.
        zero: bool,
    },
    /// One of a family, 1 to the number given.
    UpTo(u8),
    /// Any number; the command judges it.
    Any,
}

/// What a command does with its argument.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// It only shows.
    Ask,
    /// An argument changes settings, which are then saved and shown; without one it only shows (D-10).
    Change(Change),
    /// The same, and the device restarts.
    ChangeAndRestart(Change),
    /// An argument sets and has an answer of its own; without one it only shows (D-10).
    Set(Set),
    /// It runs with and without an argument.
    Always(Set),
}

impl Run {
    /// An argument is stored in the setting that the command shows.
    pub const STORE: Self = Self::Change(Device::store);
    /// The same, and the device restarts.
    pub const STORE_AND_RESTART: Self = Self::ChangeAndRestart(Device::store);
}

/// Changes settings of the device.
pub type Change = fn(&mut Device, &Call<'_>) -> Result<(), CommandError>;

/// Changes the device, and tells how to answer.
pub type Set = fn(&mut Device, &Call<'_>) -> Result<Reply, CommandError>;

/// A number of at most eight bits that has a name.
#[derive(Debug)]
pub struct Named {
    /// The number.
    pub number: Number,
    /// What it is called.
    pub name: for<'v> fn(&View<'v>, u8) -> &'v str,
}

/// What is shown instead of a secret; setting a secret to this changes nothing (D-54).
pub(crate) const HIDDEN: &str = "****";

/// What a command shows.
#[derive(Debug, Clone, Copy)]
pub enum Show {
    /// What this function writes; the number is the one behind the word.
    By(fn(&View<'_>, Option<u8>, &mut Json<'_, '_>)),
    /// A number (C-1).
    Number(Number),
    /// A number of at most eight bits, as it is stored and as it is in force, which is the same here (C-5).
    Active(Number),
    /// A number with its name, `{"Ap":{"1":"home"}}`.
    Named(&'static Named),
    /// A number that is 0 or 1, as a state (C-4).
    State(Number),
    /// A flag among the options, as a state (C-4).
    Option(u8),
    /// A text (C-2), or of a family one member or all (C-3).
    Text(Text),
    /// One of the answers that stand here between bars, counted from 0: the one that [`Reply::ShowAt`] names. By two
    /// references, because one of a text would be the largest thing here and make every row of a table larger.
    OneOf(&'static &'static str),
}

impl Show {
    /// Writes the members of the answer to the command of this name.
    pub(crate) fn write(self, view: &View<'_>, name: &str, index: Option<u8>, json: &mut Json<'_, '_>) {
        let settings = view.settings();
        let stored = |number| settings.nth_number(number, 1);
        match self {
            Self::By(write) => write(view, index, json),
            Self::Number(number) => json.number(name, stored(number)),
            Self::Active(number) => stored_and_active(name, stored(number), json),
            Self::Named(named) => {
                let [number, _] = stored(named.number).to_le_bytes();
                json.nested(name, |json| json.text(("", number), (named.name)(view, number)));
            }
            Self::State(number) => json.text(name, view.on_off(stored(number) == 1)),
            Self::Option(option) => json.text(name, view.on_off(settings.option(option))),
            Self::Text(text) if text.is_secret() => json.text(name, HIDDEN),
            Self::Text(text) if text.count() == 1 => json.text(name, settings.text(text)),
            Self::Text(text) => {
                for nth in 0..text.count() {
                    let n = nth + 1;
                    if index.is_none_or(|index| index == n) {
                        json.text((name, n), settings.nth_text(text, n));
                    }
                }
            }
            Self::OneOf(answers) => json.text(name, args::nth(answers, index.unwrap_or(0).into())),
        }
    }
}

fn stored_and_active(name: &str, number: u16, json: &mut Json<'_, '_>) {
    let [key, _] = number.to_le_bytes();
    json.nested(name, |json| {
        json.nested(("", key), |json| json.text_with("Active", |sink| sink.push_number(number.into())));
    });
}

/// What answers a command that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The command's `show`.
    Show,
    /// The command's `show`, given this number instead of the one behind the word.
    ShowAt(u8),
    /// `{"<Name>":<number>}`
    Number(u16),
    /// Nothing more: it has reported by itself (D-21).
    Own,
}

/// Why a command was not carried out; the sender must change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CommandError {
    /// The value was not taken: the old one stays and is the answer (D-22).
    Kept,
    /// `{"Command":"Error"}` (D-19).
    Refused,
    /// It came retained and repeating it could do harm: no answer, a log line (D-53).
    Retained,
}

impl From<ArgError> for CommandError {
    fn from(_: ArgError) -> Self {
        Self::Kept
    }
}

impl From<TopicError> for CommandError {
    fn from(_: TopicError) -> Self {
        Self::Kept
    }
}

/// Whether a command that arrives retained is carried out while `RetainedCommands` is 1 (D-48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retained {
    /// Repeating it at every connect does no harm.
    Harmless,
    /// The command looks at its argument itself.
    Judged,
    /// Never.
    Refused,
}

/// One call of a command.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its entry.
    pub command: &'a Command,
    /// When.
    pub now: Instant,
    /// The number behind the word, if there was one.
    pub index: Option<u8>,
    /// The argument without leading blanks; empty asks (D-8 to D-10).
    pub argument: &'a str,
    /// Who asks.
    pub source: Source,
    /// The topic it came on; empty for a line.
    pub topic: &'a str,
    /// It came on the fallback topic, where its answers go, too (T-19).
    pub fallback: bool,
    /// The broker had kept it.
    pub retained: bool,
}

impl Call<'_> {
    /// The number behind the word, 1 when there was none.
    pub fn index_or_first(&self) -> u8 {
        self.index.unwrap_or(1)
    }

    /// The argument as a number in `range`.
    ///
    /// # Errors
    /// [`CommandError::Kept`] for no number and for one outside.
    #[inline(never)]
    pub fn number_in<T: TryFrom<i32> + Into<i32>>(
        &self,
        range: core::ops::RangeInclusive<T>,
    ) -> Result<T, CommandError> {
        Ok(args::number_in(self.argument, range)?)
    }

    /// The argument as on or off.
    ///
    /// # Errors
    /// [`CommandError::Kept`] for anything else.
    pub fn on_off(&self) -> Result<bool, CommandError> {
        Ok(args::on_off(self.argument)?)
    }
}

impl Device {
    /// Stores the argument in the setting that the command shows.
    ///
    /// # Errors
    /// [`CommandError::Kept`] for a value that the setting does not take.
    pub(crate) fn store(&mut self, call: &Call<'_>) -> Result<(), CommandError> {
        let settings = &mut self.settings;
        match call.command.show {
            Show::Number(number) | Show::Active(number) => {
                settings.set_number(number, call.number_in(number.range())?)?
            }
            Show::State(number) => settings.set_number(number, call.on_off()?.into())?,
            Show::Option(option) => settings.set_option(option, call.on_off()?),
            Show::Text(text) => return self.store_text(call, text, 1),
            Show::By(_) | Show::Named(_) | Show::OneOf(_) => return Err(CommandError::Refused),
        }
        Ok(())
    }

    /// Stores the argument, with its shortcuts (D-16), as member `n` of a text.
    ///
    /// # Errors
    /// [`CommandError::Kept`] for a text that is too long, and for what a secret shows.
    pub(crate) fn store_text(&mut self, call: &Call<'_>, text: Text, n: u8) -> Result<(), CommandError> {
        if text.is_secret() && call.argument == HIDDEN {
            return Err(CommandError::Kept);
        }
        let value = match args::shortcut(call.argument) {
            Some(Shortcut::Clear) => "",
            Some(Shortcut::Default) => text.factory(n),
            None => call.argument,
        };
        Ok(self.settings.set_nth_text(text, n, value)?)
    }
}

/// All built-in commands. The busiest table comes first.
pub const TABLES: &[&[Command]] = &[
    power::COMMANDS,
    status::COMMANDS,
    telemetry::COMMANDS,
    backlog::COMMANDS,
    admin::COMMANDS,
    setoption::COMMANDS,
    naming::COMMANDS,
    broker::COMMANDS,
    retain::COMMANDS,
    #[cfg(feature = "sensors")]
    crate::reading::COMMANDS,
    button::COMMANDS,
    switch::COMMANDS,
    keys::COMMANDS,
    led::COMMANDS,
    timekeeping::COMMANDS,
    identity::COMMANDS,
    savedata::COMMANDS,
    reset::COMMANDS,
    publish::COMMANDS,
    logging::COMMANDS,
    discovery::COMMANDS,
    wifi::COMMANDS,
    web::COMMANDS,
    syslog::COMMANDS,
    tls::COMMANDS,
    board::COMMANDS,
    #[cfg(feature = "templates")]
    crate::module::COMMANDS,
];

/// All of them in one row.
pub static ALL: [Command; COUNT] = all();

const COUNT: usize = count();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn count() -> usize {
    let (mut count, mut at) = (0, 0);
    while at < TABLES.len() {
        count += TABLES[at].len();
        at += 1;
    }
    count
}

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn all() -> [Command; COUNT] {
    let (mut all, mut count, mut at) = ([Command::PLAIN; COUNT], 0, 0);
    while at < TABLES.len() {
        let mut nth = 0;
        while nth < TABLES[at].len() {
            all[count] = TABLES[at][nth];
            count += 1;
            nth += 1;
        }
        at += 1;
    }
    all
}

/// A command word as it was received, taken apart (D-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word without `_` and number.
    pub name: &'a str,
    /// The number behind it; 254 stands for all above.
    pub index: Option<u8>,
    /// A leading `_` asked for silence (T-45).
    pub silent: bool,
}

impl<'a> Word<'a> {
    /// Takes a word apart; every text is one.
    pub fn new(word: &'a str) -> Self {
        let (name, silent) = match word.strip_prefix("_") {
            Some(rest) if !rest.is_empty() => (rest, true),
            _ => (word, false),
        };
        let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (name, digits) = name.split_at_checked(name.len().saturating_sub(digits)).unwrap_or((name, ""));
        let index =
            args::leading(digits, 10).map(|index| u8::try_from(index).map_or(254, |index| index.min(254)));
        Self { name, index, silent }
    }
}

/// The entry of a word, among the built-in commands and then in `own`.
pub fn find(name: &str, own: &'static [Command]) -> Option<&'static Command> {
    let is_it =
        |command: &&Command| command.name.len() == name.len() && command.name.eq_ignore_ascii_case(name);
    ALL.iter().find(is_it).or_else(|| own.iter().find(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn t_44_digits_at_the_end_are_the_index() {
        let word = |text| {
            let Word { name, index, .. } = Word::new(text);
            (name, index)
        };
        assert_eq!(word("POWER"), ("POWER", None));
        assert_eq!(word("power01"), ("power", Some(1)));
        assert_eq!(word("Rf2Power3"), ("Rf2Power", Some(3)));
        assert_eq!(word("Power99999"), ("Power", Some(254)));
        assert_eq!(word("7"), ("", Some(7)));
    }

    #[test]
    fn t_45_an_underscore_asks_for_silence() {
        assert!(Word::new("_Power1").silent);
        assert_eq!(Word::new("_"), Word { name: "_", index: None, silent: false });
    }

    #[test]
    fn every_command_is_found_and_none_is_declared_twice() {
        let names: Vec<_> = ALL.iter().map(|command| command.name).collect();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(find(&name.to_uppercase(), &[]).unwrap().name, *name);
            assert!(!names[..at].iter().any(|other| other.eq_ignore_ascii_case(name)), "{name} stands twice");
        }
    }

    #[test]
    fn every_command_tells_people_what_it_does() {
        for command in &ALL {
            assert!(command.help.text().ends_with('.'), "{} has no sentence of help", command.name);
        }
    }

    proptest! {
        #[test]
        fn no_word_breaks_it(text in "\\PC{0,40}") {
            let word = Word::new(&text);
            let _ = find(word.name, &[]);
        }
    }
}
