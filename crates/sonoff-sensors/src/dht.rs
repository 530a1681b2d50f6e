//! DHT11, AM2301 (DHT22) and a Sonoff's SI7021: forty bits on one pin.

use embedded_hal::delay::DelayNs as Spend;
use embedded_hal::digital::{InputPin, OutputPin};
use embedded_hal_async::delay::DelayNs as Wait;
use sonoff_hal::raw::{self, Climate};
use sonoff_hal::{Place, Reading};

use crate::voice::{CLIMATE, Voice};
use crate::{Delay, Part};

/// Failed reads in a row after which the values are missing (N-21).
const MOST_MISSES: u8 = 8;
/// So often a level is looked at, at most. That is more than the longest one takes on the fastest chip, and ends
/// within milliseconds on a line that is stuck.
const MOST_LOOKS: u16 = 10_000;

/// What tells the kinds apart.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    /// How long the line is held low to ask for a measurement.
    start_us: u32,
    climate: fn([u8; 5]) -> Option<Climate>,
}

const DHT11: Kind = Kind { name: "DHT11", start_us: 19_000, climate: raw::dht11 };
const AM2301: Kind = Kind { name: "AM2301", start_us: 1_200, climate: raw::am2301 };
const SI7021: Kind = Kind { name: "SI7021", start_us: 500, climate: raw::am2301 };

/// A climate sensor at a pin of its own, which is open drain and has a pull-up (N-6).
///
/// It is read every 4 s (N-17, N-18). A read holds the processor for the 5 ms of the answer, since its bits are told
/// by the length of a level; an interrupt within spoils that read, and the last value stays.
#[derive(Debug)]
pub struct Dht<P> {
    pin: P,
    kind: &'static Kind,
    /// Every second round is left out.
    rests: bool,
    voice: Voice,
}

impl<P: InputPin + OutputPin> Dht<P> {
    /// A DHT11 at the GPIO of this number.
    pub const fn dht11(pin: P, gpio: u8) -> Self {
        Self::new(pin, gpio, &DHT11)
    }

    /// An AM2301, AM2302 or DHT22 at the GPIO of this number.
    pub const fn am2301(pin: P, gpio: u8) -> Self {
        Self::new(pin, gpio, &AM2301)
    }

    /// The SI7021 that is sold for a Sonoff TH, at the GPIO of this number.
    pub const fn si7021(pin: P, gpio: u8) -> Self {
        Self::new(pin, gpio, &SI7021)
    }

    const fn new(pin: P, gpio: u8, kind: &'static Kind) -> Self {
        let voice = Voice::new(kind.name, Place::Pin(gpio), CLIMATE, MOST_MISSES);
        Self { pin, kind, rests: false, voice }
    }

    async fn read<D: Delay>(&mut self, delay: &mut D) -> Option<[u8; 5]> {
        self.pin.set_low().ok()?;
        match self.kind.start_us {
            // Too short to leave it to a timer.
            short @ ..1_000 => Spend::delay_us(delay, short),
            long => Wait::delay_us(delay, long).await,
        }
        self.pin.set_high().ok()?;
        // The line needs a moment to rise. The sensor answers after 20 µs, and for longer than this.
        Spend::delay_us(delay, 10);
        self.answer()
    }

    /// A low and a high level, then a pair for each bit: a one is longer high than low (N-31). Comparing the two
    /// needs no clock, and is as true on a slow chip as on a fast one.
    fn answer(&mut self) -> Option<[u8; 5]> {
        self.looks(true)?;
        self.looks(false)?;
        self.looks(true)?;
        let mut bytes = [0; 5];
        for byte in &mut bytes {
            for _ in 0..8 {
                let (low, high) = (self.looks(false)?, self.looks(true)?);
                *byte = *byte << 1 | u8::from(high > low);
            }
        }
        Some(bytes)
    }

    /// How often the line is seen at this level before it changes.
    fn looks(&mut self, high: bool) -> Option<u16> {
        for looks in 0..MOST_LOOKS {
            if self.pin.is_high().ok()? != high {
                return Some(looks);
            }
        }
        None
    }
}

impl<P: InputPin + OutputPin> Part for Dht<P> {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        if !self.rests {
            let climate = self.read(delay).await.and_then(self.kind.climate);
            self.voice.hear_climate(climate);
        }
        self.rests = !self.rests;
    }

    fn tell(&mut self) -> Option<Reading> {
        self.voice.tell()
    }
}
