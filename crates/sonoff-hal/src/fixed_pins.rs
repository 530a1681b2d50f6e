//! `Pins` from plain `embedded-hal` pins, for boards whose pins never change their part.

use core::cell::{Cell, RefCell};

use embassy_futures::select::select_array;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal_async::digital::Wait;

use crate::{PinRole, Pins};

/// `OUT` outputs and `IN` inputs, each with its GPIO number.
///
/// The direction of each pin is the one it was built with, so a relay makes no edge at the start only if the board
/// builds its output with the level that [`Pins::assign`] will give. Where that is not known at compile time, a
/// port of [`Pins`] over pins with changeable direction is the better part. A pin that fails to be read or set
/// counts as low.
pub struct FixedPins<O, I, const OUT: usize, const IN: usize> {
    outputs: RefCell<[(u8, O); OUT]>,
    inputs: Mutex<NoopRawMutex, [(u8, I); IN]>,
    seen: Cell<u64>,
}

impl<O, I, const OUT: usize, const IN: usize> core::fmt::Debug for FixedPins<O, I, OUT, IN> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FixedPins").field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl<O, I, const OUT: usize, const IN: usize> FixedPins<O, I, OUT, IN> {
    /// Pins with their GPIO numbers, 0 to 63.
    pub const fn new(outputs: [(u8, O); OUT], inputs: [(u8, I); IN]) -> Self {
        Self { outputs: RefCell::new(outputs), inputs: Mutex::new(inputs), seen: Cell::new(0) }
    }
}

impl<O: OutputPin, I: InputPin + Wait, const OUT: usize, const IN: usize> Pins for FixedPins<O, I, OUT, IN> {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        if role == PinRole::Output {
            self.write(gpio, high);
        }
    }

    fn write(&self, gpio: u8, high: bool) {
        let mut outputs = self.outputs.borrow_mut();
        if let Some((_, pin)) = outputs.iter_mut().find(|(number, _)| *number == gpio) {
            // There is nobody to tell; chips' own pins cannot fail.
            let _ = pin.set_state(high.into());
        }
    }

    /// The levels of the inputs; what was seen last while a [`Pins::changed`] waits.
    fn levels(&self) -> u64 {
        if let Ok(mut inputs) = self.inputs.try_lock() {
            self.seen.set(read(inputs.as_mut()));
        }
        self.seen.get()
    }

    async fn changed(&self) {
        let mut inputs = self.inputs.lock().await;
        let seen = self.seen.get();
        let _ = select_array(inputs.each_mut().map(|(gpio, pin)| leaves(pin, seen & bit(*gpio) != 0))).await;
    }
}

fn bit(gpio: u8) -> u64 {
    1_u64.checked_shl(gpio.into()).unwrap_or(0)
}

fn read<I: InputPin>(inputs: &mut [(u8, I)]) -> u64 {
    inputs.iter_mut().filter_map(|(gpio, pin)| pin.is_high().unwrap_or(false).then(|| bit(*gpio))).sum()
}

/// Waits for a level, not for an edge: an edge before the wait began would be lost.
async fn leaves<I: Wait>(pin: &mut I, high: bool) {
    // A pin that cannot be watched never changes.
    let left = if high { pin.wait_for_low().await } else { pin.wait_for_high().await };
    if left.is_err() {
        core::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec;

    use embassy_futures::block_on;
    use embedded_hal_mock::eh1::digital::{Mock, State, Transaction as T};

    use super::*;

    #[test]
    fn outputs_are_set_by_number_and_foreign_numbers_are_ignored() {
        let mut relay = Mock::new(&[T::set(State::High), T::set(State::Low)]);
        let pins: FixedPins<_, Mock, 1, 0> = FixedPins::new([(12, relay.clone())], []);
        pins.assign(12, PinRole::Output, true);
        pins.assign(12, PinRole::InputPullUp, true);
        pins.write(13, true);
        pins.dim(12, 0x7FFF);
        drop(pins);
        relay.done();
    }

    #[test]
    fn levels_are_a_mask_of_gpio_numbers() {
        let mut low = Mock::new(&[T::get(State::Low)]);
        let mut high = Mock::new(&[T::get(State::High)]);
        let pins: FixedPins<Mock, _, 0, 2> = FixedPins::new([], [(0, low.clone()), (14, high.clone())]);
        assert_eq!(pins.levels(), 1 << 14);
        drop(pins);
        low.done();
        high.done();
    }

    #[test]
    fn a_change_is_the_opposite_of_what_was_seen_last() {
        let script = vec![T::get(State::High), T::wait_for_state(State::Low), T::get(State::Low)];
        let mut button = Mock::new(&script);
        let pins: FixedPins<Mock, _, 0, 1> = FixedPins::new([], [(0, button.clone())]);
        assert_eq!(pins.levels(), 1);
        block_on(pins.changed());
        assert_eq!(pins.levels(), 0);
        drop(pins);
        button.done();
    }
}
