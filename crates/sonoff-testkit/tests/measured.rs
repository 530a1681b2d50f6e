//! Measured values on their way through the runtime.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use sonoff_core::Profile;
use sonoff_core::command::Command;
use sonoff_core::sensor::show_sensors;
use sonoff_hal::{Place, Quantity, Reading};
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

const ASK: &[Command] = &[Command {
    name: "Measured",
    help: "Show measured values.",
    show: |view, _, json| show_sensors(view, json),
    ..Command::PLAIN
}];

fn plugged() -> (World, Plug) {
    let mut world = World::new();
    let profile = Profile { commands: ASK, ..Profile::BASIC };
    let plug = world.plug(Parts { profile, ..Parts::default() });
    world.run_for(1_000);
    (world, plug)
}

fn reading(place: Place, milli: i32) -> Reading {
    Reading { sensor: "BME280", place, quantity: Quantity::Temperature, milli: Some(milli) }
}

/// The answer as the log tells it.
fn shown(world: &mut World, plug: &Plug) -> String {
    plug.log.take();
    plug.console.type_bytes(b"Measured\n");
    world.run_for(1_000);
    let lines = plug.log.take();
    let line = lines.iter().find(|line| line.contains("RESULT = ")).unwrap();
    line.split_once(" = ").unwrap().1.to_owned()
}

// N-1, N-7: every place and quantity arrives as what it is
#[test]
fn values_reach_the_device() {
    let (mut world, plug) = plugged();
    for (number, place) in (1..).zip([Place::Rom([0; 6]), Place::Pin(3), Place::Address(0x77), Place::Single])
    {
        plug.sensors.measure(reading(place, number * 1_000));
    }
    for quantity in [Quantity::Humidity, Quantity::Pressure] {
        plug.sensors.measure(Reading { quantity, milli: None, ..reading(Place::Single, 0) });
    }
    world.run_for(10);
    assert_eq!(
        shown(&mut world, &plug),
        concat!(
            r#"{"BME280-1":{"Id":"000000000000","Temperature":1.0},"BME280-03":{"Temperature":2.0},"#,
            r#""BME280-77":{"Temperature":3.0},"BME280-4":{"Temperature":4.0,"Humidity":null,"DewPoint":null,"#,
            r#""Pressure":null},"PressureUnit":"hPa","TempUnit":"C"}"#
        )
    );
}

// Sensors go on over a restart of the device.
#[test]
fn values_come_again_after_a_restart() {
    let (mut world, plug) = plugged();
    plug.sensors.measure(reading(Place::Single, 1_000));
    world.run_for(10);
    plug.console.type_bytes(b"Restart 1\n");
    world.run_for(10_000);
    assert_eq!(plug.restarts.get(), 1);
    assert_eq!(shown(&mut world, &plug), "{}");
    plug.sensors.measure(reading(Place::Single, 2_000));
    assert_eq!(shown(&mut world, &plug), r#"{"BME280":{"Temperature":2.0},"TempUnit":"C"}"#);
}

// A sensor that tells a thousand values at once keeps no button waiting.
#[test]
fn a_flood_of_values_does_not_stop_the_device() {
    let (mut world, plug) = plugged();
    (0..1_000).for_each(|milli| plug.sensors.measure(reading(Place::Single, milli)));
    plug.pins.set(0, false);
    world.run_for(60);
    plug.pins.release(0);
    world.run_for(60);
    assert_eq!(plug.pins.take_edges().iter().filter(|edge| edge.gpio == 12 && edge.high).count(), 1);
}
