//! What one sensor has to tell.

use sonoff_hal::raw::{Climate, Steady};
use sonoff_hal::{Place, Quantity, Reading};

/// A temperature alone.
pub(crate) const WARMTH: &[Quantity] = &[Quantity::Temperature];
/// What a [`Climate`] has.
pub(crate) const CLIMATE: &[Quantity] = &[Quantity::Temperature, Quantity::Humidity];

/// Failed reads in a row after which a sensor's values are missing (N-21, N-27).
pub(crate) const MOST_MISSES: u8 = 5;

/// Makes readings of what a sensor measured, for whoever writes a [`Part`](crate::Part): a failed read keeps the last
/// values, and after several in a row they are told to be missing, once (N-4, N-21).
#[derive(Debug)]
pub struct Voice {
    sensor: &'static str,
    place: Place,
    quantities: &'static [Quantity],
    steady: Steady<[i32; 3]>,
    values: Option<[i32; 3]>,
    /// How many of the quantities have been told.
    told: usize,
}

impl Voice {
    /// A sensor that measures up to three quantities, and is lost at failed read number `most`.
    pub const fn new(sensor: &'static str, place: Place, quantities: &'static [Quantity], most: u8) -> Self {
        Self { sensor, place, quantities, steady: Steady::new(most), values: None, told: quantities.len() }
    }

    /// Takes what a read brought: a value for each quantity, in their order.
    pub fn hear(&mut self, outcome: Option<[i32; 3]>) {
        let was_lost = self.steady.is_lost();
        self.values = self.steady.read(outcome);
        if self.values.is_some() || (self.steady.is_lost() && !was_lost) {
            self.told = 0;
        }
    }

    pub(crate) fn hear_climate(&mut self, outcome: Option<Climate>) {
        self.hear(outcome.map(|Climate { celsius, percent }| [celsius, percent, 0]));
    }

    /// The next value that has not been told.
    pub fn tell(&mut self) -> Option<Reading> {
        let quantity = *self.quantities.get(self.told)?;
        let milli = self.values.and_then(|values| values.get(self.told).copied());
        self.told += 1;
        Some(Reading { sensor: self.sensor, place: self.place, quantity, milli })
    }
}
