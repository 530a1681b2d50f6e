//! The broker as its clients see it.

use proptest::prelude::*;

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

#[test]
fn device_manager_connects_with_mqtt_3_1_and_seven_filters() {
    let mut world = World::new();
    let id = world.stream(&bytes(DEVICE_MANAGER));
    assert_eq!(world.broker.take_output(id), bytes("20 02 00 00 90 09 00 01 00 00 00 00 00 00 00"));
    world.broker.publish("tele/sonoff/LWT", b"Online", true);
    assert_eq!(world.got(id), ["tele/sonoff/LWT = Online"]);
}

#[test]
fn node_red_subscribes_and_publishes_at_qos_2() {
    let mut world = World::new();
    let device = world.reader("DVES_123456", "cmnd/sonoff/#", 0);
    let red = world.stream(&bytes(NODE_RED));
    assert_eq!(world.broker.take_output(red), bytes("20 02 00 00 90 03 9e ad 01"), "granted QoS 1");
    world.send(red, &bytes(NODE_RED_PUBLISH));
    assert_eq!(world.broker.take_output(red), bytes("50 02 9e ae"), "PUBREC");
    world.send(
        red,
        &bytes("3c 1b 00 11 63 6d 6e 64 2f 73 6f 6e 6f 66 66 2f 50 4f 57 45 52 9e ae 54 4f 47 47 4c 45"),
    );
    assert_eq!(world.broker.take_output(red), bytes("50 02 9e ae"), "PUBREC again for the repetition");
    world.send(red, &bytes(NODE_RED_RELEASE));
    assert_eq!(world.broker.take_output(red), bytes("70 02 9e ae"), "PUBCOMP");
    assert_eq!(world.got(device), ["cmnd/sonoff/POWER = TOGGLE"], "exactly once");
    world.send(device, &publish("stat/sonoff/POWER", "ON", false));
    assert_eq!(world.got(red), ["stat/sonoff/POWER = ON"], "the sender's QoS 0 is the lower one");
}

#[test]
fn an_identifier_is_new_again_after_its_release() {
    let mut world = World::new();
    let reader = world.reader("r", "cmnd/#", 0);
    let red = world.stream(&bytes(NODE_RED));
    for _ in 0..2 {
        world.send(red, &bytes(NODE_RED_PUBLISH));
        world.send(red, &bytes(NODE_RED_RELEASE));
    }
    assert_eq!(world.got(reader).len(), 2);
}

#[test]
fn explorer_sees_everything_and_the_dollar_topics_once() {
    let mut world = World::new();
    let id = world.stream(&bytes(EXPLORER));
    assert_eq!(world.broker.take_output(id), bytes("20 02 00 00 90 03 5a 06 00 90 03 5a 07 00"));
    world.broker.publish("$SYS/broker/uptime", b"1", false);
    world.broker.publish("stat/sonoff/POWER", b"ON", false);
    assert_eq!(world.got(id), ["$SYS/broker/uptime = 1", "stat/sonoff/POWER = ON"]);
}

#[test]
fn a_leading_wildcard_gets_no_dollar_topic_kept_or_fresh() {
    let mut world = World::new();
    world.broker.publish("$x/y", b"1", true);
    let hash = world.reader("hash", "#", 0);
    let plus = world.reader("plus", "+/y", 0);
    world.broker.publish("$x/y", b"2", true);
    assert_eq!((world.got(hash), world.got(plus)), (vec![], vec![]));
}

#[test]
fn level_5_gets_code_1_and_another_protocol_nothing() {
    let mut world = World::new();
    let five = world.stream(&bytes(FIVE));
    assert_eq!(world.broker.take_output(five), [0x20, 2, 0, 1]);
    assert!(world.broker.wants_close(five));
    let other = world.stream(&packet(0x10, b"\0\x04HTTP\x04\x02\0\0\0\x01a"));
    assert!(world.broker.take_output(other).is_empty());
    assert!(world.broker.wants_close(other));
}

#[test]
fn only_connect_may_come_first() {
    for first in [&b"GET / HTTP/1.1\r\n"[..], &[0xc0, 0], &publish("a", "b", false), &[0x16]] {
        let mut world = World::new();
        let id = world.stream(first);
        assert!(world.broker.wants_close(id), "{first:x?}");
        assert!(world.broker.take_output(id).is_empty());
    }
}

#[test]
fn a_second_connect_ends_the_connection_and_fires_the_will() {
    let mut world = World::new();
    let reader = world.reader("r", "#", 0);
    let greeting = Connect { will: Some(will("w", b"gone", false)), ..connect("a") }.bytes();
    let id = world.stream(&greeting);
    world.send(id, &greeting);
    assert!(world.broker.wants_close(id));
    assert_eq!(world.got(reader), ["w = gone"]);
    world.send(id, &greeting);
    assert_eq!(world.broker.clients(), 1, "an ended connection reads nothing more");
}

#[test]
fn a_kept_message_goes_only_by_an_empty_one_with_the_retain_flag() {
    let mut world = World::new();
    let device = world.client("d");
    world.send(device, &publish("cmnd/sonoff/POWER", "ON", true));
    world.send(device, &publish("cmnd/sonoff/POWER", "", false));
    let reader = world.reader("r", "cmnd/#", 0);
    assert_eq!(world.got(reader), ["cmnd/sonoff/POWER = ON retained"], "a query clears nothing");
    world.send(device, &publish("cmnd/sonoff/POWER", "OFF", false));
    assert_eq!(world.got(reader), ["cmnd/sonoff/POWER = OFF"]);
    assert_eq!(world.broker.retained("cmnd/sonoff/POWER"), Some(&b"ON"[..]), "replaced only with the flag");
    world.send(device, &publish("cmnd/sonoff/POWER", "", true));
    assert_eq!(world.got(reader), ["cmnd/sonoff/POWER = "], "delivered without the flag");
    let late = world.reader("l", "#", 0);
    assert_eq!(world.got(late), Vec::<String>::new());
}

#[test]
fn a_repeated_subscription_gets_the_kept_messages_again() {
    let mut world = World::new();
    world.broker.publish("a/b", b"1", true);
    let id = world.reader("r", "a/#", 0);
    world.send(id, &subscribe(&[("a/+", 1), ("a/#", 0)]));
    assert_eq!(world.got(id), ["a/b = 1 retained", "a/b = 1 q1 retained", "a/b = 1 retained"]);
}

#[test]
fn fifteen_hundred_kept_messages_all_arrive() {
    for qos in [0, 1] {
        let mut world = World::new();
        for n in 0..1500 {
            world.broker.publish(&format!("many/{n}"), b"x", true);
        }
        let id = world.reader("r", "many/#", qos);
        let got = world.got(id);
        assert_eq!(got.len(), 1500, "QoS {qos}");
    }
}

#[test]
fn overlapping_filters_deliver_once_at_the_highest_quality() {
    let mut world = World::new();
    let id = world.client("r");
    world.send(id, &subscribe(&[("a/#", 0), ("a/+", 1), ("#", 0), ("a/b", 0)]));
    world.broker.take_output(id);
    world.broker.publish("a/b", b"x", false);
    assert_eq!(world.got(id), ["a/b = x q1"]);
}

#[test]
fn a_delivery_has_the_lower_quality_of_both() {
    let mut world = World::new();
    let (zero, one) = (world.reader("zero", "a", 0), world.reader("one", "a", 1));
    let sender = world.client("s");
    world.send(sender, &publish_at(Qos::One, 9, "a", "1"));
    world.send(sender, &publish("a", "0", false));
    assert_eq!(world.broker.take_output(sender), [0x40, 2, 0, 9]);
    assert_eq!(world.got(zero), ["a = 1", "a = 0"]);
    assert_eq!(world.got(one), ["a = 1 q1", "a = 0"]);
}

#[test]
fn the_sender_hears_itself_when_it_subscribes() {
    let mut world = World::new();
    let id = world.reader("r", "a", 0);
    world.send(id, &publish("a", "x", false));
    assert_eq!(world.got(id), ["a = x"]);
}

#[test]
fn a_bad_filter_is_refused_beside_good_ones() {
    let mut world = World::new();
    let id = world.client("r");
    world.send(id, &subscribe(&[("a", 2), ("a#", 0), ("", 0), ("b/#/c", 1), ("+", 0)]));
    assert_eq!(world.broker.take_output(id), [0x90, 7, 0, 7, 1, 0x80, 0x80, 0x80, 0]);
    assert!(!world.broker.wants_close(id));
}

#[test]
fn unsubscribing_ends_only_that_filter() {
    let mut world = World::new();
    let id = world.client("r");
    world.send(id, &subscribe(&[("a/#", 0), ("b", 0)]));
    world.broker.take_output(id);
    world.send(id, b"\xa2\x0a\0\x08\0\x03a/#\0\x01x");
    assert_eq!(world.broker.take_output(id), [0xb0, 2, 0, 8]);
    world.broker.publish("a/x", b"1", false);
    world.broker.publish("b", b"2", false);
    assert_eq!(world.got(id), ["b = 2"]);
}

/// A reader of everything, and a client with a retained will.
fn mortal() -> (World, ClientId, ClientId) {
    let mut world = World::new();
    let reader = world.reader("r", "#", 0);
    let will = Some(will("tele/sonoff/LWT", b"Offline", true));
    let id = world.stream(&Connect { will, keep_alive: 10, ..connect("DVES_123456") }.bytes());
    world.broker.take_output(id);
    (world, reader, id)
}

#[track_caller]
fn says_offline(world: &mut World, reader: ClientId) {
    assert_eq!(world.got(reader), ["tele/sonoff/LWT = Offline"]);
    assert_eq!(world.broker.retained("tele/sonoff/LWT"), Some(&b"Offline"[..]));
}

#[test]
fn the_will_follows_a_lost_stream_once() {
    let (mut world, reader, id) = mortal();
    world.broker.closed(id);
    says_offline(&mut world, reader);
    world.broker.closed(id);
    assert_eq!(world.got(reader), Vec::<String>::new());
}

#[test]
fn the_will_follows_a_protocol_error_at_once_and_only_once() {
    let (mut world, reader, id) = mortal();
    world.send(id, &[0x36, 0]);
    assert!(world.broker.wants_close(id));
    says_offline(&mut world, reader);
    world.broker.closed(id);
    assert_eq!(world.got(reader), Vec::<String>::new());
}

#[test]
fn the_will_follows_one_and_a_half_times_the_keep_alive_interval() {
    let (mut world, reader, id) = mortal();
    world.until(9_000);
    world.send(id, &[0xc0, 0]);
    assert_eq!(world.broker.take_output(id), [0xd0, 0]);
    world.until(9_000 + 14_999);
    assert_eq!(world.got(reader), Vec::<String>::new());
    world.until(9_000 + 15_000);
    says_offline(&mut world, reader);
    assert!(world.broker.wants_close(id));
}

#[test]
fn the_will_comes_once_at_a_take_over_and_the_new_connection_lives() {
    let (mut world, reader, id) = mortal();
    let new = world.stream(&connect("DVES_123456").bytes());
    assert!(world.broker.wants_close(id) && !world.broker.wants_close(new));
    says_offline(&mut world, reader);
    world.broker.closed(id);
    assert_eq!(world.got(reader), Vec::<String>::new());
    assert!(world.broker.is_connected("DVES_123456"));
    world.send(new, &subscribe(&[("a", 0)]));
    assert_eq!(world.broker.take_output(new), [0x20, 2, 0, 0, 0x90, 3, 0, 7, 0]);
}

#[test]
fn no_will_after_disconnect() {
    let (mut world, reader, id) = mortal();
    world.send(id, &DISCONNECT);
    assert!(world.broker.wants_close(id));
    world.broker.closed(id);
    assert_eq!(world.got(reader), Vec::<String>::new());
}

#[test]
fn keep_alive_0_is_never_too_silent() {
    let mut world = World::new();
    let id = world.client("a");
    world.until(1_000_000_000);
    assert!(!world.broker.wants_close(id));
    assert_eq!(world.broker.next_deadline(), None);
}

#[test]
fn a_stream_without_connect_is_closed_after_ten_seconds() {
    let mut world = World::new();
    world.until(3_600_000);
    let id = world.broker.connect();
    assert_eq!(world.broker.next_deadline(), Some(3_600_000), "asks to be told the time");
    world.until(3_600_000 + 9_999);
    assert!(!world.broker.wants_close(id));
    world.until(3_600_000 + 10_000);
    assert!(world.broker.wants_close(id));
}

fn lasting(name: &str) -> Vec<u8> {
    Connect { clean_session: false, ..connect(name) }.bytes()
}

#[test]
fn a_lasting_session_gets_the_qos_1_messages_of_its_absence_in_order() {
    let mut world = World::new();
    let id = world.stream(&[lasting("p"), subscribe(&[("a", 1)])].concat());
    assert_eq!(world.broker.take_output(id), [0x20, 2, 0, 0, 0x90, 3, 0, 7, 1]);
    world.send(id, &DISCONNECT);
    world.broker.closed(id);
    for n in 0..3 {
        world.broker.publish("a", n.to_string().as_bytes(), false);
    }
    let sender = world.client("s");
    world.send(sender, &publish("a", "lost, QoS 0", false));
    let again = world.stream(&lasting("p"));
    assert_eq!(world.broker.poll_answers(again), [0x20, 2, 1, 0], "session present");
    assert_eq!(world.got(again), ["a = 0 q1", "a = 1 q1", "a = 2 q1"]);
}

#[test]
fn an_unacknowledged_message_is_repeated_with_dup() {
    let mut world = World::new();
    let id = world.stream(&[lasting("p"), subscribe(&[("a", 1)])].concat());
    world.broker.publish("a", b"1", false);
    assert_eq!(messages(&world.broker.take_output(id)), [(1, "a = 1 q1".to_owned())]);
    world.broker.closed(id);
    let again = world.stream(&lasting("p"));
    assert_eq!(world.got(again), ["a = 1 q1 dup"]);
    world.broker.closed(again);
    let third = world.stream(&lasting("p"));
    assert_eq!(world.got(third), Vec::<String>::new());
}

#[test]
fn a_clean_start_forgets_the_lasting_session() {
    let mut world = World::new();
    let id = world.stream(&[lasting("p"), subscribe(&[("a", 1)])].concat());
    world.send(id, &DISCONNECT);
    world.broker.publish("a", b"1", false);
    let clean = world.client("p");
    assert_eq!(world.got(clean), Vec::<String>::new());
    world.send(clean, &DISCONNECT);
    let last = world.stream(&lasting("p"));
    assert_eq!(world.broker.take_output(last), [0x20, 2, 0, 0], "nothing present after a clean one");
}

#[test]
fn session_present_is_unknown_to_mqtt_3_1() {
    let mut world = World::new();
    let greeting = Connect { level: Level::V31, clean_session: false, ..connect("p") }.bytes();
    for _ in 0..2 {
        let id = world.stream(&greeting);
        assert_eq!(world.broker.take_output(id), [0x20, 2, 0, 0]);
        world.broker.closed(id);
    }
}

#[test]
fn an_empty_identifier_needs_a_clean_session_and_mqtt_3_1_1() {
    let mut world = World::new();
    let (a, b) = (world.client(""), world.client(""));
    assert!(!world.broker.wants_close(a) && !world.broker.wants_close(b), "two names are invented");
    for refused in [lasting(""), Connect { level: Level::V31, ..connect("") }.bytes()] {
        let id = world.stream(&refused);
        assert_eq!(world.broker.take_output(id), [0x20, 2, 0, 2]);
        assert!(world.broker.wants_close(id));
    }
}

#[test]
fn every_connection_can_be_refused_with_a_code() {
    let mut world = World::new();
    world.broker.refuse_with(Some(5));
    let id = world.stream(&connect("a").bytes());
    assert_eq!(world.broker.take_output(id), [0x20, 2, 0, 5]);
    assert!(world.broker.wants_close(id));
    world.broker.refuse_with(None);
    world.client("a");
}

#[test]
fn a_packet_of_64_kib_passes_and_a_larger_one_ends_the_connection() {
    let mut world = World::new();
    let reader = world.reader("r", "a", 0);
    let id = world.client("s");
    let room = wire::MAX_PACKET - 4 - 3;
    world.send(id, &publish("a", &"x".repeat(room), false));
    assert_eq!(world.got(reader), [format!("a = {}", "x".repeat(room))]);
    let large = publish("a", &"x".repeat(room + 1), false);
    world.send(id, large.get(..5).unwrap());
    assert!(world.broker.wants_close(id), "its length alone is enough");
}

#[test]
fn a_client_that_reads_nothing_is_cut_off_with_its_will_and_the_others_live() {
    let mut world = World::with(Limits { queue_bytes: 10_000, answer_bytes: 1_000, ..Limits::default() });
    let reader = world.reader("r", "w", 0);
    let greeting = Connect { will: Some(will("w", b"gone", false)), ..connect("slow") }.bytes();
    let slow = world.stream(&[greeting.clone(), subscribe(&[("a", 0)])].concat());
    let sender = world.client("s");
    for _ in 0..200 {
        world.send(sender, &publish("a", "0123456789", false));
    }
    assert!(world.broker.wants_close(slow) && !world.broker.wants_close(sender));
    assert_eq!(world.got(reader), ["w = gone"]);
    let asking = world.stream(&greeting);
    for _ in 0..1_000 {
        world.send(asking, &[0xc0, 0]);
    }
    assert!(world.broker.wants_close(asking));
    assert_eq!(world.got(reader), ["w = gone"]);
}

#[test]
fn a_will_that_stalls_the_next_client_ends_in_good_order() {
    let mut world = World::with(Limits { queue_bytes: 140, ..Limits::default() });
    let ids: Vec<_> = (0..10)
        .map(|n| {
            let name = format!("c{n}");
            let greeting = Connect { will: Some(will("a", b"0123456789", false)), ..connect(&name) }.bytes();
            world.stream(&[greeting, subscribe(&[("a", 0)])].concat())
        })
        .collect();
    world.broker.publish("a", b"0123456789", false);
    assert_eq!(world.broker.clients(), 10);
    world.broker.publish("a", b"0123456789", false);
    assert_eq!(world.broker.clients(), 0, "each will filled the next queue");
    assert!(ids.iter().all(|&id| world.broker.wants_close(id)));
}

#[test]
fn output_comes_in_whole_packets_of_about_the_wanted_size() {
    let mut world = World::new();
    let id = world.reader("r", "a", 0);
    for _ in 0..10 {
        world.broker.publish("a", &[b'x'; 100], false);
    }
    let mut out = Vec::new();
    world.broker.poll_output(id, &mut out, 150);
    assert_eq!(messages(&out).len(), 2);
    assert!(world.broker.has_output(id));
    assert_eq!(world.got(id).len(), 8);
    assert!(!world.broker.has_output(id) && !world.broker.is_busy());
}

#[test]
fn ready_names_each_client_once() {
    let mut world = World::new();
    let (a, b) = (world.reader("a", "x", 0), world.reader("b", "x", 0));
    while world.broker.next_ready().is_some() {}
    world.broker.publish("x", b"1", false);
    world.broker.publish("x", b"2", false);
    assert_eq!([(); 3].map(|()| world.broker.next_ready()), [Some(a), Some(b), None]);
    world.broker.closed(a);
    assert_eq!(world.broker.next_ready(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The same bytes give the same answers, however they are cut.
    #[test]
    fn bytes_may_be_cut_anywhere(cuts in proptest::collection::vec(1..30usize, 1..200)) {
        let all = [bytes(NODE_RED), bytes(NODE_RED_PUBLISH), bytes(NODE_RED_RELEASE), publish("stat/x/POWER", "ON", true)];
        let all = all.concat();
        let whole = { let mut world = World::new(); let id = world.stream(&all); world.broker.take_output(id) };
        let mut world = World::new();
        let id = world.broker.connect();
        let (mut rest, mut out, mut cuts) = (&all[..], Vec::new(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            world.send(id, now);
            out.extend(world.broker.take_output(id));
            rest = later;
        }
        prop_assert_eq!(out, whole);
    }

    /// No bytes break it: what it sends can be read, and it comes to rest.
    #[test]
    fn random_bytes_do_no_harm(streams in proptest::collection::vec(garbage(), 1..6)) {
        let mut world = World::new();
        // Longer than any client id that a changed byte could make.
        let reader = world.reader("the one who reads", "#", 1);
        for bytes in &streams {
            let id = world.stream(bytes);
            world.broker.take_output(id);
            world.broker.closed(id);
        }
        world.got(reader);
        world.until(10_000_000);
        prop_assert_eq!(world.broker.next_deadline(), None);
        prop_assert!(!world.broker.is_busy() && world.broker.is_connected("the one who reads"));
    }
}

/// Good packets with some bytes changed, after a CONNECT or not.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let good = prop::sample::select(vec![
        bytes(DEVICE_MANAGER),
        bytes(NODE_RED),
        bytes(NODE_RED_PUBLISH),
        bytes(NODE_RED_RELEASE),
        bytes(EXPLORER),
        subscribe(&[("a/+", 1), ("b#", 2)]),
        publish("a/b", "x", true),
        lasting("p"),
        vec![0xc0, 0],
    ]);
    let change = proptest::option::of((any::<prop::sample::Index>(), any::<u8>()));
    let packet = (good, change).prop_map(|(mut bytes, change)| {
        if let Some((at, byte)) = change {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    });
    (any::<bool>(), proptest::collection::vec(packet, 0..12)).prop_map(|(greet, packets)| {
        let first = if greet { connect("g").bytes() } else { Vec::new() };
        [first, packets.concat()].concat()
    })
}
