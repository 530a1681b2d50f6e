//! The link is cut at every byte, the power at every step: the device always comes back, and leaves nothing behind.

mod support;

use sonoff_hal::Slot;
use sonoff_testkit::net::Tally;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

/// A session from its start to the first telemetry, with a command and a long answer in it.
fn session(world: &mut World) {
    world.run_for(1000);
    world.publish("cmnd/sonoff/POWER", "ON");
    world.publish("cmnd/sonoff/Status", "0");
    world.run_for(5000);
}

fn bytes(Tally { bytes_read, bytes_written, .. }: Tally) -> u64 {
    bytes_read + bytes_written
}

fn length_of_a_session() -> u64 {
    let mut world = World::new();
    world.plug(Parts::default());
    session(&mut world);
    bytes(world.net().tally())
}

// P7, P8: never gone for good, and no relay edge but the one asked for
#[test]
fn a_link_cut_after_any_byte_comes_back() {
    let length = length_of_a_session();
    assert!(length > 2000, "{length}");
    for cut in 0..=length {
        let mut world = World::new();
        let plug = world.plug(Parts::default());
        world.net().break_it(|faults| faults.cut_after = Some(cut));
        world.run_for(900);
        session(&mut world);
        world.net().repair();
        world.net().cut_all();
        world.run_for(60_000);
        assert!(world.broker().is_connected("DVES_123456"), "cut after {cut} bytes");
        assert_eq!(world.net().open_sockets(), 1, "cut after {cut} bytes");
        assert_eq!(world.broker().retained("tele/sonoff/LWT"), Some(&b"Online"[..]));
        world.publish("cmnd/sonoff/POWER", "OFF");
        world.run_for(10);
        assert_eq!(plug.pins.output(12), Some(false), "cut after {cut} bytes");
        assert!(plug.pins.take_edges_of(12).len() <= 3, "cut after {cut} bytes");
        assert_eq!(plug.restarts.get(), 0);
    }
}

#[test]
fn power_cut_at_any_step_leaves_no_socket() {
    for steps in 0..400 {
        let mut world = World::new();
        world.net().break_it(|faults| faults.most_per_call = 7);
        let plug = world.plug(Parts::default());
        for _ in 0..steps {
            world.step();
        }
        world.cut(plug.task);
        world.settle();
        assert_eq!((world.net().open_sockets(), world.net().dialling()), (0, 0), "after {steps} steps");
        assert_eq!(world.broker().clients(), 0, "after {steps} steps");
        let again = world.plug_with(Parts::default(), plug.store.clone(), plug.pins.clone());
        world.run_for(2000);
        assert!(world.broker().is_connected("DVES_123456"), "after {steps} steps");
        world.cut(again.task);
    }
}

// A relay that was on at a warm restart makes no edge (P-13, P-16)
#[test]
fn a_restart_brings_the_same_relay_state_without_an_edge() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    world.publish("cmnd/sonoff/POWER", "ON");
    world.run_for(15_000);
    plug.pins.take_edges();
    world.publish("cmnd/sonoff/Restart", "1");
    world.run_for(10_000);
    assert_eq!(plug.restarts.get(), 1);
    assert_eq!(plug.pins.take_edges_of(12), []);
    assert_eq!(plug.pins.output(12), Some(true));
    assert!(world.broker().is_connected("DVES_123456"));
}

// A store that fails keeps nothing else from working.
#[test]
fn a_broken_store_stops_neither_relay_nor_restart() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    plug.store.fail_saves(true);
    plug.store.fail_loads(true);
    world.run_for(1000);
    assert_eq!(plug.log.count("CFG: Stored settings cannot be read"), 1);
    world.publish("cmnd/sonoff/POWER", "ON");
    world.run_for(1000);
    assert_eq!(plug.pins.output(12), Some(true));
    world.publish("cmnd/sonoff/Restart", "1");
    world.run_for(10_000);
    assert_eq!(plug.restarts.get(), 1);
}

// P19: a record that is stored is not stored again; one that is not is tried again.
#[test]
fn a_record_is_saved_until_it_is_stored() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(60_000);
    let saves = |plug: &Plug| plug.store.saves(Slot::State);
    let before = saves(&plug);
    world.publish("cmnd/sonoff/POWER", "ON");
    world.run_for(60_000);
    assert_eq!(saves(&plug), before + 1);
    plug.store.fail_saves(true);
    world.publish("cmnd/sonoff/POWER", "OFF");
    world.run_for(60_000);
    plug.store.fail_saves(false);
    world.run_for(60_000);
    assert_eq!(saves(&plug), before + 2);
}
