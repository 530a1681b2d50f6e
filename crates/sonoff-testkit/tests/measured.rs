//! Measured values on their way through the runtime.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::pin::pin;
use std::task::{Context, Waker};

use sonoff_core::command::{Command, Show};
use sonoff_core::help::help;
use sonoff_core::reading::show_sensors;
use sonoff_core::{Device, Profile};
use sonoff_hal::none::{NoConsole, NoStore, NoTime, NoTls, Wired};
use sonoff_hal::{Place, Quantity, Reading, Sensors};
use sonoff_runtime::{Hardware, Memory, Remote, Silent, run};
use sonoff_testkit::clock::VirtualClock;
use sonoff_testkit::net::Net;
use sonoff_testkit::pins::MockPins;
use sonoff_testkit::plug::{MockSystem, Parts, Plug};
use sonoff_testkit::world::World;

const ASK: &[Command] = &[Command {
    name: "Measured",
    help: help("Show measured values."),
    show: Show::By(|view, _, json| show_sensors(view, json)),
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
    for (number, place) in
        (1..).zip([Place::Rom([0; 6]), Place::Pin(10), Place::Address(0x77), Place::Single])
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
            r#"{"BME280-1":{"Id":"000000000000","Temperature":1.0},"BME280-10":{"Temperature":2.0},"#,
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

/// A sensor that always has one more value. It counts those that nobody else had a turn between.
struct Endless<'t>(&'t Cell<u32>);

impl Sensors for Endless<'_> {
    async fn next(&mut self) -> Reading {
        self.0.set(self.0.get() + 1);
        assert!(self.0.get() < 100, "nobody else has a turn");
        reading(Place::Single, 1_000)
    }
}

// A sensor that never rests keeps no other loop from its turn.
#[test]
fn the_measure_loop_lets_the_others_have_their_turn() {
    let (values, mut turns) = (Cell::new(0), 0);
    let (clock, mut memory, remote) = (VirtualClock::new(), Memory::<1280, 1280>::new(), Remote::new());
    let mut device = Device::new(Profile::BASIC, [0; 6]);
    let hardware = Hardware {
        pins: MockPins::new(clock.clone()),
        clock,
        net: Net::new(),
        station: Wired::at([10, 0, 0, 2].into()),
        store: NoStore::<1>::new(),
        system: MockSystem::new([0; 6]),
        console: NoConsole,
        sensors: Endless(&values),
        time: NoTime,
        tls: NoTls,
    };
    let mut device = pin!(run(&mut device, hardware, memory.buffers(), &Silent, &remote));
    let mut context = Context::from_waker(Waker::noop());
    while turns < 1_000 {
        assert!(device.as_mut().poll(&mut context).is_pending());
        turns += values.take().min(1);
    }
}
