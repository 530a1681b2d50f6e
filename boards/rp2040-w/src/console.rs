//! The serial console: GPIO 0 says, GPIO 1 hears, 115,200 bits per second.

use core::fmt;

use embassy_executor::Spawner;
use embassy_rp::Peri;
use embassy_rp::peripherals::{PIN_0, PIN_1, UART0};
use embassy_rp::uart::{BufferedUart, BufferedUartRx, BufferedUartTx, Config};
use sonoff_core::io::Level;
use sonoff_embassy::Printer;
use sonoff_runtime::LogSink;
use static_cell::{ConstStaticCell, StaticCell};

use crate::{Irqs, spawn};

static HEARD: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);
static SAID: ConstStaticCell<[u8; 64]> = ConstStaticCell::new([0; 64]);
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
pub fn open(
    uart: Peri<'static, UART0>,
    says: Peri<'static, PIN_0>,
    hears: Peri<'static, PIN_1>,
    spawner: Spawner,
) -> (BufferedUartRx, Log) {
    let uart = BufferedUart::new(uart, says, hears, Irqs, SAID.take(), HEARD.take(), Config::default());
    let (port, typed) = uart.split();
    let lines = LINES.init_with(Lines::new);
    spawn(spawner, print(lines, port));
    (typed, Log(lines))
}

#[embassy_executor::task]
async fn print(lines: &'static Lines, port: BufferedUartTx) {
    lines.print_to(port).await;
}
