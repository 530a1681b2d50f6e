//! SHT3x, SHTC3 and SHT4x: six bytes over I²C.

use embedded_hal_async::delay::DelayNs as Wait;
use embedded_hal_async::i2c::I2c;
use sonoff_hal::raw::{self, Climate};
use sonoff_hal::{Place, Reading};

use crate::voice::{CLIMATE, MOST_MISSES, Voice};
use crate::{Delay, Part};

/// What tells the kinds apart.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    /// What is written to begin a measurement, one after the other.
    start: &'static [&'static [u8]],
    climate: fn([u8; 6]) -> Option<Climate>,
}

const SHT3X: Kind = Kind { name: "SHT3X", start: &[&[0x2C, 0x06]], climate: raw::sht3x };
const SHTC3: Kind = Kind { name: "SHTC3", start: &[&[0x35, 0x17], &[0x78, 0x66]], climate: raw::sht3x };
const SHT4X: Kind = Kind { name: "SHT4X", start: &[&[0xFD]], climate: raw::sht4x };

/// A climate sensor by Sensirion (N-19).
#[derive(Debug)]
pub struct Sht<I> {
    bus: I,
    address: u8,
    kind: &'static Kind,
    voice: Voice,
}

impl<I: I2c> Sht<I> {
    /// An SHT30, SHT31 or SHT35 at address 0x44 or 0x45.
    pub const fn sht3x(bus: I, address: u8) -> Self {
        Self::new(bus, address, &SHT3X)
    }

    /// An SHTC3, whose address is always 0x70.
    pub const fn shtc3(bus: I) -> Self {
        Self::new(bus, 0x70, &SHTC3)
    }

    /// An SHT40, SHT41 or SHT45 at address 0x44, 0x45 or 0x46.
    pub const fn sht4x(bus: I, address: u8) -> Self {
        Self::new(bus, address, &SHT4X)
    }

    const fn new(bus: I, address: u8, kind: &'static Kind) -> Self {
        let voice = Voice::new(kind.name, Place::Address(address), CLIMATE, MOST_MISSES);
        Self { bus, address, kind, voice }
    }

    async fn read<D: Delay>(&mut self, delay: &mut D) -> Option<Climate> {
        for command in self.kind.start {
            self.bus.write(self.address, command).await.ok()?;
            // The SHTC3 takes a moment to wake up.
            Wait::delay_ms(delay, 1).await;
        }
        Wait::delay_ms(delay, 30).await;
        let mut bytes = [0; 6];
        self.bus.read(self.address, &mut bytes).await.ok()?;
        (self.kind.climate)(bytes)
    }
}

impl<I: I2c> Part for Sht<I> {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        let climate = self.read(delay).await;
        self.voice.hear_climate(climate);
    }

    fn tell(&mut self) -> Option<Reading> {
        self.voice.tell()
    }
}
