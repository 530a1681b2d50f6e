//! Which messages arrive, how often and in which quality.

use super::*;

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
