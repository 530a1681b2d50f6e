//! As much of DER as finds a public key in a certificate. All else of a certificate is read by webpki.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// The certificate's version, `[0]`.
const VERSION: u8 = 0xA0;

/// One value of a DER encoding.
struct Value<'d> {
    tag: u8,
    content: &'d [u8],
    /// With tag and length.
    whole: &'d [u8],
}

/// The public key of a certificate, with its kind: `SubjectPublicKeyInfo`.
pub(crate) fn key_info(certificate: &[u8]) -> Option<&[u8]> {
    let mut rest = one(certificate, SEQUENCE)?;
    let mut fields = next(&mut rest)?.content;
    if fields.first() == Some(&VERSION) {
        next(&mut fields)?;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        next(&mut fields)?;
    }
    next(&mut fields).filter(|key| key.tag == SEQUENCE).map(|key| key.whole)
}

/// Kind and bits of a `SubjectPublicKeyInfo`.
pub(crate) fn kind_and_key(key_info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = one(key_info, SEQUENCE)?;
    let kind = next(&mut fields).filter(|kind| kind.tag == SEQUENCE)?.content;
    let key = next(&mut fields).filter(|key| key.tag == BIT_STRING)?.content;
    // How many bits of the last byte are none of the key.
    key.strip_prefix(&[0]).map(|key| (kind, key))
}

/// Modulus and exponent of an `RSAPublicKey`, without zeros in front.
pub(crate) fn modulus_and_exponent(key: &[u8]) -> Option<[&[u8]; 2]> {
    let mut fields = one(key, SEQUENCE)?;
    Some([number(&mut fields)?, number(&mut fields)?])
}

fn number<'d>(fields: &mut &'d [u8]) -> Option<&'d [u8]> {
    let number = next(fields).filter(|number| number.tag == INTEGER)?.content;
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..)
}

/// The content of the only value.
fn one(mut input: &[u8], tag: u8) -> Option<&[u8]> {
    next(&mut input).filter(|value| value.tag == tag && input.is_empty()).map(|value| value.content)
}

/// Takes the next value off the input.
fn next<'d>(input: &mut &'d [u8]) -> Option<Value<'d>> {
    let (&[tag, first], _) = input.split_first_chunk()?;
    let (head, len) = match first {
        0..=0x7F => (2, usize::from(first)),
        0x81 => (3, usize::from(*input.get(2)?)),
        0x82 => (4, usize::from(u16::from_be_bytes([*input.get(2)?, *input.get(3)?]))),
        _ => return None,
    };
    let (whole, rest) = input.split_at_checked(head + len)?;
    *input = rest;
    Some(Value { tag, content: whole.get(head..)?, whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_lengths_are_taken() {
        let mut long = [7; 4 + 300];
        long[..4].copy_from_slice(&[0x30, 0x82, 1, 44]);
        assert_eq!(one(&long, SEQUENCE), Some(&[7; 300][..]));
        assert_eq!(one(&[0x02, 0x81, 1, 9], INTEGER), Some(&[9][..]));
        assert_eq!(one(&[0x02, 1, 9, 0], INTEGER), None, "something follows");
        assert_eq!(one(&[0x02, 2, 9], INTEGER), None, "too short");
        assert_eq!(one(&[0x02, 0x83, 0, 0, 1, 9], INTEGER), None, "longer than any certificate");
    }

    #[test]
    fn zeros_in_front_of_a_number_are_no_part_of_it() {
        assert_eq!(modulus_and_exponent(&[0x30, 7, 2, 2, 0, 0x80, 2, 1, 3]), Some([&[0x80][..], &[3]]));
    }

    #[test]
    fn no_bytes_break_it() {
        let mut bytes = [0x30; 64];
        for len in 0..bytes.len() {
            for value in 0..=255 {
                bytes[len] = value;
                let _ = key_info(&bytes[..len]).and_then(kind_and_key);
                let _ = modulus_and_exponent(&bytes[..len]);
            }
            bytes[len] = 0x02;
        }
    }
}
