//! Frames out of a stream of bytes, in the caller's receive buffer.

use crate::frame::{self, FrameError, Head};

/// The receive buffer: bytes come in behind, whole frames go out in front.
///
/// ```text
/// loop: read into spare(), filled(n); while let Some(len) = next()? { use frame(len); consume(len) }
/// ```
///
/// A frame larger than the whole buffer is skipped and counted, and the stream goes on behind it (S-15).
#[derive(Debug)]
pub struct Inbox<'b> {
    buf: &'b mut [u8],
    /// The bytes that wait are `buf[start..end]`.
    start: usize,
    end: usize,
    /// Bytes of a frame that is too long and still to come.
    skip: usize,
    skipped: u32,
}

impl<'b> Inbox<'b> {
    /// An empty inbox over `buf`, whose size is the largest frame that can be received.
    ///
    /// With fewer than 5 bytes, the longest fixed header, it may get stuck.
    pub const fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, start: 0, end: 0, skip: 0, skipped: 0 }
    }

    /// Where to read to. It is empty only when the whole buffer is one frame that waits to be taken by
    /// [`next`](Self::next): a read into an empty slice would look like the end of the stream.
    ///
    /// Bytes are moved to the front only when there is no room behind them.
    pub fn spare(&mut self) -> &mut [u8] {
        if self.end == self.buf.len() && self.start > 0 {
            self.move_down();
        }
        self.buf.get_mut(self.end..).unwrap_or_default()
    }

    /// The first `n` bytes of [`spare`](Self::spare) have been read.
    pub fn filled(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.buf.len());
    }

    /// The length of the whole frame in front; `None` when more must be read first.
    ///
    /// It stays in front, for [`frame`](Self::frame), until [`consume`](Self::consume).
    ///
    /// # Errors
    /// [`FrameError`] when no right frame begins here; the stream cannot be read on.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not lend the frame")]
    pub fn next(&mut self) -> Result<Option<usize>, FrameError> {
        loop {
            self.drop_skipped();
            if self.skip > 0 {
                return Ok(None);
            }
            match frame::head(self.waiting(), self.buf.len())? {
                Head::Incomplete => return Ok(None),
                Head::Whole(len) => return Ok(Some(len)),
                Head::TooLong(len) => self.begin_skip(len),
            }
        }
    }

    /// The first `len` bytes that wait; nothing when there are fewer.
    pub fn frame(&self, len: usize) -> &[u8] {
        self.waiting().get(..len).unwrap_or_default()
    }

    /// Drops the first `len` bytes.
    pub fn consume(&mut self, len: usize) {
        self.start = self.start.saturating_add(len).min(self.end);
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Forgets everything but the count, for a new connection.
    pub fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
        self.skip = 0;
    }

    /// How many frames were too long for the buffer, since the start.
    pub const fn skipped(&self) -> u32 {
        self.skipped
    }

    /// One byte after the other: to move memory in any direction takes 1.3 KB of code on a small chip.
    fn move_down(&mut self) {
        for at in self.start..self.end {
            if let Some(&byte) = self.buf.get(at)
                && let Some(place) = self.buf.get_mut(at - self.start)
            {
                *place = byte;
            }
        }
        self.end -= self.start;
        self.start = 0;
    }

    fn waiting(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    const fn begin_skip(&mut self, len: usize) {
        self.skip = len;
        self.skipped = self.skipped.saturating_add(1);
    }

    fn drop_skipped(&mut self) {
        let gone = self.skip.min(self.end - self.start);
        self.skip -= gone;
        self.consume(gone);
    }
}
