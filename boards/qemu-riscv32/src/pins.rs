//! Pins of a machine that has none: levels come and go as lines of the second serial port.
//!
//! Out, with the microseconds since the start: `1234567 12 output low`, `1234567 12 now high`. In: `0 low`, `0 high`.

use core::cell::Cell;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Instant;
use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_hal::{PinRole, Pins};

use crate::lines::Lines;

/// A Sonoff Basic with pages.
pub const PROFILE: Profile = Profile {
    parts: &[
        Part::Radio,
        Part::FixedAddress,
        Part::RadioSleep,
        Part::Serial,
        Part::Syslog,
        Part::Pages,
        #[cfg(feature = "tls")]
        Part::Tls,
    ],
    ..Profile::BASIC
};

/// The pins, with what the world outside does to them.
pub struct LinePins {
    lines: &'static Lines,
    outputs: Cell<u64>,
    driven: Cell<u64>,
    outside: Cell<u64>,
    told: Cell<u64>,
    edge: Signal<NoopRawMutex, ()>,
}

impl LinePins {
    /// All are inputs, and the world leaves them high.
    pub const fn new(lines: &'static Lines) -> Self {
        Self {
            lines,
            outputs: Cell::new(0),
            driven: Cell::new(0),
            outside: Cell::new(u64::MAX),
            told: Cell::new(u64::MAX),
            edge: Signal::new(),
        }
    }

    /// The world pulls a pin to a level; what is no such line is ignored.
    pub fn obey(&self, line: &str) {
        let Some((gpio, level)) = line.split_once(' ') else { return };
        let Ok(gpio) = gpio.parse() else { return };
        set(&self.outside, gpio, level == "high");
        self.edge.signal(());
    }

    fn tell(&self, gpio: u8, what: &str, high: bool) {
        let level = if high { "high" } else { "low" };
        self.lines.line(format_args!("{} {gpio} {what} {level}", Instant::now().as_micros()));
    }

    fn now(&self) -> u64 {
        let outputs = self.outputs.get();
        self.outside.get() & !outputs | self.driven.get() & outputs
    }
}

fn set(levels: &Cell<u64>, gpio: u8, high: bool) {
    let bit = 1_u64.checked_shl(gpio.into()).unwrap_or(0);
    levels.set(if high { levels.get() | bit } else { levels.get() & !bit });
}

impl Pins for &LinePins {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        let output = role == PinRole::Output;
        set(&self.driven, gpio, high);
        set(&self.outputs, gpio, output);
        self.tell(gpio, if output { "output" } else { "input" }, high);
    }

    fn write(&self, gpio: u8, high: bool) {
        let before = self.now();
        set(&self.driven, gpio, high);
        if self.now() != before {
            self.tell(gpio, "now", high);
        }
    }

    fn levels(&self) -> u64 {
        self.told.set(self.now());
        self.now()
    }

    async fn changed(&self) {
        while (self.now() ^ self.told.get()) & !self.outputs.get() == 0 {
            self.edge.wait().await;
        }
    }
}
