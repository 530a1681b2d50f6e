//! Switches: what a level that changes does, in seventeen modes.

mod mode;
#[cfg(feature = "switch-text")]
mod name;
#[cfg(not(feature = "switch-text"))]
#[path = "switch/name/none.rs"]
mod name;

use crate::POWERS;
use crate::args;
use crate::button::set_debounce;
use crate::command::{Call, Command, CommandError, Index, Reply, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::keys::{Action, Key, Word};
use crate::power::bit;
use crate::report::Report;
use crate::settings::{Number, Settings};
use crate::time::{Instant, earliest};
use crate::view::View;

pub use mode::{Kind, Mode};

/// A second change within this time is a HOLD (P-58), milliseconds; also the time for a second press of P-59.
pub const WINDOW_MS: u32 = 500;
/// While a dimmer's button is held, and after it: one step for so many parts of the hold time (P-59).
const STEPS: u32 = 4;
/// Most steps of one hold.
const MOST_STEPS: u8 = 20;

/// What switches are called that nobody has named.
const NAMES: [&str; POWERS] =
    ["Switch1", "Switch2", "Switch3", "Switch4", "Switch5", "Switch6", "Switch7", "Switch8"];

fn numbered(number: u8) -> &'static str {
    NAMES.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or("")
}

/// What a switch waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Contact {
    /// A change.
    #[default]
    Resting,
    /// A push button is down, and becomes HOLD then.
    Pressed {
        /// The end of the hold time.
        hold_at: Instant,
        /// It is the second press.
        again: bool,
    },
    /// HOLD was told; the button has yet to come up.
    Held,
    /// A change waits for a second one (P-58).
    Waiting {
        /// Until then.
        until: Instant,
    },
    /// A dimmer's button is held (P-59).
    Dimming {
        /// The next step.
        next: Instant,
        /// Steps to come: a button that is stuck does not dim for ever.
        left: u8,
    },
    /// A dimmer's button was let go of after dimming.
    Released {
        /// Pressed again before then it changes the direction.
        until: Instant,
    },
    /// A dimmer's button was pressed for a moment.
    Tapped {
        /// Pressed again before then it is the second press.
        until: Instant,
    },
}

/// What happens to a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The debounced level has become this.
    Level(bool),
    /// Time passes; this is the level.
    Time(bool),
}

/// What a switch asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Demand {
    /// Off, on, toggle, hold, or a dimmer's event.
    Action(Action),
    /// SENSOR at once.
    Sensor,
}

impl Contact {
    /// When [`Event::Time`] will matter.
    pub const fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Resting | Self::Held => None,
            Self::Pressed { hold_at: at, .. }
            | Self::Waiting { until: at }
            | Self::Dimming { next: at, .. }
            | Self::Released { until: at }
            | Self::Tapped { until: at } => Some(at),
        }
    }

    /// What becomes of it, and what it asks for.
    ///
    /// In place: to hand it on by value costs a small chip more than the change itself.
    pub fn step(&mut self, mode: Mode, event: Event, now: Instant, hold_ms: u32) -> Option<Demand> {
        let action = match event {
            Event::Level(_) if mode.kind == Kind::Tell => {
                *self = Self::Resting;
                return Some(Demand::Sensor);
            }
            Event::Level(level) => self.level(mode.kind, level == mode.active, now, hold_ms),
            Event::Time(_) if self.deadline().is_none_or(|due| due > now) => None,
            Event::Time(level) => self.due(mode.kind, level == mode.active, now, hold_ms),
        };
        action.map(Demand::Action)
    }

    fn level(&mut self, kind: Kind, active: bool, now: Instant, hold_ms: u32) -> Option<Action> {
        let was = core::mem::take(self);
        match kind {
            Kind::Dimmer => {
                *self = was;
                self.dimmer_moved(active, now, hold_ms)
            }
            Kind::Toggle => Some(TOGGLE),
            Kind::Follow => Some(follow(active)),
            Kind::PushHold if active => {
                *self = Self::pressed(now, hold_ms, false);
                None
            }
            Kind::PushHold => matches!(was, Self::Pressed { .. }).then_some(TOGGLE),
            Kind::ToggleMulti | Kind::FollowMulti if matches!(was, Self::Waiting { .. }) => Some(HOLD),
            Kind::ToggleMulti | Kind::FollowMulti => {
                *self = Self::Waiting { until: now.plus_millis(WINDOW_MS) };
                None
            }
            Kind::Push => active.then_some(TOGGLE),
            Kind::PushOn => active.then_some(Action::Word(Word::On)),
            Kind::Tell => None,
        }
    }

    const fn pressed(now: Instant, hold_ms: u32, again: bool) -> Self {
        Self::Pressed { hold_at: now.plus_millis(hold_ms), again }
    }

    fn dimmer_moved(&mut self, down: bool, now: Instant, hold_ms: u32) -> Option<Action> {
        let window = now.plus_millis(WINDOW_MS);
        let (next, action) = match (*self, down) {
            (Self::Released { .. }, true) => {
                let next = now.plus_millis(hold_ms / STEPS);
                (Self::Dimming { next, left: MOST_STEPS }, Some(Action::Invert))
            }
            (_, true) => (Self::pressed(now, hold_ms, matches!(self, Self::Tapped { .. })), None),
            (Self::Pressed { again: true, .. }, false) => (Self::Resting, Some(Action::Full)),
            (Self::Pressed { again: false, .. }, false) => (Self::Tapped { until: window }, Some(TOGGLE)),
            (Self::Dimming { .. }, false) => (Self::Released { until: window }, Some(Action::Release)),
            (
                Self::Resting
                | Self::Held
                | Self::Waiting { .. }
                | Self::Released { .. }
                | Self::Tapped { .. },
                false,
            ) => (Self::Resting, None),
        };
        *self = next;
        action
    }

    fn due(&mut self, kind: Kind, active: bool, now: Instant, hold_ms: u32) -> Option<Action> {
        let next = now.plus_millis((hold_ms / STEPS).max(1));
        match (core::mem::take(self), kind) {
            (Self::Pressed { .. }, Kind::Dimmer) => {
                *self = Self::Dimming { next, left: MOST_STEPS };
                Some(Action::Increment)
            }
            (Self::Dimming { left: left @ 1.., .. }, Kind::Dimmer) => {
                *self = Self::Dimming { next, left: left - 1 };
                Some(Action::Increment)
            }
            (Self::Pressed { .. }, _) => {
                *self = Self::Held;
                Some(HOLD)
            }
            (Self::Dimming { .. } | Self::Held, _) => {
                *self = Self::Held;
                None
            }
            (Self::Waiting { .. }, Kind::FollowMulti) => Some(follow(active)),
            (Self::Waiting { .. }, _) => Some(TOGGLE),
            (Self::Released { .. }, _) => Some(Action::DimmerClear),
            (Self::Tapped { .. }, _) => Some(Action::Delayed),
            (Self::Resting, _) => None,
        }
    }
}

const TOGGLE: Action = Action::Word(Word::Toggle);
const HOLD: Action = Action::Word(Word::Hold);

const fn follow(active: bool) -> Action {
    Action::Word(if active { Word::On } else { Word::Off })
}

/// All switches.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    contacts: [Contact; POWERS],
}

impl Switches {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.contacts.iter().fold(None, |soonest, contact| earliest(soonest, contact.deadline()))
    }
}

impl Settings {
    fn switch_mode(&self, number: u8) -> u8 {
        let [mode, _] = self.nth_number(Number::SWITCH_MODE, number).to_le_bytes();
        mode
    }
}

impl View<'_> {
    /// Switch `number` is shown as on: its level, inverted in half of the modes (P-66).
    pub(crate) fn switch_shown(&self, number: u8) -> bool {
        let inverted = matches!(self.settings().switch_mode(number), 2 | 4 | 6 | 10 | 12 | 14 | 16);
        (self.facts.switches & bit(number) != 0) != inverted
    }
}

impl Device {
    /// The debounced level of a switch has changed; the first one only is remembered (P-67).
    pub(crate) fn switch_moved(&mut self, number: u8, high: bool, first: bool) {
        let level = if high { bit(number) } else { 0 };
        self.facts.switches = self.facts.switches & !bit(number) | level;
        if !first {
            self.step_switch(number, Event::Level(high));
        }
    }

    pub(crate) fn tick_switches(&mut self) {
        if self.switches.deadline().is_none_or(|due| due > self.now) {
            return;
        }
        for number in 1..9 {
            let level = self.facts.switches & bit(number) != 0;
            self.step_switch(number, Event::Time(level));
        }
    }

    fn step_switch(&mut self, number: u8, event: Event) {
        let mode = Mode::of(self.settings.switch_mode(number));
        let hold_ms = self.settings.gesture_limits().hold_ms;
        let place = usize::from(number).checked_sub(1).and_then(|at| self.switches.contacts.get_mut(at));
        match place.and_then(|contact| contact.step(mode, event, self.now, hold_ms)) {
            Some(Demand::Action(action)) => self.switch_acts(number, action),
            Some(Demand::Sensor) => self.report(Report::Sensor, false),
            None => {}
        }
    }

    /// The key message first, then the relay, or what a detached switch tells (P-62 to P-65).
    fn switch_acts(&mut self, number: u8, action: Action) {
        let word = action.word();
        let consumed = word.is_some_and(|word| self.send_key(Key::Switch, number, word));
        if self.option(114) {
            return self.act(Key::Switch, number, action);
        }
        if let Some(verb) = word.and_then(Word::verb).filter(|_| !consumed) {
            self.ask_relay(number, verb);
        }
    }
}

/// The modes as Status shows them: 28, of which this device has the first eight.
pub(crate) fn modes(settings: &Settings) -> impl Iterator<Item = u32> {
    (1..29).map(|number| u32::from(settings.switch_mode(number)))
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "SwitchMode",
        index: Index::Any,
        args: help("0..16"),
        help: help("What a change of a switch does; SwitchMode0 stands for all switches."),
        run: Run::Always(set_switch_mode),
        show: Show::By(show_switch_mode),
        ..Command::PLAIN
    },
    Command {
        name: "SwitchDebounce",
        args: help("40..1000 milliseconds in steps of 10"),
        help: help("A switch's level must last so long to count."),
        run: Run::Change(set_debounce),
        show: Show::Number(Number::SWITCH_DEBOUNCE),
        ..Command::PLAIN
    },
    #[cfg(feature = "switch-text")]
    name::COMMAND,
];

/// A mode takes effect with the next change.
fn set_switch_mode(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let number = call.index_or_first();
    if usize::from(number) > POWERS {
        return Err(CommandError::Refused);
    }
    let modes = Number::SWITCH_MODE;
    let Ok(mode) = args::number_in(call.argument, modes.range()) else { return Ok(Reply::Show) };
    for switch in (1..=modes.count()).filter(|switch| number == 0 || number == *switch) {
        device.settings.set_nth_number(modes, switch, mode)?;
    }
    device.settings_changed();
    Ok(Reply::Show)
}

fn show_switch_mode(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    match index.unwrap_or(1) {
        0 => json.numbers("SwitchMode", modes(view.settings())),
        number => json.number(("SwitchMode", number), view.settings().switch_mode(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a switch in this mode asks for, with each level at its time, and then left alone.
    fn demands(mode: u8, levels: &[(u64, bool)], end: u64) -> Vec<(u64, Demand)> {
        let (mode, mut contact, mut demands) = (Mode::of(mode), Contact::Resting, Vec::new());
        let mut level = !levels[0].1;
        for (ms, next_level) in levels.iter().map(|&(ms, level)| (ms, Some(level))).chain([(end, None)]) {
            while let Some(due) = contact.deadline().filter(|due| due.as_millis() <= ms) {
                let before = contact;
                let demand = contact.step(mode, Event::Time(level), due, 4000);
                assert_ne!(contact, before, "a deadline that changes nothing comes again for ever");
                demands.extend(demand.map(|demand| (due.as_millis(), demand)));
            }
            let Some(next_level) = next_level else { break };
            level = next_level;
            let demand = contact.step(mode, Event::Level(level), Instant::from_millis(ms), 4000);
            demands.extend(demand.map(|demand| (ms, demand)));
        }
        demands
    }

    #[test]
    fn p_59_a_dimmers_push_button() {
        let dimmer = |at, dimmer| (at, Demand::Action(dimmer));
        let toggle = Demand::Action(TOGGLE);
        // A short press, and nothing after it.
        assert_eq!(
            demands(11, &[(0, false), (100, true)], 9000),
            [(100, toggle), dimmer(600, Action::Delayed)]
        );
        // Two short presses.
        let twice = [(0, true), (100, false), (300, true), (400, false)];
        assert_eq!(demands(12, &twice, 9000), [(100, toggle), dimmer(400, Action::Full)]);
        // Held for two steps, let go of, pressed again, let go of.
        let held = [(0, false), (5500, true), (5900, false), (6000, true)];
        let expected = [
            dimmer(4000, Action::Increment),
            dimmer(5000, Action::Increment),
            dimmer(5500, Action::Release),
            dimmer(5900, Action::Invert),
            dimmer(6000, Action::Release),
            dimmer(6500, Action::DimmerClear),
        ];
        assert_eq!(demands(11, &held, 9000), expected);
    }

    #[test]
    fn p_59_after_a_change_of_direction_it_dims_and_a_stuck_button_ends() {
        let dimmer = |at, dimmer| (at, Demand::Action(dimmer));
        let again = [(0, false), (4500, true), (4900, false), (6000, true)];
        let expected = [
            dimmer(4000, Action::Increment),
            dimmer(4500, Action::Release),
            dimmer(4900, Action::Invert),
            dimmer(5900, Action::Increment),
            dimmer(6000, Action::Release),
            dimmer(6500, Action::DimmerClear),
        ];
        assert_eq!(demands(11, &again, 9000), expected);
        let stuck = demands(11, &[(0, false)], 100_000);
        assert_eq!((stuck.len(), stuck.last()), (21, Some(&dimmer(24_000, Action::Increment))));
    }

    #[test]
    fn p_55_to_p_60_each_level_has_its_word() {
        let word = |mode, level| match demands(mode, &[(0, level)], 100).as_slice() {
            [(0, Demand::Action(Action::Word(word)))] => Some(*word),
            _ => None,
        };
        for (mode, low, high) in [
            (0, Some(Word::Toggle), Some(Word::Toggle)),
            (1, Some(Word::Off), Some(Word::On)),
            (2, Some(Word::On), Some(Word::Off)),
            (3, Some(Word::Toggle), None),
            (4, None, Some(Word::Toggle)),
            (13, Some(Word::On), None),
            (14, None, Some(Word::On)),
        ] {
            assert_eq!((word(mode, false), word(mode, true)), (low, high), "SwitchMode {mode}");
        }
    }

    #[test]
    fn time_that_is_not_due_changes_nothing() {
        let at = Instant::from_millis(1000);
        for contact in [
            Contact::Pressed { hold_at: at, again: false },
            Contact::Waiting { until: at },
            Contact::Dimming { next: at, left: 1 },
            Contact::Released { until: at },
            Contact::Tapped { until: at },
        ] {
            let early = Instant::from_millis(999);
            let dimmer = Mode { kind: Kind::Dimmer, active: false };
            let mut after = contact;
            assert_eq!(after.step(dimmer, Event::Time(false), early, 4000), None);
            assert_eq!(after, contact);
        }
    }

    #[test]
    fn p_58_two_changes_soon_after_each_other_are_a_hold() {
        let toggle = Demand::Action(TOGGLE);
        for mode in [8, 9, 10] {
            let hold = [(300, Demand::Action(HOLD))];
            assert_eq!(demands(mode, &[(0, true), (300, false)], 9000), hold, "SwitchMode {mode}");
        }
        assert_eq!(demands(8, &[(0, true)], 9000), [(500, toggle)]);
        assert_eq!(demands(9, &[(0, true)], 9000), [(500, Demand::Action(follow(true)))]);
        assert_eq!(demands(10, &[(0, true)], 9000), [(500, Demand::Action(follow(false)))]);
    }

    proptest! {
        #[test]
        fn left_alone_it_comes_to_rest(
            mode in 0..=16u8, other in 0..=16u8, hold in 1..=250u32,
            events in proptest::collection::vec((0..6000u32, any::<bool>()), 0..40)
        ) {
            let (mut now, mut contact) = (Instant::ZERO, Contact::Resting);
            for (wait, level) in events {
                now = now.plus_millis(wait);
                contact.step(Mode::of(other), Event::Time(level), now, hold * 100);
                contact.step(Mode::of(mode), Event::Level(level), now, hold * 100);
            }
            for _ in 0..30 {
                if let Some(due) = contact.deadline() {
                    contact.step(Mode::of(mode), Event::Time(false), due.max(now), hold * 100);
                }
            }
            prop_assert_eq!(contact.deadline(), None);
        }
    }
}
