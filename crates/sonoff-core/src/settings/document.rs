//! How settings are stored: one CBOR map from numbers to texts and numbers.

use minicbor::encode::write::Cursor;
use minicbor::{Decoder, Encoder};

use super::{Number, Settings, SettingsError, Text};
use crate::reset::Reset;
use crate::setoption::Options;
use crate::timezone::{Changeover, Timezone, Zone};

/// The first of the five words of flags.
const OPTION_WORDS: u16 = 43;
/// The first of the eighteen bytes of options.
const OPTION_BYTES: u16 = 48;
/// `Timezone`, `TimeStd`, `TimeDst`
const ZONE: u16 = 170;

/// The numbers of the document that are neither texts' nor numbers'.
#[cfg(test)]
pub(super) const OTHER: [u16; 26] = {
    let mut numbers = [0; 26];
    let mut at = 0;
    while at < 23 {
        numbers[at] = OPTION_WORDS + at as u16;
        at += 1;
    }
    [numbers[23], numbers[24], numbers[25]] = [ZONE, ZONE + 1, ZONE + 2];
    numbers
};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'d> {
    Text(&'d str),
    Number(u32),
}

/// Writes a map of fields. That something had no room is told at its end.
pub(crate) struct Writer<'b> {
    encoder: Encoder<Cursor<&'b mut [u8]>>,
    fits: bool,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(buf: &'b mut [u8], fields: u32) -> Self {
        let mut encoder = Encoder::new(Cursor::new(buf));
        let fits = encoder.map(fields.into()).is_ok();
        Self { encoder, fits }
    }

    fn text(&mut self, number: u16, value: &str) {
        self.fits &= self.encoder.u32(number.into()).is_ok() && self.encoder.str(value).is_ok();
    }

    pub(crate) fn number(&mut self, number: u16, value: u32) {
        self.fits &= self.encoder.u32(number.into()).is_ok() && self.encoder.u32(value).is_ok();
    }

    /// What differs from the factory: an option that comes later is at its factory value in an old document, too.
    fn options(&mut self, Options { words, bytes }: &Options) {
        let Options { words: factory_words, bytes: factory_bytes } = &Options::FACTORY;
        for (number, (value, factory)) in (OPTION_WORDS..).zip(words.iter().zip(factory_words)) {
            self.number(number, value ^ factory);
        }
        for (number, (value, factory)) in (OPTION_BYTES..).zip(bytes.iter().zip(factory_bytes)) {
            self.number(number, u32::from(value ^ factory));
        }
    }

    /// What was written.
    ///
    /// # Errors
    /// [`SettingsError::NoRoom`].
    pub(crate) fn end(self) -> Result<&'b [u8], SettingsError> {
        let cursor = self.encoder.into_writer();
        let len = cursor.position();
        let written: &'b [u8] = cursor.into_inner();
        written.get(..len).filter(|_| self.fits).ok_or(SettingsError::NoRoom)
    }
}

/// Fields of each document.
const FIELDS: u32 = (Text::MEMBERS + Number::MEMBERS) as u32 + 3 + 23;

impl Settings {
    /// Writes the document.
    ///
    /// # Errors
    /// [`SettingsError::NoRoom`] when `buf` is too small.
    pub fn encode<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], SettingsError> {
        self.encode_after(Reset::Radio, buf)
    }

    /// Writes the document that a reset leaves: what it does not keep has its factory value.
    pub(crate) fn encode_after<'b>(
        &self,
        reset: Reset,
        buf: &'b mut [u8],
    ) -> Result<&'b [u8], SettingsError> {
        let mut writer = Writer::new(buf, FIELDS);
        for (text, row) in Text::rows() {
            let keeps = reset.keeps_text(text);
            for nth in 0..row.count {
                let n = nth + 1;
                let value = if keeps { self.nth_text(text, n) } else { text.factory(n) };
                writer.text(row.number + u16::from(nth), value);
            }
        }
        for (field, row) in Number::rows() {
            let keeps = reset.keeps_number(field);
            for nth in 0..row.count {
                let n = nth + 1;
                let value = if keeps { self.nth_number(field, n) } else { field.factory(n) };
                writer.number(row.number + u16::from(nth), value.into());
            }
        }
        let keeps = reset.keeps_all();
        let Zone { timezone, standard, daylight } = if keeps { self.zone } else { Zone::UTC };
        writer.number(ZONE, timezone.into());
        writer.number(ZONE + 1, standard.into());
        writer.number(ZONE + 2, daylight.into());
        writer.options(if keeps { &self.options } else { &Options::FACTORY });
        writer.end()
    }

    /// Reads a document over the present values; what it lacks stays, and so does what it holds an impossible value for.
    ///
    /// # Errors
    /// [`SettingsError::NotADocument`]; the fields read before the fault keep what they got.
    pub fn decode(&mut self, document: &[u8]) -> Result<(), SettingsError> {
        fields(document, &mut |number, value| self.take(number, value))
    }

    fn take(&mut self, number: u16, value: Value<'_>) {
        match value {
            Value::Text(value) => self.take_text(number, value),
            Value::Number(value) => self.take_number(number, value),
        }
    }

    fn take_text(&mut self, number: u16, value: &str) {
        for (text, row) in Text::rows() {
            if let Some(nth) = nth(row.number, row.count, number) {
                let _ = self.texts.set(text, nth + 1, value);
            }
        }
    }

    fn take_number(&mut self, number: u16, value: u32) {
        if let Ok(value) = value.try_into() {
            for (field, row) in Number::rows() {
                if let Some(nth) = nth(row.number, row.count, number) {
                    let _ = self.numbers.set(field, nth + 1, value);
                }
            }
        }
        self.take_option(number, value);
        self.take_zone(number.wrapping_sub(ZONE), value);
    }

    fn take_option(&mut self, number: u16, value: u32) {
        let at = |first| usize::from(number.wrapping_sub(first));
        let Options { words, bytes } = &mut self.options;
        let (word, byte) = (at(OPTION_WORDS), at(OPTION_BYTES));
        if let (Some(word), Some(factory)) = (words.get_mut(word), Options::FACTORY.words.get(word)) {
            *word = value ^ factory;
        }
        if let (Some(byte), Some(factory)) = (bytes.get_mut(byte), Options::FACTORY.bytes.get(byte)) {
            *byte = u8::try_from(value).map_or(*byte, |value| value ^ factory);
        }
    }

    fn take_zone(&mut self, member: u16, value: u32) {
        let Zone { timezone, standard, daylight } = &mut self.zone;
        let rule = match member {
            0 => return *timezone = Timezone::try_from(value).unwrap_or(*timezone),
            1 => standard,
            2 => daylight,
            _ => return,
        };
        *rule = Changeover::try_from(value).unwrap_or(*rule);
    }
}

/// Which member of a family a number stands for, from 0.
fn nth(first: u16, count: u8, number: u16) -> Option<u8> {
    u8::try_from(number.wrapping_sub(first)).ok().filter(|nth| *nth < count)
}

/// Hands out the fields of a map. A document has numbers and texts alone, now and in each later version; that spares
/// a small chip the 3 KB of code that pass over anything.
///
/// # Errors
/// [`SettingsError::NotADocument`], behind the last field that was right.
pub(crate) fn fields(document: &[u8], take: &mut dyn FnMut(u16, Value<'_>)) -> Result<(), SettingsError> {
    let mut decoder = Decoder::new(document);
    let fields = decoder.map().ok().flatten().ok_or(SettingsError::NotADocument)?;
    for _ in 0..u32::try_from(fields).unwrap_or(u32::MAX) {
        let number = whole(&mut decoder)?;
        let value = value(&mut decoder)?;
        if let Ok(number) = number.try_into() {
            take(number, value);
        }
    }
    Ok(())
}

/// A number, or else a text. Both by what reading a map takes anyway: to ask for the type first, or for numbers of 32
/// bits, is each 400 bytes more.
fn value<'d>(decoder: &mut Decoder<'d>) -> Result<Value<'d>, SettingsError> {
    let at = decoder.position();
    if let Ok(number) = whole(decoder) {
        return number.try_into().map(Value::Number).map_err(|_| SettingsError::NotADocument);
    }
    decoder.set_position(at);
    decoder.str().map(Value::Text).map_err(|_| SettingsError::NotADocument)
}

fn whole(decoder: &mut Decoder<'_>) -> Result<u64, SettingsError> {
    decoder.u64().map_err(|_| SettingsError::NotADocument)
}
