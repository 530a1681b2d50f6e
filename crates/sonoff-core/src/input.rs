//! Inputs: levels that bounce, and what remains of them.

use crate::POWERS;
use crate::device::Device;
use crate::keys::Key;
use crate::settings::Number;
use crate::time::Instant;
use crate::wiring::Wiring;

/// Samples are this far apart (P-41), milliseconds.
pub const SAMPLE_MS: u32 = 10;

/// One debounced input (P-41): a counter goes up and down, the state changes at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Debounce {
    count: u8,
    active: bool,
}

impl Debounce {
    /// An input that has been so for long.
    pub const fn settled(active: bool, samples: u8) -> Self {
        Self { count: if active { samples } else { 0 }, active }
    }

    /// Takes one sample; `samples` of one kind more than of the other make a change.
    #[must_use]
    pub const fn sample(self, active: bool, samples: u8) -> Self {
        let up = if self.count < samples { self.count + 1 } else { samples };
        let count = if active { up } else { self.count.saturating_sub(1) };
        let active = if count == 0 {
            false
        } else if count >= samples {
            true
        } else {
            self.active
        };
        Self { count, active }
    }

    /// The debounced state.
    pub const fn is_active(self) -> bool {
        self.active
    }

    /// The counter is at an end: nothing will change without a new level.
    pub const fn is_settled(self, samples: u8) -> bool {
        if self.active { self.count >= samples } else { self.count == 0 }
    }
}

/// The samples that make a change, from ButtonDebounce or SwitchDebounce.
fn samples(debounce_ms: u16) -> u8 {
    u8::try_from(debounce_ms / 10).unwrap_or(u8::MAX)
}

/// All inputs of the device.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    buttons: [Debounce; POWERS],
    switches: [Debounce; POWERS],
    /// The earliest next sample; `None` before the first one.
    next: Option<Instant>,
    /// Levels came too early to count and must be sampled again.
    again: bool,
}

/// How long a level must last.
const fn debounce(key: Key) -> Number {
    match key {
        Key::Button => Number::BUTTON_DEBOUNCE,
        Key::Switch => Number::SWITCH_DEBOUNCE,
    }
}

/// Input `number` as it is in `levels`: a button that is down, a switch whose level is high.
fn active(wiring: &Wiring, key: Key, number: u8, levels: u64) -> Option<bool> {
    let pin = wiring.pin(key.into(), number)?;
    let high = levels >> pin.gpio() & 1 == 1;
    Some(high == (pin.is_inverted() || key == Key::Switch))
}

impl Device {
    /// Levels should be sampled every 10 ms, since an input has not settled.
    pub fn wants_samples(&self) -> bool {
        let waits = |inputs: &[Debounce], key| {
            let samples = samples(self.settings.nth_number(debounce(key), 1));
            inputs.iter().any(|input| !input.is_settled(samples))
        };
        self.inputs.again
            || waits(&self.inputs.buttons, Key::Button)
            || waits(&self.inputs.switches, Key::Switch)
    }

    /// Takes the levels of now. Those at the start are no change (P-67).
    pub(crate) fn sample_inputs(&mut self, levels: u64) {
        let now = self.now;
        let first = self.inputs.next.is_none();
        self.inputs.again = self.inputs.next.is_some_and(|next| now < next);
        if self.inputs.again {
            return;
        }
        self.inputs.next = Some(now.plus_millis(SAMPLE_MS));
        self.tick_buttons();
        self.tick_switches();
        for key in [Key::Button, Key::Switch] {
            for number in 1..9 {
                if let Some(active) = active(&self.wiring, key, number, levels) {
                    self.sample_input(key, number, active, first);
                }
            }
        }
    }

    fn sample_input(&mut self, key: Key, number: u8, active: bool, first: bool) {
        let inputs = match key {
            Key::Button => &mut self.inputs.buttons,
            Key::Switch => &mut self.inputs.switches,
        };
        let samples = samples(self.settings.nth_number(debounce(key), 1));
        let Some(input) = inputs.get_mut(usize::from(number) - 1) else { return };
        let was = input.is_active();
        *input = if first { Debounce::settled(active, samples) } else { input.sample(active, samples) };
        let changed = (first || was != input.is_active()).then_some(input.is_active());
        match (changed, key) {
            (Some(down), Key::Button) if !first => self.button_moved(number, down),
            (Some(high), Key::Switch) => self.switch_moved(number, high, first),
            (None | Some(_), Key::Button | Key::Switch) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn p_41_five_samples_make_a_press() {
        let mut input = Debounce::default();
        for _ in 0..4 {
            input = input.sample(true, 5);
            assert!(!input.is_active() && !input.is_settled(5));
        }
        input = input.sample(true, 5);
        assert!(input.is_active() && input.is_settled(5));
    }

    proptest! {
        #[test]
        fn left_alone_it_comes_to_rest(
            samples in proptest::collection::vec((any::<bool>(), 4..=100u8), 0..300), last: bool, ends in 4..=100u8
        ) {
            let input = samples.into_iter().fold(Debounce::default(), |input, (active, ends)| input.sample(active, ends));
            let input = (0..100).fold(input, |input, _| input.sample(last, ends));
            prop_assert!(input.is_settled(ends));
            prop_assert_eq!(input.is_active(), last);
        }
    }
}
