//! What is wired to which pin. The numbers are this board's own, since the chip names its pins by letters.

use embassy_stm32::Peri;
use embassy_stm32::exti::ExtiInput;
use embassy_stm32::gpio::{self, Level, Output, Pull, Speed};
use embassy_stm32::mode::Async;
use embassy_stm32::peripherals::{EXTI13, PB0, PC13, PG4, PG14};
use sonoff_core::Profile;
use sonoff_core::profile::{Board, Part, Platform};
use sonoff_core::wiring::{Kind, Pin, Wiring};
use sonoff_hal::FixedPins;

use crate::Irqs;

/// D2 of the Arduino socket.
const RELAY: u8 = 2;
const BUTTON: u8 = 20;
const GREEN: u8 = 21;
const RED: u8 = 22;

/// Three that say and one that hears.
pub type BoardPins = FixedPins<Output<'static>, ExtiInput<'static, Async>, 3, 1>;

/// A relay, the board's button and two of its LEDs.
pub fn profile() -> Profile {
    let wiring = Wiring::default()
        .with(Kind::Relay, 1, Pin::new(RELAY))
        .with(Kind::Led, 1, Pin::new(GREEN))
        .with(Kind::LinkLed, 1, Pin::new(RED))
        // The board pulls it low, and the button high.
        .with(Kind::Button, 1, Pin::new(BUTTON).inverted().floating());
    Profile {
        board: Board::Fixed { module: "NUCLEO-H563ZI", wiring },
        parts: &[Part::Pages, Part::Syslog],
        platform: &Platform { hardware: "STM32H563", cpu_mhz: 64, flash_kb: 2048, ..Platform::UNKNOWN },
        ..Profile::BASIC
    }
}

/// The pins. All is off, as while the chip is in reset, until the device says otherwise.
pub fn open(
    relay: Peri<'static, PG14>,
    green: Peri<'static, PB0>,
    red: Peri<'static, PG4>,
    button: Peri<'static, PC13>,
    line: Peri<'static, EXTI13>,
) -> BoardPins {
    let button = ExtiInput::new(button, line, Pull::None, Irqs);
    FixedPins::new([(RELAY, output(relay)), (GREEN, output(green)), (RED, output(red))], [(BUTTON, button)])
}

fn output(pin: Peri<'static, impl gpio::Pin>) -> Output<'static> {
    Output::new(pin, Level::Low, Speed::Low)
}
