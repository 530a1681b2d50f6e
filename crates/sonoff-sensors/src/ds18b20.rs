//! All DS18B20 on one wire.

use embedded_hal::digital::{InputPin, OutputPin};
use heapless::Vec;
use sonoff_hal::{Place, Reading, raw};

use crate::one_wire::Wire;
use crate::voice::{MOST_MISSES, Voice, WARMTH};
use crate::{Delay, Part};

const TO_ALL: u8 = 0xCC;
const TO_ONE: u8 = 0x55;
const CONVERT: u8 = 0x44;
const READ: u8 = 0xBE;

/// Rounds from one search for new sensors to the next, while some are known: a minute (N-29).
const SEARCH_ROUNDS: u8 = 30;
/// Searches end after so many, whatever a disturbed wire tells.
const MOST_SEARCHES: u8 = 32;
/// A disturbed conversation is repeated at once.
const TRIES: u8 = 3;

/// The DS18B20 on one wire, up to `N`; the pin is open drain with a pull-up of 4.7 kΩ, and the sensors have their
/// supply (N-5, N-20).
///
/// They are found by their ROM codes, also those that are plugged in later (N-29). A round reads what the conversion
/// that the round before began has brought, so that nothing waits for it. The processor is held for no longer than a
/// byte, 0.6 ms.
#[derive(Debug)]
pub struct Ds18b20<P, const N: usize> {
    pin: P,
    probes: Vec<Probe, N>,
    /// The sensors were told to measure in the round before. Else they would tell a value that may be old.
    is_measured: bool,
    /// Rounds since the last search.
    rounds: u8,
}

#[derive(Debug)]
struct Probe {
    code: [u8; 8],
    voice: Voice,
}

impl<P: InputPin + OutputPin, const N: usize> Ds18b20<P, N> {
    /// A wire on which nobody is known yet.
    pub const fn new(pin: P) -> Self {
        Self { pin, probes: Vec::new(), is_measured: false, rounds: 0 }
    }
}

impl<P: InputPin + OutputPin, const N: usize> Part for Ds18b20<P, N> {
    async fn measure<D: Delay>(&mut self, delay: &mut D) {
        let mut wire = Wire::new(&mut self.pin, delay);
        for probe in &mut self.probes {
            let outcome = if self.is_measured { read(&mut wire, probe.code).await } else { None };
            probe.voice.hear(outcome.map(|celsius| [celsius, 0, 0]));
        }
        if self.probes.is_empty() || self.rounds == 0 {
            search(&mut wire, &mut self.probes).await;
        }
        self.rounds = (self.rounds + 1) % SEARCH_ROUNDS;
        self.is_measured = convert(&mut wire).await.is_some();
    }

    fn tell(&mut self) -> Option<Reading> {
        self.probes.iter_mut().find_map(|probe| probe.voice.tell())
    }
}

/// All measure at once; it takes them 750 ms.
async fn convert<P: InputPin + OutputPin, D: Delay>(wire: &mut Wire<'_, P, D>) -> Option<()> {
    wire.reset().await?;
    wire.write(TO_ALL).await?;
    wire.write(CONVERT).await
}

async fn read<P: InputPin + OutputPin, D: Delay>(wire: &mut Wire<'_, P, D>, code: [u8; 8]) -> Option<i32> {
    for _ in 0..TRIES {
        let celsius = scratchpad(wire, code).await.and_then(raw::ds18b20);
        if celsius.is_some() {
            return celsius;
        }
    }
    None
}

async fn scratchpad<P: InputPin + OutputPin, D: Delay>(
    wire: &mut Wire<'_, P, D>,
    code: [u8; 8],
) -> Option<[u8; 9]> {
    wire.reset().await?;
    wire.write(TO_ONE).await?;
    for byte in code {
        wire.write(byte).await?;
    }
    wire.write(READ).await?;
    let mut bytes = [0; 9];
    for byte in &mut bytes {
        *byte = wire.read().await?;
    }
    Some(bytes)
}

async fn search<P: InputPin + OutputPin, D: Delay, const N: usize>(
    wire: &mut Wire<'_, P, D>,
    probes: &mut Vec<Probe, N>,
) {
    let (mut code, mut fork) = ([0; 8], 0);
    for _ in 0..MOST_SEARCHES {
        let Some(next) = wire.search(&mut code, fork).await else { return };
        meet(probes, code);
        if next == 0 {
            return;
        }
        fork = next;
    }
}

/// Takes a sensor in, if it is a DS18B20 and new. One for which there is no room is left out.
fn meet<const N: usize>(probes: &mut Vec<Probe, N>, code: [u8; 8]) {
    let [_, f, e, d, c, b, a, _] = code;
    let rom = [a, b, c, d, e, f];
    let is_known = probes.iter().any(|probe| probe.code == code);
    if !is_known && raw::rom_code(rom) == code {
        let voice = Voice::new("DS18B20", Place::Rom(rom), WARMTH, MOST_MISSES);
        let _ = probes.push(Probe { code, voice });
    }
}
