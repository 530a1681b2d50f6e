//! Messages whose texts are not the device's own: they wait here, in one bounded buffer.

use heapless::Vec;
use heapless::vec::VecView;

use crate::text::Sink;

/// Room for topics and payloads that wait, in bytes.
const ROOM: usize = 512;
/// Bytes before each: its name and two lengths.
const HEAD: usize = 4;

/// Texts in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8, ROOM>,
    last: u8,
}

/// The name of a text while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextId(u8);

/// A text that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    pub topic: &'a [u8],
    pub payload: &'a [u8],
}

impl Texts {
    /// Keeps what `write` writes behind `topic`; nothing when it does not fit whole.
    pub(crate) fn push(&mut self, topic: &str, write: impl FnOnce(&mut Sink<'_>)) -> Option<TextId> {
        let start = self.bytes.len();
        let topic_len = u8::try_from(topic.len()).ok()?;
        self.bytes.resize_default(ROOM).ok()?;
        let mut sink = Sink::new(self.bytes.get_mut((start + HEAD).min(ROOM)..)?);
        sink.push(topic);
        write(&mut sink);
        let (whole, len) = (sink.is_whole(), sink.total());
        let id = self.last.wrapping_add(1);
        let [high, low] = u16::try_from(len).ok()?.to_be_bytes();
        let head = self.bytes.get_mut(start..start + HEAD).filter(|_| whole);
        let kept = head.map(|head| head.copy_from_slice(&[id, topic_len, high, low]));
        self.bytes.truncate(if kept.is_some() { start + HEAD + len } else { start });
        kept?;
        self.last = id;
        Some(TextId(id))
    }

    /// Where a text begins and ends, its head included.
    fn find(&self, id: TextId) -> Option<(usize, usize)> {
        let mut at = 0;
        while let Some(&[found, _, high, low]) = self.bytes.get(at..at + HEAD) {
            let end = at + HEAD + usize::from(u16::from_be_bytes([high, low]));
            if found == id.0 {
                return Some((at, end));
            }
            at = end;
        }
        None
    }

    /// A text, while it waits.
    pub(crate) fn get(&self, id: TextId) -> Option<Text<'_>> {
        let (start, end) = self.find(id)?;
        let (head, rest) = self.bytes.get(start..end)?.split_at_checked(HEAD)?;
        let (topic, payload) = rest.split_at_checked(usize::from(*head.get(1)?))?;
        Some(Text { topic, payload })
    }

    /// It has left, or never will.
    pub(crate) fn remove(&mut self, id: TextId) {
        if let Some((start, end)) = self.find(id) {
            remove(&mut self.bytes, start, end);
        }
    }
}

/// Closes a gap. One byte after the other: to move memory in any direction takes 1.3 KB of code on a small chip.
pub(crate) fn remove(bytes: &mut VecView<u8>, start: usize, end: usize) {
    for from in end..bytes.len() {
        if let Some(&byte) = bytes.get(from)
            && let Some(place) = bytes.get_mut(start + from - end)
        {
            *place = byte;
        }
    }
    bytes.truncate(bytes.len().saturating_sub(end - start));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(texts: &mut Texts, topic: &str, payload: &str) -> Option<TextId> {
        texts.push(topic, |sink| sink.push(payload))
    }

    #[test]
    fn what_goes_in_comes_out_in_any_order() {
        let mut texts = Texts::default();
        let first = push(&mut texts, "a/b", "one").unwrap();
        let second = push(&mut texts, "c", "").unwrap();
        assert_eq!(texts.get(first), Some(Text { topic: b"a/b", payload: b"one" }));
        texts.remove(first);
        assert_eq!((texts.get(first), texts.get(second)), (None, Some(Text { topic: b"c", payload: b"" })));
        texts.remove(second);
        assert!(texts.bytes.is_empty());
    }

    #[test]
    fn one_goes_from_between_two_others() {
        let mut texts = Texts::default();
        let [first, second, third] = ["one", "two", "three"].map(|text| push(&mut texts, "a", text).unwrap());
        texts.remove(second);
        let payload = |id| texts.get(id).map(|text| text.payload);
        assert_eq!([first, second, third].map(payload), [Some(&b"one"[..]), None, Some(b"three")]);
    }

    #[test]
    fn what_does_not_fit_whole_leaves_the_rest_as_it_was() {
        let mut texts = Texts::default();
        let kept = push(&mut texts, "a", &"x".repeat(472)).unwrap();
        for len in [32, 36, 40, 700] {
            assert_eq!(push(&mut texts, "b", &"y".repeat(len)), None, "{len}");
        }
        assert_eq!(texts.get(kept).unwrap().payload.len(), 472);
        assert!(push(&mut texts, "b", &"y".repeat(30)).is_some());
        assert_eq!(push(&mut texts, "", ""), None);
    }
}
