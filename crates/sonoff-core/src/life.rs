//! The end of a run: answers first, then records, goodbye, restart.

use crate::device::Device;
use crate::io::Restart;
use crate::report::Report;
use crate::time::Instant;

/// From the answer to the end of the run (S-54), milliseconds.
const COUNTDOWN_MS: u32 = 1500;
/// The longest that records and goodbye are waited for, milliseconds.
const LAST_MS: u32 = 2000;

/// Where the run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Nothing ends it.
    Running,
    /// Ends then, as soon as the Backlog is empty (D-40).
    Countdown { why: Restart, at: Instant },
    /// Goodbye was said; the records and the link are waited for.
    Ending { why: Restart, until: Instant },
    /// The runner is to be told.
    Ended { why: Restart },
    /// The runner was told.
    Over,
}

impl Life {
    /// Nobody has asked for the end yet; from then on no connection is made (S-54).
    pub(crate) const fn is_running(self) -> bool {
        matches!(self, Self::Running)
    }

    /// Goodbye was said.
    pub(crate) const fn is_ending(self) -> bool {
        matches!(self, Self::Ending { .. } | Self::Ended { .. } | Self::Over)
    }

    pub(crate) const fn deadline(self, backlog_empty: bool) -> Option<Instant> {
        match self {
            Self::Countdown { at, .. } if backlog_empty => Some(at),
            Self::Ending { until, .. } => Some(until),
            Self::Running | Self::Countdown { .. } | Self::Ended { .. } | Self::Over => None,
        }
    }

    pub(crate) fn poll_restart(&mut self) -> Option<Restart> {
        let Self::Ended { why } = *self else { return None };
        *self = Self::Over;
        Some(why)
    }
}

impl Device {
    /// Restarts after the answer has had time to leave.
    pub(crate) fn restart_soon(&mut self) {
        self.end_soon(Restart::Commanded);
    }

    pub(crate) fn end_soon(&mut self, why: Restart) {
        if self.life.is_running() {
            self.life = Life::Countdown { why, at: self.now.plus_millis(COUNTDOWN_MS) };
        }
    }

    pub(crate) fn shut_down(&mut self) {
        if !self.life.is_ending() {
            self.life = Life::Countdown { why: Restart::Halt, at: self.now };
        }
    }

    /// Moves on whenever something has happened.
    pub(crate) fn go_on_ending(&mut self) {
        let now = self.now;
        match self.life {
            Life::Countdown { why, at } if at <= now && self.backlog.is_empty() => self.say_goodbye(why),
            Life::Ending { why, until } if until <= now || (self.saves.is_clean() && !self.link.online) => {
                self.saves.end();
                self.life = Life::Ended { why };
            }
            Life::Running
            | Life::Countdown { .. }
            | Life::Ending { .. }
            | Life::Ended { .. }
            | Life::Over => {}
        }
    }

    fn say_goodbye(&mut self, why: Restart) {
        let now = self.now;
        self.life = Life::Ending { why, until: now.plus_millis(LAST_MS) };
        self.store_reset(now);
        self.saves.end();
        if self.link.online {
            self.report(Report::Goodbye, false);
        }
        self.notes.push(crate::log::Note::Ending(why));
        self.go_on_ending();
    }
}
