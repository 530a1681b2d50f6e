//! The cipher, with a fence behind it: a record is opened, and looked at before the library sees its text.
//!
//! The library ends the program on a message of the handshake that comes after the handshake.

use aead::{AeadCore, AeadInPlace, Error, Key, KeyInit, KeySizeUser, Nonce, Tag};
use embedded_tls::{Aes128GcmSha256, TlsCipherSuite};

use crate::wire::{HANDSHAKE, VERSION};

/// TLS_AES_128_GCM_SHA256.
pub(crate) struct Suite;

impl TlsCipherSuite for Suite {
    const CODE_POINT: u16 = Aes128GcmSha256::CODE_POINT;
    type Cipher = Fenced;
    type KeyLen = <Aes128GcmSha256 as TlsCipherSuite>::KeyLen;
    type IvLen = <Aes128GcmSha256 as TlsCipherSuite>::IvLen;
    type Hash = <Aes128GcmSha256 as TlsCipherSuite>::Hash;
    type LabelBufferSize = <Aes128GcmSha256 as TlsCipherSuite>::LabelBufferSize;
}

type Aes = <Aes128GcmSha256 as TlsCipherSuite>::Cipher;

/// The cipher of one record.
pub(crate) struct Fenced(Aes);

impl KeySizeUser for Fenced {
    type KeySize = <Aes as KeySizeUser>::KeySize;
}

impl KeyInit for Fenced {
    fn new(key: &Key<Self>) -> Self {
        Self(Aes::new(key))
    }
}

impl AeadCore for Fenced {
    type NonceSize = <Aes as AeadCore>::NonceSize;
    type TagSize = <Aes as AeadCore>::TagSize;
    type CiphertextOverhead = <Aes as AeadCore>::CiphertextOverhead;
}

impl AeadInPlace for Fenced {
    fn encrypt_in_place_detached(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        text: &mut [u8],
    ) -> Result<Tag<Self>, Error> {
        self.0.encrypt_in_place_detached(nonce, header, text)
    }

    fn decrypt_in_place_detached(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        text: &mut [u8],
        tag: &Tag<Self>,
    ) -> Result<(), Error> {
        let [kind, major, mark, high, low] = *header else { return Err(Error) };
        self.0.decrypt_in_place_detached(nonce, &[kind, major, VERSION, high, low], text, tag)?;
        if mark == VERSION { Ok(()) } else { without_tickets(text) }
    }
}

/// What a record says once the handshake has ended: its text, then its kind, then any number of zeros (RFC 8446, 5.2).
/// Tickets for another time are nobody's business here; a record of them becomes one of no text.
fn without_tickets(record: &mut [u8]) -> Result<(), Error> {
    let end = record.iter().rposition(|byte| *byte != 0).ok_or(Error)?;
    match record.split_at_mut(end) {
        (messages, [kind, ..]) if *kind == HANDSHAKE => {
            are_tickets(messages)?;
            messages.fill(0);
            *kind = 0;
            *record.first_mut().ok_or(Error)? = APPLICATION_DATA;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Each message has its kind and its length in front (RFC 8446, 4).
fn are_tickets(mut messages: &[u8]) -> Result<(), Error> {
    while let [kind, rest @ ..] = messages {
        let (NEW_SESSION_TICKET, [high, middle, low, rest @ ..]) = (*kind, rest) else { return Err(Error) };
        let len = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        messages = rest.get(len..).ok_or(Error)?;
    }
    Ok(())
}

const NEW_SESSION_TICKET: u8 = 4;
const APPLICATION_DATA: u8 = 23;

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    const TICKET: &[u8] = &[4, 0, 0, 3, 7, 7, 7];
    const KEY_UPDATE: &[u8] = &[24, 0, 0, 1, 0];

    fn seen(parts: &[&[u8]]) -> Option<Vec<u8>> {
        let mut record = parts.concat();
        without_tickets(&mut record).ok().map(|()| record)
    }

    // S-94
    #[test]
    fn tickets_are_no_text_and_no_other_message_passes() {
        let nothing = |len: usize| Some([&[23][..], &[0].repeat(len - 1)].concat());
        assert_eq!(seen(&[TICKET, &[22]]), nothing(8));
        assert_eq!(seen(&[TICKET, TICKET, &[22, 0, 0]]), nothing(17));
        for messages in [&[KEY_UPDATE][..], &[TICKET, KEY_UPDATE], &[&[4, 0, 0, 8, 1]], &[&[4, 0]]] {
            assert_eq!(seen(&[&messages.concat(), &[22]]), None, "{messages:?}");
        }
        assert_eq!(seen(&[&[0; 20]]), None, "a record has a kind");
    }

    // S-94
    #[test]
    fn all_else_is_left_as_it_is() {
        for record in [&b"CONNACK\x17\0\0"[..], &[1, 0, 21], &[23], &[22, 23]] {
            assert_eq!(seen(&[record]).as_deref(), Some(record));
        }
    }
}
