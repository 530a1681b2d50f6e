//! Backlog and Delay: commands that wait for their turn.

use heapless::{Deque, String, Vec};

use crate::args;
use crate::command::{Call, Command, CommandError, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::dispatch::{self, Order};
use crate::help::help;
use crate::io::Source;
use crate::texts;
use crate::time::Instant;

/// Most commands that wait (D-34).
pub const MAX_PARTS: usize = 30;
/// Most bytes of their texts.
pub const MAX_TEXT: usize = 1024;

/// The commands that wait, with the gap between them.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// The texts, one behind the other; the front one starts at 0.
    text: Vec<u8, MAX_TEXT>,
    parts: Deque<Part, MAX_PARTS>,
    mode: Mode,
    due: Instant,
    /// The part that runs has no gap after it (D-39).
    no_delay: bool,
}

/// A command that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// Bytes of its text.
    len: u16,
    /// `NoDelay` stood before it.
    no_delay: bool,
}

/// How the queue runs; the last Backlog decides (D-36).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    gap: bool,
    silent: bool,
}

impl Default for Backlog {
    fn default() -> Self {
        let mode = Mode { gap: true, silent: false };
        Self { text: Vec::new(), parts: Deque::new(), mode, due: Instant::ZERO, no_delay: false }
    }
}

impl Backlog {
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// When the next command may run.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.is_empty()).then_some(self.due)
    }

    /// Any command from any source starts the gap anew (D-35).
    pub(crate) fn command_ran(&mut self, now: Instant, gap_ms: u8) {
        let gap = self.mode.gap && !core::mem::take(&mut self.no_delay);
        self.due = now.plus_millis(if gap { u32::from(gap_ms) } else { 0 });
    }

    fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
        self.no_delay = false;
    }

    /// Runs a list, from the next pass on (D-35), or nothing of it.
    pub(crate) fn start(&mut self, now: Instant, list: &str, index: u8) -> Result<(), CommandError> {
        self.add(list)?;
        self.mode = Mode { gap: index % 2 == 1, silent: index & 2 != 0 };
        self.due = now;
        Ok(())
    }

    /// Takes all parts of `list` or none of them.
    fn add(&mut self, list: &str) -> Result<(), CommandError> {
        let fits = |(count, bytes): (usize, usize), part: &str| {
            if is_no_delay(part) { (count, bytes) } else { (count + 1, bytes + part.len()) }
        };
        let waiting = self.parts.len();
        let (count, bytes) = parts(list).fold((waiting, self.text.len()), fits);
        if count > MAX_PARTS || bytes > MAX_TEXT {
            return Err(CommandError::Refused);
        }
        let mut no_delay = false;
        for part in parts(list).filter(|part| !is_reset(part)) {
            if is_no_delay(part) {
                no_delay = true;
            } else {
                self.push(part, core::mem::take(&mut no_delay))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str, no_delay: bool) -> Result<(), CommandError> {
        let len = u16::try_from(text.len()).map_err(|_| CommandError::Refused)?;
        self.text.extend_from_slice(text.as_bytes()).map_err(|_| CommandError::Refused)?;
        self.parts.push_back(Part { len, no_delay }).map_err(|_| CommandError::Refused)
    }

    /// Moves the front part's text to `out`.
    fn pop(&mut self, out: &mut String<MAX_TEXT>) {
        out.clear();
        let Some(part) = self.parts.pop_front() else { return };
        self.no_delay = part.no_delay;
        let len = usize::from(part.len).min(self.text.len());
        let text = self.text.get(..len).and_then(|text| core::str::from_utf8(text).ok());
        let _ = out.push_str(text.unwrap_or(""));
        texts::remove(&mut self.text, 0, len);
    }
}

/// The trimmed parts of a list, without empty ones and without a leading word `Backlog` (D-33).
fn parts(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    let parts = core::iter::from_fn(move || {
        let list = rest?;
        let end = end_of_part(list);
        rest = list.get(end + 1..);
        list.get(..end)
    });
    parts.map(|part| without_backlog(part.trim_ascii())).filter(|part| !part.is_empty())
}

/// Where the first part ends: at a `;` outside of braces.
fn end_of_part(list: &str) -> usize {
    let mut depth = 0usize;
    let ends = |byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b';' && depth == 0
    };
    list.bytes().position(ends).unwrap_or(list.len())
}

fn without_backlog(part: &str) -> &str {
    let (word, rest) = args::cut(part, b' ').unwrap_or((part, ""));
    if word.eq_ignore_ascii_case("backlog") { rest.trim_ascii_start() } else { part }
}

fn is_no_delay(part: &str) -> bool {
    part.eq_ignore_ascii_case("nodelay")
}

/// A part that starts with `Reset` is refused silently (D-33).
fn is_reset(part: &str) -> bool {
    part.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("reset"))
}

impl Device {
    /// Runs the parts that are due, until one has an answer that must leave first.
    pub(crate) fn tick_backlog(&mut self) {
        while self.accepts_command() && self.backlog.deadline().is_some_and(|due| due <= self.now) {
            self.run_part();
        }
    }

    fn run_part(&mut self) {
        let mut part = String::new();
        self.backlog.pop(&mut part);
        let silent = self.backlog.mode.silent;
        let Some((word, argument)) = dispatch::split_line(&part) else { return };
        let (source, argument) = (Source::Backlog, Some(argument));
        self.execute(&Order { word, argument, source, topic: "", retained: false, silent });
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Backlog",
        index: crate::command::Index::Any,
        args: help("commands with ; between them, at most 30"),
        help: help(
            "Run commands one after another; Backlog0 without gaps, 2 and 3 without answers; empty clears.",
        ),
        run: Run::Always(set_backlog),
        show: Show::OneOf(&"Empty|Aborted|Error"),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
    Command {
        name: "Delay",
        args: help("2..3600 tenths of a second, or -1 to the next full second"),
        help: help("Let the next command of a Backlog wait."),
        run: Run::Always(set_delay),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
];

/// The places of its answers.
const EMPTY: u8 = 0;
const ABORTED: u8 = 1;
const ERROR: u8 = 2;

/// D-33 to D-38.
fn set_backlog(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let backlog = &mut device.backlog;
    if call.argument.is_empty() {
        let answer = if backlog.is_empty() { EMPTY } else { ABORTED };
        backlog.clear();
        return Ok(Reply::ShowAt(answer));
    }
    match backlog.start(call.now, call.argument, call.index_or_first()) {
        Ok(()) => Ok(Reply::Own),
        Err(_) => Ok(Reply::ShowAt(ERROR)),
    }
}

/// D-41. The answer is what remains of the pause, in tenths of a second.
fn set_delay(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let pause_ms = match args::number(call.argument) {
        Some(tenths @ 2..=3600) => tenths.unsigned_abs() * 100,
        Some(-1) => 1000 - u32::from(device.facts.clock.unix(call.now).1),
        _ => u32::try_from(device.backlog.due.millis_since(call.now)).unwrap_or(u32::MAX),
    };
    device.backlog.due = call.now.plus_millis(pause_ms);
    Ok(Reply::Number(u16::try_from(pause_ms / 100).unwrap_or(u16::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(list: &str) -> std::vec::Vec<&str> {
        parts(list).collect()
    }

    #[test]
    fn d_33_parts_are_trimmed_and_braces_hold_together() {
        assert_eq!(split(" a 1 ;; b;Backlog c 2; "), ["a 1", "b", "c 2"]);
        assert_eq!(split(r#"a {"x":1;"y":2};b"#), [r#"a {"x":1;"y":2}"#, "b"]);
        assert_eq!(split("}};b"), ["}}", "b"]);
    }

    #[test]
    fn d_34_thirty_fit_and_thirty_one_are_refused_whole() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.add(&"a;".repeat(31)), Err(CommandError::Refused));
        assert!(backlog.is_empty());
        assert_eq!(backlog.add(&"a;".repeat(30)), Ok(()));
        assert_eq!(backlog.add("b"), Err(CommandError::Refused));
        assert_eq!(backlog.parts.len(), 30);
    }

    #[test]
    fn d_34_bytes_are_counted_as_parts_are() {
        let mut backlog = Backlog::default();
        let half = "x".repeat(MAX_TEXT / 2);
        for tail in ["x", "xx"] {
            assert_eq!(backlog.add(&format!("{half};{half};{tail}")), Err(CommandError::Refused));
            assert!(backlog.is_empty());
        }
        assert_eq!(backlog.add(&format!("{half};{half}")), Ok(()));
        assert_eq!(backlog.add("x"), Err(CommandError::Refused));
        assert_eq!((backlog.parts.len(), backlog.text.len()), (2, MAX_TEXT));
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_in_order(list in "[a-z0-9 ;]{0,200}") {
            let mut backlog = Backlog::default();
            if backlog.add(&list).is_ok() {
                for part in parts(&list) {
                    let mut out = String::new();
                    backlog.pop(&mut out);
                    prop_assert_eq!(out.as_str(), part);
                }
            }
            prop_assert!(backlog.is_empty());
        }
    }
}
