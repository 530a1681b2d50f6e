//! The sensors' members of SENSOR and of Status 8 and 10.

use crate::json::{Json, Key};
use crate::settings::{Number, Settings};
use crate::text::Sink;
use crate::view::View;

use super::magnus::{dew_point, sea_pressure};
use super::units::write_milli;
use super::{Place, Quantity, Sensor};

/// Writes what follows Time and the switches: an object for each sensor, then the units (N-1 to N-15).
pub fn show_sensors(view: &View<'_>, json: &mut Json<'_, '_>) {
    let ranks = 0..view.known_sensors().count();
    for (slot, sensor) in ranks.filter_map(|rank| view.sensor_at(rank)) {
        json.nested(Title::new(view, sensor), |json| show_sensor(view, slot, sensor, json));
    }
    let readings = &view.facts.readings;
    if readings.has(Quantity::Pressure) {
        json.text("PressureUnit", view.settings().pressure_unit());
    }
    if readings.has(Quantity::Temperature) {
        json.text("TempUnit", if view.device.option(8) { "F" } else { "C" });
    }
}

/// The key of a sensor's object.
#[derive(Clone, Copy)]
struct Title {
    name: &'static str,
    separator: &'static str,
    suffix: Suffix,
}

/// What tells sensors of one name apart (N-5 to N-7).
#[derive(Clone, Copy)]
enum Suffix {
    None,
    Count(usize),
    Pin(u8),
    Address(u8),
}

impl Title {
    fn new(view: &View<'_>, sensor: &Sensor) -> Self {
        let kin = || view.known_sensors().filter(|(_, other)| other.name == sensor.name);
        let before = || kin().filter(|(_, other)| super::order(other) < super::order(sensor)).count();
        let suffix = match sensor.place {
            _ if kin().count() < 2 => Suffix::None,
            Place::Rom(_) | Place::Single => Suffix::Count(before() + 1),
            Place::Pin(pin) => Suffix::Pin(pin),
            Place::Address(address) => Suffix::Address(address),
        };
        let separator = if view.device.option(64) { "_" } else { "-" };
        Self { name: sensor.name, separator, suffix }
    }
}

impl Key for Title {
    fn write(self, sink: &mut Sink<'_>) {
        sink.push(self.name);
        if !matches!(self.suffix, Suffix::None) {
            sink.push(self.separator);
        }
        match self.suffix {
            Suffix::None => {}
            Suffix::Count(count) => sink.push_number(u32::try_from(count).unwrap_or(0)),
            Suffix::Pin(pin) => sink.push_padded(u32::from(pin), 2),
            Suffix::Address(address) => sink.push_hex(address),
        }
    }
}

/// The members of one sensor (N-3).
fn show_sensor(view: &View<'_>, slot: usize, sensor: &Sensor, json: &mut Json<'_, '_>) {
    let settings = view.settings();
    let [temp_res, hum_res, press_res] =
        [Number::TEMP_RES, Number::HUM_RES, Number::PRESS_RES].map(|res| settings.byte(res));
    let get = |quantity| view.facts.readings.get(slot, quantity);
    let temperature = get(Quantity::Temperature).map(|value| value.map(|t| settings.temperature(t)));
    let humidity = get(Quantity::Humidity).map(|value| value.map(|h| settings.humidity(h)));
    let pressure = get(Quantity::Pressure);
    if let Place::Rom(rom) = sensor.place {
        json.text_with("Id", |sink| rom.into_iter().for_each(|byte| sink.push_hex(byte)));
    }
    member(json, "Temperature", temperature, temp_res);
    member(json, "Humidity", humidity, hum_res);
    let both = temperature.zip(humidity).map(|(t, h)| t.zip(h));
    let dew = both.map(|both| both.map(|(t, h)| dew(settings, t, h)));
    member(json, "DewPoint", dew, temp_res);
    member(json, "Pressure", pressure.map(|value| value.map(|p| settings.pressure(p))), press_res);
    let altitude = settings.signed(Number::ALTITUDE);
    if altitude != 0 {
        let sea = |p| settings.pressure(sea_pressure(p, altitude));
        member(json, "SeaPressure", pressure.map(|value| value.map(sea)), press_res);
    }
}

/// N-12: of the temperature and humidity that are shown, offsets and all.
fn dew(settings: &Settings, temperature: i32, humidity: i32) -> i32 {
    settings.temperature_unit(dew_point(settings.celsius(temperature), humidity))
}

/// A number, or `null` for one that is missing (N-4); nothing where there is no such quantity.
fn member(json: &mut Json<'_, '_>, key: &str, value: Option<Option<i32>>, decimals: u8) {
    match value {
        None => {}
        Some(None) => json.raw(key, "null"),
        Some(Some(milli)) => {
            let mut text = [0; 16];
            let mut sink = Sink::new(&mut text);
            write_milli(&mut sink, milli, decimals);
            json.raw(key, sink.into_str());
        }
    }
}
