//! DHT11, AM2301 and SI7021 on a wire in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod bench;

use bench::dht::{AM2301, Answer, Dht as Sensor, Levels, SI7021};
use bench::{Bench, MS, Pin, Time, US};
use sonoff_hal::{Place, Quantity, Reading};
use sonoff_sensors::{Dht, Several};

/// NX-6
const ROOM: [u8; 5] = [0x01, 0xC2, 0x00, 0xE1, 0xA4];
const ROOM_TOLD: [(Quantity, Option<i32>); 2] =
    [(Quantity::Temperature, Some(22_500)), (Quantity::Humidity, Some(45_000))];
const MISSING: [(Quantity, Option<i32>); 2] = [(Quantity::Temperature, None), (Quantity::Humidity, None)];

/// An AM2301 at GPIO 14, and what it will answer.
fn am2301() -> (Bench, Answer) {
    let (bench, answer) = (Bench::new(), Answer::default());
    answer.bytes.set(Some(ROOM));
    bench.attach(Sensor::new(MS..20 * MS, AM2301, &answer));
    bench.watch(Several::new(Dht::am2301(Pin(bench.clone()), 14), Time(bench.clone())));
    (bench, answer)
}

// N-6, N-18, N-31, NX-6
#[test]
fn an_am2301_is_read_every_4_s() {
    let (bench, answer) = am2301();
    let reading =
        |quantity, milli| Reading { sensor: "AM2301", place: Place::Pin(14), quantity, milli: Some(milli) };
    assert_eq!(
        bench.told(2_100),
        [reading(Quantity::Temperature, 22_500), reading(Quantity::Humidity, 45_000)]
    );
    assert_eq!(bench.told(3_800), []);
    assert_eq!(bench.told(300).len(), 2);
    bench.told(60_000);
    assert_eq!(answer.asked.get(), 2 + 15);
}

// N-18, N-31, NX-7: the same bits on a chip that looks twenty times in a microsecond, and on one that looks every 5
#[test]
fn no_clock_is_needed_to_tell_a_one_from_a_zero() {
    for look in [50, 100, 500, 1_000, 3_000, 5_000] {
        let (bench, answer) = am2301();
        bench.look_costs(look);
        answer.bytes.set(Some([0x01, 0xC2, 0x80, 0x32, 0x75]));
        let frost = [(Quantity::Temperature, Some(-5_000)), ROOM_TOLD[1]];
        assert_eq!(bench.values(1), frost, "{look} ns");
        answer.bytes.set(Some([0xFF, 0x00, 0xAA, 0x55, 0xFE]));
        let bits = [(Quantity::Temperature, Some(-1_083_700)), (Quantity::Humidity, Some(6_528_000))];
        assert_eq!(bench.values(2), bits, "{look} ns");
    }
}

// N-17, N-18, N-31: each kind has its own start signal
#[test]
fn a_dht11_and_an_si7021_want_to_be_asked_in_their_own_way() {
    let told = |sensor: fn(Pin, u8) -> Dht<Pin>, start, levels: Levels, bytes| {
        let (bench, answer) = (Bench::new(), Answer::default());
        answer.bytes.set(Some(bytes));
        bench.attach(Sensor::new(start, levels, &answer));
        bench.watch(Several::new(sensor(Pin(bench.clone()), 4), Time(bench.clone())));
        bench.told(2_100)
    };
    let dht11 = told(Dht::dht11, 18 * MS..30 * MS, AM2301, [0x2D, 0x00, 0x16, 0x05, 0x48]);
    assert_eq!((dht11[0].sensor, dht11[0].milli, dht11[1].milli), ("DHT11", Some(22_500), Some(45_000)));
    let si7021 = told(Dht::si7021, 450 * US..600 * US, SI7021, ROOM);
    assert_eq!((si7021[0].sensor, si7021[0].milli, si7021[1].milli), ("SI7021", Some(22_500), Some(45_000)));
}

// N-4, N-21, NX-9
#[test]
fn a_wrong_sum_keeps_the_value_seven_times_and_it_comes_back() {
    let (bench, answer) = am2301();
    assert_eq!(bench.values(1), ROOM_TOLD);
    answer.bytes.set(Some([0x01, 0xC2, 0x00, 0xE1, 0xA5]));
    for _ in 0..7 {
        assert_eq!(bench.values(2), ROOM_TOLD);
    }
    assert_eq!(bench.values(2), MISSING);
    assert_eq!(bench.values(200), [], "told once");
    answer.bytes.set(Some(ROOM));
    assert_eq!(bench.values(2), ROOM_TOLD);
}

// N-27: who watches sees that it does not work
#[test]
fn a_sensor_that_was_never_there_is_missing() {
    let (bench, answer) = am2301();
    answer.bytes.set(None);
    assert_eq!(bench.values(14), []);
    assert_eq!(bench.values(2), MISSING);
    answer.bytes.set(Some(ROOM));
    assert_eq!(bench.values(2), ROOM_TOLD);
}

// N-31
#[test]
fn a_stuck_wire_holds_the_processor_for_a_few_milliseconds() {
    for level in [true, false] {
        let (bench, _) = am2301();
        bench.stick(Some(level));
        assert_eq!(bench.values(15), MISSING, "{level}");
        assert!(bench.longest_hold() < 4 * MS, "{}", bench.longest_hold());
        bench.stick(None);
        assert_eq!(bench.values(2), ROOM_TOLD);
        assert!(bench.longest_hold() < 6 * MS, "{}", bench.longest_hold());
    }
}
