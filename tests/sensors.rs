//! Measured values as telemetry shows them: the rules and examples of `docs/protocol/sensors.md`.

#![allow(missing_docs, reason = "a test")]

use proptest::prelude::*;
use sonoff_core::command::{Command, Show};
use sonoff_core::help::help;
use sonoff_core::reading::{Place, Quantity, Reading, Sensor, show_sensors};
use sonoff_core::settings::Number;
use sonoff_core::{Device, Input, Instant, Profile, Transmit};
use sonoff_testkit::bench::Bench;

/// A command that answers with what SENSOR shows after Time and the switches.
const ASK: &[Command] = &[Command {
    name: "Measured",
    help: help("Show measured values."),
    show: Show::By(|view, _, json| show_sensors(view, json)),
    ..Command::PLAIN
}];

const PROBE: Sensor = ds18b20([0, 0, 0x05, 0x93, 0x7C, 0x90]);
const AM2301: Sensor = Sensor { name: "AM2301", place: Place::Pin(14) };
const SHT3X: Sensor = Sensor { name: "SHT3X", place: Place::Address(0x44) };
const BME280: Sensor = Sensor { name: "BME280", place: Place::Address(0x76) };

const fn ds18b20(rom: [u8; 6]) -> Sensor {
    Sensor { name: "DS18B20", place: Place::Rom(rom) }
}

fn bench() -> Bench {
    let profile = Profile { commands: ASK, ..Profile::BASIC };
    let mut bench = Bench::of(profile, |settings| settings.set_number(Number::GROUP_STATE, 0).unwrap());
    bench.connect().sent();
    bench
}

/// Values of one sensor, in the order temperature, humidity, pressure.
fn measure(bench: &mut Bench, sensor: Sensor, values: &[Option<i32>]) {
    let quantities = [Quantity::Temperature, Quantity::Humidity, Quantity::Pressure];
    for (quantity, &milli) in quantities.into_iter().zip(values) {
        bench.input(Input::Reading(Reading { sensor, quantity, milli }));
    }
}

/// What SENSOR shows.
fn shown(bench: &mut Bench) -> String {
    let sent = bench.cmnd("Measured", "").sent();
    let [answer] = &sent[..] else { panic!("{sent:?}") };
    answer.strip_prefix("stat/sonoff/RESULT = ").unwrap().to_owned()
}

#[track_caller]
fn shows(bench: &mut Bench, expected: &str) {
    assert_eq!(shown(bench), expected);
}

fn warm() -> Bench {
    let mut bench = bench();
    measure(&mut bench, PROBE, &[Some(22_500)]);
    bench
}

fn climate() -> Bench {
    let mut bench = bench();
    measure(&mut bench, AM2301, &[Some(22_500), Some(45_000)]);
    bench
}

fn weather() -> Bench {
    let mut bench = bench();
    measure(&mut bench, BME280, &[Some(22_500), Some(45_000), Some(985_200)]);
    bench
}

#[test]
fn n_1_a_sensor_is_shown_from_its_first_reading_on() {
    let mut bench = bench();
    assert!(!bench.device().has_readings());
    shows(&mut bench, "{}");
    measure(&mut bench, PROBE, &[None]);
    assert!(bench.device().has_readings());
    shows(&mut bench, r#"{"DS18B20":{"Id":"000005937C90","Temperature":null},"TempUnit":"C"}"#);
    bench.reboot(false).connect().sent();
    assert!(!bench.device().has_readings());
}

#[test]
fn a_sensor_that_appears_while_a_message_leaves_is_not_in_it_and_the_next_message_follows() {
    // N-1
    let mut bench = weather();
    bench.cmnd("SetOption90", "1").sent();
    let now = Instant::from_millis(bench.now_ms());
    let device = bench.device();
    for _ in 0..2 {
        device.handle(now, Input::Message { topic: "cmnd/sonoff/Status", payload: b"10", retained: false });
    }
    let len = |device: &mut Device, room: usize| match device.poll_transmit(now, &mut vec![0; room]) {
        Some(Transmit::Publish { payload, len, .. }) => (payload.is_some(), len),
        other => panic!("{other:?}"),
    };
    let (whole, total) = len(device, 100);
    assert!(!whole);
    let mut payload = Vec::new();
    for sensor in [AM2301, SHT3X] {
        device.handle(
            now,
            Input::Reading(Reading { sensor, quantity: Quantity::Humidity, milli: Some(45_000) }),
        );
        payload.extend_from_slice(device.poll_payload(&mut vec![0; total / 2 + 1]).unwrap());
    }
    assert_eq!(payload.len(), total);
    let text = String::from_utf8(payload).unwrap();
    assert!(text.ends_with(r#""PressureUnit":"hPa","TempUnit":"C"}}"#), "{text}");
    assert!(len(device, 1000).0);
}

// A reading alone sends and drives nothing.
#[test]
fn n_1_readings_are_shown_when_asked_and_not_before() {
    let mut bench = warm();
    bench.sends(&[]).drives(&[]).logs(&[]);
}

#[test]
fn nx_1_n_5_one_probe() {
    shows(&mut warm(), r#"{"DS18B20":{"Id":"000005937C90","Temperature":22.5},"TempUnit":"C"}"#);
}

#[test]
fn nx_2_nx_3_n_8_two_probes_are_numbered_by_their_id() {
    let mut bench = warm();
    measure(&mut bench, ds18b20([0, 0, 0x05, 0x93, 0x7C, 0x0F]), &[Some(-3_000)]);
    shows(
        &mut bench,
        concat!(
            r#"{"DS18B20-1":{"Id":"000005937C0F","Temperature":-3.0},"#,
            r#""DS18B20-2":{"Id":"000005937C90","Temperature":22.5},"TempUnit":"C"}"#
        ),
    );
    bench.cmnd("SetOption64", "1").sent();
    let text = shown(&mut bench);
    assert!(text.contains(r#""DS18B20_1":{"#) && text.contains(r#""DS18B20_2":{"#), "{text}");
}

#[test]
fn nx_4_n_10_fahrenheit() {
    let mut bench = climate();
    bench.cmnd("SetOption8", "1").sent();
    shows(&mut bench, r#"{"AM2301":{"Temperature":72.5,"Humidity":45.0,"DewPoint":49.9},"TempUnit":"F"}"#);
}

#[test]
fn nx_5_n_3_n_6_n_12_temperature_and_humidity() {
    shows(
        &mut climate(),
        r#"{"AM2301":{"Temperature":22.5,"Humidity":45.0,"DewPoint":10.0},"TempUnit":"C"}"#,
    );
}

#[test]
fn n_6_n_7_several_of_a_name_have_their_pin_or_address() {
    let mut bench = climate();
    measure(&mut bench, SHT3X, &[Some(1_000)]);
    measure(&mut bench, Sensor { place: Place::Address(0x45), ..SHT3X }, &[Some(2_000)]);
    measure(&mut bench, Sensor { place: Place::Pin(4), ..AM2301 }, &[Some(3_000)]);
    shows(
        &mut bench,
        concat!(
            r#"{"AM2301-04":{"Temperature":3.0},"#,
            r#""AM2301-14":{"Temperature":22.5,"Humidity":45.0,"DewPoint":10.0},"#,
            r#""SHT3X-44":{"Temperature":1.0},"SHT3X-45":{"Temperature":2.0},"TempUnit":"C"}"#
        ),
    );
}

// N-2: whatever they told first
#[test]
fn n_2_wire_then_pins_then_i2c() {
    let mut bench = weather();
    for sensor in [SHT3X, AM2301, PROBE] {
        measure(&mut bench, sensor, &[Some(0)]);
    }
    let text = shown(&mut bench);
    let places = ["DS18B20", "AM2301", "BME280", "SHT3X", "PressureUnit", "TempUnit"];
    let places = places.map(|name| text.find(name).unwrap());
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn n_4_a_sensor_that_fails_shows_null_and_comes_back() {
    let mut bench = weather();
    measure(&mut bench, BME280, &[Some(22_500), None, None]);
    bench.cmnd("Altitude", "200").sent();
    shows(
        &mut bench,
        concat!(
            r#"{"BME280":{"Temperature":22.5,"Humidity":null,"DewPoint":null,"Pressure":null,"#,
            r#""SeaPressure":null},"PressureUnit":"hPa","TempUnit":"C"}"#
        ),
    );
    measure(&mut bench, BME280, &[Some(20_000), Some(50_000), Some(1_000_000)]);
    bench.cmnd("Altitude", "0").sent();
    shows(
        &mut bench,
        concat!(
            r#"{"BME280":{"Temperature":20.0,"Humidity":50.0,"DewPoint":9.2,"Pressure":1000.0},"#,
            r#""PressureUnit":"hPa","TempUnit":"C"}"#
        ),
    );
}

#[test]
fn nx_10_nx_26_n_9_decimals() {
    let mut bench = weather();
    bench.cmnd("TempRes", "2").sends(&[r#"stat/sonoff/RESULT = {"TempRes":2}"#]);
    bench.cmnd("HumRes", "0").sends(&[r#"stat/sonoff/RESULT = {"HumRes":0}"#]);
    bench.cmnd("PressRes", "3").sends(&[r#"stat/sonoff/RESULT = {"PressRes":3}"#]);
    shows(
        &mut bench,
        concat!(
            r#"{"BME280":{"Temperature":22.50,"Humidity":45,"DewPoint":9.95,"Pressure":985.200},"#,
            r#""PressureUnit":"hPa","TempUnit":"C"}"#
        ),
    );
    bench.cmnd("TempRes", "1").sent();
    for wrong in ["9", "-1", "x", ""] {
        bench.cmnd("TempRes", wrong).sends(&[r#"stat/sonoff/RESULT = {"TempRes":1}"#]);
    }
}

#[test]
fn nx_11_n_11_offsets() {
    let mut bench = climate();
    bench.cmnd("TempOffset", "-1.5").sends(&[r#"stat/sonoff/RESULT = {"TempOffset":-1.5}"#]);
    bench.cmnd("HumOffset", "10").sends(&[r#"stat/sonoff/RESULT = {"HumOffset":10.0}"#]);
    bench.cmnd("HumOffset", "10.1").sends(&[r#"stat/sonoff/RESULT = {"HumOffset":10.0}"#]);
    bench.cmnd("TempOffset", "12.7").sends(&[r#"stat/sonoff/RESULT = {"TempOffset":-1.5}"#]);
    shows(&mut bench, r#"{"AM2301":{"Temperature":21.0,"Humidity":55.0,"DewPoint":11.6},"TempUnit":"C"}"#);
    measure(&mut bench, AM2301, &[Some(22_500), Some(95_000)]);
    assert!(shown(&mut bench).contains(r#""Humidity":100.0,"DewPoint":21.0"#));
    measure(&mut bench, AM2301, &[Some(22_500), Some(-50_000)]);
    assert!(shown(&mut bench).contains(r#""Humidity":0.1,"#));
}

#[test]
fn nx_12_n_14_pressure() {
    shows(
        &mut weather(),
        concat!(
            r#"{"BME280":{"Temperature":22.5,"Humidity":45.0,"DewPoint":10.0,"Pressure":985.2},"#,
            r#""PressureUnit":"hPa","TempUnit":"C"}"#
        ),
    );
}

#[test]
fn n_14_no_temperature_no_unit() {
    let mut bench = bench();
    let reading = Reading { sensor: BME280, quantity: Quantity::Pressure, milli: Some(985_200) };
    bench.input(Input::Reading(reading));
    shows(&mut bench, r#"{"BME280":{"Pressure":985.2},"PressureUnit":"hPa"}"#);
}

#[test]
fn nx_13_n_15_pressure_at_sea_level() {
    let mut bench = weather();
    bench.cmnd("Altitude", "200").sends(&[r#"stat/sonoff/RESULT = {"Altitude":200}"#]);
    assert!(shown(&mut bench).contains(r#""Pressure":985.2,"SeaPressure":987.3}"#));
    measure(&mut bench, BME280, &[Some(22_500), Some(45_000), Some(1_000_000)]);
    bench.cmnd("Altitude", "350").sent();
    assert!(shown(&mut bench).contains(r#""SeaPressure":1020.9}"#));
    bench.cmnd("Altitude", "-30001").sends(&[r#"stat/sonoff/RESULT = {"Altitude":350}"#]);
    bench.cmnd("Altitude", "-30000").sends(&[r#"stat/sonoff/RESULT = {"Altitude":-30000}"#]);
}

#[test]
fn nx_14_n_13_mercury() {
    let mut bench = weather();
    bench.cmnd("SetOption24", "1").sent();
    let text = shown(&mut bench);
    assert!(text.ends_with(r#""Pressure":739.0},"PressureUnit":"mmHg","TempUnit":"C"}"#), "{text}");
    bench.cmnd("SetOption139", "1").sent();
    let text = shown(&mut bench);
    assert!(text.ends_with(r#""Pressure":29.1},"PressureUnit":"inHg","TempUnit":"C"}"#), "{text}");
}

#[test]
fn n_16_a_fifth_sensor_is_left_out_and_told_once() {
    let mut bench = bench();
    for pin in [1, 2, 3, 4, 5, 5, 6] {
        measure(&mut bench, Sensor { place: Place::Pin(pin), ..AM2301 }, &[Some(1_000 * i32::from(pin))]);
    }
    bench.logs(&["SNS: Too many sensors, one is left out"]);
    let text = shown(&mut bench);
    assert_eq!(text.matches("AM2301-").count(), 4, "{text}");
    assert!(!text.contains("AM2301-05"), "{text}");
}

// Settings survive a restart.
#[test]
fn how_values_are_shown_is_kept() {
    let mut bench = bench();
    let answers = [
        ("TempRes", "0", r#"{"TempRes":0}"#),
        ("HumRes", "2", r#"{"HumRes":2}"#),
        ("PressRes", "3", r#"{"PressRes":3}"#),
        ("TempOffset", "-12.6", r#"{"TempOffset":-12.6}"#),
        ("HumOffset", "-.1", r#"{"HumOffset":-0.1}"#),
        ("Altitude", "-5", r#"{"Altitude":-5}"#),
    ];
    for (word, value, _) in answers {
        bench.cmnd(word, value).sent();
    }
    bench.wait_ms(10_000).reboot(true).connect().sent();
    for (word, _, answer) in answers {
        bench.cmnd(word, "").sends(&[&format!("stat/sonoff/RESULT = {answer}")]);
    }
}

// A text that leaves in windows has the values of its beginning, whatever is measured meanwhile.
#[test]
fn a_long_text_does_not_change_while_it_leaves() {
    let mut bench = bench();
    for pin in 1..=4 {
        measure(&mut bench, Sensor { place: Place::Pin(pin), ..AM2301 }, &[Some(1_000), Some(1_000)]);
    }
    let whole = shown(&mut bench);
    let (now, mut buf) = (sonoff_core::Instant::from_millis(bench.now_ms()), [0; 64]);
    let device = bench.device();
    device.handle(now, Input::Message { topic: "cmnd/sonoff/Measured", payload: b"", retained: false });
    assert!(device.poll_transmit(now, &mut buf).is_some());
    let (mut text, mut milli) = (Vec::new(), 0);
    while let Some(window) = device.poll_payload(&mut buf) {
        text.extend_from_slice(window);
        milli += 987_654;
        for quantity in [Quantity::Temperature, Quantity::Pressure] {
            device.handle(now, Input::Reading(Reading { sensor: AM2301, quantity, milli: Some(milli) }));
            let sensor = Sensor { place: Place::Pin(1), ..AM2301 };
            device.handle(now, Input::Reading(Reading { sensor, quantity, milli: Some(milli) }));
        }
    }
    assert_eq!(String::from_utf8_lossy(&text), whole);
}

proptest! {
    // Numbers are as many decimals long as asked for, and within half a last digit of the value.
    #[test]
    fn every_value_is_shown_to_the_last_digit(milli in -300_000..300_000_i32, decimals in 0..=3_u8) {
        let mut bench = bench();
        bench.cmnd("TempRes", &decimals.to_string()).sent();
        measure(&mut bench, Sensor { place: Place::Single, ..AM2301 }, &[Some(milli)]);
        let text = shown(&mut bench);
        let number = text.strip_prefix(r#"{"AM2301":{"Temperature":"#).unwrap();
        let (number, _) = number.split_once('}').unwrap();
        let value: f64 = number.parse().unwrap();
        let half = 0.5 / 10_f64.powi(i32::from(decimals));
        prop_assert!((value - f64::from(milli) / 1000.0).abs() < half + 1e-9, "{number}");
        prop_assert_eq!(number.split_once('.').map_or(0, |(_, after)| after.len()), usize::from(decimals));
    }
}
