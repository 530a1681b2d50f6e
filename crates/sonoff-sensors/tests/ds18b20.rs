//! DS18B20 on a wire in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod bench;

use bench::ds18b20::{Ambient, Ds18b20 as Sensor};
use bench::{Bench, MS, Pin, Time, US};
use sonoff_hal::{Place, Quantity, Reading};
use sonoff_sensors::{Ds18b20, Several};

/// A wire with these sensors: the last byte of their number, and sixteenths of a degree.
fn wire<const N: usize>(sensors: [(u8, i16); N]) -> (Bench, [Ambient; N]) {
    let bench = Bench::new();
    let ambients = sensors.map(|(rom, sixteenths)| {
        let ambient = Ambient::new(sixteenths);
        bench.attach(Sensor::new(0, rom, &ambient));
        ambient
    });
    bench.watch(Several::new(Ds18b20::<_, 4>::new(Pin(bench.clone())), Time(bench.clone())));
    (bench, ambients)
}

// N-5, N-20, N-29, N-30, NX-28: two rounds, since a round reads what the one before began
#[test]
fn a_sensor_is_found_and_read_every_2_s() {
    let bench = Bench::new();
    bench.attach(Sensor::new(0x05, 0x90, &Ambient::new(360)));
    bench.watch(Several::new(Ds18b20::<_, 1>::new(Pin(bench.clone())), Time(bench.clone())));
    let reading = Reading {
        sensor: "DS18B20",
        place: Place::Rom([0x05, 0, 0, 0, 0, 0x90]),
        quantity: Quantity::Temperature,
        milli: Some(22_500),
    };
    assert_eq!(bench.told(4_500), [reading]);
    assert_eq!(bench.told(2_000), [reading]);
}

// N-20, N-30: each round tells them all, and frost is below zero
#[test]
fn several_on_a_wire_are_told_apart() {
    let (bench, ambients) = wire([(0xB0, 360), (0x17, -1), (0x16, -880), (0x00, 2000)]);
    assert_eq!(
        bench.roms(2),
        [(0x00, Some(125_000)), (0x16, Some(-55_000)), (0x17, Some(-62)), (0xB0, Some(22_500))]
    );
    ambients[1].sixteenths.set(16);
    assert_eq!(bench.roms(1)[2], (0x17, Some(1_000)));
    assert_eq!(ambients.map(|ambient| ambient.reads.get()), [2; 4]);
}

// N-30: every pair of numbers that differ in one bit, and some that differ in many
#[test]
fn the_search_finds_whatever_numbers_there_are() {
    let pairs = (0..8).map(|bit| (0x25, 0x25 ^ 1 << bit)).chain([(0, 0xFF), (0x55, 0xAA)]);
    for (one, other) in pairs {
        let (bench, _) = wire([(one, 16), (other, 32)]);
        let mut told = bench.roms(2);
        told.sort_by_key(|(_, milli)| *milli);
        assert_eq!(told, [(one, Some(1_000)), (other, Some(2_000))]);
    }
}

// N-20: a wrong check byte is read again at once, three times in all
#[test]
fn a_disturbed_answer_is_read_again() {
    let (bench, [ambient]) = wire([(1, 360)]);
    ambient.disturbed.set(2);
    assert_eq!(bench.roms(2), [(1, Some(22_500))]);
    assert_eq!(ambient.reads.get(), 3);
    ambient.disturbed.set(3);
    ambient.sixteenths.set(0);
    assert_eq!(bench.roms(1), [(1, Some(22_500))], "the last value");
    assert_eq!(bench.roms(1), [(1, Some(0))]);
}

// N-4, N-21
#[test]
fn a_sensor_is_missing_after_five_rounds_and_comes_back() {
    let (bench, [gone, stays]) = wire([(1, 360), (2, 320)]);
    bench.roms(2);
    gone.is_plugged.set(false);
    for _ in 0..4 {
        assert_eq!(bench.roms(1), [(1, Some(22_500)), (2, Some(20_000))]);
    }
    assert_eq!(bench.roms(1), [(1, None), (2, Some(20_000))]);
    assert_eq!(bench.roms(1), [(2, Some(20_000))]);
    stays.is_plugged.set(false);
    assert_eq!(bench.roms(4).len(), 4);
    assert_eq!(bench.roms(1), [(2, None)]);
    assert_eq!(bench.roms(60), []);
    gone.is_plugged.set(true);
    gone.sixteenths.set(-160);
    assert_eq!(bench.roms(2), [(1, Some(-10_000))]);
}

// N-20: what it holds before it has measured is never told
#[test]
fn eighty_five_degrees_are_no_value() {
    let (bench, [ambient]) = wire([(1, 85 * 16)]);
    assert_eq!(bench.roms(5), []);
    assert_eq!(bench.roms(1), [(1, None)]);
    ambient.sixteenths.set(85 * 16 + 1);
    assert_eq!(bench.roms(1), [(1, Some(85_062))]);
}

// N-29: at once while none is known, else within a minute
#[test]
fn a_sensor_that_is_plugged_in_later_is_found() {
    let (bench, [first, second]) = wire([(1, 16), (2, 32)]);
    first.is_plugged.set(false);
    second.is_plugged.set(false);
    assert_eq!(bench.roms(300), []);
    first.is_plugged.set(true);
    assert_eq!(bench.roms(2), [(1, Some(1_000))]);
    assert_eq!(first.searches.get(), 1);
    second.is_plugged.set(true);
    assert_eq!(bench.roms(30).last(), Some(&(2, Some(2_000))));
    assert_eq!(first.searches.get(), 1 + 2);
    bench.roms(120);
    assert_eq!(first.searches.get(), 1 + 2 + 4 * 2, "one for each sensor, four times");
    assert_eq!(bench.roms(1).len(), 2, "nobody is met twice");
}

// N-29: other kinds, and more than there is room for, are left alone
#[test]
fn only_ds18b20_and_no_more_than_fit() {
    let bench = Bench::new();
    bench.attach(Sensor::of_family(0x10, 0, 9, &Ambient::new(1)));
    for rom in 1..=3 {
        bench.attach(Sensor::new(0, rom, &Ambient::new(16)));
    }
    bench.watch(Several::new(Ds18b20::<_, 2>::new(Pin(bench.clone())), Time(bench.clone())));
    let told = bench.roms(2);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|(rom, _)| (1..=3).contains(rom)), "{told:?}");
}

// N-30
#[test]
fn the_processor_is_held_no_longer_than_a_byte() {
    let (bench, _) = wire([(1, 360), (2, 320), (3, 300)]);
    bench.told(100_000);
    assert!(bench.longest_hold() < 600 * US, "{}", bench.longest_hold());
}

// N-30: an empty wire, one that is shorted, and one that is held high
#[test]
fn a_stuck_wire_costs_a_moment_and_is_no_sensor() {
    for level in [false, true] {
        let (bench, [ambient]) = wire([(1, 360)]);
        bench.stick(Some(level));
        assert_eq!(bench.roms(4), []);
        assert!(bench.holds() < 10 * MS);
        bench.stick(None);
        assert_eq!(bench.roms(2), [(1, Some(22_500))]);
        bench.stick(Some(level));
        assert_eq!(bench.roms(4), [(1, Some(22_500)); 4]);
        assert_eq!(bench.roms(1), [(1, None)]);
        assert!(bench.longest_hold() < 600 * US, "{}", bench.longest_hold());
        ambient.sixteenths.set(320);
        bench.stick(None);
        assert_eq!(bench.roms(2), [(1, Some(20_000))], "nothing old");
    }
}
