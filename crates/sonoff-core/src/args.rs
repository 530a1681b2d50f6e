//! Reading what a person or a program put behind a command (D-8 to D-16).

use core::ops::RangeInclusive;

use crate::text::Sink;

/// Why an argument was refused; the sender must change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ArgError {
    /// No number stands at the front (D-15).
    NotANumber,
    /// The number is outside the command's range (D-22).
    OutOfRange,
    /// The text is longer than the field.
    TooLong,
    /// The text has a character that its place cannot hold.
    Forbidden,
}

/// The words that stand for numbers (D-12).
const KEYWORDS: &[(&str, i32)] = &[
    ("off", 0),
    ("on", 1),
    ("toggle", 2),
    ("false", 0),
    ("true", 1),
    ("stop", 0),
    ("start", 1),
    ("down", 0),
    ("up", 100),
    ("close", 0),
    ("open", 100),
    ("celsius", 0),
    ("fahrenheit", 1),
    ("user", 1),
    ("admin", 2),
    ("blink", 3),
    ("blinkoff", 4),
    ("all", 255),
];

/// The number that an argument stands for: a keyword, or the longest leading integer in C notation (D-11, D-12).
///
/// `None` is the reference's −99, "no number". A number that does not fit an `i32` saturates.
pub fn number(argument: &str) -> Option<i32> {
    keyword(argument).or_else(|| integer(argument))
}

/// The value of a whole word of D-12, in any case; the reason why `on ` and `on\n` are no words (D-14).
pub fn keyword(argument: &str) -> Option<i32> {
    KEYWORDS
        .iter()
        .find(|(word, _)| word.len() == argument.len() && word.eq_ignore_ascii_case(argument))
        .map(|&(_, value)| value)
}

/// The longest leading integer: sign, then `0x` hex, `0` octal or decimal digits (D-11).
fn integer(argument: &str) -> Option<i32> {
    let (negative, digits) = sign(argument);
    let magnitude = hexadecimal(digits).or_else(|| plain(digits))?;
    let magnitude = i32::try_from(magnitude).unwrap_or(i32::MAX);
    Some(if negative { -magnitude } else { magnitude })
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"))?;
    leading(hex, 16)
}

fn plain(digits: &str) -> Option<u32> {
    leading(digits, if digits.as_bytes().first() == Some(&b'0') { 8 } else { 10 })
}

/// Whether a minus stands in front, and what stands behind the sign.
pub(crate) fn sign(argument: &str) -> (bool, &str) {
    let signed = matches!(argument.as_bytes().first(), Some(b'-' | b'+'));
    let digits = argument.get(usize::from(signed)..).unwrap_or(argument);
    (argument.as_bytes().first() == Some(&b'-'), digits)
}

/// The value of the digits at the front, at most [`u32::MAX`]; `None` without any.
pub(crate) fn leading(text: &str, radix: u32) -> Option<u32> {
    let mut value = None;
    for digit in text.bytes().map_while(|byte| char::from(byte).to_digit(radix)) {
        value = Some(value.unwrap_or(0u32).saturating_mul(radix).saturating_add(digit));
    }
    value
}

/// The texts before and behind the first `mark`, which is an ASCII character.
///
/// Not with `str::split_once`, nor the other methods that search for any pattern: they take 1.5 KB of a small chip.
pub(crate) fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The texts between `mark`s.
pub(crate) fn list(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let (member, after) = cut(text, mark).map_or((text, None), |(member, after)| (member, Some(after)));
        rest = after;
        Some(member)
    })
}

/// The text number `nth` between bars, counted from 0; empty when there is none.
pub(crate) fn nth(list: &'static str, nth: usize) -> &'static str {
    self::list(list, b'|').nth(nth).unwrap_or("")
}

/// `text` with `by` in place of each byte that is one of the ASCII characters `marks`; `None` when `buf` has no room
/// for it.
pub(crate) fn replaced<'b>(buf: &'b mut [u8], text: &str, marks: &str, by: &str) -> Option<&'b str> {
    let mut sink = Sink::new(buf);
    for byte in text.bytes() {
        if marks.as_bytes().contains(&byte) { sink.push(by) } else { sink.push_byte(byte) }
    }
    sink.is_whole().then(|| sink.into_str())
}

/// The number of an argument, if it lies in `range`.
///
/// # Errors
/// [`ArgError::NotANumber`] without a number, [`ArgError::OutOfRange`] outside `range`.
pub fn number_in<T: TryFrom<i32> + Into<i32>>(
    argument: &str,
    range: RangeInclusive<T>,
) -> Result<T, ArgError> {
    let (least, most) = range.into_inner();
    T::try_from(number_from_to(argument, least.into(), most.into())?).map_err(|_| ArgError::OutOfRange)
}

/// Not generic, so that it is compiled once.
fn number_from_to(argument: &str, least: i32, most: i32) -> Result<i32, ArgError> {
    let number = number(argument).ok_or(ArgError::NotANumber)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(ArgError::OutOfRange) }
}

/// On or off: the numbers 0 and 1 and their words.
///
/// # Errors
/// As [`number_in`].
pub fn on_off(argument: &str) -> Result<bool, ArgError> {
    number_in::<u8>(argument, 0..=1).map(|number| number == 1)
}

/// Checks that an argument has no control characters; U+0080 to U+009F are some, too.
///
/// # Errors
/// [`ArgError::Forbidden`].
pub fn printable(argument: &str) -> Result<(), ArgError> {
    let mut before = 0;
    for byte in argument.bytes() {
        if byte.is_ascii_control() || (before == 0xC2 && byte < 0xA0) {
            return Err(ArgError::Forbidden);
        }
        before = byte;
    }
    Ok(())
}

/// A one-character argument with a meaning of its own (D-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortcut {
    /// `0` or `"`: the empty text.
    Clear,
    /// `1`: the factory value.
    Default,
}

/// The shortcut that an argument is, if it is one.
pub fn shortcut(argument: &str) -> Option<Shortcut> {
    match argument {
        "0" | "\"" => Some(Shortcut::Clear),
        "1" => Some(Shortcut::Default),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn d_11_the_longest_leading_integer_counts() {
        let vectors = [
            ("10abc", Some(10)),
            ("1.9", Some(1)),
            ("0x1F", Some(31)),
            ("0x1234", Some(4660)),
            ("017", Some(15)),
            ("08", Some(0)),
            ("-5", Some(-5)),
            ("+7", Some(7)),
            ("1\n", Some(1)),
            ("", None),
            ("-", None),
            ("x", None),
            ("99999999999", Some(i32::MAX)),
        ];
        for (text, value) in vectors {
            assert_eq!(number(text), value, "{text:?}");
        }
    }

    #[test]
    fn d_12_keywords_match_whole_and_in_any_case() {
        for (word, value) in
            [("OFF", 0), ("True", 1), ("TOGGLE", 2), ("blinkoff", 4), ("Open", 100), ("ALL", 255)]
        {
            assert_eq!(number(word), Some(value), "{word}");
        }
    }

    #[test]
    fn d_13_and_d_14_hold_and_trailing_blanks_are_no_keywords() {
        for word in ["hold", "on ", "on\n", "onn"] {
            assert_eq!(number(word), None, "{word:?}");
        }
    }

    #[test]
    fn d_15_no_number_lies_outside_every_range() {
        assert_eq!(number_in::<u16>("hold", 0..=65535), Err(ArgError::NotANumber));
        assert_eq!(number_in::<u16>("70000", 0..=65535), Err(ArgError::OutOfRange));
        assert_eq!(number_in::<u16>("-1", 0..=65535), Err(ArgError::OutOfRange));
        assert_eq!(number_in::<u16>("65535", 0..=65535), Ok(65535));
    }

    #[test]
    fn d_16_a_shortcut_is_exactly_one_character() {
        assert_eq!(shortcut("0"), Some(Shortcut::Clear));
        assert_eq!(shortcut("\""), Some(Shortcut::Clear));
        assert_eq!(shortcut("1"), Some(Shortcut::Default));
        assert_eq!(shortcut("01"), None);
        assert_eq!(shortcut("2"), None);
    }

    proptest! {
        #[test]
        fn any_number_reads_back(value: i32) {
            prop_assert_eq!(number(&value.to_string()), Some(value.max(-i32::MAX)));
        }

        #[test]
        fn no_text_breaks_it(text in "\\PC{0,40}") {
            let _ = number(&text);
            let _ = on_off(&text);
        }
    }
}
