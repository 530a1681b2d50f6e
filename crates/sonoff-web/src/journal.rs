//! The last log lines, for the page that shows them.

use core::fmt::{self, Write};

use sonoff_core::json::Json;
use sonoff_core::text::Sink;

/// Most bytes of a line; what is longer is cut.
const LINE: usize = 160;
/// Bytes of a record's length.
const HEAD: usize = 1;

/// The last log lines; a new one pushes out the oldest.
#[derive(Debug)]
pub struct Journal<'b> {
    /// Records behind each other: a length, then so many bytes.
    buf: &'b mut [u8],
    used: usize,
    /// The number of the next line.
    next: u32,
    /// How many there are.
    count: u32,
}

impl<'b> Journal<'b> {
    /// An empty journal in this memory.
    pub const fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, used: 0, next: 0, count: 0 }
    }

    /// Adds a line.
    pub fn push(&mut self, line: fmt::Arguments<'_>) {
        let mut room = [0; LINE];
        let mut sink = Sink::new(&mut room);
        // A sink takes everything.
        let _ = sink.write_fmt(line);
        let text = whole_characters(sink.into_bytes());
        let needed = HEAD + text.len();
        while self.used > 0 && self.used + needed > self.buf.len() {
            self.drop_first();
        }
        self.next = self.next.wrapping_add(1);
        let room = self.buf.get_mut(self.used..self.used + needed).and_then(<[u8]>::split_first_mut);
        if let (Some((head, room)), Ok(len)) = (room, u8::try_from(text.len())) {
            *head = len;
            room.copy_from_slice(text.as_bytes());
            self.used += needed;
            self.count += 1;
        }
    }

    fn drop_first(&mut self) {
        let len = self.buf.first().map_or(0, |len| HEAD + usize::from(*len));
        let len = len.min(self.used);
        self.buf.copy_within(len..self.used, 0);
        self.used -= len;
        self.count = self.count.saturating_sub(1);
    }

    /// The lines after number `after`, and the number to ask with next time (W-12).
    pub fn write(&self, after: u32, sink: &mut Sink<'_>) {
        let new = self.next.wrapping_sub(after).min(self.count);
        let known = usize::try_from(self.count - new).unwrap_or(usize::MAX);
        Json::object(sink, |json| {
            json.number("next", self.next);
            json.texts("lines", self.lines().skip(known));
        });
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.buf.get(..self.used).unwrap_or(&[]);
        core::iter::from_fn(move || {
            let (len, lines) = rest.split_first()?;
            let (line, lines) = lines.split_at_checked(usize::from(*len))?;
            rest = lines;
            core::str::from_utf8(line).ok()
        })
    }
}

/// A text whose end may be half a character.
fn whole_characters(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(journal: &Journal<'_>, after: u32) -> String {
        let mut buf = [0; 2000];
        let mut sink = Sink::new(&mut buf);
        journal.write(after, &mut sink);
        sink.into_str().to_owned()
    }

    #[test]
    fn w_12_new_lines_follow_and_the_oldest_give_way() {
        let mut buf = [0; 12];
        let mut journal = Journal::new(&mut buf);
        ["one", "two", "\"3\""].iter().for_each(|line| journal.push(format_args!("{line}")));
        assert_eq!(shown(&journal, 0), r#"{"next":3,"lines":["one","two","\"3\""]}"#);
        assert_eq!(shown(&journal, 2), r#"{"next":3,"lines":["\"3\""]}"#);
        assert_eq!(shown(&journal, 3), r#"{"next":3,"lines":[]}"#);
        assert_eq!(
            shown(&journal, 77),
            r#"{"next":3,"lines":["one","two","\"3\""]}"#,
            "another run's number"
        );
        journal.push(format_args!("fourth"));
        assert_eq!(shown(&journal, 0), r#"{"next":4,"lines":["\"3\"","fourth"]}"#);
        journal.push(format_args!("too long for all"));
        assert_eq!(shown(&journal, 0), r#"{"next":5,"lines":[]}"#);
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        let mut buf = [0; 1000];
        let mut journal = Journal::new(&mut buf);
        journal.push(format_args!("x{}", "ü".repeat(200)));
        let lines: Vec<_> = journal.lines().collect();
        assert_eq!(lines, [format!("x{}", "ü".repeat(79))]);
    }

    proptest! {
        #[test]
        fn it_keeps_the_last_ones(size in 0usize..60, lines in proptest::collection::vec("[a-z]{0,20}", 0..20)) {
            let mut buf = vec![0; size];
            let mut journal = Journal::new(&mut buf);
            lines.iter().for_each(|line| journal.push(format_args!("{line}")));
            let kept: Vec<_> = journal.lines().collect();
            prop_assert!(lines.iter().map(String::as_str).collect::<Vec<_>>().ends_with(&kept));
            prop_assert_eq!(journal.count as usize, kept.len());
        }
    }
}
