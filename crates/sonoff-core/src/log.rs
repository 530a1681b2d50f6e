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
    /// A template's old code has no number today (M-9).
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
            Self::UnknownComponent => sink.push("CFG: Template with an unknown component, left out"),
            Self::Ending(restart) => {
                sink.push(if restart == Restart::Halt { "APP: Halting" } else { "APP: Restarting" });
                return Level::Info;
            }
        }
        Level::Error
    }
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
