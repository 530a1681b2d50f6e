//! How much a client may say and leave unread.

use super::*;

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
