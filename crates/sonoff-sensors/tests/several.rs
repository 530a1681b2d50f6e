//! Several sensors in turn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod bench;

use std::cell::Cell;
use std::rc::Rc;

use bench::{Bench, Time};
use sonoff_hal::{Place, Quantity, Reading};
use sonoff_sensors::{Delay, Part, Several, Voice};

const WARMTH: &[Quantity] = &[Quantity::Temperature];

/// Someone's own part: measures what the test says.
struct Own {
    voice: Voice,
    milli: Rc<Cell<Option<i32>>>,
}

impl Own {
    fn new(gpio: u8, milli: &Rc<Cell<Option<i32>>>) -> Self {
        Self { voice: Voice::new("OWN", Place::Pin(gpio), WARMTH, 2), milli: milli.clone() }
    }
}

impl Part for Own {
    async fn measure<D: Delay>(&mut self, _delay: &mut D) {
        self.voice.hear(self.milli.get().map(|milli| [milli, 0, 0]));
    }

    fn tell(&mut self) -> Option<Reading> {
        self.voice.tell()
    }
}

fn values<const N: usize>() -> [Rc<Cell<Option<i32>>>; N] {
    std::array::from_fn(|at| Rc::new(Cell::new(i32::try_from(at).ok())))
}

fn watch(parts: impl Part + 'static) -> Bench {
    let bench = Bench::new();
    bench.watch(Several::new(parts, Time(bench.clone())));
    bench
}

/// What each one told, by GPIO.
fn told(bench: &Bench) -> Vec<(u8, Option<i32>)> {
    let gpio = |place| if let Place::Pin(gpio) = place { gpio } else { panic!("{place:?}") };
    bench.rounds(1).iter().map(|reading| (gpio(reading.place), reading.milli)).collect()
}

#[test]
fn a_tuple_of_tuples_and_arrays_tells_all_in_each_round() {
    let milli = values::<6>();
    let [a, b, c, d, e, f] = std::array::from_fn(|at| Own::new(u8::try_from(at).unwrap(), &milli[at]));
    let bench = watch(((a, b), [c, d], (e, f)));
    let all = [0, 1, 2, 3, 4, 5].map(|at| (at, Some(i32::from(at))));
    assert_eq!(told(&bench), all);
    milli[3].set(Some(-1));
    assert_eq!(told(&bench)[3], (3, Some(-1)));
}

// N-4, N-21: one that fails keeps no other from its turn
#[test]
fn a_part_that_fails_is_told_once_and_the_others_go_on() {
    let milli = values::<2>();
    let bench = watch([Own::new(0, &milli[0]), Own::new(1, &milli[1])]);
    milli[0].set(None);
    assert_eq!(told(&bench), [(1, Some(1))], "it has never told anything yet");
    assert_eq!(told(&bench), [(0, None), (1, Some(1))]);
    assert_eq!(told(&bench), [(1, Some(1))]);
    milli[1].set(None);
    assert_eq!(told(&bench), [(1, Some(1))]);
    assert_eq!(told(&bench), [(1, None)]);
    assert_eq!(told(&bench), []);
    milli[0].set(Some(7));
    assert_eq!(told(&bench), [(0, Some(7))]);
}
