//! When a will is published.

use super::*;

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
