//! SHT3x, SHTC3, SHT4x, BME280 and BMP280 on a mock bus.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod bench;

use bench::{Bench, Time};
use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};
use sonoff_hal::{Place, Quantity, Reading};
use sonoff_sensors::{Bme280, Part, Several, Sht};

use Quantity::{Humidity, Pressure, Temperature};

/// NX-24
const ROOM: [u8; 6] = [0x62, 0x15, 0xBB, 0x73, 0x33, 0x01];
const AWAY: ErrorKind = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);

/// A bus on which exactly this happens in so many rounds, and what is told.
fn told<P: Part + 'static>(rounds: u32, happens: &[Transaction], part: fn(Mock) -> P) -> Vec<Reading> {
    let (bench, mut bus) = (Bench::new(), Mock::new(happens));
    bench.watch(Several::new(part(bus.clone()), Time(bench.clone())));
    let told = bench.rounds(rounds);
    bus.done();
    told
}

fn reading(sensor: &'static str, address: u8, quantity: Quantity, milli: Option<i32>) -> Reading {
    Reading { sensor, place: Place::Address(address), quantity, milli }
}

fn sht3x(answer: [u8; 6]) -> [Transaction; 2] {
    [Transaction::write(0x44, vec![0x2C, 0x06]), Transaction::read(0x44, answer.to_vec())]
}

fn absent(address: u8, command: &[u8]) -> Transaction {
    Transaction::write(address, command.to_vec()).with_error(AWAY)
}

// N-7, N-19, NX-24
#[test]
fn each_kind_is_asked_in_its_way() {
    let values = |sensor, address, percent| {
        [
            reading(sensor, address, Temperature, Some(22_049)),
            reading(sensor, address, Humidity, Some(percent)),
        ]
    };
    let read = |address| Transaction::read(address, ROOM.to_vec());
    let write = |address, bytes: &[u8]| Transaction::write(address, bytes.to_vec());
    let sht31 = told(1, &[write(0x45, &[0x2C, 0x06]), read(0x45)], |bus| Sht::sht3x(bus, 0x45));
    assert_eq!(sht31, values("SHT3X", 0x45, 45_000));
    let shtc3 = told(1, &[write(0x70, &[0x35, 0x17]), write(0x70, &[0x78, 0x66]), read(0x70)], Sht::shtc3);
    assert_eq!(shtc3, values("SHTC3", 0x70, 45_000));
    let sht40 = told(1, &[write(0x44, &[0xFD]), read(0x44)], |bus| Sht::sht4x(bus, 0x44));
    assert_eq!(sht40, values("SHT4X", 0x44, 50_250));
}

// N-19: −45 °C and 0 % are all zeros
#[test]
fn frost_is_below_zero() {
    let frost = told(1, &sht3x([0, 0, 0x81, 0, 0, 0x81]), |bus| Sht::sht3x(bus, 0x44));
    assert_eq!(frost.iter().map(|reading| reading.milli).collect::<Vec<_>>(), [Some(-45_000), Some(0)]);
}

// N-4, N-27: a wrong check byte and no answer at all count alike
#[test]
fn a_part_is_missing_after_five_rounds_and_comes_back() {
    let mut happens = sht3x(ROOM).to_vec();
    let wrong = [ROOM[0] ^ 1, ROOM[1], ROOM[2], ROOM[3], ROOM[4], ROOM[5]];
    happens.extend(sht3x(wrong));
    happens.extend((0..5).map(|_| absent(0x44, &[0x2C, 0x06])));
    happens.extend(sht3x(ROOM));
    let told = told(8, &happens, |bus| Sht::sht3x(bus, 0x44));
    let warmth: Vec<_> = told.iter().step_by(2).map(|reading| reading.milli).collect();
    assert_eq!(warmth, [&[Some(22_049); 5][..], &[None, Some(22_049)]].concat());
    assert_eq!(told.len(), 14);
    assert_eq!(told[11], reading("SHT3X", 0x44, Humidity, None));
}

// N-27: who watches sees that it does not work
#[test]
fn a_part_that_was_never_there_is_missing() {
    let away: Vec<_> = (0..9).map(|_| absent(0x44, &[0xFD])).collect();
    let missing = [Temperature, Humidity].map(|quantity| reading("SHT4X", 0x44, quantity, None));
    assert_eq!(told(4, &away[..4], |bus| Sht::sht4x(bus, 0x44)), []);
    assert_eq!(told(9, &away, |bus| Sht::sht4x(bus, 0x44)), missing);
}

/// T1..T3 and P1..P9 of the data sheet's example (NX-27), and H1 = 75.
const LOW: [u8; 26] = [
    0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC, 0x7D, 0x8E, 0x43, 0xD6, 0xD0, 0x0B, 0x27, 0x0B, 0x8C, 0x00, 0xF9,
    0xFF, 0x8C, 0x3C, 0xF8, 0xC6, 0x70, 0x17, 0x00, 75,
];
/// H2..H6: 362, 0, 313, 50, 30.
const HIGH: [u8; 7] = [0x6A, 0x01, 0x00, 0x13, 0x29, 0x03, 0x1E];
/// Raw pressure 415148, temperature 519888, humidity 29500.
const RESULT: [u8; 8] = [0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x73, 0x3C];

fn asked(address: u8, register: u8, answer: &[u8]) -> Transaction {
    Transaction::write_read(address, vec![register], answer.to_vec())
}

/// A part tells what it is and how it is trimmed.
fn introduced(address: u8, chip: u8) -> Vec<Transaction> {
    vec![asked(address, 0xD0, &[chip]), asked(address, 0x88, &LOW), asked(address, 0xE1, &HIGH)]
}

fn measured(address: u8, result: &[u8]) -> Vec<Transaction> {
    vec![
        Transaction::write(address, vec![0xF2, 0x01]),
        Transaction::write(address, vec![0xF4, 0x2D]),
        asked(address, 0xF7, result),
    ]
}

fn bme280_tells(humidity: bool) -> Vec<Reading> {
    let values = [(Temperature, 25_082), (Pressure, 1_006_560), (Humidity, 52_215)];
    let (sensor, address, count) = if humidity { ("BME280", 0x76, 3) } else { ("BMP280", 0x77, 2) };
    let readings = values.map(|(quantity, milli)| reading(sensor, address, quantity, Some(milli)));
    readings.into_iter().take(count).collect()
}

// N-7, N-28, NX-27: it is introduced once
#[test]
fn a_bme280_tells_pressure_too() {
    let happens = [introduced(0x76, 0x60), measured(0x76, &RESULT), measured(0x76, &RESULT)].concat();
    let told = told(2, &happens, |bus| Bme280::new(bus, 0x76));
    assert_eq!(told, [bme280_tells(true), bme280_tells(true)].concat());
}

// N-28
#[test]
fn a_bmp280_has_no_humidity() {
    let happens = [introduced(0x77, 0x58), measured(0x77, &RESULT)].concat();
    assert_eq!(told(1, &happens, |bus| Bme280::bmp280(bus, 0x77)), bme280_tells(false));
}

// N-28: a part that was away is introduced again, since it may be another one; one of the wrong kind is none
#[test]
fn a_bme280_that_comes_back_is_introduced_again() {
    let reset = [0x80, 0, 0, 0x80, 0, 0, 0x80, 0];
    let happens = [
        introduced(0x76, 0x60),
        measured(0x76, &RESULT),
        measured(0x76, &reset),
        vec![asked(0x76, 0xD0, &[0x58])],
        vec![asked(0x76, 0xD0, &[0]).with_error(AWAY)],
        introduced(0x76, 0x60),
        measured(0x76, &RESULT),
    ]
    .concat();
    let told = told(5, &happens, |bus| Bme280::new(bus, 0x76));
    assert_eq!(told, (0..5).flat_map(|_| bme280_tells(true)).collect::<Vec<_>>());
}
