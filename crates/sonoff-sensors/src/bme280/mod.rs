//! BME280 and BMP280: climate and air pressure over I²C.

use embedded_hal_async::delay::DelayNs as Wait;
use embedded_hal_async::i2c::I2c;
use sonoff_hal::{Place, Quantity, Reading};

use crate::voice::{MOST_MISSES, Voice};
use crate::{Delay, Part};
use trimming::{LOW, SIZE, Trimming};

mod trimming;

const CHIP: u8 = 0xD0;
const TRIMMING_LOW: u8 = 0x88;
const TRIMMING_HIGH: u8 = 0xE1;
const RESULT: u8 = 0xF7;
/// Humidity is measured once.
const HUMIDITY_ONCE: [u8; 2] = [0xF2, 0x01];
/// Temperature is measured once and pressure four times, now.
const MEASURE: [u8; 2] = [0xF4, 0x2D];
/// That takes 16.2 ms at most.
const MEASURE_MS: u32 = 20;

/// What tells the kinds apart.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    chip: u8,
    quantities: &'static [Quantity],
}

const BME280: Kind = Kind {
    name: "BME280",
    chip: 0x60,
    quantities: &[Quantity::Temperature, Quantity::Pressure, Quantity::Humidity],
};
const BMP280: Kind =
    Kind { name: "BMP280", chip: 0x58, quantities: &[Quantity::Temperature, Quantity::Pressure] };

/// A BME280 or BMP280 by Bosch, at address 0x76 or 0x77 (N-28).
#[derive(Debug)]
pub struct Bme280<I> {
    bus: I,
    address: u8,
    kind: &'static Kind,
    /// Read once, and again when the part was away: it may be another one then.
    trimming: Option<Trimming>,
    voice: Voice,
}

impl<I: I2c> Bme280<I> {
    /// A BME280.
    pub const fn new(bus: I, address: u8) -> Self {
        Self::of_kind(bus, address, &BME280)
    }

    /// A BMP280, which does not measure humidity.
    pub const fn bmp280(bus: I, address: u8) -> Self {
        Self::of_kind(bus, address, &BMP280)
    }

    const fn of_kind(bus: I, address: u8, kind: &'static Kind) -> Self {
        let voice = Voice::new(kind.name, Place::Address(address), kind.quantities, MOST_MISSES);
        Self { bus, address, kind, trimming: None, voice }
    }

    async fn read<D: Delay>(&mut self, delay: &mut D) -> Option<[i32; 3]> {
        let trimming = match self.trimming.take() {
            Some(trimming) => trimming,
            None => self.introduce().await?,
        };
        self.bus.write(self.address, &HUMIDITY_ONCE).await.ok()?;
        self.bus.write(self.address, &MEASURE).await.ok()?;
        Wait::delay_ms(delay, MEASURE_MS).await;
        let mut result = [0; 8];
        self.registers(RESULT, &mut result).await?;
        let values = trimming.values(result)?;
        self.trimming = Some(trimming);
        Some(values)
    }

    /// Is it the right part, and how is it trimmed?
    async fn introduce(&mut self) -> Option<Trimming> {
        let mut chip = [0];
        self.registers(CHIP, &mut chip).await?;
        if chip != [self.kind.chip] {
            return None;
        }
        let mut trimming = Trimming([0; SIZE]);
        let (low, high) = trimming.0.split_at_mut(LOW);
        self.registers(TRIMMING_LOW, low).await?;
        self.registers(TRIMMING_HIGH, high).await?;
        Some(trimming)
    }

    async fn registers(&mut self, first: u8, bytes: &mut [u8]) -> Option<()> {
        self.bus.write_read(self.address, &[first], bytes).await.ok()
    }
}

impl<I: I2c> Part for Bme280<I> {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        let values = self.read(delay).await;
        self.voice.hear(values);
    }

    fn tell(&mut self) -> Option<Reading> {
        self.voice.tell()
    }
}
