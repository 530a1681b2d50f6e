//! The first set-up of a whole device (rules S-100 to S-105, W-25), in virtual time: a radio that does what a test says,
//! and a network in memory.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddr};

use edge_nal::{UdpBind, UdpReceive, UdpSend};
use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_hal::{FixedAddress, JoinError};
use sonoff_testkit::plug::{HTTP, Parts, Plug};
use sonoff_testkit::station::Joins;
use sonoff_testkit::world::World;

const PROFILE: Profile = Profile { parts: &[Part::Radio, Part::Pages, Part::SetUp], ..Profile::BASIC };
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
const BUTTON: u8 = 0;
const RELAY: u8 = 12;

/// A device before its first moment, without a network.
fn device(world: &mut World, settings: fn(&mut Settings)) -> Plug {
    let plug = world.plug(Parts { profile: PROFILE, settings, ..Parts::default() });
    plug.station.set_up(false);
    plug
}

fn factory(_: &mut Settings) {}

fn at_home(settings: &mut Settings) {
    settings.set_text(Text::SSID, "home").unwrap();
    settings.set_text(Text::WIFI_PASSWORD, "correct horse").unwrap();
}

fn is_open(plug: &Plug) -> bool {
    plug.station.own().is_some()
}

fn press_six_times(world: &mut World, plug: &Plug) {
    for _ in 0..6 {
        plug.pins.set(BUTTON, false);
        world.run_for(70);
        plug.pins.release(BUTTON);
        world.run_for(70);
    }
    world.run_for(600);
}

/// What a request gets.
fn exchange(world: &mut World, request: &str) -> String {
    String::from_utf8_lossy(&world.exchange(HTTP, request.as_bytes(), 30_000).unwrap()).into_owned()
}

fn get(world: &mut World, host: &str, target: &str) -> String {
    exchange(world, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
}

fn post(world: &mut World, commands: &str) -> String {
    let facts = get(world, "192.168.4.1", "/facts");
    let token = facts.split_once(r#""token":""#).unwrap().1.split('"').next().unwrap();
    let form = format!("token={token}&{commands}");
    let head = "POST /run HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: application/x-www-form-urlencoded";
    exchange(world, &format!("{head}\r\nContent-Length: {}\r\n\r\n{form}", form.len()))
}

// SX-50, S-100, S-101, S-102, S-105
#[test]
fn a_new_device_opens_for_ten_minutes_and_then_no_more() {
    let mut world = World::new();
    let plug = device(&mut world, factory);
    world.run_for(1000);
    let own = plug.station.own().unwrap();
    assert_eq!(own.ssid, "sonoff-123456-5206");
    let key = own.password.unwrap();
    assert_eq!((key.len(), plug.log.count(&format!("WIF: Its key is {key}"))), (12, 1));
    let FixedAddress { ip, mask, .. } = own.address.unwrap();
    assert_eq!((ip, mask), (Ipv4Addr::new(192, 168, 4, 1), Ipv4Addr::new(255, 255, 255, 0)));
    world.run_for(10 * MINUTE_MS - 1100);
    assert!(is_open(&plug));
    world.run_for(200);
    assert!(!is_open(&plug) && world.net().dial(HTTP).is_none() && world.net().open_ports() == 0);
    world.run_for(DAY_MS);
    assert_eq!((is_open(&plug), plug.log.count("WIF: Set-up at"), plug.restarts.get()), (false, 1, 0));
    assert!(plug.station.asked().is_empty());
}

// S-101: later, and when power comes back, the key is the same; a device beside it has another one
#[test]
fn the_key_is_kept_and_no_two_have_the_same() {
    let mut world = World::new();
    let plug = device(&mut world, factory);
    world.run_for(5000);
    let key = |plug: &Plug| plug.station.own().unwrap().password.unwrap();
    let first = key(&plug);
    world.run_for(11 * MINUTE_MS);
    plug.console.type_bytes(b"WifiConfig 2\n");
    world.run_for(5000);
    assert_eq!(key(&plug), first);
    world.cut(plug.task);
    let parts = Parts { profile: PROFILE, settings: factory, ..Parts::default() };
    let again = world.plug_with(parts.clone(), plug.store.clone(), plug.pins.clone());
    again.station.set_up(false);
    world.run_for(5000);
    assert_eq!(key(&again), first);
    world.cut(again.task);
    let other = world.plug(Parts { mac: [2, 0, 0, 0, 0, 9], ..parts });
    other.station.set_up(false);
    world.run_for(5000);
    assert_ne!(key(&other), first);
}

// S-101, D-54
#[test]
fn the_key_is_told_to_the_console_alone() {
    let mut world = World::new();
    let plug = device(&mut world, |settings| settings.set_number(Number::WEB_LOG, 4).unwrap());
    world.run_for(5000);
    let key = plug.station.own().unwrap().password.unwrap();
    let log = get(&mut world, "192.168.4.1", "/log?after=0");
    assert!(log.contains("WIF: Set-up at access point") && !log.contains(&key), "{log}");
    assert!(plug.log.take_page().iter().all(|line| !line.contains(&key)));
}

// S-102: a network that is away, a password that is wrong, a radio that is broken: none of it opens anything
#[test]
fn a_device_that_knows_a_network_never_opens_by_itself() {
    for why in [JoinError::NotFound, JoinError::Refused, JoinError::NoAddress, JoinError::Radio] {
        let mut world = World::new();
        let plug = device(&mut world, at_home);
        plug.station.joins(&[Joins::Badly(why); 3000]);
        world.run_for(DAY_MS / 12);
        assert_eq!((is_open(&plug), plug.log.count("WIF: Set-up"), plug.restarts.get()), (false, 0, 0));
        assert!(plug.station.asked().len() > 50);
    }
}

// S-102: it was joined, and the access point goes away for a day
#[test]
fn a_network_that_is_lost_opens_nothing() {
    let mut world = World::new();
    let plug = device(&mut world, at_home);
    world.run_for(MINUTE_MS);
    plug.station.joins(&[Joins::Badly(JoinError::NotFound); 3000]);
    plug.station.set_up(false);
    world.run_for(DAY_MS / 4);
    assert_eq!((is_open(&plug), plug.log.count("WIF: Set-up")), (false, 0));
}

// S-100: a wire, or a radio that is somewhere already
#[test]
fn a_device_that_has_a_network_opens_nothing() {
    let mut world = World::new();
    let plug = world.plug(Parts { profile: PROFILE, settings: factory, ..Parts::default() });
    world.run_for(MINUTE_MS);
    assert!(!is_open(&plug) && plug.log.count("WIF: Set-up") == 0);
}

// S-100: without the part there is no such thing
#[test]
fn a_board_that_cannot_be_an_access_point_is_none() {
    let mut world = World::new();
    let profile = Profile { parts: &[Part::Radio, Part::Pages], ..Profile::BASIC };
    let plug = world.plug(Parts { profile, settings: factory, ..Parts::default() });
    plug.station.set_up(false);
    world.run_for(MINUTE_MS);
    press_six_times(&mut world, &plug);
    assert!(!is_open(&plug) && plug.log.count("WIF: Set-up") == 0);
}

// SX-51, S-102: the page tells it a network, it restarts, joins, and is an access point no longer
#[test]
fn what_is_saved_on_the_page_is_joined_and_ends_it() {
    let mut world = World::new();
    let plug = device(&mut world, factory);
    world.run_for(2000);
    assert!(get(&mut world, "192.168.4.1", "/facts").contains(r#""user":2,"setup":1,"#));
    let answer = post(&mut world, "cmnd=SSId1+home&cmnd=Password1+correct+horse");
    assert!(answer.ends_with(r#"[{"SSId1":"home"},{"Password1":"****"}]"#), "{answer}");
    assert!(world.run_until(|_| plug.restarts.get() == 1, 5000));
    world.run_for(5000);
    assert_eq!(plug.station.tried(), ["home"]);
    assert!(!is_open(&plug) && plug.log.count("MQT: Connected") == 0);
    world.run_for(DAY_MS);
    assert_eq!((is_open(&plug), plug.log.count("WIF: Set-up at")), (false, 1));
    assert!(get(&mut world, "192.168.1.50", "/facts").contains(r#""user":2,"setup":0,"#));
}

// SX-52, S-103, S-104, P-47
#[test]
fn six_presses_open_it_and_then_the_network_is_joined_again() {
    let mut world = World::new();
    let plug = device(&mut world, at_home);
    world.run_for(MINUTE_MS);
    assert!(plug.log.count("WIF: Connected") == 1);
    let before = plug.pins.output(RELAY);
    press_six_times(&mut world, &plug);
    assert!(is_open(&plug));
    assert_eq!(plug.pins.output(RELAY), before);
    // Inputs work on.
    plug.pins.set(BUTTON, false);
    world.run_for(70);
    plug.pins.release(BUTTON);
    world.run_for(70);
    assert_ne!(plug.pins.output(RELAY), before);
    plug.station.asked();
    world.run_for(9 * MINUTE_MS);
    assert!(is_open(&plug) && plug.station.asked().is_empty());
    press_six_times(&mut world, &plug);
    world.run_for(9 * MINUTE_MS);
    assert!(is_open(&plug), "ten minutes from the last wish on");
    world.run_for(2 * MINUTE_MS);
    assert_eq!(
        (is_open(&plug), plug.station.tried(), plug.restarts.get()),
        (false, vec!["home".to_owned()], 0)
    );
}

// S-103: a command at the console, too; what a broker has kept, never
#[test]
fn a_command_opens_it_and_a_retained_one_does_not() {
    let mut world = World::new();
    let plug = device(&mut world, |settings| {
        at_home(settings);
        settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
        settings.set_number(Number::RETAINED_COMMANDS, 2).unwrap();
    });
    world.broker().publish("cmnd/sonoff/WifiConfig", b"2", true);
    world.run_for(MINUTE_MS);
    assert!(plug.log.count("MQT: Connected") == 1 && !is_open(&plug));
    plug.console.type_bytes(b"WifiConfig 2\n");
    world.run_for(1000);
    assert!(is_open(&plug) && plug.log.count(r#"stat/sonoff/RESULT = {"WifiConfig":{"4":"Retry"}}"#) == 1);
}

// S-104
#[test]
fn a_radio_that_fails_is_tried_again_until_the_time_is_over() {
    let mut world = World::new();
    let plug = device(&mut world, factory);
    plug.station.opens(&[Joins::Badly(JoinError::Radio), Joins::Never, Joins::Badly(JoinError::Radio)]);
    world.run_for(10_000);
    assert_eq!((is_open(&plug), plug.log.count("WIF: No set-up, the radio failed")), (false, 1));
    // Thirty seconds for the one that never ends.
    world.run_for(41_000);
    assert_eq!((is_open(&plug), plug.log.count("WIF: No set-up")), (false, 3));
    world.run_for(10_000);
    assert!(is_open(&plug));
    world.cut(plug.task);
    let deaf = device(&mut world, factory);
    deaf.station.opens(&[Joins::Badly(JoinError::Radio); 100]);
    world.run_for(20 * MINUTE_MS);
    assert_eq!(deaf.log.count("WIF: No set-up"), 60);
}

// S-105, SX-53: on its own network the device is every name, and gives addresses; nowhere else
#[test]
fn names_and_addresses_are_served_while_it_is_open() {
    let mut world = World::new();
    let plug = device(&mut world, factory);
    world.run_for(1000);
    assert_eq!(world.net().open_ports(), 2);
    let net = world.net().clone();
    let heard = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let answer = heard.clone();
    world.spawn(async move {
        let mut socket = net.bind("192.168.4.50:5353".parse().unwrap()).await.unwrap();
        // Where the network in memory has the device.
        let to: SocketAddr = "192.168.1.50:53".parse().unwrap();
        socket.send(to, b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01").await.unwrap();
        let mut room = [0; 600];
        let (len, _) = socket.receive(&mut room).await.unwrap();
        answer.borrow_mut().extend_from_slice(&room[..len]);
    });
    world.run_for(100);
    assert!(heard.borrow().ends_with(&[192, 168, 4, 1]), "{heard:?}");
    world.run_for(11 * MINUTE_MS);
    assert!(!is_open(&plug) && world.net().open_ports() == 0);
}

// W-25, WX-20, WX-21
#[test]
fn wherever_a_phone_wants_to_go_it_finds_the_page() {
    let mut world = World::new();
    let plug = device(&mut world, factory);
    world.run_for(1000);
    let home = "HTTP/1.1 302 Found\r\n";
    for (host, target) in [
        ("connectivitycheck.gstatic.com", "/generate_204"),
        ("captive.apple.com", "/hotspot-detect.html"),
        ("www.msftconnecttest.com", "/connecttest.txt"),
        ("detectportal.firefox.com", "/success.txt?ipv4"),
        ("example.com", "/"),
        ("example.com", "/cm?cmnd=Power%20on"),
        ("192.168.4.1", "/generate_204"),
        ("8.8.8.8", "/nowhere"),
    ] {
        let answer = get(&mut world, host, target);
        assert!(
            answer.starts_with(home) && answer.contains("\r\nLocation: http://192.168.4.1/\r\n"),
            "{host}{target}: {answer}"
        );
    }
    assert_eq!(plug.pins.output(RELAY), Some(false));
    assert!(get(&mut world, "192.168.4.1", "/").starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"));
    // Nobody is sent elsewhere with what he posts, or from another site.
    let foreign = "POST /run HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n";
    assert!(exchange(&mut world, foreign).starts_with("HTTP/1.1 403"));
    let foreign = "GET /cm?cmnd=Power HTTP/1.1\r\nHost: 192.168.4.1\r\nOrigin: http://evil.example\r\n\r\n";
    assert!(exchange(&mut world, foreign).starts_with("HTTP/1.1 403"));
}

// W-25: without an access point of its own a foreign name stays foreign (W-5)
#[test]
fn at_home_a_foreign_name_is_refused() {
    let mut world = World::new();
    device(&mut world, at_home);
    world.run_for(MINUTE_MS);
    assert!(get(&mut world, "example.com", "/").starts_with("HTTP/1.1 403"));
    assert!(get(&mut world, "192.168.1.50", "/generate_204").starts_with("HTTP/1.1 404"));
}

// W-25: pages that are closed or for users are open to who set it up; a web password is asked for all the same
#[test]
fn who_sets_it_up_may_set_all_but_needs_the_password() {
    for webserver in [0, 1] {
        let mut world = World::new();
        let plug = device(&mut world, at_home);
        world.run_for(MINUTE_MS);
        plug.console.type_bytes(format!("Webserver {webserver}\n").as_bytes());
        press_six_times(&mut world, &plug);
        assert!(get(&mut world, "192.168.4.1", "/facts").contains(r#""user":2,"setup":1,"#), "{webserver}");
        assert!(get(&mut world, "192.168.4.1", "/complete?line=ssi").contains("SSId"));
    }
    let mut world = World::new();
    let plug = device(&mut world, |settings| {
        at_home(settings);
        settings.set_text(Text::WEB_PASSWORD, "swordfish").unwrap();
    });
    world.run_for(MINUTE_MS);
    press_six_times(&mut world, &plug);
    assert!(is_open(&plug));
    assert!(get(&mut world, "192.168.4.1", "/facts").starts_with("HTTP/1.1 401"));
    assert!(get(&mut world, "example.com", "/facts").starts_with("HTTP/1.1 302"));
}
