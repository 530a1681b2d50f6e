//! A DS18B20's side of the wire.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use super::{End, MS, US};

/// What the power-on left in the scratchpad.
const POWER_ON: i16 = 85 * 16;

/// The sensor as the test sees it. Clones are the same.
#[derive(Clone)]
pub struct Ambient {
    pub sixteenths: Rc<Cell<i16>>,
    pub is_plugged: Rc<Cell<bool>>,
    /// So many of the next answers have a wrong bit.
    pub disturbed: Rc<Cell<u32>>,
    pub reads: Rc<Cell<u32>>,
    pub searches: Rc<Cell<u32>>,
}

impl Ambient {
    pub fn new(sixteenths: i16) -> Self {
        Self {
            sixteenths: Rc::new(Cell::new(sixteenths)),
            is_plugged: Rc::new(Cell::new(true)),
            disturbed: Rc::default(),
            reads: Rc::default(),
            searches: Rc::default(),
        }
    }
}

enum State {
    /// Until the next reset.
    Deaf,
    /// Takes a command to all.
    Command(Vec<bool>),
    /// Compares the code that follows with its own.
    Match(usize),
    /// Sends a bit of its code, then the opposite, then takes one.
    Search(usize, u8),
    /// Takes a command for itself.
    Function(Vec<bool>),
    Send(Vec<bool>, usize),
}

pub struct Ds18b20 {
    code: Vec<bool>,
    ambient: Ambient,
    state: State,
    scratchpad: i16,
    converted_at: u64,
    fell_at: u64,
    pull: Range<u64>,
}

pub fn crc(bytes: &[u8]) -> u8 {
    let mut crc = 0;
    for bit in bits(bytes) {
        let mix = (crc & 1 == 1) != bit;
        crc >>= 1;
        if mix {
            crc ^= 0x8C;
        }
    }
    crc
}

fn bits(bytes: &[u8]) -> Vec<bool> {
    bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect()
}

fn byte(bits: &[bool]) -> u8 {
    bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))
}

impl Ds18b20 {
    /// A sensor whose number is all zero but these bytes: the first and the last of it.
    pub fn new(first: u8, last: u8, ambient: &Ambient) -> Self {
        Self::of_family(0x28, first, last, ambient)
    }

    pub fn of_family(family: u8, first: u8, last: u8, ambient: &Ambient) -> Self {
        let mut code = vec![family, last, 0, 0, 0, 0, first];
        code.push(crc(&code));
        Self {
            code: bits(&code),
            ambient: ambient.clone(),
            state: State::Deaf,
            scratchpad: POWER_ON,
            converted_at: u64::MAX,
            fell_at: 0,
            pull: 0..0,
        }
    }

    /// The bit that it sends in the next slot; a one where it listens.
    fn sends(&self) -> bool {
        match &self.state {
            State::Search(at, 0) => self.code[*at],
            State::Search(at, 1) => !self.code[*at],
            State::Send(bits, at) => bits[*at],
            State::Deaf | State::Command(_) | State::Match(_) | State::Search(..) | State::Function(_) => {
                true
            }
        }
    }

    fn step(&mut self, now: u64, bit: bool) {
        self.state = match std::mem::replace(&mut self.state, State::Deaf) {
            State::Command(mut bits) => {
                bits.push(bit);
                if bits.len() < 8 { State::Command(bits) } else { self.command(byte(&bits)) }
            }
            State::Match(at) if self.code[at] != bit => State::Deaf,
            State::Match(63) => State::Function(Vec::new()),
            State::Match(at) => State::Match(at + 1),
            State::Search(at, phase @ ..2) => State::Search(at, phase + 1),
            State::Search(at, _) if self.code[at] != bit || at == 63 => State::Deaf,
            State::Search(at, _) => State::Search(at + 1, 0),
            State::Function(mut bits) => {
                bits.push(bit);
                if bits.len() < 8 { State::Function(bits) } else { self.function(now, byte(&bits)) }
            }
            State::Send(bits, at) if at + 1 < bits.len() => State::Send(bits, at + 1),
            State::Send(..) | State::Deaf => State::Deaf,
        };
    }

    fn command(&self, command: u8) -> State {
        match command {
            0xF0 => {
                self.ambient.searches.set(self.ambient.searches.get() + 1);
                State::Search(0, 0)
            }
            0x55 => State::Match(0),
            0xCC => State::Function(Vec::new()),
            other => panic!("command {other:02X}"),
        }
    }

    fn function(&mut self, now: u64, function: u8) -> State {
        match function {
            0x44 => {
                self.converted_at = now + 750 * MS;
                State::Deaf
            }
            0xBE => State::Send(self.answer(now), 0),
            other => panic!("function {other:02X}"),
        }
    }

    fn answer(&mut self, now: u64) -> Vec<bool> {
        self.ambient.reads.set(self.ambient.reads.get() + 1);
        if now >= self.converted_at {
            self.scratchpad = self.ambient.sixteenths.get();
        }
        let [low, high] = self.scratchpad.to_le_bytes();
        let mut bytes = vec![low, high, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10];
        bytes.push(crc(&bytes));
        let disturbed = self.ambient.disturbed.get();
        if disturbed > 0 {
            self.ambient.disturbed.set(disturbed - 1);
            bytes[0] ^= 4;
        }
        bits(&bytes)
    }

    fn lose_power(&mut self) {
        self.state = State::Deaf;
        self.scratchpad = POWER_ON;
        self.converted_at = u64::MAX;
        self.pull = 0..0;
    }
}

impl End for Ds18b20 {
    fn edge(&mut self, now: u64, low: bool) {
        if !self.ambient.is_plugged.get() {
            self.lose_power();
            return;
        }
        if low {
            self.fell_at = now;
            if !self.sends() {
                self.pull = now..now + 20 * US;
            }
            return;
        }
        match (now - self.fell_at) / US {
            1..15 => self.step(now, true),
            60..120 => self.step(now, false),
            480..960 => {
                self.state = State::Command(Vec::new());
                self.pull = now + 40 * US..now + 140 * US;
            }
            other => panic!("the wire was held for {other} us"),
        }
    }

    fn pulls(&self, now: u64) -> bool {
        self.pull.contains(&now)
    }
}
