//! Reads, strictly, every packet that an MQTT client may send to a broker.

/// Largest packet that the broker takes, header included.
pub const MAX_PACKET: usize = 64 * 1024;

/// Why bytes from a client were refused. Each one ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The length field has more than four bytes, or the packet is larger than [`MAX_PACKET`].
    Length,
    /// A packet that only a broker sends, or a reserved type.
    NotForBrokers,
    /// The four flags of the first byte do not fit the packet type.
    Flags,
    /// The body is too short for what it announces.
    Truncated,
    /// Bytes are left after the last field.
    Trailing,
    /// A text is not UTF-8 or holds a NUL.
    Text,
    /// A topic to publish to is empty, has a wildcard or too many levels.
    Topic,
    /// A packet identifier is zero.
    PacketId,
    /// A quality of service of 3.
    Qos,
    /// SUBSCRIBE or UNSUBSCRIBE without a filter.
    NoFilter,
    /// CONNECT names another protocol.
    Protocol,
    /// CONNECT names an MQTT level that is not served; the answer is CONNACK code 1.
    Level,
}

/// The MQTT version of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// 3.1, protocol name `MQIsdp`, level 3.
    V31,
    /// 3.1.1, protocol name `MQTT`, level 4.
    V311,
}

/// Quality of service of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qos {
    /// At most once.
    Zero,
    /// At least once.
    One,
    /// Exactly once; only inwards.
    Two,
}

impl Qos {
    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Zero => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }

    fn read(number: u8) -> Result<Self, WireError> {
        const ALL: [Qos; 3] = [Qos::Zero, Qos::One, Qos::Two];
        ALL.get(usize::from(number)).copied().ok_or(WireError::Qos)
    }
}

/// One packet from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The first packet of every connection.
    Connect(Connect<'a>),
    /// A message.
    Publish(Publish<'a>),
    /// A QoS 1 delivery arrived.
    PubAck(u16),
    /// Ends a QoS 2 message of this client.
    PubRel(u16),
    /// Wants messages.
    Subscribe {
        /// For SUBACK.
        id: u16,
        /// Filters, valid or not, and the wanted quality of service.
        filters: Vec<(&'a str, Qos)>,
    },
    /// Wants no more of these.
    Unsubscribe {
        /// For UNSUBACK.
        id: u16,
        /// Filters.
        filters: Vec<&'a str>,
    },
    /// Are you there?
    PingReq,
    /// A clean goodbye.
    Disconnect,
}

/// The fields of CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect<'a> {
    /// MQTT version.
    pub level: Level,
    /// Client identifier, may be empty.
    pub client: &'a str,
    /// Forget what was before and what will be after.
    pub clean_session: bool,
    /// Seconds; 0 is never.
    pub keep_alive: u16,
    /// Message for the case that the client vanishes.
    pub will: Option<Publish<'a>>,
    /// User name.
    pub user: Option<&'a str>,
    /// Password.
    pub password: Option<&'a [u8]>,
}

/// A message from a client, also its will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish<'a> {
    /// Whole topic.
    pub topic: &'a str,
    /// Any bytes.
    pub payload: &'a [u8],
    /// Quality of service of the sender.
    pub qos: Qos,
    /// Keep it; with an empty payload: forget what was kept.
    pub retain: bool,
    /// Sent before.
    pub dup: bool,
    /// Packet identifier; 0 at QoS 0.
    pub id: u16,
}

/// Length of the packet at the front of `buf`, header included; `None` while its length is not yet known.
///
/// # Errors
/// [`WireError::Length`].
pub fn packet_length(buf: &[u8]) -> Result<Option<usize>, WireError> {
    let mut body = 0usize;
    for (digit, byte) in buf.iter().skip(1).take(4).enumerate() {
        body |= usize::from(byte & 0x7f) << (7 * digit);
        if byte & 0x80 == 0 {
            return within_limit(body + digit + 2).map(Some);
        }
    }
    if buf.len() > 4 { Err(WireError::Length) } else { Ok(None) }
}

fn within_limit(whole: usize) -> Result<usize, WireError> {
    if whole > MAX_PACKET { Err(WireError::Length) } else { Ok(whole) }
}

/// Reads one whole packet. Level 3 clients may set DUP on requests.
///
/// # Errors
/// Anything but [`WireError::Length`].
pub fn read(packet: &[u8], level: Level) -> Result<Packet<'_>, WireError> {
    let mut rest = Cursor(packet);
    let first = rest.byte()?;
    rest.skip_length()?;
    let flags = first & 0x0f;
    match first >> 4 {
        1 => zero(flags).and_then(|()| rest.connect()).map(Packet::Connect),
        3 => rest.publish(flags).map(Packet::Publish),
        4 => zero(flags).and_then(|()| rest.acknowledged()).map(Packet::PubAck),
        6 => request(flags, level).and_then(|()| rest.acknowledged()).map(Packet::PubRel),
        8 => request(flags, level).and_then(|()| rest.subscribe()),
        10 => request(flags, level).and_then(|()| rest.unsubscribe()),
        12 => zero(flags).and_then(|()| rest.end()).map(|()| Packet::PingReq),
        14 => zero(flags).and_then(|()| rest.end()).map(|()| Packet::Disconnect),
        _ => Err(WireError::NotForBrokers),
    }
}

fn zero(flags: u8) -> Result<(), WireError> {
    if flags == 0 { Ok(()) } else { Err(WireError::Flags) }
}

fn request(flags: u8, level: Level) -> Result<(), WireError> {
    let fixed = match level {
        Level::V31 => flags & 0b0111,
        Level::V311 => flags,
    };
    if fixed == 0b0010 { Ok(()) } else { Err(WireError::Flags) }
}

/// What is left of a packet.
#[derive(Debug)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, WireError> {
        let (first, rest) = self.0.split_first().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    fn word(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let len = self.word()?;
        self.take(usize::from(len))
    }

    fn text(&mut self) -> Result<&'a str, WireError> {
        let text = str::from_utf8(self.bytes()?).map_err(|_| WireError::Text)?;
        if text.contains('\0') { Err(WireError::Text) } else { Ok(text) }
    }

    fn topic(&mut self) -> Result<&'a str, WireError> {
        self.text().and_then(|topic| super::filter::is_topic(topic).then_some(topic).ok_or(WireError::Topic))
    }

    fn id(&mut self) -> Result<u16, WireError> {
        match self.word()? {
            0 => Err(WireError::PacketId),
            id => Ok(id),
        }
    }

    fn end(&self) -> Result<(), WireError> {
        if self.0.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }

    fn skip_length(&mut self) -> Result<(), WireError> {
        while self.byte()? & 0x80 != 0 {}
        Ok(())
    }

    fn acknowledged(&mut self) -> Result<u16, WireError> {
        let id = self.id()?;
        self.end().map(|()| id)
    }

    fn publish(&mut self, flags: u8) -> Result<Publish<'a>, WireError> {
        let qos = Qos::read((flags >> 1) & 3)?;
        let dup = flags & 8 != 0;
        if dup && qos == Qos::Zero {
            return Err(WireError::Flags);
        }
        let topic = self.topic()?;
        let id = if qos == Qos::Zero { 0 } else { self.id()? };
        let payload = self.take(self.0.len())?;
        Ok(Publish { topic, payload, qos, retain: flags & 1 != 0, dup, id })
    }

    fn subscribe(&mut self) -> Result<Packet<'a>, WireError> {
        let id = self.id()?;
        let mut filters = Vec::new();
        while !self.0.is_empty() {
            filters.push((self.text()?, Qos::read(self.byte()?)?));
        }
        if filters.is_empty() { Err(WireError::NoFilter) } else { Ok(Packet::Subscribe { id, filters }) }
    }

    fn unsubscribe(&mut self) -> Result<Packet<'a>, WireError> {
        let id = self.id()?;
        let mut filters = Vec::new();
        while !self.0.is_empty() {
            filters.push(self.text()?);
        }
        if filters.is_empty() { Err(WireError::NoFilter) } else { Ok(Packet::Unsubscribe { id, filters }) }
    }

    fn level(&mut self) -> Result<Level, WireError> {
        let name = self.bytes()?;
        match (name, self.byte()?) {
            (b"MQTT", 4) => Ok(Level::V311),
            (b"MQIsdp", 3) => Ok(Level::V31),
            (b"MQTT" | b"MQIsdp", _) => Err(WireError::Level),
            _ => Err(WireError::Protocol),
        }
    }

    fn connect(&mut self) -> Result<Connect<'a>, WireError> {
        let level = self.level()?;
        let flags = ConnectFlags(self.byte()?);
        flags.check(level)?;
        let connect = Connect {
            level,
            clean_session: flags.has(0x02),
            keep_alive: self.word()?,
            client: self.text()?,
            will: flags.has(0x04).then(|| self.will(flags)).transpose()?,
            user: flags.has(0x80).then(|| self.text()).transpose()?,
            password: flags.has(0x40).then(|| self.bytes()).transpose()?,
        };
        self.end().map(|()| connect)
    }

    fn will(&mut self, flags: ConnectFlags) -> Result<Publish<'a>, WireError> {
        let topic = self.topic()?;
        let payload = self.bytes()?;
        Ok(Publish { topic, payload, qos: flags.will_qos()?, retain: flags.has(0x20), dup: false, id: 0 })
    }
}

#[derive(Debug, Clone, Copy)]
struct ConnectFlags(u8);

impl ConnectFlags {
    const fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    fn will_qos(self) -> Result<Qos, WireError> {
        Qos::read((self.0 >> 3) & 3)
    }

    /// The reserved bit, and bits that need another one. Only 3.1.1 says so.
    fn check(self, level: Level) -> Result<(), WireError> {
        let will_without_will = !self.has(0x04) && self.0 & 0x38 != 0;
        let password_without_user = self.has(0x40) && !self.has(0x80);
        let wrong = self.has(0x01) || will_without_will || password_without_user;
        if wrong && level == Level::V311 { Err(WireError::Flags) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
