//! Lines for a slow port, for which nobody waits.

use core::cell::Cell;
use core::convert::Infallible;
use core::fmt::{self, Write as _};

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::pipe::Pipe;
use embedded_io_async::Write;

/// Bytes that are handed to the port at once.
const PIECE: usize = 32;

/// `N` bytes of lines on their way to a port. A line is printed whole or not at all; a line tells how many were lost.
pub struct Printer<const N: usize> {
    bytes: Pipe<NoopRawMutex, N>,
    lost: Cell<u32>,
}

impl<const N: usize> core::fmt::Debug for Printer<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl<const N: usize> Printer<N> {
    /// Nothing to print yet.
    pub const fn new() -> Self {
        Self { bytes: Pipe::new(), lost: Cell::new(0) }
    }

    /// Takes a line, at once.
    pub fn line(&self, text: fmt::Arguments<'_>) {
        let lost = self.lost.get();
        let taken = match lost {
            0 => self.take(text),
            _ => self.take(format_args!("... {lost} lines lost\r\n{text}")),
        };
        self.lost.set(if taken { 0 } else { lost.saturating_add(1) });
    }

    fn take(&self, text: fmt::Arguments<'_>) -> bool {
        let mut line = Line { pipe: None::<&Pipe<NoopRawMutex, N>>, bytes: 0 };
        let counted = write!(line, "{text}\r\n").is_ok();
        if !counted || line.bytes > self.bytes.free_capacity() {
            return false;
        }
        write!(Line { pipe: Some(&self.bytes), bytes: 0 }, "{text}\r\n").is_ok()
    }

    /// Prints what is taken, for ever. A piece that the port refuses is lost.
    pub async fn print_to<W: Write>(&self, mut port: W) -> Infallible {
        let mut piece = [0; PIECE];
        loop {
            let len = self.bytes.read(&mut piece).await;
            // There is nobody to tell.
            let _ = port.write_all(piece.get(..len).unwrap_or_default()).await;
        }
    }
}

impl<const N: usize> Default for Printer<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A line that is counted, and written where there is a pipe.
struct Line<'p, const N: usize> {
    pipe: Option<&'p Pipe<NoopRawMutex, N>>,
    bytes: usize,
}

impl<const N: usize> fmt::Write for Line<'_, N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes = self.bytes.saturating_add(text.len());
        let Some(pipe) = self.pipe else { return Ok(()) };
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let len = pipe.try_write(rest).map_err(|_| fmt::Error)?;
            rest = rest.get(len..).unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::String;
    use std::vec::Vec;

    use core::pin::pin;
    use core::task::{Context, Waker};

    use embedded_io_async::ErrorType;

    use super::*;

    struct Paper<'p>(&'p mut Vec<u8>);

    impl ErrorType for Paper<'_> {
        type Error = Infallible;
    }

    impl Write for Paper<'_> {
        async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        async fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }

    fn printed<const N: usize>(printer: &Printer<N>) -> String {
        let mut bytes = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(printer.print_to(Paper(&mut bytes))).poll(&mut context).is_pending());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_come_out_as_they_went_in() {
        let printer = Printer::<64>::new();
        for round in 0..9 {
            printer.line(format_args!("round {round}"));
            printer.line(format_args!("of {}", "nine".repeat(5)));
            assert_eq!(printed(&printer), std::format!("round {round}\r\nof {}\r\n", "nine".repeat(5)));
        }
    }

    #[test]
    fn a_line_that_does_not_fit_is_lost_whole_and_counted() {
        let printer = Printer::<40>::new();
        printer.line(format_args!("first"));
        printer.line(format_args!("{}", "x".repeat(32)));
        printer.line(format_args!("{}", "y".repeat(39)));
        assert_eq!(printed(&printer), "first\r\n");
        printer.line(format_args!("last"));
        printer.line(format_args!("."));
        assert_eq!(printed(&printer), "... 2 lines lost\r\nlast\r\n.\r\n");
    }
}
