//! Push buttons: presses, several presses, holding.

use crate::POWERS;
use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::keys::{Action, Key, Word};
use crate::power::Verb;
use crate::settings::{Number, Settings};
use crate::time::{Instant, earliest};
use crate::wiring::Kind;

/// Presses that follow each other so soon belong together (P-43), milliseconds.
pub const WINDOW_MS: u32 = 500;
/// So many times the hold time is the long hold (P-42, P-48).
const LONG: u32 = 10;

/// What a finger does at one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Gesture {
    /// Nothing.
    #[default]
    Idle,
    /// It holds the button down.
    Down {
        /// Presses so far, this one included.
        count: u8,
        /// The press edge.
        since: Instant,
    },
    /// The button is up, and another press may follow.
    Counting {
        /// Presses so far.
        count: u8,
        /// The last press edge.
        since: Instant,
    },
    /// It has held the button for the hold time.
    Held {
        /// The press edge.
        since: Instant,
    },
    /// All was told; the button has yet to come up.
    Spent {
        /// It was a hold, whose end is told, too.
        held: bool,
    },
}

/// What happens to a gesture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Touch {
    /// The debounced press edge.
    Press,
    /// The debounced release edge.
    Release,
    /// Time passes.
    Time,
}

/// What a gesture comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Deed {
    /// A press edge.
    Press,
    /// So many presses, and none more within the window.
    Clicks(u8),
    /// Held for the hold time (P-48).
    Hold,
    /// Held for ten times the hold time.
    LongHold,
    /// Let go of after a hold.
    Clear,
}

/// The times of gestures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// SetOption32, milliseconds.
    pub hold_ms: u32,
    /// A longer press is none: SetOption40 (P-49), milliseconds; [`Limits::ALL_COUNT`] where every press is one.
    pub ignore_ms: u32,
}

impl Limits {
    /// No press is too long.
    pub const ALL_COUNT: u32 = u32::MAX;
}

impl Settings {
    /// The times of gestures.
    pub fn gesture_limits(&self) -> Limits {
        let tenths = |option| u32::from(self.option_byte(option)) * 100;
        let ignores = self.option(1) && !self.option(13) && self.option_byte(40) > 0;
        Limits { hold_ms: tenths(32), ignore_ms: if ignores { tenths(40) } else { Limits::ALL_COUNT } }
    }
}

impl Gesture {
    /// When [`Touch::Time`] will matter.
    pub fn deadline(&self, limits: Limits) -> Option<Instant> {
        match *self {
            Self::Idle | Self::Spent { .. } => None,
            Self::Down { since, .. } => Some(since.plus_millis(limits.hold_ms.min(limits.ignore_ms))),
            Self::Counting { since, .. } => Some(since.plus_millis(WINDOW_MS)),
            Self::Held { since } => Some(since.plus_millis(limits.hold_ms * LONG)),
        }
    }

    /// What becomes of it, and what it comes to.
    ///
    /// In place: to hand it on by value costs a small chip more than the change itself.
    pub fn step(&mut self, touch: Touch, now: Instant, limits: Limits) -> Option<Deed> {
        let due = self.deadline(limits).is_some_and(|due| due <= now);
        match touch {
            Touch::Press => self.press(now),
            Touch::Release => self.release(due, now),
            Touch::Time if due => self.last(limits),
            Touch::Time => None,
        }
    }

    fn press(&mut self, now: Instant) -> Option<Deed> {
        let before = match *self {
            Self::Idle => 0,
            Self::Counting { count, .. } => count,
            Self::Down { .. } | Self::Held { .. } | Self::Spent { .. } => return None,
        };
        *self = Self::Down { count: before.saturating_add(1), since: now };
        Some(Deed::Press)
    }

    fn release(&mut self, due: bool, now: Instant) -> Option<Deed> {
        let deed = match *self {
            Self::Idle | Self::Counting { .. } => return None,
            Self::Down { count, since } if !due && now < since.plus_millis(WINDOW_MS) => {
                *self = Self::Counting { count, since };
                return None;
            }
            Self::Down { count, .. } => (!due).then_some(Deed::Clicks(count)),
            Self::Held { .. } | Self::Spent { held: true } => Some(Deed::Clear),
            Self::Spent { held: false } => None,
        };
        *self = Self::Idle;
        deed
    }

    /// It has lasted as long as it may.
    fn last(&mut self, limits: Limits) -> Option<Deed> {
        let (next, deed) = match *self {
            Self::Idle | Self::Spent { .. } => return None,
            Self::Down { .. } if limits.ignore_ms <= limits.hold_ms => (Self::Spent { held: false }, None),
            Self::Down { since, .. } => (Self::Held { since }, Some(Deed::Hold)),
            Self::Counting { count, .. } => (Self::Idle, Some(Deed::Clicks(count))),
            Self::Held { .. } => (Self::Spent { held: true }, Some(Deed::LongHold)),
        };
        *self = next;
        deed
    }
}

/// All buttons.
#[derive(Debug, Default)]
pub(crate) struct Buttons {
    gestures: [Gesture; POWERS],
    /// The buttons whose present gesture has acted already, at its press.
    acted: u8,
}

impl Buttons {
    pub(crate) fn deadline(&self, limits: Limits) -> Option<Instant> {
        self.gestures.iter().fold(None, |soonest, gesture| earliest(soonest, gesture.deadline(limits)))
    }
}

impl Device {
    pub(crate) fn tick_buttons(&mut self) {
        if self.buttons.deadline(self.settings.gesture_limits()).is_some_and(|due| due <= self.now) {
            for number in 1..9 {
                self.touch(number, Touch::Time);
            }
        }
    }

    pub(crate) fn button_moved(&mut self, number: u8, down: bool) {
        self.touch(number, if down { Touch::Press } else { Touch::Release });
    }

    fn touch(&mut self, number: u8, touch: Touch) {
        let limits = self.settings.gesture_limits();
        let place = usize::from(number).checked_sub(1).and_then(|at| self.buttons.gestures.get_mut(at));
        if let Some(deed) = place.and_then(|gesture| gesture.step(touch, self.now, limits)) {
            self.button_deed(number, deed);
        }
    }

    fn button_deed(&mut self, number: u8, deed: Deed) {
        let alone = self.option(13);
        match deed {
            Deed::Press => self.button_pressed(number),
            Deed::Clicks(6) if !alone => self.six_presses(),
            Deed::Clicks(count @ 1..=5) if !self.has_acted(number) => self.presses(number, count),
            Deed::Hold if !self.has_acted(number) => self.button_held(number),
            Deed::LongHold if alone => self.order("SetOption13", "0"),
            Deed::LongHold if !self.option(1) => self.order("Reset", "1"),
            Deed::Clear if !self.has_acted(number) && self.option(73) => {
                self.act(Key::Button, number, Action::Clear)
            }
            Deed::Clicks(_) | Deed::Hold | Deed::LongHold | Deed::Clear => {}
        }
    }

    fn has_acted(&self, number: u8) -> bool {
        self.buttons.acted & crate::power::bit(number) != 0
    }

    /// Acts at once, unless the number of presses matters (P-42, P-43).
    fn button_pressed(&mut self, number: u8) {
        self.flash_led();
        let at_once = self.option(13) || !self.is_multi_press(number);
        if at_once {
            self.buttons.acted |= crate::power::bit(number);
            self.presses(number, 1);
        } else {
            self.buttons.acted &= !crate::power::bit(number);
        }
    }

    /// The button has a multi-press binding (P-43), or presses that last too long are none (P-49).
    fn is_multi_press(&self, number: u8) -> bool {
        let settings = &self.settings;
        (number == 1 && self.power.count() >= 2)
            || settings.option(73)
            || settings.option(11)
            || settings.key_topic(Key::Button).is_some()
            || settings.gesture_limits().ignore_ms != Limits::ALL_COUNT
    }

    /// P-44 to P-46, P-52.
    fn presses(&mut self, number: u8, count: u8) {
        let swap = self.option(11);
        let offered = count == 1 + u8::from(swap);
        let swapped =
            swap && count <= 2 && self.wiring.mask(Kind::Button).is_power_of_two() && self.power.count() == 2;
        let count = if swapped { 3 - count } else { count };
        if offered && self.send_key(Key::Button, number, Word::Toggle) {
            return;
        }
        if self.option(73) {
            return self.act(Key::Button, number, Action::clicks(count));
        }
        match (count, number) {
            (1, _) => self.ask_relay(number, Verb::Toggle),
            (2..=5, 1) if count <= self.power.count() => self.ask_relay(count, Verb::Toggle),
            _ => {}
        }
    }

    /// P-48, P-52.
    fn button_held(&mut self, number: u8) {
        self.send_key(Key::Button, number, Word::Hold);
        if self.option(73) {
            self.act(Key::Button, number, Action::Word(Word::Hold));
        }
    }

    /// P-47
    fn six_presses(&mut self) {
        if !self.option(1) {
            self.order("WifiConfig", "2");
        }
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: "ButtonDebounce",
    args: help("40..1000 milliseconds in steps of 10"),
    help: help("A button's level must last so long to count."),
    run: Run::Change(set_debounce),
    show: Show::Number(Number::BUTTON_DEBOUNCE),
    ..Command::PLAIN
}];

/// Samples are 10 ms apart: a time in between is refused.
pub(crate) fn set_debounce(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let ms = call.number_in(0..=u16::MAX)?;
    if ms.is_multiple_of(10) { device.store(call) } else { Err(CommandError::Kept) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { hold_ms: 4000, ignore_ms: Limits::ALL_COUNT };

    /// What a gesture comes to, with each touch at its time, and then left alone.
    fn deeds(touches: &[(u64, Touch)], limits: Limits) -> Vec<(u64, Deed)> {
        let (mut gesture, mut deeds) = (Gesture::Idle, Vec::new());
        let last = touches.last().map_or(0, |(ms, _)| ms + 100_000);
        for &(ms, touch) in touches.iter().chain(&[(last, Touch::Time)]) {
            let until = Instant::from_millis(ms);
            while let Some(due) = gesture.deadline(limits).filter(|due| *due <= until) {
                let before = gesture;
                let deed = gesture.step(Touch::Time, due, limits);
                assert_ne!(gesture, before, "a deadline that changes nothing comes again for ever");
                deeds.extend(deed.map(|deed| (due.as_millis(), deed)));
            }
            deeds.extend(gesture.step(touch, until, limits).map(|deed| (ms, deed)));
        }
        deeds
    }

    #[test]
    fn p_43_presses_are_counted_until_the_window_ends() {
        let touches = [(0, Touch::Press), (100, Touch::Release), (300, Touch::Press), (400, Touch::Release)];
        assert_eq!(deeds(&touches, LIMITS), [(0, Deed::Press), (300, Deed::Press), (800, Deed::Clicks(2))]);
        // Not before the button is up.
        let touches = [(0, Touch::Press), (700, Touch::Release)];
        assert_eq!(deeds(&touches, LIMITS), [(0, Deed::Press), (700, Deed::Clicks(1))]);
    }

    #[test]
    fn p_48_a_hold_discards_the_count() {
        let touches = [(0, Touch::Press), (50, Touch::Release), (100, Touch::Press), (5000, Touch::Release)];
        let expected = [(0, Deed::Press), (100, Deed::Press), (4100, Deed::Hold), (5000, Deed::Clear)];
        assert_eq!(deeds(&touches, LIMITS), expected);
        let expected =
            [(0, Deed::Press), (4000, Deed::Hold), (40_000, Deed::LongHold), (50_000, Deed::Clear)];
        assert_eq!(deeds(&[(0, Touch::Press), (50_000, Touch::Release)], LIMITS), expected);
    }

    #[test]
    fn p_49_a_press_that_lasts_too_long_is_none() {
        let limits = Limits { ignore_ms: 1000, ..LIMITS };
        let press = |ms| deeds(&[(0, Touch::Press), (ms, Touch::Release)], limits);
        assert_eq!(press(900), [(0, Deed::Press), (900, Deed::Clicks(1))]);
        assert_eq!(press(1000), [(0, Deed::Press)]);
        assert_eq!(press(60_000), [(0, Deed::Press)]);
    }

    #[test]
    fn time_matters_at_the_deadline_and_not_before() {
        let since = Instant::from_millis(1000);
        let mut down = Gesture::Down { count: 1, since };
        for gesture in [down, Gesture::Counting { count: 1, since }, Gesture::Held { since }] {
            let due = gesture.deadline(LIMITS).unwrap();
            let early = Instant::from_millis(due.as_millis() - 1);
            let mut after = gesture;
            assert_eq!((after.step(Touch::Time, early, LIMITS), after), (None, gesture));
        }
        // The release that comes with the deadline comes after it: no press (P-48).
        assert_eq!((down.step(Touch::Release, since.plus_millis(4000), LIMITS), down), (None, Gesture::Idle));
    }

    fn touch() -> impl Strategy<Value = Touch> {
        prop_oneof![Just(Touch::Press), Just(Touch::Release), Just(Touch::Time)]
    }

    proptest! {
        #[test]
        fn left_alone_it_comes_to_rest(
            touches in proptest::collection::vec((0..6000u32, touch()), 0..40),
            hold in 1..=250u32, ignore in proptest::option::of(1..=255u32), down: bool
        ) {
            let limits = Limits { hold_ms: hold * 100, ignore_ms: ignore.map_or(Limits::ALL_COUNT, |tenths| tenths * 100) };
            let (mut now, mut gesture) = (Instant::ZERO, Gesture::Idle);
            let last = if down { Touch::Press } else { Touch::Release };
            for (wait, touch) in touches.into_iter().chain([(0, last)]) {
                now = now.plus_millis(wait);
                gesture.step(touch, now, limits);
            }
            for _ in 0..3 {
                if let Some(due) = gesture.deadline(limits) {
                    gesture.step(Touch::Time, due.max(now), limits);
                }
            }
            prop_assert_eq!(gesture.deadline(limits), None);
        }
    }
}
