//! A DHT's side of the wire.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use super::{End, US};

/// Lengths of the sensor's levels.
#[derive(Clone, Copy)]
pub struct Levels {
    pub low: u64,
    pub zero: u64,
    pub one: u64,
}

/// As in the AM2301's data sheet.
pub const AM2301: Levels = Levels { low: 50 * US, zero: 26 * US, one: 70 * US };
/// As measured on a Sonoff's SI7021.
pub const SI7021: Levels = Levels { low: 40 * US, zero: 25 * US, one: 75 * US };

/// What it will answer, if it is there, and how often it was asked. Clones are the same.
#[derive(Clone, Default)]
pub struct Answer {
    pub bytes: Rc<Cell<Option<[u8; 5]>>>,
    pub asked: Rc<Cell<u32>>,
}

/// A sensor that answers a start signal of a length in `start`.
pub struct Dht {
    pub start: Range<u64>,
    pub levels: Levels,
    pub answer: Answer,
    fell_at: u64,
    lows: Vec<Range<u64>>,
}

impl Dht {
    pub fn new(start: Range<u64>, levels: Levels, answer: &Answer) -> Self {
        Self { start, levels, answer: answer.clone(), fell_at: 0, lows: Vec::new() }
    }

    fn speak(&mut self, now: u64, bytes: [u8; 5]) {
        let Levels { low, zero, one } = self.levels;
        let mut at = now + 30 * US;
        let mut level = |low: u64, high: u64| {
            let range = at..at + low;
            at += low + high;
            range
        };
        let bits = bytes.into_iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
        let bits = bits.map(|bit| (low, if bit { one } else { zero }));
        let all = [(80 * US, 80 * US)].into_iter().chain(bits).chain([(low, 0)]);
        self.lows = all.map(|(low, high)| level(low, high)).collect();
    }
}

impl End for Dht {
    fn edge(&mut self, now: u64, low: bool) {
        if low {
            self.fell_at = now;
            return;
        }
        self.answer.asked.set(self.answer.asked.get() + 1);
        self.lows.clear();
        if let (Some(bytes), true) = (self.answer.bytes.get(), self.start.contains(&(now - self.fell_at))) {
            self.speak(now, bytes);
        }
    }

    fn pulls(&self, now: u64) -> bool {
        let next = self.lows.partition_point(|low| low.end <= now);
        self.lows.get(next).is_some_and(|low| low.contains(&now))
    }
}
