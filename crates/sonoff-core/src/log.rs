//! The log lines that the core itself makes.

use heapless::Deque;

use crate::device::Device;
use crate::io::{Level, Line, Restart, Slot};
use crate::text::Sink;

/// Lines that may wait; more push the oldest out.
const WAITING: usize = 8;

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// A retained command was not carried out (D-53).
    RetainedRefused(&'static str),
    /// T-33
    TopicTooLong,
    /// T-20
    GroupIsTopic,
    /// A stored record could not be read.
    Unreadable(Slot),
    /// More than [`SENSORS`](crate::reading::SENSORS).
    TooManySensors,
    /// A password that no radio takes (C-42).
    WifiPassword,
    /// A template's old code has no number today (M-28).
    UnknownComponent,
    /// S-58
    Ending(Restart),
}

impl Note {
    fn write(self, sink: &mut Sink<'_>) -> Level {
        match self {
            Self::RetainedRefused(name) => {
                sink.push("MQT: Retained command ");
                sink.push(name);
                sink.push(" refused");
                return Level::Info;
            }
            Self::TopicTooLong => sink.push("MQT: Topic too long, not executed"),
            Self::GroupIsTopic => sink.push("MQT: Error: GroupTopic must differ from Topic"),
            Self::Unreadable(Slot::Settings) => {
                sink.push("CFG: Settings unreadable, factory values in force")
            }
            Self::Unreadable(Slot::State) => sink.push("CFG: Saved state unreadable, ignored"),
            Self::TooManySensors => sink.push("SNS: Too many sensors, one is left out"),
            Self::WifiPassword => sink.push("WIF: Password must have 8 to 63 bytes"),
            Self::UnknownComponent => sink.push("CFG: Template with an unknown component, left out"),
            Self::Ending(restart) => {
                sink.push(if restart == Restart::Halt { "APP: Halting" } else { "APP: Restarting" });
                return Level::Info;
            }
        }
        Level::Error
    }
}

/// What every command that takes a secret has in its name.
const SECRET: &[u8] = b"password";

/// The part of a typed line that a log may show, where a secret follows (D-54); `None` when all of it may be shown.
pub fn before_secret(line: &str) -> Option<&str> {
    let word = line.as_bytes().windows(SECRET.len()).position(|word| word.eq_ignore_ascii_case(SECRET))?;
    let number = line.get(word + SECRET.len()..)?;
    let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let shown = line.get(..line.len() - rest.len())?;
    (!rest.trim_ascii().is_empty()).then_some(shown)
}

/// The lines that wait.
#[derive(Debug, Default)]
pub(crate) struct Notes(Deque<Note, WAITING>);

impl Notes {
    pub(crate) fn push(&mut self, note: Note) {
        if self.0.is_full() {
            self.0.pop_front();
        }
        let _ = self.0.push_back(note);
    }
}

impl Device {
    /// The next log line that the core itself makes; longer ones than `buf` are cut.
    ///
    /// Lines about messages and connections are the runner's, which knows whether they left.
    pub fn poll_log<'b>(&mut self, buf: &'b mut [u8]) -> Option<Line<'b>> {
        let note = self.notes.0.pop_front()?;
        let mut sink = Sink::new(buf);
        let level = note.write(&mut sink);
        Some(Line { level, text: sink.into_str() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_54_a_line_is_shown_up_to_its_first_secret() {
        let shown = [
            ("password2 top secret", Some("password2")),
            ("MqttPassword x", Some("MqttPassword")),
            ("cmnd/sonoff/_WEBPASSWORD=x", Some("cmnd/sonoff/_WEBPASSWORD")),
            ("backlog ssid1 home; Password1 12345678; power on", Some("backlog ssid1 home; Password1")),
            ("password", None),
            ("Password2 ", None),
            ("power on", None),
            ("ü passwor", None),
        ];
        shown.into_iter().for_each(|(line, part)| assert_eq!(before_secret(line), part, "{line}"));
    }
}
