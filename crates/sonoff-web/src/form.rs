//! The fields of a query or a form: `name=value&name=value`, each with its escapes.

use core::ops::Range;

/// Gathers the values of all fields of this name at the front of `text`, without their escapes, each as a line (W-2).
/// `None` when one is no text or has control characters, which no setting can have.
pub fn gather<'t>(text: &'t mut [u8], name: &str) -> Option<&'t str> {
    let (mut read, mut written) = (0, 0);
    while let Some(rest) = text.get(read..).filter(|rest| !rest.is_empty()) {
        let end = rest.iter().position(|byte| *byte == b'&').map_or(text.len(), |at| read + at);
        let field = text.get(read..end)?;
        if field.strip_prefix(name.as_bytes()).is_some_and(|value| value.first() == Some(&b'=')) {
            written = unescape(text, read + name.len() + 1..end, written)?;
            *text.get_mut(written)? = b'\n';
            written += 1;
        }
        read = end + 1;
    }
    core::str::from_utf8(text.get(..written)?).ok()
}

/// The first field of this name, as it came.
pub fn raw<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// Copies a raw value into `room` without its escapes.
pub(crate) fn decode<'b>(value: &str, room: &'b mut [u8]) -> Option<&'b str> {
    room.get_mut(..value.len())?.copy_from_slice(value.as_bytes());
    let len = unescape(room, 0..value.len(), 0)?;
    core::str::from_utf8(room.get(..len)?).ok()
}

/// Moves a value to `to`, which lies not behind it, without its escapes; tells where it ends then.
fn unescape(text: &mut [u8], value: Range<usize>, to: usize) -> Option<usize> {
    let (mut read, mut written) = (value.start, to);
    while read < value.end {
        let (byte, len) = match *text.get(read)? {
            b'+' => (b' ', 1),
            b'%' => (escaped(text.get(read + 1..value.end)?)?, 3),
            byte => (byte, 1),
        };
        if byte < b' ' || byte == 127 {
            return None;
        }
        *text.get_mut(written)? = byte;
        read += len;
        written += 1;
    }
    Some(written)
}

fn escaped(digits: &[u8]) -> Option<u8> {
    let [high, low, ..] = digits else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str) -> Option<Vec<String>> {
        let mut bytes = text.as_bytes().to_vec();
        Some(gather(&mut bytes, "a")?.lines().map(str::to_owned).collect())
    }

    // W-2
    #[test]
    fn values_are_gathered_and_their_escapes_taken_out() {
        let lines = |text| all(text).unwrap();
        assert_eq!(lines("a=1&b=2&a=x+y%20z&&a&aa=3&a=%C3%BC%26&a="), ["1", "x y z", "ü&", ""]);
        assert!(lines("").is_empty() && lines("b=a=1&A=1").is_empty());
        for wrong in ["a=%", "a=%2", "a=%zz", "a=%FF", "a=%00", "a=x%0Ay", "a=%7F", "a=1&a=%", "a=%2&b=20"] {
            assert_eq!(all(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        assert_eq!(raw("xcmnd=1&cmnd=2&cmnd=3", "cmnd"), Some("2"));
        assert_eq!(raw("cmndx=1", "cmnd"), None);
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(text in "\\PC{0,40}") {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let mut room = [0; 600];
            let printable = text.bytes().all(|byte| byte >= b' ' && byte != 127);
            prop_assert_eq!(decode(&escaped, &mut room), printable.then_some(text.as_str()));
            prop_assert_eq!(all(&format!("a={escaped}")), printable.then(|| vec![text]));
        }

        #[test]
        fn no_bytes_break_it(mut bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = gather(&mut bytes, "a").map(str::len);
        }
    }
}
