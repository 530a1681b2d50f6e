//! What the owner set, and how it is stored.

pub(crate) mod document;
mod numbers;
mod texts;

use heapless::String;

pub use numbers::Number;
pub use texts::Text;

use crate::args::ArgError;
use crate::json::Json;
use crate::setoption::Options;
use crate::timezone::Zone;
use numbers::Numbers;
use texts::Texts;

/// A name of the device, the network or the broker: at most 32 bytes.
pub type Name = String<32>;

/// Why stored bytes were refused, or did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SettingsError {
    /// The bytes are no settings document; the defaults are in force.
    NotADocument,
    /// The buffer is too small for the document.
    NoRoom,
}

/// All that commands set and a restart keeps.
///
/// Texts and numbers are asked for by name: `settings.text(Text::TOPIC)`, `settings.nth_number(Number::PULSE_TIME, 2)`.
/// What each may be, and what it is from the factory, is declared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(C)]
pub struct Settings {
    numbers: Numbers,
    pub(crate) options: Options,
    /// `Timezone`, `TimeStd` and `TimeDst`.
    pub zone: Zone,
    /// By far the largest: behind it nothing is within reach of one instruction.
    texts: Texts,
}

/// The factory's.
impl Default for Settings {
    fn default() -> Self {
        let (numbers, options) = (Numbers::FACTORY, Options::FACTORY);
        let mut settings = Self { numbers, options, zone: Zone::UTC, texts: Texts::EMPTY };
        settings.texts.restore();
        settings
    }
}

/// Two names are the same.
const fn is_same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([first, rest @ ..], [other, others @ ..]) = (a, b)
        && *first == *other
    {
        (a, b) = (rest, others);
    }
    a.is_empty() && b.is_empty()
}

impl Settings {
    /// A text.
    #[inline(never)]
    pub fn text(&self, text: Text) -> &str {
        self.texts.get(text, 1)
    }

    /// Member `n` of a family, from 1; empty when there is none.
    #[inline(never)]
    pub fn nth_text(&self, text: Text, n: u8) -> &str {
        self.texts.get(text, n)
    }

    /// All members of a family.
    pub fn all_texts(&self, text: Text) -> impl Iterator<Item = &str> + Clone {
        (1..=text.count()).map(move |n| self.texts.get(text, n))
    }

    /// Shows the first members of a family as one array.
    #[inline(never)]
    pub(crate) fn show_texts(&self, key: &str, text: Text, count: u8, json: &mut Json<'_, '_>) {
        json.texts(key, (0..count).map(|nth| self.nth_text(text, nth + 1)));
    }

    /// Sets a text, or leaves it as it is.
    ///
    /// # Errors
    /// [`ArgError::TooLong`].
    pub fn set_text(&mut self, text: Text, value: &str) -> Result<(), ArgError> {
        self.texts.set(text, 1, value)
    }

    /// Sets member `n` of a family, or leaves it as it is.
    ///
    /// # Errors
    /// [`ArgError::TooLong`], [`ArgError::OutOfRange`] for a member that does not exist.
    pub fn set_nth_text(&mut self, text: Text, n: u8, value: &str) -> Result<(), ArgError> {
        self.texts.set(text, n, value)
    }

    /// A number. Where it is named, this is a single load.
    #[inline(always)]
    pub fn number(&self, number: Number) -> u16 {
        self.numbers.first(number)
    }

    /// A number of at most eight bits.
    pub fn byte(&self, number: Number) -> u8 {
        let [low, _] = self.number(number).to_le_bytes();
        low
    }

    /// A number with a sign, stored with [`Number::ZERO`] added.
    pub fn signed(&self, number: Number) -> i16 {
        self.number(number).wrapping_sub(Number::ZERO).cast_signed()
    }

    /// Sets a number with a sign.
    pub fn set_signed(&mut self, number: Number, value: i16) {
        let _ = self.set_number(number, value.cast_unsigned().wrapping_add(Number::ZERO));
    }

    /// Member `n` of a family, from 1; 0 when there is none.
    pub fn nth_number(&self, number: Number, n: u8) -> u16 {
        self.numbers.get(number, n)
    }

    /// Sets a number, or leaves it as it is.
    ///
    /// # Errors
    /// [`ArgError::OutOfRange`].
    #[inline(never)]
    pub fn set_number(&mut self, number: Number, value: u16) -> Result<(), ArgError> {
        self.numbers.set(number, 1, value)
    }

    /// Sets member `n` of a family, or leaves it as it is.
    ///
    /// # Errors
    /// [`ArgError::OutOfRange`], also for a member that does not exist.
    pub fn set_nth_number(&mut self, number: Number, n: u8, value: u16) -> Result<(), ArgError> {
        self.numbers.set(number, n, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Slot;
    use crate::reset::Reset;
    use crate::timezone::Timezone;
    use minicbor::Encoder;
    use minicbor::encode::write::Cursor;
    use proptest::prelude::*;

    fn longest() -> Settings {
        let mut settings = Settings::default();
        for text in Text::ALL {
            for n in 1..=text.count() {
                let room = (1..).find(|&len| settings.set_nth_text(text, n, &"x".repeat(len)).is_err());
                settings.set_nth_text(text, n, &"x".repeat(room.unwrap() - 1)).unwrap();
            }
        }
        for number in Number::ALL {
            for n in 1..=number.count() {
                settings.set_nth_number(number, n, *number.range().end()).unwrap();
            }
        }
        settings.options = Options { words: [0x5555_5555; 5], bytes: [0xAA; 18] };
        settings
    }

    #[test]
    fn the_longest_document_fits_its_slot_and_reads_back() {
        let mut buf = [0; Slot::SETTINGS_BYTES];
        let settings = longest();
        let document = settings.encode(&mut buf).unwrap();
        let mut read = Settings::default();
        read.decode(document).unwrap();
        assert_eq!(read, settings);
    }

    #[test]
    fn a_missing_field_keeps_its_default_and_an_unknown_one_is_skipped() {
        let mut buf = [0; 64];
        let mut encoder = Encoder::new(Cursor::new(&mut buf[..]));
        encoder.map(2).unwrap().u16(9999).unwrap().str("later").unwrap();
        encoder.u16(1).unwrap().str("hall").unwrap();
        let (mut settings, mut hall) = (Settings::default(), Settings::default());
        settings.decode(&buf).unwrap();
        hall.set_text(Text::TOPIC, "hall").unwrap();
        assert_eq!(settings, hall);
    }

    // C-37
    #[test]
    fn what_a_reset_does_not_keep_has_its_factory_value() {
        let mut old = longest();
        old.zone.timezone = Timezone::Fixed(60);
        let (factory, mut buf) = (Settings::default(), [0; Slot::SETTINGS_BYTES]);
        for reset in [Reset::All, Reset::Radio, Reset::KeepNetwork, Reset::KeepBroker] {
            let mut after = old.clone();
            after.decode(old.encode_after(reset, &mut buf).unwrap()).unwrap();
            for (text, n) in Text::ALL.into_iter().flat_map(|text| (1..=text.count()).map(move |n| (text, n)))
            {
                let kept = if reset.keeps_text(text) { &old } else { &factory };
                assert_eq!(after.nth_text(text, n), kept.nth_text(text, n), "{reset:?} {text:?} {n}");
            }
            for number in Number::ALL {
                let kept = if reset.keeps_number(number) { &old } else { &factory };
                assert_eq!(after.number(number), kept.number(number), "{reset:?} {number:?}");
            }
            let kept = if reset.keeps_all() { &old } else { &factory };
            assert_eq!((after.zone, after.options), (kept.zone, kept.options), "{reset:?}");
        }
    }

    #[test]
    fn no_number_of_the_document_is_given_twice() {
        let texts = Text::rows().flat_map(|(_, row)| (row.number..).take(row.count.into()));
        let numbers = Number::rows().flat_map(|(_, row)| (row.number..).take(row.count.into()));
        let mut given: Vec<u16> = texts.chain(numbers).chain(document::OTHER).collect();
        given.sort_unstable();
        assert!(given.windows(2).all(|pair| pair[0] != pair[1]), "{given:?}");
    }

    #[test]
    fn an_option_that_an_old_document_lacks_is_at_its_factory_value() {
        let mut buf = [0; 64];
        let mut encoder = Encoder::new(Cursor::new(&mut buf[..]));
        // The words and bytes of a document in which nothing was changed.
        encoder.map(2).unwrap().u16(43).unwrap().u32(0).unwrap().u16(50).unwrap().u32(0).unwrap();
        let mut settings = Settings::default();
        settings.decode(&buf).unwrap();
        assert_eq!(settings, Settings::default());
    }

    proptest! {
        #[test]
        fn a_buffer_of_any_size_is_enough_or_an_error(size in 0usize..Slot::SETTINGS_BYTES) {
            let mut buf = vec![0; size];
            let settings = longest();
            if let Ok(document) = settings.encode(&mut buf) {
                let mut read = Settings::default();
                read.decode(document).unwrap();
                prop_assert_eq!(read, settings);
            }
        }

        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Settings::default().decode(&bytes);
        }
    }
}
