//! Packets: what the fence has read, and the only place that calls the codec.
//!
//! The codec writes CONNECT, the packet with parts that may be absent. The others have a fixed form and are written
//! here: one call of a known packet lets the compiler leave out all else of the codec, 5 KB on a small chip.

use core::fmt;
use core::num::NonZeroU16;

use mqttrs::{LastWill, Packet, Protocol, QoS};

use crate::frame::{self, FrameError};

/// Bytes before the topic, for the header of a [`publish_in_place`] of up to 127 bytes; a longer one moves up.
pub const PUBLISH_ROOM: usize = 4;

/// Bytes behind the payload, to move up into.
const PUBLISH_MOVE: usize = 3;

/// Most bytes of a text: its length is sent as two bytes.
const MOST_TEXT: usize = 0xFFFF;

/// Most bytes of a filter: some servers' codecs break on a longer one.
const MOST_FILTER: usize = 256;

/// The largest body that a length field can say.
const MOST_BODY: usize = 0x0FFF_FFFF;

/// The packet cannot be written: the buffer is too small, or a text is empty or longer than the protocol can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the packet does not fit")
    }
}

impl core::error::Error for Full {}

/// A packet from the broker; texts and bytes lie in the frame it was decoded from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Incoming<'a> {
    /// The answer to CONNECT.
    ConnAck {
        /// The broker kept a session of this client.
        session_present: bool,
        /// 0: accepted, 1 to 5: refused (S-42).
        code: u8,
    },
    /// A message.
    Publish(Publish<'a>),
    /// The answer to a QoS 1 message.
    PubAck {
        /// Whose.
        id: NonZeroU16,
    },
    /// The answer to SUBSCRIBE.
    SubAck {
        /// Whose.
        id: NonZeroU16,
        /// The broker does not allow it.
        refused: bool,
    },
    /// The answer to UNSUBSCRIBE.
    UnsubAck {
        /// Whose.
        id: NonZeroU16,
    },
    /// The answer to PINGREQ.
    PingResp,
}

/// A message from the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Publish<'a> {
    /// Not empty, no wildcard.
    pub topic: &'a str,
    /// Need not be text.
    pub payload: &'a [u8],
    /// The broker kept it and sends it because of a new subscription.
    pub retain: bool,
    /// QoS 1: to be acknowledged with [`puback`].
    pub id: Option<NonZeroU16>,
}

/// What CONNECT says (S-4 to S-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Connect<'a> {
    /// Client identifier.
    pub client: &'a str,
    /// User name.
    pub user: Option<&'a str>,
    /// Password; left out when there is no user name, since the protocol forbids it alone.
    pub password: Option<&'a str>,
    /// The longest time without a packet from here, in seconds.
    pub keep_alive_s: u16,
    /// Start without what the broker knows of this client.
    pub clean_session: bool,
    /// What the broker says when this client is gone without a word.
    pub will: Option<Will<'a>>,
}

/// The will: sent with QoS 1 (S-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Will<'a> {
    /// Where.
    pub topic: &'a str,
    /// What.
    pub payload: &'a [u8],
    /// The broker keeps it.
    pub retain: bool,
}

/// Decodes one whole frame, as [`Inbox::next`](crate::Inbox::next) finds it.
///
/// # Errors
/// [`FrameError`] when [`frame::check`] refuses it.
pub fn decode(frame: &[u8]) -> Result<Incoming<'_>, FrameError> {
    frame::read(frame)
}

/// Writes CONNECT; says how many bytes.
///
/// # Errors
/// [`Full`].
pub fn connect(connect: &Connect<'_>, out: &mut [u8]) -> Result<usize, Full> {
    let will = connect.will.as_ref();
    if will.is_some_and(|will| will.topic.is_empty()) {
        return Err(Full);
    }
    check_texts(&[
        connect.client.len(),
        connect.user.map_or(0, str::len),
        connect.password.map_or(0, str::len),
        will.map_or(0, |will| will.topic.len()),
        will.map_or(0, |will| will.payload.len()),
    ])?;
    let packet = Packet::Connect(mqttrs::Connect {
        protocol: Protocol::MQTT311,
        keep_alive: connect.keep_alive_s,
        client_id: connect.client,
        clean_session: connect.clean_session,
        last_will: will.map(last_will),
        username: connect.user,
        password: connect.user.and(connect.password).map(str::as_bytes),
    });
    mqttrs::encode_slice(&packet, out).map_err(|_| Full)
}

/// Writes SUBSCRIBE for one filter with QoS 0 (S-12); says how many bytes.
///
/// # Errors
/// [`Full`], also for a filter of more than 256 bytes.
pub fn subscribe(id: NonZeroU16, filter: &str, out: &mut [u8]) -> Result<usize, Full> {
    if !(1..=MOST_FILTER).contains(&filter.len()) {
        return Err(Full);
    }
    let (header, bytes) = header(0x82, 2 + 2 + filter.len() + 1, id.get().into());
    let header = header.get(..bytes).unwrap_or(&[]);
    let len = [low_byte(filter.len() >> 8), low_byte(filter.len())];
    join(out, &[header, &len, filter.as_bytes(), &[0]])
}

/// Writes PUBACK; says how many bytes.
///
/// # Errors
/// [`Full`].
pub fn puback(id: NonZeroU16, out: &mut [u8]) -> Result<usize, Full> {
    join(out, &[&[0x40, 2], &id.get().to_be_bytes()])
}

/// Writes PINGREQ; says how many bytes.
///
/// # Errors
/// [`Full`].
pub fn pingreq(out: &mut [u8]) -> Result<usize, Full> {
    join(out, &[&[0xC0, 0]])
}

/// Writes DISCONNECT; says how many bytes.
///
/// # Errors
/// [`Full`].
pub fn disconnect(out: &mut [u8]) -> Result<usize, Full> {
    join(out, &[&[0xE0, 0]])
}

/// Where in `buf` the topic and payload of a [`publish_in_place`] go.
pub fn publish_room(buf: &mut [u8]) -> &mut [u8] {
    let end = buf.len().saturating_sub(PUBLISH_MOVE);
    buf.get_mut(PUBLISH_ROOM..end).unwrap_or_default()
}

/// Makes a QoS 0 PUBLISH of a topic and payload that already lie in `buf`; says how many bytes.
///
/// The topic begins at `buf[PUBLISH_ROOM]`, the payload directly behind it, as [`publish_room`] gives them room. The
/// packet begins at `buf[0]`. `payload` bytes of it are in `buf`, out of `total`: when there are more, the caller sends
/// them behind the packet.
///
/// # Errors
/// [`Full`] when `buf` has fewer bytes than the packet needs, or the protocol cannot say the lengths.
pub fn publish_in_place(
    buf: &mut [u8],
    topic: usize,
    payload: usize,
    total: usize,
    retain: bool,
) -> Result<usize, Full> {
    if !(1..=MOST_TEXT).contains(&topic) || payload > total || total > MOST_BODY - 2 - topic {
        return Err(Full);
    }
    let (header, bytes) = header(0x30 | u8::from(retain), 2 + topic + total, topic);
    let end = bytes + topic + payload;
    if end > buf.len() {
        return Err(Full);
    }
    move_up(buf, PUBLISH_ROOM + topic + payload, bytes - PUBLISH_ROOM);
    buf.iter_mut().zip(header).take(bytes).for_each(|(place, byte)| *place = byte);
    Ok(end)
}

/// Moves the topic and payload, which end at `end`. One byte after the other: to move memory in any direction takes
/// 1.3 KB of code on a small chip, and few packets are so long.
fn move_up(buf: &mut [u8], end: usize, by: usize) {
    if by == 0 {
        return;
    }
    for at in (PUBLISH_ROOM..end).rev() {
        if let Some(&byte) = buf.get(at)
            && let Some(place) = buf.get_mut(at + by)
        {
            *place = byte;
        }
    }
}

/// The first bytes of a packet: its type, the length of what follows, and the word with which that begins; and how
/// many bytes they are.
fn header(first: u8, body: usize, word: usize) -> ([u8; PUBLISH_ROOM + PUBLISH_MOVE], usize) {
    let mut header = [0; PUBLISH_ROOM + PUBLISH_MOVE];
    let mut places = header.iter_mut();
    let mut put = |byte| places.next().map_or((), |place| *place = byte);
    put(first);
    let (mut left, mut written) = (body, PUBLISH_ROOM);
    while left > 0x7F {
        put(low_byte(left) | 0x80);
        left >>= 7;
        written += 1;
    }
    put(low_byte(left));
    put(low_byte(word >> 8));
    put(low_byte(word));
    (header, written)
}

/// Writes one part behind the other.
fn join(out: &mut [u8], parts: &[&[u8]]) -> Result<usize, Full> {
    let mut end = 0;
    for part in parts {
        let room = out.get_mut(end..).and_then(|rest| rest.get_mut(..part.len())).ok_or(Full)?;
        room.copy_from_slice(part);
        end += part.len();
    }
    Ok(end)
}

const fn low_byte(value: usize) -> u8 {
    value.to_le_bytes()[0]
}

const fn last_will<'a>(will: &Will<'a>) -> LastWill<'a> {
    LastWill { topic: will.topic, message: will.payload, qos: QoS::AtLeastOnce, retain: will.retain }
}

/// The codec would cut the length of a longer text and send its rest as something else.
fn check_texts(lengths: &[usize]) -> Result<(), Full> {
    if lengths.iter().all(|&length| length <= MOST_TEXT) { Ok(()) } else { Err(Full) }
}
