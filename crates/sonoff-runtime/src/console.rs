//! The console loop: command lines from a serial port (D-3).

use core::convert::Infallible;
use core::future::pending;

use embassy_futures::yield_now;
use embedded_io_async::Read;
use sonoff_core::Input;
use sonoff_core::completion::question;
use sonoff_core::io::Source;
use sonoff_core::log::before_secret;
use sonoff_hal::{Clock, Pins, System};

use crate::help::help;
use crate::shared::Shared;

/// Rest after an error of the port, which may be one that stays.
const ERROR_REST_MS: u64 = 100;

pub(crate) async fn console<P: Pins, C: Clock, Y: System, I: Read>(
    shared: &Shared<'_, P, C, Y>,
    port: &mut I,
    buf: &mut [u8],
) -> Infallible {
    let mut line = Line::new(buf);
    let mut bytes = [0; 16];
    loop {
        match port.read(&mut bytes).await {
            // Nobody types any more; the device goes on.
            Ok(0) => pending().await,
            Ok(count) => {
                for &byte in bytes.iter().take(count) {
                    take(shared, &mut line, byte).await;
                }
                // A port that always has more must not keep the other loops from their turn.
                yield_now().await;
            }
            Err(_) => {
                line.clear();
                shared.clock.wait_until(shared.clock.now().saturating_add(ERROR_REST_MS)).await;
            }
        }
    }
}

async fn take<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, line: &mut Line<'_>, byte: u8) {
    match line.push(byte) {
        Typed::More => return,
        Typed::Dropped => {}
        Typed::Asked(text) => return help(shared, text),
        Typed::Overrun => shared.info(format_args!("CMD: Serial buffer overrun")),
        Typed::Line(text) => match question(text, shared.own_commands()) {
            Some(word) => help(shared, word),
            None => carry_out(shared, text).await,
        },
    }
    line.clear();
}

/// A line is logged, and waits while the device accepts no command (D-3).
async fn carry_out<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, text: &str) {
    match before_secret(text) {
        Some(part) => shared.info(format_args!("CMD: {part} ****")),
        None => shared.info(format_args!("CMD: {text}")),
    }
    while !shared.accepts_command() {
        shared.due.console.wait().await;
    }
    shared.input(Input::Line { source: Source::Serial, text });
}

/// A line while it is typed.
struct Line<'b> {
    buf: &'b mut [u8],
    len: usize,
    overrun: bool,
    /// The last byte asked for help: the line is no command.
    asked: bool,
}

/// What a byte made of the line.
#[derive(Debug, PartialEq)]
enum Typed<'l> {
    /// It goes on.
    More,
    /// It goes on, and help is wanted with what there is.
    Asked(&'l str),
    /// It ended and is nothing to carry out.
    Dropped,
    /// It ended and is not empty.
    Line(&'l str),
    /// It ended and was too long.
    Overrun,
}

impl<'b> Line<'b> {
    const fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, len: 0, overrun: false, asked: false }
    }

    const fn clear(&mut self) {
        self.len = 0;
        self.overrun = false;
        self.asked = false;
    }

    fn push(&mut self, byte: u8) -> Typed<'_> {
        match byte {
            b'\n' => return self.end(),
            b'\t' => return self.ask(),
            32..=126 => self.collect(byte),
            128.. => self.clear(),
            0..=31 | 127 => {}
        }
        Typed::More
    }

    /// The buffer has one byte more than the longest line: the reference counts the end mark (D-3).
    fn collect(&mut self, byte: u8) {
        self.asked = false;
        if self.len + 1 >= self.buf.len() {
            self.overrun = true;
        } else if let Some(place) = self.buf.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// A terminal that sends whole lines ends this one after its TAB: nothing is carried out then.
    fn ask(&mut self) -> Typed<'_> {
        self.asked = true;
        Typed::Asked(self.text())
    }

    fn end(&self) -> Typed<'_> {
        match self.text() {
            _ if self.overrun => Typed::Overrun,
            text if text.is_empty() || self.asked => Typed::Dropped,
            text => Typed::Line(text),
        }
    }

    /// Printable characters alone were collected.
    fn text(&self) -> &str {
        self.buf.get(..self.len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;

    fn lines(size: usize, bytes: &[u8]) -> Vec<String> {
        let mut buf = [0; 800];
        let mut line = Line::new(&mut buf[..size]);
        let mut lines = Vec::new();
        for &byte in bytes {
            match line.push(byte) {
                Typed::More => continue,
                Typed::Dropped => {}
                Typed::Asked(text) => {
                    lines.push(std::format!("{text}?"));
                    continue;
                }
                Typed::Line(text) => lines.push(text.to_string()),
                Typed::Overrun => lines.push("(overrun)".to_string()),
            }
            line.clear();
        }
        lines
    }

    // D-3
    #[test]
    fn a_line_ends_with_lf_and_cr_is_ignored() {
        assert_eq!(lines(800, b"power on\r\n\r\n\nStatus\n"), ["power on", "Status"]);
    }

    // D-3
    #[test]
    fn a_byte_above_127_clears_the_line() {
        assert_eq!(lines(800, b"noise\xFFpower\n"), ["power"]);
    }

    // D-3
    #[test]
    fn control_bytes_are_not_collected() {
        assert_eq!(lines(800, b"po\x07w\x7Fer\x0B1\n"), ["power1"]);
    }

    // D-61
    #[test]
    fn a_tab_asks_for_help_and_a_line_that_ends_in_one_is_no_command() {
        assert_eq!(lines(800, b"pow\ter on\n"), ["pow?", "power on"]);
        assert_eq!(lines(800, b"\t\npow\t\r\npower\n"), ["?", "pow?", "power"]);
        assert_eq!(lines(4, b"power\t\n"), ["pow?", "(overrun)"]);
    }

    // D-3: 800 bytes with the end
    #[test]
    fn a_line_that_is_too_long_is_dropped_whole() {
        let typed = |len: usize| [std::vec![b'x'; len], b"\nok\n".to_vec()].concat();
        assert_eq!(lines(800, &typed(799)), ["x".repeat(799), "ok".to_string()]);
        assert_eq!(lines(800, &typed(800)), ["(overrun)", "ok"]);
        assert_eq!(lines(0, &typed(1)), ["(overrun)", "(overrun)"]);
    }
}
