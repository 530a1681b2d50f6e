//! What a device costs while nothing happens: wake-ups and memory.

use sonoff_core::{Device, Profile};
use sonoff_hal::Clock;
use sonoff_hal::none::{NoConsole, NoSensors, NoStore, NoTime, NoTls, Wired};
use sonoff_runtime::{Hardware, Memory, Remote, Silent, run};
use sonoff_testkit::clock::VirtualClock;
use sonoff_testkit::net::Net;
use sonoff_testkit::pins::MockPins;
use sonoff_testkit::plug::{MockSystem, Parts};
use sonoff_testkit::world::World;

const DAY_MS: u64 = 86_400_000;

/// Wake-ups in a day that sent nothing, and packets sent.
fn idle_day(parts: Parts) -> (u64, u64) {
    let mut world = World::new();
    let plug = world.plug(parts);
    world.run_for(60_000);
    let (wakes, writes) = (world.wakes(plug.task), world.net().tally().writes);
    world.run_for(DAY_MS);
    (world.wakes(plug.task) - wakes, world.net().tally().writes - writes)
}

// A quiet device wakes for ping and telemetry, and once an hour to ask for the time, whose servers nobody knows here.
#[test]
fn an_idle_day_wakes_for_ping_telemetry_and_time_alone() {
    let (wakes, sent) = idle_day(Parts::default());
    println!("idle day: {wakes} wake-ups, {sent} packets sent");
    let pings = DAY_MS / 29_000;
    let telemetry = DAY_MS / 300_000;
    assert!(sent <= pings + telemetry + 2, "{sent} packets");
    assert!(wakes <= sent + 24 + 4, "{wakes} wake-ups for {sent} packets");
}

// With a watchdog of 8 s the chip wakes in time for it.
#[test]
fn a_watchdog_is_fed_in_time() {
    let mut world = World::new();
    let plug = world.plug(Parts { feed_every: Some(4000), ..Parts::default() });
    world.run_for(60_000);
    assert!((15..=30).contains(&plug.feeds.get()), "{}", plug.feeds.get());
}

// 5 KiB on top of the caller's buffers and the device.
#[test]
fn the_future_is_small() {
    let mut device = Device::new(Profile::BASIC, [0; 6]);
    let mut memory = Memory::<1280, 1280>::new();
    let clock = VirtualClock::new();
    let hardware = Hardware {
        pins: MockPins::new(clock.clone()),
        clock,
        net: Net::new(),
        station: Wired::at([10, 0, 0, 2].into()),
        store: NoStore::<1>::new(),
        system: MockSystem::new([0; 6]),
        console: NoConsole,
        sensors: NoSensors,
        time: NoTime,
        tls: NoTls,
    };
    assert_eq!(hardware.clock.now(), 0);
    let remote = Remote::new();
    let device_size = size_of_val(&device);
    let future = run(&mut device, hardware, memory.buffers(), &Silent, &remote);
    println!("future {} bytes, device {device_size}, buffers {}", size_of_val(&future), size_of::<Memory>());
    assert!(size_of_val(&future) <= 5632, "{} bytes", size_of_val(&future));
}
