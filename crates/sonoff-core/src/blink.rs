//! Blinking relays: one timer, one phase and one counter for all of them.

use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::power::bit;
use crate::report::Report;
use crate::settings::{Number, Settings};
use crate::time::Instant;

/// The first change comes this long after the start (P-20), milliseconds.
const FIRST_MS: u32 = 100;

/// The blinking of all relays that blink (P-21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Blink {
    /// None blinks.
    Idle,
    /// Some blink.
    Running {
        /// Which, as a mask.
        relays: u8,
        /// Their outputs are on.
        lit: bool,
        /// When the next change is due.
        next: Instant,
        /// Changes still to come.
        left: u32,
    },
}

/// How blinking is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Between two changes, milliseconds.
    pub period_ms: u32,
    /// Changes of a whole blink: twice BlinkCount, 64,000 for 0.
    pub changes: u32,
}

impl Settings {
    /// BlinkTime and BlinkCount.
    pub fn blink(&self) -> Timing {
        let count = self.number(Number::BLINK_COUNT);
        let changes = if count == 0 { 64_000 } else { u32::from(count) * 2 };
        Timing { period_ms: u32::from(self.number(Number::BLINK_TIME)) * 100, changes }
    }
}

impl Blink {
    /// The relays that blink.
    pub const fn relays(self) -> u8 {
        match self {
            Self::Idle => 0,
            Self::Running { relays, .. } => relays,
        }
    }

    /// The outputs of the blinking relays are on.
    pub const fn is_lit(self) -> bool {
        matches!(self, Self::Running { lit: true, .. })
    }

    /// When [`Self::step`] is due.
    pub const fn deadline(self) -> Option<Instant> {
        match self {
            Self::Idle => None,
            Self::Running { next, .. } => Some(next),
        }
    }

    /// More relays blink; timer, phase and counter start anew from the relay's present state.
    pub fn start(&mut self, relays: u8, on: bool, timing: Timing, now: Instant) {
        let next = now.plus_millis(FIRST_MS);
        *self = Self::Running { relays: self.relays() | relays, lit: on, next, left: timing.changes };
    }

    /// These relays blink no more.
    pub fn stop(&mut self, stopped: u8) {
        if let Self::Running { relays, .. } = self {
            *relays &= !stopped;
            if *relays == 0 {
                *self = Self::Idle;
            }
        }
    }

    /// The counter starts anew (P-29).
    pub fn recount(&mut self, changes: u32) {
        if let Self::Running { left, .. } = self {
            *left = changes;
        }
    }

    /// The change that is due; `Idle` when the last one has had its time.
    pub fn step(&mut self, timing: Timing, now: Instant) {
        match self {
            Self::Idle => {}
            Self::Running { next, .. } if *next > now => {}
            Self::Running { left: 0, .. } => *self = Self::Idle,
            Self::Running { lit, next, left, .. } => {
                *next = next.plus_millis(timing.period_ms).max(now.plus_millis(1));
                *lit = !*lit;
                *left = left.saturating_sub(1);
            }
        }
    }
}

impl Device {
    pub(crate) fn start_blink(&mut self, relay: u8, fallback: bool) {
        let on = self.power.is_on(relay);
        self.power.blink.start(bit(relay), on, self.settings.blink(), self.now);
        self.report(Report::Blink { relays: bit(relay), on: true }, fallback);
    }

    /// Power 4: always answered; the state only if it was blinking (P-24).
    pub(crate) fn blink_off(&mut self, relay: u8, fallback: bool) {
        let was_blinking = self.power.blink.relays() & bit(relay) != 0;
        self.power.blink.stop(bit(relay));
        self.report(Report::Blink { relays: bit(relay), on: false }, fallback);
        if was_blinking {
            self.settle(bit(relay), fallback);
        }
    }

    /// Ends the blinking of `relays`; each that did says so (P-24).
    pub(crate) fn stop_blink(&mut self, relays: u8, fallback: bool) {
        let stopped = self.power.blink.relays() & relays;
        if stopped != 0 {
            self.power.blink.stop(stopped);
            self.report(Report::Blink { relays: stopped, on: false }, fallback);
        }
    }

    pub(crate) fn tick_blink(&mut self) {
        let before = self.power.blink.relays();
        self.power.blink.step(self.settings.blink(), self.now);
        let ended = before & !self.power.blink.relays();
        if ended != 0 {
            self.report(Report::Blink { relays: ended, on: false }, false);
            self.settle(ended, false);
        }
    }

    /// Back to the state from before the blinking (P-23): its pulse starts anew, its state is published.
    fn settle(&mut self, relays: u8, fallback: bool) {
        for relay in self.power.relays() {
            if relays & bit(relay) != 0 {
                let on = self.power.is_on(relay);
                self.power.start_pulse(&self.settings, self.now, relay, on);
            }
        }
        self.report_power(relays, fallback);
    }
}

/// `BlinkTime`
pub(crate) const BLINK_TIME: Command = Command {
    name: "BlinkTime",
    args: help("2..3600, tenths of a second"),
    help: help("Time between two changes of a blinking relay."),
    run: Run::STORE,
    show: Show::Number(Number::BLINK_TIME),
    ..Command::PLAIN
};

/// `BlinkCount`
pub(crate) const BLINK_COUNT: Command = Command {
    name: "BlinkCount",
    args: help("0..32000; 0 is 32000"),
    help: help("How often a relay blinks."),
    run: Run::Change(set_blink_count),
    show: Show::Number(Number::BLINK_COUNT),
    ..Command::PLAIN
};

fn set_blink_count(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store(call)?;
    let changes = device.settings.blink().changes;
    device.power.blink.recount(changes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(relays: u8, timing: Timing) -> Blink {
        let mut blink = Blink::Idle;
        blink.start(relays, false, timing, Instant::ZERO);
        blink
    }

    #[test]
    fn p_21_changes_are_twice_the_count_and_then_it_rests() {
        let timing = Timing { period_ms: 1000, changes: 4 };
        let mut blink = started(1, timing);
        let mut changes = Vec::new();
        while let Some(due) = blink.deadline() {
            let lit = blink.is_lit();
            blink.step(timing, due);
            if blink.is_lit() != lit && blink != Blink::Idle {
                changes.push((due.as_millis(), blink.is_lit()));
            }
        }
        assert_eq!(changes, [(100, true), (1100, false), (2100, true), (3100, false)]);
        assert_eq!(blink, Blink::Idle);
    }

    #[test]
    fn it_rests_when_the_last_relay_stops_and_not_before() {
        let timing = Timing { period_ms: 1000, changes: 4 };
        let mut both = started(0b11, timing);
        both.step(timing, Instant::from_millis(99));
        assert_eq!(both, started(0b11, timing));
        both.stop(0b01);
        assert_eq!(both.relays(), 0b10);
        both.stop(0b11);
        assert_eq!(both, Blink::Idle);
    }

    #[test]
    fn a_late_tick_is_one_change_and_not_a_burst() {
        let timing = Timing { period_ms: 200, changes: 100 };
        let late = Instant::from_millis(60_000);
        let mut blink = started(1, timing);
        blink.step(timing, late);
        assert!(blink.deadline() > Some(late));
    }
}
