//! The broker as its clients see it.

mod bytes;
mod clients;
mod delivery;
mod limits;
mod sessions;
mod wills;

use super::wire::{Connect, Level, Publish};
use super::write::PublishHead;
use super::*;

/// CONNECT and SUBSCRIBE as paho-mqtt sends them for Tasmota Device Manager: MQTT 3.1, seven filters.
const DEVICE_MANAGER: &str = "10 1e 00 06 4d 51 49 73 64 70 03 c2 00 3c 00 0a 54 44 4d 2d 34 66 31 63 32 61 00 01 75 \
    00 01 70 82 5a 00 01 00 08 2b 2f 63 6d 6e 64 2f 23 00 00 08 2b 2f 73 74 61 74 2f 23 00 00 08 2b 2f 74 65 6c 65 2f \
    23 00 00 08 63 6d 6e 64 2f 2b 2f 23 00 00 08 73 74 61 74 2f 2b 2f 23 00 00 08 74 65 6c 65 2f 2b 2f 23 00 00 13 74 \
    61 73 6d 6f 74 61 2f 64 69 73 63 6f 76 65 72 79 2f 23 00";
/// CONNECT and SUBSCRIBE `stat/+/POWER` at QoS 2, as MQTT.js sends them for Node-RED.
const NODE_RED: &str = "10 24 00 04 4d 51 54 54 04 02 00 3c 00 18 6e 6f 64 65 72 65 64 5f 33 66 32 61 39 31 63 30 37 62 \
    65 34 64 36 35 61 82 11 9e ad 00 0c 73 74 61 74 2f 2b 2f 50 4f 57 45 52 02";
/// PUBLISH `cmnd/sonoff/POWER` `TOGGLE` at QoS 2, identifier 9eae.
const NODE_RED_PUBLISH: &str =
    "34 1b 00 11 63 6d 6e 64 2f 73 6f 6e 6f 66 66 2f 50 4f 57 45 52 9e ae 54 4f 47 47 4c 45";
const NODE_RED_RELEASE: &str = "62 02 9e ae";
/// CONNECT, SUBSCRIBE `#` and `$SYS/#`, as MQTT.js sends them for MQTT Explorer.
const EXPLORER: &str = "10 22 00 04 4d 51 54 54 04 02 00 3c 00 16 6d 71 74 74 2d 65 78 70 6c 6f 72 65 72 2d 30 62 31 63 \
    32 64 33 65 82 06 5a 06 00 01 23 00 82 0b 5a 07 00 06 24 53 59 53 2f 23 00";
/// CONNECT of an MQTT 5 client.
const FIVE: &str = "10 11 00 04 4d 51 54 54 05 02 00 3c 00 00 04 66 69 76 65";

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// A broker and the time.
struct World {
    broker: Broker,
    now: u64,
}

impl World {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self { broker: Broker::with_limits(limits), now: 0 }
    }

    /// A stream over which these bytes came.
    fn stream(&mut self, bytes: &[u8]) -> ClientId {
        let id = self.broker.connect();
        self.send(id, bytes);
        id
    }

    fn send(&mut self, id: ClientId, bytes: &[u8]) {
        self.broker.receive(self.now, id, bytes);
    }

    /// A connected client; CONNACK is taken.
    fn client(&mut self, name: &str) -> ClientId {
        let id = self.stream(&connect(name).bytes());
        assert_eq!(self.broker.take_output(id), [0x20, 2, 0, 0], "CONNACK of {name}");
        id
    }

    /// A connected client with one subscription; SUBACK is taken.
    fn reader(&mut self, name: &str, filter: &str, qos: u8) -> ClientId {
        let id = self.client(name);
        self.send(id, &subscribe(&[(filter, qos)]));
        assert_eq!(self.broker.poll_answers(id), [0x90, 3, 0, 7, qos.min(1)], "SUBACK of {name}");
        id
    }

    /// The messages that a client gets now, as text; every QoS 1 message is acknowledged.
    fn got(&mut self, id: ClientId) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let out = self.broker.take_output(id);
            if out.is_empty() {
                return texts;
            }
            for (publish, text) in messages(&out) {
                texts.push(text);
                if publish > 0 {
                    let [high, low] = publish.to_be_bytes();
                    self.send(id, &[0x40, 2, high, low]);
                }
            }
        }
    }

    /// Walks to every deadline in turn up to this time.
    fn until(&mut self, end: u64) {
        while let Some(at) = self.broker.next_deadline().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.broker.tick(self.now);
        }
        self.now = end;
        self.broker.tick(end);
    }
}

impl Broker {
    fn poll_answers(&mut self, id: ClientId) -> Vec<u8> {
        let mut out = Vec::new();
        self.poll_output(id, &mut out, 1);
        out
    }
}

/// Packet identifier and text of each PUBLISH in `out`.
fn messages(mut out: &[u8]) -> Vec<(u16, String)> {
    let mut found = Vec::new();
    while let Some(len) = wire::packet_length(out).unwrap() {
        let (packet, rest) = out.split_at(len);
        if let Ok(wire::Packet::Publish(publish)) = wire::read(packet, Level::V311) {
            found.push((publish.id, text(&publish)));
        }
        out = rest;
    }
    found
}

/// `a/b = payload`, then what is unusual: ` q1`, ` retained`, ` dup`.
fn text(publish: &Publish<'_>) -> String {
    let mut text = format!("{} = {}", publish.topic, String::from_utf8_lossy(publish.payload));
    let marks = [(publish.qos == Qos::One, " q1"), (publish.retain, " retained"), (publish.dup, " dup")];
    marks.into_iter().filter(|(is, _)| *is).for_each(|(_, mark)| text += mark);
    text
}

fn connect(name: &str) -> Connect<'_> {
    Connect {
        level: Level::V311,
        client: name,
        clean_session: true,
        keep_alive: 0,
        will: None,
        user: None,
        password: None,
    }
}

fn lasting(name: &str) -> Vec<u8> {
    Connect { clean_session: false, ..connect(name) }.bytes()
}

fn will<'a>(topic: &'a str, payload: &'a [u8], retain: bool) -> Publish<'a> {
    Publish { topic, payload, qos: Qos::Zero, retain, dup: false, id: 0 }
}

impl Connect<'_> {
    fn bytes(&self) -> Vec<u8> {
        let will = self.will.map_or(0, |will| 0x04 | (will.qos.number() << 3) | (u8::from(will.retain) << 5));
        let flags = (u8::from(self.clean_session) << 1) | will;
        let mut body = match self.level {
            Level::V311 => b"\0\x04MQTT\x04".to_vec(),
            Level::V31 => b"\0\x06MQIsdp\x03".to_vec(),
        };
        body.push(flags);
        body.extend(self.keep_alive.to_be_bytes());
        field(&mut body, self.client.as_bytes());
        if let Some(will) = self.will {
            field(&mut body, will.topic.as_bytes());
            field(&mut body, will.payload);
        }
        packet(0x10, &body)
    }
}

fn field(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
    body.extend(bytes);
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut len = body.len();
    while len > 0x7f {
        out.push((len & 0x7f) as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend(body);
    out
}

fn subscribe(filters: &[(&str, u8)]) -> Vec<u8> {
    let mut body = vec![0, 7];
    for (filter, qos) in filters {
        field(&mut body, filter.as_bytes());
        body.push(*qos);
    }
    packet(0x82, &body)
}

fn publish(topic: &str, payload: &str, retain: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let head = PublishHead { qos: Qos::Zero, retain, dup: false, id: 0 };
    write::publish(&mut out, head, topic, payload.as_bytes());
    out
}

fn publish_at(qos: Qos, id: u16, topic: &str, payload: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write::publish(&mut out, PublishHead { qos, retain: false, dup: false, id }, topic, payload.as_bytes());
    out
}

const DISCONNECT: [u8; 2] = [0xe0, 0];
