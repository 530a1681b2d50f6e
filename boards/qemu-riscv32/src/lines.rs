//! Lines on the two serial ports.

use core::fmt;

use embedded_io_async::Read;
use sonoff_core::io::Level;
use sonoff_embassy::Printer;
use sonoff_runtime::LogSink;

use crate::virt::uart::Uart;

/// Lines on their way to a port.
pub type Lines = Printer<4096>;

/// The device's log, on the console.
pub struct Log(pub &'static Lines);

impl LogSink for Log {
    fn line(&self, stamp: &dyn fmt::Display, _level: Level, text: fmt::Arguments<'_>) {
        self.0.line(format_args!("{stamp} {text}"));
    }
}

/// Passes each line that comes in at a port to `take`, for ever. Longer ones than 31 bytes are not known here.
pub async fn each(mut port: &Uart, mut take: impl FnMut(&str)) {
    let mut line = [0; 32];
    let mut len = 0;
    loop {
        let mut byte = [0];
        let Ok(_) = port.read(&mut byte).await;
        match (byte, line.get_mut(len)) {
            ([b'\n'], _) => {
                let text = line.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok());
                take(text.unwrap_or_default().trim_end());
                len = 0;
            }
            ([byte], Some(place)) => {
                *place = byte;
                len += 1;
            }
            (_, None) => {}
        }
    }
}
