#![doc = include_str!("../README.md")]
#![no_std]
// One task runs everything; no part ever needs a `Send` future.
#![allow(async_fn_in_trait)]

use embedded_hal_async::delay::DelayNs as Wait;
use sonoff_hal::{Reading, Sensors};

mod bme280;
mod dht;
mod ds18b20;
mod one_wire;
mod sht;
mod voice;

pub use bme280::Bme280;
pub use dht::Dht;
pub use ds18b20::Ds18b20;
pub use sht::Sht;
pub use voice::Voice;

/// The time between two rounds of [`Several`], in milliseconds.
pub const ROUND_MS: u32 = 2_000;

/// Time for the drivers: spent for the microseconds of a bit, waited for anything longer.
///
/// `embassy_time::Delay` and the delays of most chips are both.
pub trait Delay: embedded_hal::delay::DelayNs + Wait {}

impl<D: embedded_hal::delay::DelayNs + Wait> Delay for D {}

/// One thing on a board that measures: a sensor, or all that share a wire.
pub trait Part {
    /// Measures once. Called every [`ROUND_MS`]; a part that must not be asked so often leaves rounds out.
    async fn measure<D: Delay>(&mut self, delay: &mut D);

    /// The next value that was measured and not told yet.
    fn tell(&mut self) -> Option<Reading>;
}

/// All sensors of a board: measures with them in turn, and tells what they found.
///
/// One part, an array of equal ones, or a tuple of two or three; a tuple may hold tuples. The first round comes after
/// [`ROUND_MS`], when every sensor has come up.
#[derive(Debug)]
pub struct Several<P, D> {
    parts: P,
    delay: D,
}

impl<P: Part, D: Delay> Several<P, D> {
    /// Sensors that have not measured yet.
    pub const fn new(parts: P, delay: D) -> Self {
        Self { parts, delay }
    }
}

impl<P: Part, D: Delay> Sensors for Several<P, D> {
    async fn next(&mut self) -> Reading {
        loop {
            if let Some(reading) = self.parts.tell() {
                return reading;
            }
            Wait::delay_ms(&mut self.delay, ROUND_MS).await;
            self.parts.measure(&mut self.delay).await;
        }
    }
}

impl<P: Part, const N: usize> Part for [P; N] {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        for part in self {
            part.measure(delay).await;
        }
    }

    fn tell(&mut self) -> Option<Reading> {
        self.iter_mut().find_map(Part::tell)
    }
}

impl<A: Part, B: Part> Part for (A, B) {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        self.0.measure(delay).await;
        self.1.measure(delay).await;
    }

    fn tell(&mut self) -> Option<Reading> {
        self.0.tell().or_else(|| self.1.tell())
    }
}

impl<A: Part, B: Part, C: Part> Part for (A, B, C) {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        self.0.measure(delay).await;
        self.1.measure(delay).await;
        self.2.measure(delay).await;
    }

    fn tell(&mut self) -> Option<Reading> {
        self.0.tell().or_else(|| self.1.tell()).or_else(|| self.2.tell())
    }
}
