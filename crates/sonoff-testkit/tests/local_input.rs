//! A button reaches its relay whatever the network does.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use sonoff_core::settings::Text;
use sonoff_testkit::net::Faults;
use sonoff_testkit::pins::Edge;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

const BUTTON: u8 = 0;
const RELAY: u8 = 12;
/// ButtonDebounce (P-41) and one sample.
const LIMIT_MS: u64 = 50 + 10;

/// Presses the button for 60 ms and expects the relay to move in time.
#[track_caller]
fn press(world: &mut World, plug: &Plug) {
    let pressed_at = world.now();
    plug.pins.take_edges();
    plug.pins.set(BUTTON, false);
    world.run_for(60);
    plug.pins.release(BUTTON);
    world.run_for(200);
    let edges = plug.pins.take_edges_of(RELAY);
    let [Edge { at, gpio: RELAY, .. }] = edges[..] else { panic!("{edges:?}") };
    assert!(at - pressed_at <= LIMIT_MS, "after {} ms", at - pressed_at);
}

/// Presses several times while something is wrong from the start.
#[track_caller]
fn press_during(parts: Parts, fault: impl FnOnce(&mut Faults)) {
    let mut world = World::new();
    world.net().break_it(fault);
    let plug = world.plug(parts);
    for pause in [0, 1, 1000, 3990, 12_000] {
        world.run_for(pause);
        press(&mut world, &plug);
    }
}

// S-36, P-43
#[test]
fn while_syn_packets_vanish() {
    press_during(Parts::default(), |faults| faults.black_hole = true);
}

// S-36, P-43
#[test]
fn while_tcp_is_refused() {
    press_during(Parts::default(), |faults| faults.refuse = true);
}

// S-36, P-43
#[test]
fn while_no_name_server_answers() {
    let settings = |settings: &mut sonoff_core::settings::Settings| {
        settings.set_nth_text(Text::MQTT_HOST, 1, "broker.example").unwrap();
    };
    press_during(Parts { settings, ..Parts::default() }, |faults| faults.silent_names = true);
}

// S-36, P-43
#[test]
fn while_no_connack_comes() {
    press_during(Parts::default(), |faults| faults.mute = true);
}

// S-36, P-43
#[test]
fn while_the_broker_does_not_even_read_connect() {
    press_during(Parts::default(), |faults| (faults.stalled, faults.window) = (true, 10));
}

// S-36, P-43
#[test]
fn while_the_network_is_down() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    plug.station.set_up(false);
    press(&mut world, &plug);
    world.run_for(3_600_000);
    press(&mut world, &plug);
    assert_eq!(world.net().tally().dials, 0);
}

// S-36, P-43; a dial ends with its network
#[test]
fn while_the_network_goes_down_in_the_middle_of_a_dial() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.black_hole = true);
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    assert_eq!(world.net().dialling(), 1);
    plug.station.set_up(false);
    world.settle();
    assert_eq!(world.net().dialling(), 0);
    press(&mut world, &plug);
}

// S-36, P-43; a write that waits is given up after 10 s
#[test]
fn while_a_stalled_broker_lets_writes_wait() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.log.take();
    world.net().break_it(|faults| (faults.stalled, faults.window) = (true, 100));
    plug.console.type_bytes(b"Status 0\n");
    world.run_for(100);
    press(&mut world, &plug);
    world.run_for(8_000);
    press(&mut world, &plug);
    assert_eq!(plug.log.count("rc -4"), 0);
    world.run_for(4_000);
    assert_eq!(plug.log.count("CONNECT FAILED 10.0.0.1:1883, rc -4. Retry in 1 seconds"), 1);
    press(&mut world, &plug);
}

// S-36, P-43: commands of the console wait, local input does not
#[test]
fn while_commands_flood_in() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.pins.take_edges();
    plug.pins.set(BUTTON, false);
    let pressed_at = world.now();
    for _ in 0..60 {
        world.publish("cmnd/sonoff/Status", "0");
        world.run_for(1);
    }
    let edges = plug.pins.take_edges_of(RELAY);
    let [Edge { at, gpio: RELAY, high: true }] = edges[..] else { panic!("{edges:?}") };
    assert!(at - pressed_at <= LIMIT_MS);
}
