//! When the two records are saved.

use crate::io::Slot;
use crate::time::{Instant, earliest};

/// A change is saved this long after it, so that a burst of changes is one write; milliseconds.
const SAVE_AFTER_MS: u32 = 1000;
/// Only a restart saves.
const NEVER: Instant = Instant::from_millis(u64::MAX);
/// A boot counts when the device has run this long (S-28), milliseconds.
const BOOT_COUNTS_AFTER_MS: u32 = 10_000;

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Record {
    /// What is stored is what is true.
    #[default]
    Clean,
    /// To be saved then.
    Dirty { due: Instant },
    /// The runner is to be told.
    Due,
    /// Being saved; `again` when it has changed since.
    Saving { again: bool },
}

impl Record {
    fn changed(&mut self, due: Instant) {
        match self {
            Self::Clean => *self = Self::Dirty { due },
            Self::Dirty { due: earlier } => *earlier = due.min(*earlier),
            Self::Due => {}
            Self::Saving { again } => *again = true,
        }
    }

    fn tick(&mut self, now: Instant) {
        if matches!(*self, Self::Dirty { due } if due <= now) {
            *self = Self::Due;
        }
    }

    /// The runner is told: once.
    fn begin(&mut self) -> bool {
        let due = matches!(self, Self::Due);
        if due {
            *self = Self::Saving { again: false };
        }
        due
    }

    /// A failed save is tried again.
    fn saved(&mut self, ok: bool, due: Instant) {
        if let Self::Saving { again } = *self {
            *self = if ok && !again { Self::Clean } else { Self::Dirty { due } };
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Dirty { due } => Some(due).filter(|due| *due != NEVER),
            Self::Clean | Self::Due | Self::Saving { .. } => None,
        }
    }

    fn flush(&mut self) {
        if matches!(self, Self::Dirty { .. }) {
            *self = Self::Due;
        }
    }
}

/// Both records.
#[derive(Debug, Default)]
pub(crate) struct Saves {
    /// From a change to its save, milliseconds; `None` saves only before a restart.
    delay_ms: Option<u32>,
    settings: Record,
    state: Record,
    count: u32,
    boot_counts_at: Option<Instant>,
}

impl Saves {
    /// `SaveData` is this.
    pub(crate) fn set_delay(&mut self, seconds: u16) {
        self.delay_ms = (seconds > 0).then(|| u32::from(seconds) * SAVE_AFTER_MS);
    }

    fn due(&self, now: Instant) -> Instant {
        self.delay_ms.map_or(NEVER, |ms| now.plus_millis(ms))
    }

    pub(crate) fn settings_changed(&mut self, now: Instant) {
        let due = self.due(now);
        self.settings.changed(due);
    }

    pub(crate) fn state_changed(&mut self, now: Instant) {
        let due = self.due(now);
        self.state.changed(due);
    }

    /// A run begins. Relays that PowerOnState has set otherwise than they are stored are saved before a restart at the
    /// latest, which would move them (P-16).
    pub(crate) fn boot(&mut self, now: Instant, save_data: u16, is_stored: bool) {
        self.set_delay(save_data);
        self.boot_counts_at = Some(now.plus_millis(BOOT_COUNTS_AFTER_MS));
        if !is_stored {
            self.state.changed(NEVER);
        }
    }

    /// This boot has lasted long enough to be counted.
    pub(crate) fn boot_counts(&self) -> bool {
        self.boot_counts_at.is_none()
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        if self.boot_counts_at.take_if(|at| *at <= now).is_some() {
            self.state.changed(if self.delay_ms.is_some() { now } else { NEVER });
        }
        self.settings.tick(now);
        self.state.tick(now);
    }

    /// The run ends: whatever waits is due now, and so is what changes from now on.
    pub(crate) fn end(&mut self) {
        self.delay_ms = Some(0);
        self.flush();
    }

    /// Whatever waits is due now.
    pub(crate) fn flush(&mut self) {
        self.settings.flush();
        self.state.flush();
    }

    pub(crate) fn is_clean(&self) -> bool {
        matches!((&self.settings, &self.state), (Record::Clean, Record::Clean))
    }

    /// The next record that the runner must save.
    pub(crate) fn next(&mut self) -> Option<Slot> {
        if self.settings.begin() {
            return Some(Slot::Settings);
        }
        self.state.begin().then_some(Slot::State)
    }

    /// Records saved in this run.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn saved(&mut self, now: Instant, slot: Slot, ok: bool) {
        self.count = self.count.saturating_add(u32::from(ok));
        let record = match slot {
            Slot::Settings => &mut self.settings,
            Slot::State => &mut self.state,
        };
        record.saved(ok, now.plus_millis(SAVE_AFTER_MS));
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        earliest(earliest(self.settings.deadline(), self.state.deadline()), self.boot_counts_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_second() -> Saves {
        let mut saves = Saves::default();
        saves.set_delay(1);
        saves
    }

    #[test]
    fn a_burst_of_changes_is_one_save() {
        let mut saves = every_second();
        (0..10).for_each(|ms| saves.settings_changed(Instant::from_millis(ms)));
        assert_eq!(saves.deadline(), Some(Instant::from_millis(1000)));
        saves.tick(Instant::from_millis(1000));
        assert_eq!((saves.next(), saves.next()), (Some(Slot::Settings), None));
        saves.saved(Instant::from_millis(1010), Slot::Settings, true);
        assert!(saves.is_clean());
    }

    #[test]
    fn what_changes_while_the_run_ends_is_due_at_once() {
        let mut saves = every_second();
        saves.end();
        saves.state_changed(Instant::from_millis(5));
        assert_eq!(saves.deadline(), Some(Instant::from_millis(5)));
        saves.tick(Instant::from_millis(5));
        assert_eq!(saves.next(), Some(Slot::State));
    }

    #[test]
    fn a_change_during_a_save_and_a_failed_save_are_saved_later() {
        let mut saves = every_second();
        for ok in [true, false] {
            saves.settings_changed(Instant::ZERO);
            saves.tick(Instant::from_millis(9000));
            assert_eq!(saves.next(), Some(Slot::Settings));
            saves.settings_changed(Instant::from_millis(9001));
            saves.saved(Instant::from_millis(9002), Slot::Settings, ok);
            assert_eq!(saves.deadline(), Some(Instant::from_millis(10_002)));
        }
    }
}
