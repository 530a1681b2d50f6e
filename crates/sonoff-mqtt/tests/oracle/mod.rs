//! Second opinions on a frame: a strict reader that follows the standard, and the codec of another project.

#![allow(dead_code, reason = "each test uses a part")]

use std::num::NonZeroU16;

use bytes::BytesMut;
use mqttbytes::QoS;
use mqttbytes::v4::{ConnectReturnCode, Packet, SubscribeReasonCode};
use sonoff_mqtt::{Incoming, packet};

/// A packet for a client, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    ConnAck { present: bool, code: u8 },
    Publish { topic: String, payload: Vec<u8>, retain: bool, id: Option<u16> },
    PubAck(u16),
    SubAck { id: u16, refused: bool },
    UnsubAck(u16),
    PingResp,
}

/// Decodes `frame` and compares with both opinions. What the strict reader accepts must be accepted alike, what it
/// refuses must be refused; what is accepted must be the same for the other codec.
///
/// # Errors
/// Who differs.
pub fn judge(frame: &[u8]) -> Result<Option<Told>, String> {
    let ours = packet::decode(frame).ok().map(told);
    let strict = strict(frame);
    if ours != strict {
        return Err(format!("{frame:02x?}: decoded {ours:?}, the standard says {strict:?}"));
    }
    if ours.is_some() && ours != peer(frame) {
        return Err(format!("{frame:02x?}: decoded {ours:?}, the other codec says {:?}", peer(frame)));
    }
    Ok(ours)
}

/// An owned copy.
pub fn told(incoming: Incoming<'_>) -> Told {
    match incoming {
        Incoming::ConnAck { session_present: present, code } => Told::ConnAck { present, code },
        Incoming::Publish(message) => Told::Publish {
            topic: message.topic.to_owned(),
            payload: message.payload.to_vec(),
            retain: message.retain,
            id: message.id.map(NonZeroU16::get),
        },
        Incoming::PubAck { id } => Told::PubAck(id.get()),
        Incoming::SubAck { id, refused } => Told::SubAck { id: id.get(), refused },
        Incoming::UnsubAck { id } => Told::UnsubAck(id.get()),
        Incoming::PingResp => Told::PingResp,
    }
}

/// What the other codec reads.
pub fn peer(frame: &[u8]) -> Option<Told> {
    let mut stream = BytesMut::from(frame);
    let packet = mqttbytes::v4::read(&mut stream, usize::MAX).ok()?;
    match packet {
        Packet::ConnAck(ack) => {
            Some(Told::ConnAck { present: ack.session_present, code: return_code(ack.code) })
        }
        Packet::Publish(message) => Some(Told::Publish {
            topic: message.topic,
            payload: message.payload.to_vec(),
            retain: message.retain,
            id: (message.qos != QoS::AtMostOnce).then_some(message.pkid),
        }),
        Packet::PubAck(ack) => Some(Told::PubAck(ack.pkid)),
        Packet::SubAck(ack) => Some(Told::SubAck {
            id: ack.pkid,
            refused: ack.return_codes.contains(&SubscribeReasonCode::Failure),
        }),
        Packet::UnsubAck(ack) => Some(Told::UnsubAck(ack.pkid)),
        Packet::PingResp => Some(Told::PingResp),
        _ => None,
    }
}

fn return_code(code: ConnectReturnCode) -> u8 {
    match code {
        ConnectReturnCode::Success => 0,
        ConnectReturnCode::RefusedProtocolVersion => 1,
        ConnectReturnCode::BadClientId => 2,
        ConnectReturnCode::ServiceUnavailable => 3,
        ConnectReturnCode::BadUserNamePassword => 4,
        ConnectReturnCode::NotAuthorized => 5,
    }
}

/// What the standard says; `None` for anything but one whole right packet that this client may get.
pub fn strict(frame: &[u8]) -> Option<Told> {
    let mut bytes = Cursor(frame);
    let first = bytes.byte()?;
    let length = bytes.length()?;
    if length != bytes.0.len() as u64 {
        return None;
    }
    let told = match (first >> 4, first & 0b1111) {
        (2, 0) => bytes.connack()?,
        (3, flags) => bytes.publish(flags)?,
        (4, 0) => Told::PubAck(bytes.identifier()?),
        (9, 0) => bytes.suback()?,
        (11, 0) => Told::UnsubAck(bytes.identifier()?),
        (13, 0) => Told::PingResp,
        _ => return None,
    };
    bytes.0.is_empty().then_some(told)
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn two(&mut self) -> Option<u16> {
        Some(u16::from(self.byte()?) * 256 + u16::from(self.byte()?))
    }

    fn identifier(&mut self) -> Option<u16> {
        self.two().filter(|&id| id != 0)
    }

    /// The algorithm of section 2.2.3 of the standard.
    fn length(&mut self) -> Option<u64> {
        let (mut multiplier, mut value) = (1, 0);
        loop {
            let byte = self.byte()?;
            value += u64::from(byte % 128) * multiplier;
            if byte < 128 {
                return Some(value);
            }
            multiplier *= 128;
            if multiplier > 128 * 128 * 128 {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.two()?);
        let text = self.0.get(..length)?;
        self.0 = self.0.get(length..)?;
        std::str::from_utf8(text).ok()
    }

    fn connack(&mut self) -> Option<Told> {
        let (flags, code) = (self.byte()?, self.byte()?);
        let right = flags <= 1 && code <= 5 && (flags == 0 || code == 0);
        right.then_some(Told::ConnAck { present: flags == 1, code })
    }

    fn publish(&mut self, flags: u8) -> Option<Told> {
        let (dup, qos, retain) = (flags & 8 != 0, flags >> 1 & 3, flags & 1 != 0);
        if qos > 1 || dup && qos == 0 {
            return None;
        }
        let topic = self.text()?.to_owned();
        if topic.is_empty() || topic.contains(['+', '#', '\0']) {
            return None;
        }
        let id = if qos == 1 { Some(self.identifier()?) } else { None };
        let payload = std::mem::take(&mut self.0).to_vec();
        Some(Told::Publish { topic, payload, retain, id })
    }

    fn suback(&mut self) -> Option<Told> {
        let id = self.identifier()?;
        let code = self.byte()?;
        [0, 1, 2, 128].contains(&code).then_some(Told::SubAck { id, refused: code == 128 })
    }
}
