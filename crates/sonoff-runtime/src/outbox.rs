//! Packets to the broker, gathered so that many leave with one write.

use core::num::NonZeroU16;

use sonoff_mqtt::packet::{self, Full, PUBLISH_ROOM};

use crate::outgoing::Outgoing;

/// Room that a topic of the greatest length and its header need.
const LEAST_ROOM: usize = 336;
/// Room with which most answers are whole.
const GOOD_ROOM: usize = 1400;

/// The transmit buffer.
pub(crate) struct Outbox<'b> {
    buf: &'b mut [u8],
    filled: usize,
    last_id: u16,
}

impl<'b> Outbox<'b> {
    pub const fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, filled: 0, last_id: 0 }
    }

    pub const fn clear(&mut self) {
        self.filled = 0;
    }

    pub fn bytes(&self) -> &[u8] {
        self.buf.get(..self.filled).unwrap_or_default()
    }

    pub const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// There is room enough for another message. What is in it leaves first otherwise, so that a message is rather
    /// whole than in windows.
    pub fn has_room(&self) -> bool {
        let good = (self.buf.len() / 2).clamp(LEAST_ROOM, GOOD_ROOM);
        self.is_empty() || self.buf.len() - self.filled >= good
    }

    /// The free part.
    pub fn spare(&mut self) -> &mut [u8] {
        self.buf.get_mut(self.filled..).unwrap_or_default()
    }

    /// Where the texts of the next [`Outgoing`] go.
    pub fn text_room(&mut self) -> &mut [u8] {
        packet::publish_room(self.spare())
    }

    /// The first `len` bytes of [`Self::spare`] are to be sent.
    pub fn filled(&mut self, len: usize) {
        self.filled = self.filled.saturating_add(len).min(self.buf.len());
    }

    /// Adds a packet that `write` puts into the free part.
    pub fn push(&mut self, write: impl FnOnce(&mut [u8]) -> Result<usize, Full>) -> Result<(), Full> {
        let len = write(self.spare())?;
        self.filled(len);
        Ok(())
    }

    /// Makes a packet of texts that lie in [`Self::text_room`].
    pub fn seal(&mut self, outgoing: Outgoing) -> Result<(), Full> {
        match outgoing {
            Outgoing::Publish { topic, payload, total, retain } => {
                self.push(|spare| packet::publish_in_place(spare, topic, payload, total, retain))
            }
            Outgoing::Subscribe { filter } => {
                let id = self.next_id();
                self.push(|spare| subscribe_in_place(spare, filter, id))
            }
            Outgoing::Disconnect => self.push(packet::disconnect),
        }
    }

    fn next_id(&mut self) -> NonZeroU16 {
        self.last_id = self.last_id.wrapping_add(1);
        NonZeroU16::new(self.last_id).unwrap_or_else(|| {
            self.last_id = 1;
            NonZeroU16::MIN
        })
    }
}

/// Writes SUBSCRIBE behind its filter and moves it down.
fn subscribe_in_place(spare: &mut [u8], filter: usize, id: NonZeroU16) -> Result<usize, Full> {
    let end = PUBLISH_ROOM + filter;
    let (text, out) = spare.split_at_mut_checked(end).ok_or(Full)?;
    let filter = text.get(PUBLISH_ROOM..).and_then(|text| core::str::from_utf8(text).ok()).ok_or(Full)?;
    let len = packet::subscribe(id, filter, out)?;
    spare.copy_within(end..end + len, 0);
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(outbox: &mut Outbox<'_>, text: &str) {
        outbox.text_room()[..text.len()].copy_from_slice(text.as_bytes());
    }

    #[test]
    fn packets_gather_behind_each_other() {
        let mut buf = [0; 512];
        let mut outbox = Outbox::new(&mut buf);
        text(&mut outbox, "a/bON");
        outbox.seal(Outgoing::Publish { topic: 3, payload: 2, total: 2, retain: true }).unwrap();
        text(&mut outbox, "c/#");
        outbox.seal(Outgoing::Subscribe { filter: 3 }).unwrap();
        outbox.seal(Outgoing::Disconnect).unwrap();
        assert_eq!(outbox.bytes(), b"\x31\x07\x00\x03a/bON\x82\x08\x00\x01\x00\x03c/#\x00\xE0\x00");
    }

    #[test]
    fn what_does_not_fit_leaves_the_rest_as_it_was() {
        let mut buf = [0; 16];
        let mut outbox = Outbox::new(&mut buf);
        text(&mut outbox, "topic/#");
        assert!(outbox.seal(Outgoing::Subscribe { filter: 7 }).is_err());
        assert!(outbox.seal(Outgoing::Subscribe { filter: 99 }).is_err());
        assert!(outbox.is_empty());
        assert!(outbox.seal(Outgoing::Disconnect).is_ok());
    }

    #[test]
    fn ids_are_never_zero() {
        let mut buf = [0; 16];
        let mut outbox = Outbox::new(&mut buf);
        outbox.last_id = u16::MAX - 1;
        assert_eq!(outbox.next_id().get(), u16::MAX);
        assert_eq!(outbox.next_id().get(), 1);
        assert_eq!(outbox.next_id().get(), 2);
    }
}
