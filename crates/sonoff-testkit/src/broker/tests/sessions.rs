//! What outlasts a connection, and who may have one.

use super::*;

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
