//! Fingerprints of public keys, and what a device thinks of one.

use sha1::{Digest, Sha1};
use sonoff_hal::tls::{Fingerprint, TlsError};

use crate::der;

/// A key that is learned from the broker.
const LEARN: Fingerprint = [0; 20];
/// A key that stands for all.
const ANY: Fingerprint = [0xFF; 20];

/// What is in front of an EC key's point in a `SubjectPublicKeyInfo`, and what SSH calls its curve.
const CURVES: &[(&[u8], &[u8], &[u8])] =
    &[(P256, b"ecdsa-sha2-nistp256", b"nistp256"), (P384, b"ecdsa-sha2-nistp384", b"nistp384")];
const P256: &[u8] = b"\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07";
const P384: &[u8] = b"\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x22";
const RSA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00";

/// The fingerprint of a `SubjectPublicKeyInfo` (S-51, S-91); `None` for a key of another kind.
pub(crate) fn of(key_info: &[u8]) -> Option<Fingerprint> {
    let (kind, key) = der::kind_and_key(key_info)?;
    if kind == RSA {
        let [modulus, exponent] = der::modulus_and_exponent(key)?;
        return Some(hash(&[b"ssh-rsa", exponent, modulus]));
    }
    let (_, name, curve) = CURVES.iter().find(|(curve, ..)| *curve == kind)?;
    Some(hash(&[name, curve, key]))
}

/// The parts as in SSH, each behind its length.
fn hash(parts: &[&[u8]]) -> Fingerprint {
    let mut hash = Sha1::new();
    for part in parts {
        // A part of a certificate is never longer.
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What is to be done about a broker's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is one of those that were named.
    Known,
    /// It is the one from now on.
    Learn,
}

/// Judges a key by those that were named (S-52). One that is known is never learned.
///
/// # Errors
/// [`TlsError::UnknownKey`].
pub(crate) fn judge(named: &[Option<Fingerprint>; 2], seen: &Fingerprint) -> Result<Verdict, TlsError> {
    let has = |key: &Fingerprint| named.contains(&Some(*key));
    if has(&ANY) || (has(seen) && *seen != LEARN) {
        return Ok(Verdict::Known);
    }
    if has(&LEARN) { Ok(Verdict::Learn) } else { Err(TlsError::UnknownKey(*seen)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Fingerprint = [0xA; 20];
    const B: Fingerprint = [0xB; 20];

    // S-52
    #[test]
    fn one_of_two_keys_is_enough() {
        assert_eq!(judge(&[Some(A), Some(B)], &A), Ok(Verdict::Known));
        assert_eq!(judge(&[Some(B), Some(A)], &A), Ok(Verdict::Known));
        assert_eq!(judge(&[Some(B), None], &A), Err(TlsError::UnknownKey(A)));
        assert_eq!(judge(&[None, None], &A), Err(TlsError::UnknownKey(A)));
    }

    // S-52
    #[test]
    fn zeros_learn_what_is_not_known_and_ff_is_anybody() {
        assert_eq!(judge(&[Some(LEARN), None], &A), Ok(Verdict::Learn));
        assert_eq!(judge(&[Some(B), Some(LEARN)], &A), Ok(Verdict::Learn));
        assert_eq!(judge(&[Some(LEARN), Some(A)], &A), Ok(Verdict::Known));
        assert_eq!(judge(&[Some(LEARN), Some(ANY)], &A), Ok(Verdict::Known));
    }

    // S-51: SHA-1 of what ssh-keygen writes for the same key, but that numbers have no zero in front.
    #[test]
    fn a_fingerprint_is_that_of_the_parts_behind_their_lengths() {
        let [first, .., last] = hash(&[b"abc"]);
        // printf '\0\0\0\3abc' | sha1sum
        assert_eq!((first, last), (0x2B, 0xED));
    }

    // S-51: Tasmota's first fingerprint hashed the parts end to end, so that a key whose parts are cut elsewhere, which an
    // attacker can make, had the same one.
    #[test]
    fn fingerprint_v1_parts_that_are_cut_elsewhere() {
        assert_ne!(
            hash(&[b"ssh-rsa", b"\x01\x00", b"\x01\xC3"]),
            hash(&[b"ssh-rsa", b"\x01\x00\x01", b"\xC3"])
        );
    }
}
