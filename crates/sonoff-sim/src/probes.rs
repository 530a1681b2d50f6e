//! Sensors whose values someone types.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use sonoff_hal::{Place, Quantity, Reading, Sensors};

use crate::notice::Notice;

/// What may wait to be measured; more is lost.
const ROOM: usize = 1000;

/// The sensors that can be typed, and where the first of each kind is.
const KINDS: &[(&str, Place)] = &[
    ("DS18B20", Place::Rom([0, 0, 0x05, 0x93, 0x7C, 0x90])),
    ("DHT11", Place::Pin(14)),
    ("AM2301", Place::Pin(14)),
    ("SI7021", Place::Pin(14)),
    ("SHT3X", Place::Address(0x44)),
    ("SHTC3", Place::Address(0x70)),
    ("SHT4X", Place::Address(0x44)),
    ("BME280", Place::Address(0x76)),
    ("BMP280", Place::Address(0x76)),
];

const QUANTITIES: &[(&str, Quantity)] = &[
    ("Temperature", Quantity::Temperature),
    ("Humidity", Quantity::Humidity),
    ("Pressure", Quantity::Pressure),
];

/// The sensors of one device. Clones share them, so that they outlive a restart.
#[derive(Debug, Clone, Default)]
pub struct Probes(Rc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    readings: RefCell<VecDeque<Reading>>,
    notice: Notice,
}

impl Probes {
    /// Measures this next.
    pub fn measure(&self, reading: Reading) {
        let mut readings = self.0.readings.borrow_mut();
        if readings.len() < ROOM {
            readings.push_back(reading);
            self.0.notice.give(());
        }
    }
}

/// A dropped wait loses nothing: values are taken without waiting.
impl Sensors for Probes {
    async fn next(&mut self) -> Reading {
        loop {
            let reading = self.0.readings.borrow_mut().pop_front();
            match reading {
                Some(reading) => return reading,
                None => self.0.notice.wait().await,
            }
        }
    }
}

/// Reads `DS18B20 Temperature 21.3`. A second sensor of the kind has its number behind an `@`: `DS18B20@000005937C91`,
/// `AM2301@4`, `SHT3X@45`. The value `null` is a missing one.
pub fn reading(sensor: &str, quantity: &str, value: &str) -> Option<Reading> {
    let (name, number) = sensor.split_once('@').map_or((sensor, None), |(name, number)| (name, Some(number)));
    let (sensor, first) = *KINDS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(name))?;
    let (_, quantity) = *QUANTITIES.iter().find(|(word, _)| word.eq_ignore_ascii_case(quantity))?;
    let place = number.map_or(Some(first), |number| place(first, number))?;
    let milli = if value.eq_ignore_ascii_case("null") { None } else { Some(milli(value)?) };
    Some(Reading { sensor, place, quantity, milli })
}

/// A place of the same sort: a ROM code or an address in hex, or a pin.
fn place(like: Place, number: &str) -> Option<Place> {
    Some(match like {
        Place::Rom(_) => {
            let [_, _, rom @ ..] =
                u64::from_str_radix(number, 16).ok().filter(|rom| rom >> 48 == 0)?.to_be_bytes();
            Place::Rom(rom)
        }
        Place::Pin(_) => Place::Pin(number.parse().ok()?),
        Place::Address(_) => Place::Address(u8::from_str_radix(number, 16).ok()?),
        Place::Single => return None,
    })
}

/// `21.3` in thousandths.
fn milli(value: &str) -> Option<i32> {
    let (digits, sign) = value.strip_prefix('-').map_or((value, 1), |digits| (digits, -1));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.len() <= 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let fraction = fraction.get(..3).unwrap_or(fraction);
    let thousandths: i64 = format!("{whole}{fraction:0<3}").parse().ok()?;
    i32::try_from(sign * thousandths).ok()
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn a_reading_is_read() {
        let rom = Place::Rom([0, 0, 0x05, 0x93, 0x7C, 0x90]);
        let warm =
            Reading { sensor: "DS18B20", place: rom, quantity: Quantity::Temperature, milli: Some(21_300) };
        assert_eq!(reading("ds18b20", "temperature", "21.3"), Some(warm));
        assert_eq!(reading("DS18B20", "Temperature", "null"), Some(Reading { milli: None, ..warm }));
        let place_of = |text| reading(text, "Humidity", "50").map(|reading| reading.place);
        assert_eq!(place_of("DS18B20@28"), Some(Place::Rom([0, 0, 0, 0, 0, 0x28])));
        assert_eq!(place_of("AM2301@4"), Some(Place::Pin(4)));
        assert_eq!(place_of("SHT3X@45"), Some(Place::Address(0x45)));
        for wrong in ["", "@", "SHT9", "SHT3X@", "SHT3X@100", "AM2301@x", "DS18B20@28000005937C90"] {
            assert_eq!(place_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn values_are_thousandths() {
        let vectors = [
            ("21.3", Some(21_300)),
            ("-0.0625", Some(-62)),
            ("985", Some(985_000)),
            ("5.", Some(5_000)),
            ("", None),
            ("-", None),
            (".5", None),
            ("1e3", None),
            ("+1", None),
            ("99999999", None),
            ("9999999", None),
        ];
        for (text, value) in vectors {
            assert_eq!(milli(text), value, "{text:?}");
        }
    }

    #[test]
    fn what_is_typed_is_measured_even_after_a_dropped_wait() {
        let probes = Probes::default();
        let mut sensors = probes.clone();
        let typed = reading("BME280", "Pressure", "985.2").unwrap();
        assert_eq!(block_on(poll_once(sensors.next())), None);
        probes.measure(typed);
        assert_eq!(block_on(sensors.next()), typed);
    }
}
