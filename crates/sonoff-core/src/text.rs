//! Writing text into a buffer that may be too small, or that shows only a window of the whole.

use core::fmt;

/// Where text goes: a buffer, a counter, or a window of a text that is longer than the buffer.
///
/// It never fails. All that is written is counted; what lies inside the window is kept. The writer of a text
/// therefore has no error to handle, and the same code that writes a text also measures it and cuts it up.
#[derive(Debug)]
pub struct Sink<'b> {
    buf: &'b mut [u8],
    skip: usize,
    total: usize,
}

impl<'b> Sink<'b> {
    /// Keeps the first `buf.len()` bytes.
    pub fn new(buf: &'b mut [u8]) -> Self {
        Self::window(buf, 0)
    }

    /// Keeps `buf.len()` bytes after the first `skip`.
    pub fn window(buf: &'b mut [u8], skip: usize) -> Self {
        Self { buf, skip, total: 0 }
    }

    /// Keeps nothing and counts.
    pub fn counter() -> Self {
        Self::new(&mut [])
    }

    /// Bytes written so far, kept or not.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Everything from the window's start on was kept.
    pub fn is_whole(&self) -> bool {
        self.total <= self.skip.saturating_add(self.buf.len())
    }

    /// Appends a text.
    pub fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Appends bytes.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        let at = self.total;
        self.total = at.saturating_add(bytes.len());
        let kept = at.checked_sub(self.skip).and_then(|from| {
            let to = from.checked_add(bytes.len())?;
            self.buf.get_mut(from..to)
        });
        match kept {
            Some(room) => room.copy_from_slice(bytes),
            None => self.push_cut(at, bytes),
        }
    }

    /// Appends one byte.
    #[inline(never)]
    pub fn push_byte(&mut self, byte: u8) {
        self.push_bytes(&[byte]);
    }

    /// The part of `bytes` that lies in the window, when not all of it does.
    fn push_cut(&mut self, at: usize, bytes: &[u8]) {
        let before = self.skip.saturating_sub(at);
        let start = at.saturating_sub(self.skip);
        let (Some(bytes), Some(room)) = (bytes.get(before..), self.buf.get_mut(start..)) else { return };
        for (place, byte) in room.iter_mut().zip(bytes) {
            *place = *byte;
        }
    }

    /// Appends a whole number in decimal.
    pub fn push_number(&mut self, number: u32) {
        self.push_padded(number, 1);
    }

    /// Appends a whole number in decimal with its sign.
    pub fn push_signed(&mut self, number: i32) {
        if number < 0 {
            self.push_byte(b'-');
        }
        self.push_number(number.unsigned_abs());
    }

    /// Appends `number` with leading zeros, at least `width` digits; twelve are the most.
    pub fn push_padded(&mut self, number: u32, width: usize) {
        let mut digits = [b'0'; 12];
        let mut rest = number;
        let mut from = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            from = at;
            if rest == 0 {
                break;
            }
        }
        let from = from.min(digits.len().saturating_sub(width));
        self.push_bytes(digits.get(from..).unwrap_or(&[]));
    }

    /// Appends a byte as two upper-case hex digits.
    pub fn push_hex(&mut self, byte: u8) {
        self.push_digit(byte >> 4);
        self.push_digit(byte & 15);
    }

    /// Appends an upper-case hex digit.
    pub(crate) fn push_digit(&mut self, nibble: u8) {
        self.push_byte(nibble + if nibble < 10 { b'0' } else { b'A' - 10 });
    }

    /// Appends a text in upper case.
    pub fn push_upper(&mut self, text: &str) {
        for byte in text.bytes() {
            self.push_byte(byte.to_ascii_uppercase());
        }
    }

    /// What was kept, and the unused rest of the buffer.
    pub fn split(self) -> (&'b mut [u8], &'b mut [u8]) {
        let kept = self.total.saturating_sub(self.skip).min(self.buf.len());
        self.buf.split_at_mut(kept)
    }

    /// What was kept.
    pub fn into_bytes(self) -> &'b [u8] {
        self.split().0
    }

    /// What was kept, if it is text; empty otherwise (a window may cut a character).
    pub fn into_str(self) -> &'b str {
        core::str::from_utf8(self.into_bytes()).unwrap_or("")
    }
}

impl fmt::Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(sink: &mut Sink<'_>) {
        sink.push("stat/");
        sink.push_number(4_294_967_295);
        sink.push_signed(-40);
        sink.push_padded(7, 2);
        sink.push_hex(0xA5);
        sink.push_upper("käse");
    }

    const SAMPLE: &str = "stat/4294967295-4007A5KäSE";

    #[test]
    fn writes_what_it_is_given() {
        let mut buf = [0; 64];
        let mut sink = Sink::new(&mut buf);
        sample(&mut sink);
        assert!(sink.is_whole());
        assert_eq!(sink.into_str(), SAMPLE);
    }

    #[test]
    fn counts_without_room() {
        let mut sink = Sink::counter();
        sample(&mut sink);
        assert_eq!(sink.total(), SAMPLE.len());
        assert!(!sink.is_whole());
    }

    #[test]
    fn only_less_than_0_has_a_sign() {
        let mut buf = [0; 8];
        let mut sink = Sink::new(&mut buf);
        [-1, 0, 1].into_iter().for_each(|number| sink.push_signed(number));
        assert_eq!(sink.into_str(), "-101");
    }

    proptest! {
        #[test]
        fn windows_of_any_size_put_together_are_the_whole(size in 1usize..40) {
            let mut whole = Vec::new();
            while whole.len() < SAMPLE.len() {
                let mut buf = vec![0; size];
                let mut sink = Sink::window(&mut buf, whole.len());
                sample(&mut sink);
                let piece = sink.into_bytes();
                prop_assert!(!piece.is_empty());
                whole.extend_from_slice(piece);
            }
            prop_assert_eq!(whole, SAMPLE.as_bytes());
        }

        #[test]
        fn numbers_read_back(number: u32, signed: i32) {
            let mut buf = [0; 24];
            let mut sink = Sink::new(&mut buf);
            sink.push_number(number);
            sink.push(" ");
            sink.push_signed(signed);
            prop_assert_eq!(sink.into_str(), format!("{number} {signed}"));
        }
    }
}
