//! Where the protocol's log lines go, and how payloads look in them.

use core::fmt;

use sonoff_core::io::Level;

/// Takes the log lines of a device (D-43): the serial port, a terminal, a test.
///
/// It is called between two steps of the device and must not block.
pub trait LogSink {
    /// One line. `stamp` is the time as the protocol shows it; `text` begins with its tag.
    fn line(&self, stamp: &dyn fmt::Display, level: Level, text: fmt::Arguments<'_>);

    /// The same for a page that shows the log, by the level of `WebLog`; for a firmware whose profile has pages.
    fn page_line(&self, _stamp: &dyn fmt::Display, _level: Level, _text: fmt::Arguments<'_>) {}
}

/// Drops every line, unwritten.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl LogSink for Silent {
    fn line(&self, _stamp: &dyn fmt::Display, _level: Level, _text: fmt::Arguments<'_>) {}
}

/// A message as the log shows it (D-44).
pub(crate) struct Message<'a> {
    pub topic: &'a str,
    pub payload: &'a [u8],
    /// The whole length, of which `payload` may be the beginning.
    pub len: usize,
    pub retain: bool,
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.topic)?;
        f.write_str(" = ")?;
        for chunk in self.payload.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{FFFD}")?;
            }
        }
        if self.payload.len() < self.len {
            write!(f, "... ({} bytes)", self.len)?;
        }
        f.write_str(if self.retain { " (retained)" } else { "" })
    }
}

impl Message<'_> {
    /// The form of a message that nobody gets: the last level of its topic, and no word about retaining.
    pub fn unsent(self) -> Self {
        let topic = self.topic.rsplit_once('/').map_or(self.topic, |(_, leaf)| leaf);
        Self { topic, retain: false, ..self }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    // D-44
    #[test]
    fn a_message_is_shown_with_its_topic_payload_and_retain_flag() {
        let message = |len, retain| Message { topic: "stat/sonoff/POWER", payload: b"ON", len, retain };
        assert_eq!(message(2, false).to_string(), "stat/sonoff/POWER = ON");
        assert_eq!(message(2, true).to_string(), "stat/sonoff/POWER = ON (retained)");
        assert_eq!(message(2, true).unsent().to_string(), "POWER = ON");
        assert_eq!(message(900, false).to_string(), "stat/sonoff/POWER = ON... (900 bytes)");
    }

    #[test]
    fn bytes_that_are_no_text_show_as_such() {
        let message = Message { topic: "a", payload: b"x\xFFy", len: 3, retain: false };
        assert_eq!(message.to_string(), "a = x\u{FFFD}y");
    }
}
