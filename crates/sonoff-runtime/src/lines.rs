//! Log lines that wait for the log server.

/// Bytes of a record's length.
const HEAD: usize = 2;

/// Lines in the order in which they were written. One for which there is no room is left out: nobody waits for it.
pub(crate) struct Lines<'b> {
    /// Records behind each other: a length, then so many bytes.
    buf: &'b mut [u8],
    used: usize,
}

impl<'b> Lines<'b> {
    pub const fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, used: 0 }
    }

    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Adds what `write` puts into the room that is left; `None` from it adds nothing.
    pub fn push<'r>(&'r mut self, write: impl FnOnce(&'r mut [u8]) -> Option<&'r [u8]>) {
        let Some((head, room)) = self.buf.get_mut(self.used..).and_then(|room| room.split_first_chunk_mut())
        else {
            return;
        };
        if let Some(len) = write(room).and_then(|line| u16::try_from(line.len()).ok()) {
            *head = len.to_le_bytes();
            self.used += HEAD + usize::from(len);
        }
    }

    /// Copies the oldest line, as much of it as fits.
    pub fn copy_first<'o>(&self, out: &'o mut [u8]) -> Option<&'o [u8]> {
        let line = self.first()?;
        let len = line.len().min(out.len());
        let out = out.get_mut(..len)?;
        out.copy_from_slice(line.get(..len)?);
        Some(out)
    }

    /// Forgets the oldest line.
    pub fn drop_first(&mut self) {
        let len = self.first().map_or(0, |line| HEAD + line.len());
        self.buf.copy_within(len..self.used, 0);
        self.used -= len;
    }

    /// Forgets all lines.
    pub const fn clear(&mut self) {
        self.used = 0;
    }

    fn first(&self) -> Option<&[u8]> {
        let (head, rest) = self.buf.get(..self.used)?.split_first_chunk()?;
        rest.get(..usize::from(u16::from_le_bytes(*head)))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    fn push(lines: &mut Lines<'_>, text: &str) {
        lines.push(|room| {
            let room = room.get_mut(..text.len())?;
            room.copy_from_slice(text.as_bytes());
            Some(room)
        });
    }

    fn taken(lines: &mut Lines<'_>) -> Vec<Vec<u8>> {
        let mut out = [0; 8];
        let mut taken = Vec::new();
        while let Some(line) = lines.copy_first(&mut out) {
            taken.push(line.to_vec());
            lines.drop_first();
        }
        taken
    }

    #[test]
    fn lines_leave_in_their_order_and_make_room() {
        let mut buf = [0; 13];
        let mut lines = Lines::new(&mut buf);
        for _ in 0..3 {
            ["one", "two", "three", "4"].iter().for_each(|text| push(&mut lines, text));
            assert_eq!(taken(&mut lines), [&b"one"[..], b"two", b"4"], "there is no room for the third");
            assert!(lines.is_empty());
        }
    }

    #[test]
    fn a_line_that_is_longer_than_the_outlet_is_cut_there_alone() {
        let mut buf = [0; 40];
        let mut lines = Lines::new(&mut buf);
        ["a long line of text", "next"].iter().for_each(|text| push(&mut lines, text));
        assert_eq!(taken(&mut lines), [&b"a long l"[..], b"next"]);
    }

    #[test]
    fn without_memory_there_are_no_lines() {
        for size in 0..=2 {
            let mut buf = [0; 2];
            let mut lines = Lines::new(&mut buf[..size]);
            push(&mut lines, "x");
            assert!(lines.is_empty());
            lines.drop_first();
        }
    }
}
