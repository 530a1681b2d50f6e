//! The serial console, a port of the USB of the board's programmer: 115,200 bits per second.

use core::fmt;

use embassy_executor::Spawner;
use embassy_stm32::Peri;
use embassy_stm32::peripherals::{PD8, PD9, USART3};
use embassy_stm32::usart::{BufferedUart, BufferedUartRx, BufferedUartTx, Config, Error};
use embedded_io_async::{ErrorType, Write};
use sonoff_core::io::Level;
use sonoff_embassy::Printer;
use sonoff_runtime::LogSink;
use static_cell::ConstStaticCell;

use crate::Irqs;

static HEARD: ConstStaticCell<[u8; 256]> = ConstStaticCell::new([0; 256]);
static SAID: ConstStaticCell<[u8; 64]> = ConstStaticCell::new([0; 64]);
static LOG: ConstStaticCell<Log> = ConstStaticCell::new(Log(Printer::new()));

/// The device's log, on the console.
pub struct Log(Printer<4096>);

impl LogSink for Log {
    fn line(&self, stamp: &dyn fmt::Display, _level: Level, text: fmt::Arguments<'_>) {
        self.0.line(format_args!("{stamp} {text}"));
    }
}

/// Opens it; what is typed can be read. The chip can count at the usual speed, so there is one.
pub fn open(
    port: Peri<'static, USART3>,
    says: Peri<'static, PD8>,
    hears: Peri<'static, PD9>,
    spawner: Spawner,
) -> Option<(BufferedUartRx<'static>, &'static Log)> {
    let uart = BufferedUart::new(port, hears, says, SAID.take(), HEARD.take(), Irqs, Config::default());
    let (port, typed) = uart.ok()?.split();
    let log: &Log = LOG.take();
    spawner.spawn(print(log, port).ok()?);
    Some((typed, log))
}

#[embassy_executor::task]
async fn print(log: &'static Log, port: BufferedUartTx<'static>) {
    log.0.print_to(Patient(port)).await;
}

/// The driver wakes nobody who waits for room, but who waits until all is said. Behind that there is room for a piece.
struct Patient(BufferedUartTx<'static>);

impl ErrorType for Patient {
    type Error = Error;
}

impl Write for Patient {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.flush().await?;
        Write::write(&mut self.0, bytes).await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        Write::flush(&mut self.0).await
    }
}
