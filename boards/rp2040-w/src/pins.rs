//! The pins by their GPIO numbers, and the LED beside them.

use core::cell::Cell;
use core::future::pending;

use embassy_futures::select::select_array;
use embassy_rp::gpio::{AnyPin, Flex, Pull};
use embassy_rp::pac::{PADS_BANK0, SIO, sio};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use sonoff_core::Profile;
use sonoff_core::profile::{Board, Part};
use sonoff_core::wiring::{Kind, Pin, Wiring};
use sonoff_hal::{PinRole, Pins};

use crate::led::Led;

/// The number of the LED; the chip's own pins end at 29.
pub const LED: u8 = 32;

/// A relay, a button to ground, and the LED of the board.
pub fn profile() -> Profile {
    let wired = [(Kind::Relay, 15), (Kind::Button, 14), (Kind::Led, LED)];
    let wiring = wired
        .into_iter()
        .fold(Wiring::default(), |wiring, (kind, gpio)| wiring.with(kind, 1, Pin::new(gpio)));
    let board = Board::Fixed { module: "Pico W", wiring };
    let parts = &[
        Part::Radio,
        Part::Syslog,
        Part::Scan,
        #[cfg(feature = "pages")]
        Part::Pages,
        #[cfg(feature = "setup")]
        Part::SetUp,
    ];
    Profile { board, parts, ..Profile::BASIC }
}

/// The chip's pins but those of the console and of the radio.
const FREE: [u8; 24] =
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 26, 27, 28];

/// The pins, for one run.
pub struct BoardPins {
    pins: Mutex<NoopRawMutex, [(u32, Flex<'static>); FREE.len()]>,
    inputs: Cell<u32>,
    told: Cell<u32>,
    led: &'static Led,
}

impl BoardPins {
    /// All are what the chip's reset makes them: inputs that a weak resistor pulls down. Once in a run.
    pub fn new(led: &'static Led) -> Self {
        let pins = FREE.map(|gpio| {
            // SAFETY: nobody else has these pins.
            let mut pin = Flex::new(unsafe { AnyPin::steal(gpio) });
            pin.set_pull(Pull::Down);
            pin.set_schmitt(true);
            (bit(gpio), pin)
        });
        Self { pins: Mutex::new(pins), inputs: Cell::new(0), told: Cell::new(0), led }
    }
}

/// A pin in a mask; nothing for a number that is not free.
fn bit(gpio: u8) -> u32 {
    if FREE.contains(&gpio) { 1 << gpio } else { 0 }
}

fn put(register: sio::Gpio, bits: u32, on: bool) {
    if on { register.value_set().write_value(bits) } else { register.value_clr().write_value(bits) }
}

impl Pins for BoardPins {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        let (bit, output) = (bit(gpio), role == PinRole::Output);
        if bit != 0 {
            PADS_BANK0.gpio(gpio.into()).modify(|pad| {
                pad.set_pue(role == PinRole::InputPullUp);
                pad.set_pde(false);
            });
        }
        self.inputs.set(self.inputs.get() & !bit | if output { 0 } else { bit });
        self.write(gpio, high);
        put(SIO.gpio_oe(0), bit, output);
    }

    fn write(&self, gpio: u8, high: bool) {
        put(SIO.gpio_out(0), bit(gpio) & !self.inputs.get(), high);
        if gpio == LED {
            self.led.set(high);
        }
    }

    fn levels(&self) -> u64 {
        self.told.set(SIO.gpio_in(0).read() & self.inputs.get());
        self.told.get().into()
    }

    /// Waits for levels, not for edges: an edge before the wait began would be lost.
    async fn changed(&self) {
        let mut pins = self.pins.lock().await;
        let (inputs, told) = (self.inputs.get(), self.told.get());
        let leaves = async |pin: &mut Flex<'_>, bit: u32| match (inputs & bit, told & bit) {
            (0, _) => pending().await,
            (_, 0) => pin.wait_for_high().await,
            _ => pin.wait_for_low().await,
        };
        select_array(pins.each_mut().map(|(bit, pin)| leaves(pin, *bit))).await;
    }
}
