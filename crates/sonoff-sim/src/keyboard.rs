//! The serial line of one device: bytes that someone typed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::rc::Rc;

use embedded_io_async::{ErrorType, Read};

use crate::notice::Notice;

/// What may wait to be read; more is lost, as on a serial line that nobody reads.
const ROOM: usize = 64 * 1024;

/// Both ends of the line. Clones share it, so that it outlives a restart of the device.
#[derive(Debug, Clone, Default)]
pub struct Keyboard(Rc<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: RefCell<VecDeque<u8>>,
    notice: Notice,
}

impl Keyboard {
    /// Types a line.
    pub fn type_line(&self, line: &[u8]) {
        let mut waiting = self.0.waiting.borrow_mut();
        if waiting.len() + line.len() < ROOM {
            waiting.extend(line);
            waiting.push_back(b'\n');
            self.0.notice.give(());
        }
    }

    fn take(&self, buf: &mut [u8]) -> usize {
        let mut waiting = self.0.waiting.borrow_mut();
        let len = waiting.len().min(buf.len());
        waiting.drain(..len).zip(buf).for_each(|(byte, place)| *place = byte);
        len
    }
}

impl ErrorType for Keyboard {
    type Error = Infallible;
}

/// A dropped read loses nothing: bytes are taken without waiting.
impl Read for Keyboard {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        loop {
            match self.take(buf) {
                0 if !buf.is_empty() => self.0.notice.wait().await,
                len => return Ok(len),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn what_is_typed_is_read_even_after_a_dropped_read() {
        let (keyboard, mut buf) = (Keyboard::default(), [0; 4]);
        let mut reader = keyboard.clone();
        assert_eq!(block_on(poll_once(reader.read(&mut buf))), None);
        keyboard.type_line(b"power");
        assert_eq!(block_on(reader.read(&mut buf)), Ok(4));
        assert_eq!((block_on(reader.clone().read(&mut buf)), &buf[..2]), (Ok(2), &b"r\n"[..]));
    }

    #[test]
    fn a_line_that_nobody_reads_does_not_grow_for_ever() {
        let keyboard = Keyboard::default();
        (0..100_000).for_each(|_| keyboard.type_line(b"power"));
        assert!(keyboard.0.waiting.borrow().len() <= ROOM);
    }
}
