//! Log lines for the log server and for a page: rules D-46 and D-60, in virtual time.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use edge_nal::{UdpBind, UdpReceive};
use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// What a log server got.
type Heard = Rc<RefCell<Vec<String>>>;

fn listen(world: &mut World, port: u16) -> Heard {
    let (net, heard) = (world.net().clone(), Heard::default());
    let lines = heard.clone();
    world.spawn(async move {
        let mut socket = net.bind(SocketAddr::new(SERVER.into(), port)).await.unwrap();
        let mut buf = [0; 512];
        loop {
            let (len, _) = socket.receive(&mut buf).await.unwrap();
            lines.borrow_mut().push(String::from_utf8(buf[..len].to_vec()).unwrap());
        }
    });
    heard
}

fn logs_to(settings: &mut Settings, host: &str) {
    settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
    settings.set_text(Text::LOG_HOST, host).unwrap();
    settings.set_number(Number::SYS_LOG, 2).unwrap();
}

fn to_address(settings: &mut Settings) {
    logs_to(settings, "10.0.0.2");
}

fn to_name(settings: &mut Settings) {
    logs_to(settings, "logs.example");
}

fn plug(world: &mut World, settings: fn(&mut Settings)) -> Plug {
    world.plug(Parts { settings, ..Parts::default() })
}

fn switch(world: &mut World, payload: &str) {
    world.publish("cmnd/sonoff/POWER", payload);
    world.run_for(10);
}

// D-60, DX-44
#[test]
fn lines_reach_the_log_server_in_order() {
    let mut world = World::new();
    let heard = listen(&mut world, 514);
    let plug = plug(&mut world, to_address);
    world.run_for(10_000);
    let before = "<134>sonoff-5206 ESP-MQT: Connected";
    assert!(heard.borrow().contains(&before.to_owned()), "{heard:?}");
    plug.remote.set_wall_clock(1_704_164_645);
    heard.take();
    switch(&mut world, "on");
    let lines = [
        r#"<134>Jan  2 03:04:05 sonoff-5206 ESP-MQT: stat/sonoff/RESULT = {"POWER":"ON"}"#,
        "<134>Jan  2 03:04:05 sonoff-5206 ESP-MQT: stat/sonoff/POWER = ON",
        "<134>Jan  2 03:04:05 sonoff-5206 ESP-MQT: stat/sonoffs/POWER = ON",
    ];
    assert_eq!(heard.take(), lines);
    // No socket stays open for it.
    assert_eq!(world.net().open_ports(), 1);
}

// C-49, C-50
#[test]
fn level_and_port_are_in_force_at_once() {
    let mut world = World::new();
    let (usual, other) = (listen(&mut world, 514), listen(&mut world, 5514));
    let plug = plug(&mut world, to_address);
    world.run_for(10_000);
    plug.console.type_bytes(b"LogPort 5514\n");
    world.run_for(10);
    [&usual, &other].iter().for_each(|heard| drop(heard.take()));
    switch(&mut world, "on");
    assert_eq!((usual.take().len(), other.take().len()), (0, 3));
    plug.console.type_bytes(b"SysLog 0\n");
    world.run_for(10);
    other.take();
    switch(&mut world, "off");
    assert_eq!((usual.take().len(), other.take().len()), (0, 0));
}

// D-60
#[test]
fn a_name_is_resolved_and_one_that_cannot_be_stops_nothing() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.unknown_names = true);
    let heard = listen(&mut world, 514);
    let plug = plug(&mut world, to_name);
    world.run_for(60_000);
    for payload in ["on", "off", "on"] {
        switch(&mut world, payload);
        assert_eq!(plug.pins.output(12), Some(payload == "on"));
    }
    assert_eq!(plug.log.count("LOG: Log server cannot be reached"), 1);
    world.net().break_it(|faults| faults.unknown_names = false);
    world.net().name("logs.example", SERVER);
    world.run_for(20_000);
    let first = heard.borrow().first().cloned();
    assert_eq!(
        first.as_deref(),
        Some("<134>sonoff-5206 ESP-MQT: Attempting connection..."),
        "what waited, oldest first"
    );
    heard.take();
    switch(&mut world, "off");
    assert_eq!(heard.take().len(), 3);
}

// D-60
#[test]
fn a_log_server_that_has_moved_is_found_again() {
    let mut world = World::new();
    let heard = listen(&mut world, 514);
    world.net().name("logs.example", Ipv4Addr::new(10, 0, 0, 3));
    plug(&mut world, to_name);
    world.run_for(10_000);
    world.net().name("logs.example", SERVER);
    switch(&mut world, "on");
    assert_eq!(heard.borrow().len(), 0);
    world.run_for(600_000);
    heard.take();
    switch(&mut world, "off");
    assert_eq!(heard.take().len(), 3);
}

// D-60
#[test]
fn a_name_server_that_is_silent_stops_nothing() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.silent_names = true);
    let plug = plug(&mut world, to_name);
    world.run_for(60_000);
    switch(&mut world, "on");
    assert_eq!((plug.pins.output(12), plug.log.count("LOG: ")), (Some(true), 1));
}

// D-60
#[test]
fn without_a_network_lines_wait_as_far_as_there_is_room() {
    let mut world = World::new();
    let heard = listen(&mut world, 514);
    let plug = plug(&mut world, to_address);
    plug.station.set_up(false);
    world.run_for(1000);
    (0..100).for_each(|_| plug.console.type_bytes(b"power toggle\n"));
    world.run_for(1000);
    assert_eq!(heard.borrow().len(), 0);
    plug.station.set_up(true);
    world.run_for(10);
    let lines = heard.take();
    assert!((10..60).contains(&lines.len()), "{} lines", lines.len());
    assert!(lines[0].ends_with("CMD: power toggle"), "{lines:?}");
}

// D-46, C-48
#[test]
fn a_page_gets_the_lines_of_its_own_level() {
    let profile = Profile { parts: &[Part::Pages], ..Profile::BASIC };
    let mut world = World::new();
    let plug = world.plug(Parts { profile, ..Parts::default() });
    world.run_for(1000);
    plug.console.type_bytes(b"SerialLog 0\n");
    world.run_for(10);
    drop(plug.log.take());
    drop(plug.log.take_page());
    switch(&mut world, "on");
    assert_eq!((plug.log.take().len(), plug.log.take_page().len()), (0, 3));
    plug.console.type_bytes(b"WebLog 0\n");
    world.run_for(10);
    plug.log.take_page();
    switch(&mut world, "off");
    assert_eq!(plug.log.take_page(), [""; 0]);
}
