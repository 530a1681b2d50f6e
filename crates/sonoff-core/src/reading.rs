//! Measured values: which sensors there are, and what each told last.

mod commands;
mod magnus;
mod show;
mod units;

use heapless::Vec;

use crate::device::Device;
use crate::log::Note;
use crate::view::View;

pub use commands::COMMANDS;
pub use show::show_sensors;

/// Sensors that a device can have; those that come after are told to the log and left out (N-16).
pub const SENSORS: usize = if cfg!(feature = "sensors") { 4 } else { 0 };

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reading {
    /// Where it comes from.
    pub sensor: Sensor,
    /// What was measured.
    pub quantity: Quantity,
    /// The value in thousandths of the quantity's unit; `None` when the sensor gives none any more (N-4).
    pub milli: Option<i32>,
}

/// A sensor: its kind, and where it is. Two readings with the same ones come from the same sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sensor {
    /// Its kind as telemetry shows it, such as `DS18B20`.
    pub name: &'static str,
    /// Where it is.
    pub place: Place,
}

/// Where a sensor is; telemetry shows them in this order (N-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Place {
    /// One of many on a wire, with the number that it was made with: a 1-Wire ROM code without family and CRC.
    Rom([u8; 6]),
    /// Alone at a GPIO.
    Pin(u8),
    /// An I²C address.
    Address(u8),
    /// There can be one only.
    Single,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Quantity {
    /// Thousandths of a degree Celsius.
    Temperature,
    /// Thousandths of a percent of relative humidity.
    Humidity,
    /// Thousandths of a hectopascal.
    Pressure,
}

impl Quantity {
    const COUNT: usize = 3;

    const fn at(self) -> usize {
        match self {
            Self::Temperature => 0,
            Self::Humidity => 1,
            Self::Pressure => 2,
        }
    }
}

/// The sensors that have been heard of since the start. None ever leaves, so that a slot is always the same sensor.
#[derive(Debug, Default)]
pub(crate) struct Sensors {
    slots: Vec<Sensor, SENSORS>,
    /// One more has been heard of, and the log knows.
    crowded: bool,
}

impl Sensors {
    /// The slot of a sensor, a new one for a new sensor.
    fn slot(&mut self, sensor: Sensor) -> Option<usize> {
        if SENSORS == 0 {
            return None;
        }
        if let Some(at) = self.slots.iter().position(|known| *known == sensor) {
            return Some(at);
        }
        self.slots.push(sensor).ok().map(|()| self.slots.len() - 1)
    }
}

/// The last value of each quantity of each sensor. It is copied when a long text begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readings([[i32; Quantity::COUNT]; SENSORS]);

/// The sensor has never told this quantity.
const NEVER: i32 = i32::MIN;
/// The sensor gives no value any more.
const MISSING: i32 = i32::MIN + 1;
/// No value is larger: what is computed from it stays in range.
const LARGEST: i32 = 1_000_000_000;

impl Default for Readings {
    fn default() -> Self {
        Self([[NEVER; Quantity::COUNT]; SENSORS])
    }
}

impl Readings {
    fn set(&mut self, slot: usize, quantity: Quantity, milli: Option<i32>) {
        let value = milli.map_or(MISSING, |milli| milli.clamp(-LARGEST, LARGEST));
        if let Some(place) = self.0.get_mut(slot).and_then(|values| values.get_mut(quantity.at())) {
            *place = value;
        }
    }

    /// `None` when the sensor does not measure this, `Some(None)` when the value is missing.
    fn get(&self, slot: usize, quantity: Quantity) -> Option<Option<i32>> {
        match *self.0.get(slot)?.get(quantity.at())? {
            NEVER => None,
            MISSING => Some(None),
            milli => Some(Some(milli)),
        }
    }

    fn is_known(&self, slot: usize) -> bool {
        self.0.get(slot).is_some_and(|values| values.iter().any(|value| *value != NEVER))
    }

    fn has(&self, quantity: Quantity) -> bool {
        (0..SENSORS).any(|slot| self.get(slot, quantity).is_some())
    }
}

impl Device {
    /// Takes a measured value.
    pub(crate) fn take_reading(&mut self, reading: Reading) {
        match self.sensors.slot(reading.sensor) {
            Some(slot) => self.facts.readings.set(slot, reading.quantity, reading.milli),
            None if !self.sensors.crowded => {
                self.sensors.crowded = true;
                self.notes.push(Note::TooManySensors);
            }
            None => {}
        }
    }

    /// A sensor has told something since the start, be it that its value is missing (N-1).
    pub fn has_readings(&self) -> bool {
        !self.sensors.slots.is_empty()
    }
}

/// A sensor that has something to tell, with its slot.
type Known<'a> = (usize, &'a Sensor);

impl<'a> View<'a> {
    fn known_sensors(self) -> impl Iterator<Item = Known<'a>> {
        let readings = &self.facts.readings;
        self.device.sensors.slots.iter().enumerate().filter(|(slot, _)| readings.is_known(*slot))
    }

    /// The sensor with exactly `rank` others before it (N-2).
    fn sensor_at(self, rank: usize) -> Option<Known<'a>> {
        self.known_sensors().find(|(_, sensor)| {
            self.known_sensors().filter(|(_, other)| order(other) < order(sensor)).count() == rank
        })
    }
}

/// By the way of connection, then by name, then by number.
fn order(sensor: &Sensor) -> (u8, &str, Place) {
    let connection = match sensor.place {
        Place::Rom(_) => 0,
        Place::Pin(_) => 1,
        Place::Address(_) => 2,
        Place::Single => 3,
    };
    (connection, sensor.name, sensor.place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBE: Sensor = Sensor { name: "DS18B20", place: Place::Single };

    #[test]
    fn values_at_the_ends_of_the_number_range_are_values() {
        let mut readings = Readings::default();
        assert_eq!(readings.get(0, Quantity::Humidity), None);
        readings.set(0, Quantity::Humidity, Some(i32::MIN));
        assert_eq!(readings.get(0, Quantity::Humidity), Some(Some(-LARGEST)));
        readings.set(0, Quantity::Humidity, None);
        assert_eq!(readings.get(0, Quantity::Humidity), Some(None));
        assert_eq!(readings.get(SENSORS, Quantity::Humidity), None);
    }

    #[test]
    fn a_sensor_keeps_its_slot_and_a_fifth_has_none() {
        let mut sensors = Sensors::default();
        let at = |number| Sensor { place: Place::Pin(number), ..PROBE };
        let slots = [1, 2, 1, 3, 4, 5, 2].map(|number| sensors.slot(at(number)));
        assert_eq!(slots, [Some(0), Some(1), Some(0), Some(2), Some(3), None, Some(1)]);
    }
}
