//! The fence: which bytes from the broker are a packet, and which packet they are.
//!
//! A codec that trusts the broker reads a packet from the whole buffer, with unchecked positions: a CONNACK without a
//! body ends the program, and a short PUBACK takes its identifier from the next packet. So only a slice that is
//! exactly one packet, of a type that a client may get, and right in every field, goes on. Checking a field finds its
//! value, so that nothing is left for a codec to read.
//!
//! | packet   | first byte                    | body                                                         |
//! |----------|-------------------------------|--------------------------------------------------------------|
//! | CONNACK  | `20`                          | 2 bytes: session present 0 or 1, 1 only with code 0; code 0–5 |
//! | PUBLISH  | `30`, `31`; `32`, `33`, `3a`, `3b` | topic, for QoS 1 an identifier, payload                  |
//! | PUBACK   | `40`                          | 2 bytes: identifier                                          |
//! | SUBACK   | `90`                          | 3 bytes: identifier, one code 0, 1, 2 or 0x80                |
//! | UNSUBACK | `b0`                          | 2 bytes: identifier                                          |
//! | PINGRESP | `d0`                          | none                                                         |
//!
//! An identifier is not 0. A topic is UTF-8, not empty, without `+`, `#` and NUL. A SUBACK has one code since each
//! SUBSCRIBE asks for one filter. QoS 2 is refused: subscriptions ask for QoS 0 (S-12), and a broker must not exceed
//! that; QoS 1 is let through for brokers that do.

use core::fmt;
use core::num::NonZeroU16;

use crate::packet::{Incoming, Publish};

/// Most bytes of a length field.
const MOST_LENGTH_BYTES: usize = 4;

/// Why bytes from the broker were refused. Each one ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameError {
    /// The length field is longer than four bytes.
    Length,
    /// A packet that only a client sends, one of a QoS 2 exchange, or a reserved type.
    NotForClients,
    /// The low bits of the first byte are wrong for the type.
    Flags,
    /// QoS 2, or the forbidden 3.
    Qos,
    /// The body is too short for its packet type.
    Truncated,
    /// Bytes are left behind the last field.
    Excess,
    /// A packet identifier of 0.
    Identifier,
    /// The topic is empty, is not UTF-8, or holds a wildcard or NUL.
    Topic,
    /// CONNACK: a reserved bit, or session present together with a refusal.
    ConnAckFlags,
    /// A return code that the protocol does not know.
    ReturnCode,
}

impl FrameError {
    const fn words(self) -> &'static str {
        match self {
            Self::Length => "length field too long",
            Self::NotForClients => "not a packet for a client",
            Self::Flags => "wrong flags",
            Self::Qos => "wrong QoS",
            Self::Truncated => "body too short",
            Self::Excess => "bytes behind the last field",
            Self::Identifier => "packet identifier 0",
            Self::Topic => "wrong topic",
            Self::ConnAckFlags => "wrong CONNACK flags",
            Self::ReturnCode => "unknown return code",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl core::error::Error for FrameError {}

/// What stands at the front of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Head {
    /// Part of a frame: more bytes are needed.
    Incomplete,
    /// A whole frame of so many bytes.
    Whole(usize),
    /// A frame of so many bytes, more than there is room for.
    TooLong(usize),
}

/// Looks for a frame at the front of `buf`, where a whole frame may have `room` bytes.
///
/// First byte and length are judged as soon as they are there, so that nobody waits for 256 MB of a packet that
/// would be refused anyway. The body is not looked at: see [`check`].
///
/// # Errors
/// [`FrameError`] when no right frame can begin like this.
pub fn head(buf: &[u8], room: usize) -> Result<Head, FrameError> {
    let Some(header) = Header::read(buf)? else { return Ok(Head::Incomplete) };
    let whole = header.whole();
    Ok(if whole > room {
        Head::TooLong(whole)
    } else if whole > buf.len() {
        Head::Incomplete
    } else {
        Head::Whole(whole)
    })
}

/// Checks that `frame` is exactly one packet that a client may get, and that every field of it is right.
///
/// # Errors
/// [`FrameError`] for anything else.
pub fn check(frame: &[u8]) -> Result<(), FrameError> {
    read(frame).map(drop)
}

/// The packet that `frame` is, as [`check`] wants it.
pub(crate) fn read(frame: &[u8]) -> Result<Incoming<'_>, FrameError> {
    let header = Header::read(frame)?.ok_or(FrameError::Truncated)?;
    let body = frame.get(header.bytes..).ok_or(FrameError::Truncated)?;
    if body.len() < header.body {
        return Err(FrameError::Truncated);
    }
    if body.len() > header.body {
        return Err(FrameError::Excess);
    }
    match header.kind {
        Kind::Publish { retain, id } => read_publish(body, retain, id),
        Kind::ConnAck => read_connack(body),
        Kind::SubAck => read_suback(body),
        Kind::PubAck | Kind::UnsubAck => {
            let (id, _) = identifier(body)?;
            Ok(if matches!(header.kind, Kind::PubAck) {
                Incoming::PubAck { id }
            } else {
                Incoming::UnsubAck { id }
            })
        }
        Kind::PingResp => Ok(Incoming::PingResp),
    }
}

/// A packet type that a client may get, as far as the first byte tells.
#[derive(Clone, Copy)]
enum Kind {
    ConnAck,
    Publish { retain: bool, id: bool },
    PubAck,
    SubAck,
    UnsubAck,
    PingResp,
}

impl Kind {
    fn of(first: u8) -> Result<Self, FrameError> {
        match first {
            0x30 | 0x31 => Ok(Self::Publish { retain: first & 1 == 1, id: false }),
            0x32 | 0x33 | 0x3A | 0x3B => Ok(Self::Publish { retain: first & 1 == 1, id: true }),
            0x20 => Ok(Self::ConnAck),
            0x40 => Ok(Self::PubAck),
            0x90 => Ok(Self::SubAck),
            0xB0 => Ok(Self::UnsubAck),
            0xD0 => Ok(Self::PingResp),
            _ => Err(refusal(first)),
        }
    }

    /// The only right length of the body; a PUBLISH has none.
    const fn body(self) -> Option<usize> {
        match self {
            Self::Publish { .. } => None,
            Self::ConnAck | Self::PubAck | Self::UnsubAck => Some(2),
            Self::SubAck => Some(3),
            Self::PingResp => Some(0),
        }
    }
}

/// What is wrong with a first byte that is not in the table above.
const fn refusal(first: u8) -> FrameError {
    match first >> 4 {
        3 if first & 0b0110 >= 0b0100 => FrameError::Qos,
        2 | 3 | 4 | 9 | 11 | 13 => FrameError::Flags,
        _ => FrameError::NotForClients,
    }
}

struct Header {
    kind: Kind,
    /// Bytes before the body.
    bytes: usize,
    /// Bytes of the body.
    body: usize,
}

impl Header {
    /// `None` while it is incomplete.
    fn read(buf: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some((&first, rest)) = buf.split_first() else { return Ok(None) };
        let kind = Kind::of(first)?;
        let Some((body, bytes)) = remaining_length(rest)? else { return Ok(None) };
        match kind.body() {
            Some(right) if body < right => Err(FrameError::Truncated),
            Some(right) if body > right => Err(FrameError::Excess),
            Some(_) | None => Ok(Some(Self { kind, bytes: 1 + bytes, body })),
        }
    }

    /// Cannot overflow: at most 2^28 + 4.
    const fn whole(&self) -> usize {
        self.bytes + self.body
    }
}

/// The value of a length field and the bytes it took; `None` while it is incomplete.
fn remaining_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().take(MOST_LENGTH_BYTES).enumerate() {
        value |= usize::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() < MOST_LENGTH_BYTES { Ok(None) } else { Err(FrameError::Length) }
}

fn read_publish(body: &[u8], retain: bool, id: bool) -> Result<Incoming<'_>, FrameError> {
    let (length, rest) = body.split_first_chunk().ok_or(FrameError::Truncated)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (topic, rest) = rest.split_at_checked(length).ok_or(FrameError::Truncated)?;
    let topic = read_topic(topic)?;
    if !id {
        return Ok(Incoming::Publish(Publish { topic, payload: rest, retain, id: None }));
    }
    let (id, payload) = identifier(rest)?;
    Ok(Incoming::Publish(Publish { topic, payload, retain, id: Some(id) }))
}

fn read_topic(topic: &[u8]) -> Result<&str, FrameError> {
    // Without a way out in the middle the compiler looks at many bytes at once.
    let forbidden = topic.iter().fold(topic.is_empty(), |yes, byte| yes | matches!(byte, 0 | b'+' | b'#'));
    match core::str::from_utf8(topic) {
        Ok(topic) if !forbidden => Ok(topic),
        Ok(_) | Err(_) => Err(FrameError::Topic),
    }
}

/// The packet identifier and what is behind it.
fn identifier(bytes: &[u8]) -> Result<(NonZeroU16, &[u8]), FrameError> {
    let (id, rest) = bytes.split_first_chunk().ok_or(FrameError::Truncated)?;
    let id = NonZeroU16::new(u16::from_be_bytes(*id)).ok_or(FrameError::Identifier)?;
    Ok((id, rest))
}

fn read_connack(body: &[u8]) -> Result<Incoming<'_>, FrameError> {
    match *body {
        [present @ (0 | 1), code @ 0] | [present @ 0, code @ 1..=5] => {
            Ok(Incoming::ConnAck { session_present: present == 1, code })
        }
        [0, _] => Err(FrameError::ReturnCode),
        _ => Err(FrameError::ConnAckFlags),
    }
}

fn read_suback(body: &[u8]) -> Result<Incoming<'_>, FrameError> {
    match identifier(body)? {
        (id, [code @ (0..=2 | 0x80)]) => Ok(Incoming::SubAck { id, refused: *code == 0x80 }),
        _ => Err(FrameError::ReturnCode),
    }
}
