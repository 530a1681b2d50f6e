//! Which commands begin like what was typed: help for consoles (D-61).

use core::cmp::Ordering;

use crate::command::{self, ALL, Command, Word};
use crate::dispatch::split_line;

/// The commands that may be meant by a line that is not finished, in the order of the alphabet: those that begin like its
/// last word, or the very one whose argument has begun.
pub fn meant<'l>(line: &'l str, own: &'static [Command]) -> impl Iterator<Item = &'static Command> + use<'l> {
    let (word, argument) = last_command(line);
    let only = !argument.is_empty();
    beginning_with(word, own).filter(move |command| !only || command.name.len() == word.len())
}

/// The word of a line that asks which commands begin like it: `pow?`, or `?` for all of them. A command of that very
/// name is asked for its setting instead (D-9).
pub fn question<'l>(line: &'l str, own: &'static [Command]) -> Option<&'l str> {
    let word = line.trim_ascii().strip_suffix('?')?;
    let (name, argument) = split_line(word).unwrap_or(("", word));
    let is_command = command::find(Word::new(name).name, own).is_some();
    (argument.is_empty() && !is_command).then_some(name)
}

/// The word and argument of the last command of a line; behind a `Backlog` another one begins.
fn last_command(line: &str) -> (&str, &str) {
    let begin = line.bytes().rposition(|byte| byte == b';').map_or(0, |mark| mark + 1);
    let mut rest = line.get(begin..).unwrap_or("");
    loop {
        let (word, argument) = split_line(rest).unwrap_or(("", ""));
        let name = Word::new(word).name;
        if argument.is_empty() || !name.eq_ignore_ascii_case("backlog") {
            return (name, argument);
        }
        rest = argument;
    }
}

fn beginning_with<'p>(
    prefix: &'p str,
    own: &'static [Command],
) -> impl Iterator<Item = &'static Command> + use<'p> {
    let mut last = "";
    core::iter::from_fn(move || {
        let all = ALL.iter().chain(own);
        let left = all.filter(|command| begins(command.name, prefix) && order(command.name, last).is_gt());
        let next = left.min_by(|one, other| order(one.name, other.name))?;
        last = next.name;
        Some(next)
    })
}

fn begins(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|front| front.eq_ignore_ascii_case(prefix))
}

fn order(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(|name| name.bytes().map(|byte| byte.to_ascii_lowercase()));
    one.cmp(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(line: &str) -> Vec<&'static str> {
        meant(line, &[]).map(|command| command.name).collect()
    }

    #[test]
    fn d_61_the_last_word_is_completed() {
        let power = ["Power", "PowerOnState", "PowerRetain"];
        for line in
            ["powe", "  POWE", "cmnd/sonoff/powe", "status 6; powe", "backlog powe", "Backlog0 a;b 1; powe"]
        {
            assert_eq!(names(line), power, "{line}");
        }
        assert_eq!(names("power "), ["Power"]);
        assert_eq!(names("power2 o"), ["Power"]);
        assert_eq!(names("PulseT"), ["PulseTime"]);
        assert!(names("zzz").is_empty() && names("zzz 1").is_empty());
    }

    #[test]
    fn d_61_nothing_typed_means_all_in_order() {
        let all = names("");
        assert_eq!(all.len(), ALL.len());
        assert!(all.windows(2).all(|pair| order(pair[0], pair[1]).is_lt()), "{all:?}");
    }

    #[test]
    fn d_61_own_commands_are_among_them() {
        const OWN: &[Command] = &[Command { name: "Powder", ..Command::PLAIN }];
        let first = meant("pow", OWN).next();
        assert_eq!(first.map(|command| command.name), Some("Powder"));
    }

    #[test]
    fn d_61_a_question_mark_asks_for_words_that_are_no_command() {
        let question = |line| question(line, &[]);
        assert_eq!(
            (question("?"), question(" pow? "), question("x/pow?")),
            (Some(""), Some("pow"), Some("pow"))
        );
        for line in ["power?", "Power1?", "power ?", "pow", "", "pow 1?", "pow ?", "a;b?"] {
            assert_eq!(question(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(line in "\\PC{0,40}") {
            let _ = (meant(&line, &[]).count(), question(&line, &[]));
        }
    }
}
