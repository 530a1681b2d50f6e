//! Push buttons: debounced, and acting at the press.

use crate::POWERS;
use crate::device::Device;
use crate::power::Verb;
use crate::time::Instant;

/// Samples are this far apart (P-41), milliseconds.
pub const SAMPLE_MS: u64 = 10;
/// So many samples in a row make a change: ButtonDebounce of 50 ms (P-41).
const SAMPLES: u8 = 5;

/// One debounced input (P-41): a counter goes up and down, the state changes at its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Debounce {
    count: u8,
    pressed: bool,
}

impl Debounce {
    /// Takes one sample.
    #[must_use]
    pub const fn sample(self, active: bool) -> Self {
        let count =
            if active { self.count + (self.count < SAMPLES) as u8 } else { self.count.saturating_sub(1) };
        let pressed = match count {
            0 => false,
            SAMPLES => true,
            _ => self.pressed,
        };
        Self { count, pressed }
    }

    /// The debounced state.
    pub const fn is_pressed(self) -> bool {
        self.pressed
    }

    /// The counter is at an end: nothing will change without a new level.
    pub const fn is_settled(self) -> bool {
        self.count == if self.pressed { SAMPLES } else { 0 }
    }

    const fn settled(pressed: bool) -> Self {
        Self { count: if pressed { SAMPLES } else { 0 }, pressed }
    }
}

/// All buttons.
#[derive(Debug, Default)]
pub(crate) struct Buttons {
    inputs: [Debounce; POWERS],
    /// The earliest next sample; `None` before the first one.
    next: Option<Instant>,
    /// Levels came too early to count and must be sampled again.
    again: bool,
}

impl Device {
    /// Levels should be sampled every 10 ms, since a button's level has not settled.
    pub fn wants_samples(&self) -> bool {
        self.buttons.again || self.buttons.inputs.iter().any(|input| !input.is_settled())
    }

    /// A press acts at its debounced edge (P-43); the levels at the start are no press (P-67).
    pub(crate) fn sample_buttons(&mut self, now: Instant, levels: u64) {
        let first = self.buttons.next.is_none();
        self.buttons.again = self.buttons.next.is_some_and(|next| now < next);
        if self.buttons.again {
            return;
        }
        self.buttons.next = Some(now.plus_millis(SAMPLE_MS));
        for (number, button) in (1u8..).zip(self.profile.buttons) {
            let high = levels.checked_shr(u32::from(button.gpio)).unwrap_or(0) & 1 == 1;
            let active = high == button.active_high;
            let Some(input) = self.buttons.inputs.get_mut(usize::from(number) - 1) else { return };
            let was = input.pressed;
            *input = if first { Debounce::settled(active) } else { input.sample(active) };
            if !first && input.pressed && !was {
                self.ask_relay(now, number, Verb::Toggle);
            }
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
            input = input.sample(true);
            assert!(!input.is_pressed() && !input.is_settled());
        }
        input = input.sample(true);
        assert!(input.is_pressed() && input.is_settled());
    }

    proptest! {
        #[test]
        fn left_alone_it_comes_to_rest(samples in proptest::collection::vec(any::<bool>(), 0..40), last: bool) {
            let input = samples.into_iter().fold(Debounce::default(), Debounce::sample);
            let input = (0..5).fold(input, |input, _| input.sample(last));
            prop_assert!(input.is_settled());
            prop_assert_eq!(input.is_pressed(), last);
        }
    }
}
