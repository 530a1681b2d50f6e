//! How settings are stored: one CBOR map from numbers to texts and numbers.

use minicbor::encode::Error as EncodeError;
use minicbor::encode::write::{Cursor, EndOfSlice};
use minicbor::{Decoder, Encoder};

use super::{Number, Settings, SettingsError, Text};
use crate::setoption::Options;
use crate::timezone::{Changeover, Timezone};

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

/// Writes fields, or only counts them, since a map begins with its length.
struct Writer<'e, 'b> {
    encoder: Option<&'e mut Encoder<Cursor<&'b mut [u8]>>>,
    fields: u64,
}

type Written = Result<(), EncodeError<EndOfSlice>>;

impl Writer<'_, '_> {
    fn field(&mut self, number: u16, value: Value<'_>) -> Written {
        self.fields += 1;
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        encoder.u32(number.into())?;
        match value {
            Value::Text(text) => encoder.str(text)?,
            Value::Number(number) => encoder.u32(number)?,
        };
        Ok(())
    }

    fn numbers(&mut self, first: u16, values: &[u32]) -> Written {
        (first..).zip(values).try_for_each(|(number, value)| self.field(number, Value::Number(*value)))
    }
}

impl Settings {
    /// Writes the document.
    ///
    /// # Errors
    /// [`SettingsError::NoRoom`] when `buf` is too small.
    pub fn encode<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], SettingsError> {
        let mut encoder = Encoder::new(Cursor::new(&mut *buf));
        self.write(&mut encoder).map_err(|_| SettingsError::NoRoom)?;
        let len = encoder.writer().position();
        buf.get(..len).ok_or(SettingsError::NoRoom)
    }

    fn write(&self, encoder: &mut Encoder<Cursor<&mut [u8]>>) -> Written {
        let mut counter = Writer { encoder: None, fields: 0 };
        self.write_fields(&mut counter)?;
        encoder.map(counter.fields)?;
        self.write_fields(&mut Writer { encoder: Some(encoder), fields: 0 })
    }

    fn write_fields(&self, writer: &mut Writer<'_, '_>) -> Written {
        for text in Text::ALL {
            for (number, n) in (text.number..).zip(1..=text.count) {
                writer.field(number, Value::Text(self.nth_text(text, n)))?;
            }
        }
        for field in Number::ALL {
            for (number, n) in (field.number..).zip(1..=field.count) {
                writer.field(number, Value::Number(self.nth_number(field, n).into()))?;
            }
        }
        let zone = &self.zone;
        writer.numbers(ZONE, &[zone.timezone.into(), zone.standard.into(), zone.daylight.into()])?;
        // What differs from the factory: an option that comes later is at its factory value in an old document, too.
        let changed = self.options.xor(&Options::FACTORY);
        writer.numbers(OPTION_WORDS, &changed.words)?;
        writer.numbers(OPTION_BYTES, &changed.bytes.map(u32::from))
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
        for text in Text::ALL {
            if let Some(n) = nth(text.number, text.count, number) {
                let _ = self.set_nth_text(text, n, value);
            }
        }
    }

    fn take_number(&mut self, number: u16, value: u32) {
        for field in Number::ALL {
            if let (Some(n), Ok(value)) = (nth(field.number, field.count, number), value.try_into()) {
                let _ = self.set_nth_number(field, n, value);
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
        let zone = &mut self.zone;
        match member {
            0 => zone.timezone = Timezone::try_from(value).unwrap_or(zone.timezone),
            1 => zone.standard = Changeover::try_from(value).unwrap_or(zone.standard),
            2 => zone.daylight = Changeover::try_from(value).unwrap_or(zone.daylight),
            _ => {}
        }
    }
}

/// Which member of a family a number stands for.
fn nth(first: u16, count: u8, number: u16) -> Option<u8> {
    let nth = u8::try_from(number.checked_sub(first)?).ok()?;
    (nth < count).then(|| nth + 1)
}

/// Hands out the fields of a map. A document has numbers and texts alone, now and in each later version; that spares
/// a small chip the 3 KB of code that pass over anything.
///
/// # Errors
/// [`SettingsError::NotADocument`], behind the last field that was right.
pub(crate) fn fields(document: &[u8], take: &mut dyn FnMut(u16, Value<'_>)) -> Result<(), SettingsError> {
    let mut decoder = Decoder::new(document);
    let fields = decoder.map().ok().flatten().ok_or(SettingsError::NotADocument)?;
    for _ in 0..fields {
        let number = decoder.u64().map_err(|_| SettingsError::NotADocument)?;
        let value = value(&mut decoder).ok_or(SettingsError::NotADocument)?;
        if let Ok(number) = number.try_into() {
            take(number, value);
        }
    }
    Ok(())
}

/// A text, or else a number. Both by what reading a map takes anyway: to ask for the type first, or for numbers of 32
/// bits, is each 400 bytes more.
fn value<'d>(decoder: &mut Decoder<'d>) -> Option<Value<'d>> {
    let at = decoder.position();
    if let Ok(text) = decoder.str() {
        return Some(Value::Text(text));
    }
    decoder.set_position(at);
    decoder.u64().ok()?.try_into().ok().map(Value::Number)
}
