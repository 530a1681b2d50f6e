//! From a message or a line to the command that it names.

use crate::command::{self, Call, Command, CommandError, Index, Reply, Retained, Run, Show, Word};
use crate::device::Device;
use crate::io::Source;
use crate::log::Note;
use crate::report::Report;
use crate::settings::Number;
use crate::topic;

/// A command word with its argument, and where it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    pub word: &'a str,
    /// `None`: it was no text.
    pub argument: Option<&'a str>,
    pub source: Source,
    pub topic: &'a str,
    pub retained: bool,
    /// No answer is wanted (`Backlog2`).
    pub silent: bool,
}

impl Device {
    /// A message: its last level is the word, its payload the argument (D-2, T-41). A topic that is longer than any of
    /// the device's own is not executed (T-33).
    pub(crate) fn message(&mut self, topic: &str, payload: &[u8], retained: bool) {
        if topic.len() > topic::MAX_TOPIC {
            return self.notes.push(Note::TopicTooLong);
        }
        let argument = core::str::from_utf8(payload).ok();
        let (word, source) = (topic::word(topic), Source::Mqtt);
        self.execute(&Order { word, argument, source, topic, retained, silent: false });
    }

    /// A line: its first word, without levels before it, and the rest (D-1). No word, no answer.
    pub(crate) fn line(&mut self, source: Source, text: &str) {
        if let Some((word, argument)) = split_line(text) {
            let argument = Some(argument);
            self.execute(&Order { word, argument, source, topic: "", retained: false, silent: false });
        }
    }

    pub(crate) fn execute(&mut self, order: &Order<'_>) {
        let now = self.now;
        self.backlog.command_ran(now, self.settings.option_byte(34));
        self.led_commanded();
        let word = Word::new(order.word);
        let fallback = self.names.is_fallback(order.topic);
        let silent = order.silent || word.silent;
        let Some(command) = command::find(word.name, self.profile.commands) else {
            return self.answer_unless(silent, Report::Unknown, fallback);
        };
        if order.retained && !self.takes_kept(command) {
            return self.refuse_kept_command(command.name);
        }
        let outcome = match order.argument {
            Some(argument) if self.has_all_for(command) && self.has_index(command, word.index) => {
                let argument = plain(argument);
                let Order { source, topic, retained, .. } = *order;
                let index = word.index;
                self.run(&Call { command, now, index, argument, source, topic, fallback, retained })
            }
            _ => Err(CommandError::Refused),
        };
        let index = word.index;
        match outcome {
            Ok(Reply::Own) => {}
            Ok(reply) => self.answer_unless(silent, Report::Answer { command, index, reply }, fallback),
            Err(CommandError::Kept) => {
                self.answer_unless(silent, Report::Answer { command, index, reply: Reply::Show }, fallback);
            }
            Err(CommandError::Retained) => self.refuse_kept_command(command.name),
            Err(CommandError::Refused) => self.answer_unless(silent, Report::Error { command }, fallback),
        }
    }

    fn run(&mut self, call: &Call<'_>) -> Result<Reply, CommandError> {
        let asks = call.argument.is_empty() || self.named_by_group(call);
        let (change, restarts) = match call.command.run {
            Run::Always(set) => return set(self, call),
            Run::Ask => return Ok(Reply::Show),
            Run::Set(_) | Run::Change(_) | Run::ChangeAndRestart(_) if asks => {
                return Ok(Reply::Show);
            }
            Run::Set(set) => return set(self, call),
            Run::Change(change) => (change, false),
            Run::ChangeAndRestart(change) => (change, true),
        };
        change(self, call)?;
        self.settings_changed();
        if restarts {
            self.restart_soon();
        }
        Ok(Reply::Show)
    }

    /// A name of one device is no business of a group (T-26).
    fn named_by_group(&self, call: &Call<'_>) -> bool {
        matches!(call.command.show, Show::Text(text) if text.is_personal()) && self.names.is_group(call.topic)
    }

    fn answer_unless(&mut self, silent: bool, report: Report, fallback: bool) {
        if !silent {
            self.report(report, fallback);
        }
    }

    /// The board has what the command is about (D-55).
    pub(crate) fn has_all_for(&self, command: &Command) -> bool {
        command.needs.is_none_or(|part| self.has(part))
    }

    pub(crate) fn has_index(&self, command: &Command, index: Option<u8>) -> bool {
        let index = index.unwrap_or(1);
        match command.index {
            Index::Ignored | Index::Any => true,
            Index::Powers { zero } => {
                let least = u8::from(!zero);
                self.power.count() > 0 && (least..=self.power.count()).contains(&index)
            }
            Index::UpTo(last) => (1..=last).contains(&index),
        }
    }

    /// D-48 and D-52, as far as the command alone decides.
    fn takes_kept(&self, command: &Command) -> bool {
        match (self.settings.number(Number::RETAINED_COMMANDS), command.retained) {
            (0, _) => false,
            (1, Retained::Refused) => false,
            (1, Retained::Harmless | Retained::Judged) | (_, _) => true,
        }
    }

    /// A retained command is not carried out; the log says so.
    fn refuse_kept_command(&mut self, name: &'static str) {
        self.notes.push(Note::RetainedRefused(name));
    }
}

/// An argument without leading blanks; `?` asks (D-8, D-9).
fn plain(argument: &str) -> &str {
    let argument = argument.trim_ascii_start();
    if argument == "?" { "" } else { argument }
}

/// The word and the rest of a line (D-1).
pub(crate) fn split_line(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_ascii_start();
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'/';
    let end = text.bytes().position(|byte| !in_word(byte)).unwrap_or(text.len());
    let (run, rest) = text.split_at_checked(end)?;
    let word = topic::word(run);
    (!word.is_empty()).then_some((word, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn d_1_levels_before_the_word_are_thrown_away() {
        assert_eq!(split_line("  cmnd/x/y/power1 on"), Some(("power1", " on")));
        assert_eq!(split_line("status"), Some(("status", "")));
        assert_eq!(split_line("a=1"), Some(("a", "=1")));
        assert_eq!(split_line("cmnd/x/ on"), None);
        assert_eq!(split_line(" \t"), None);
        assert_eq!(split_line("!press"), None);
    }

    #[test]
    fn d_8_and_d_9_blanks_in_front_and_a_question_mark() {
        assert_eq!(plain(" \t5 "), "5 ");
        assert_eq!(plain("?"), "");
        assert_eq!(plain("??"), "??");
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(text in "\\PC{0,60}") {
            if let Some((word, rest)) = split_line(&text) {
                prop_assert!(text.ends_with(rest) && text.contains(word));
            }
        }
    }
}
