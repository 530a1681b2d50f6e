//! What clients say first, and what becomes of it.

use super::*;

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
