//! The serial console: 115,200 bits per second.

use core::fmt;

use embassy_executor::Spawner;
use esp_hal::Async;
use esp_hal::gpio::AnyPin;
use esp_hal::peripherals::UART0;
use esp_hal::uart::{Config, ConfigError, Uart, UartRx, UartTx};
use sonoff_core::io::Level;
use sonoff_embassy::Printer;
use sonoff_runtime::LogSink;
use static_cell::StaticCell;

use crate::model::{HEARS, SAYS};
use crate::spawn;

static LINES: StaticCell<Lines> = StaticCell::new();

type Lines = Printer<4096>;

/// The device's log, on the console.
pub struct Log(&'static Lines);

impl LogSink for Log {
    fn line(&self, stamp: &dyn fmt::Display, _level: Level, text: fmt::Arguments<'_>) {
        self.0.line(format_args!("{stamp} {text}"));
    }
}

/// Opens it; what is typed can be read.
///
/// # Errors
/// [`ConfigError`], which the usual speed does not cause.
pub fn open(uart: UART0<'static>, spawner: Spawner) -> Result<(UartRx<'static, Async>, Log), ConfigError> {
    // SAFETY: they are not among the free pins, and nobody else has them.
    let (hears, says) = unsafe { (AnyPin::steal(HEARS), AnyPin::steal(SAYS)) };
    let uart = Uart::new(uart, Config::default())?.with_rx(hears).with_tx(says).into_async();
    let (typed, port) = uart.split();
    let lines = LINES.init_with(Lines::new);
    spawn(spawner, print(lines, port));
    Ok((typed, Log(lines)))
}

#[embassy_executor::task]
async fn print(lines: &'static Lines, port: UartTx<'static, Async>) {
    lines.print_to(port).await;
}
