//! Access points are joined by the device, whatever they do: rules S-77 to S-83, in virtual time.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::net::Ipv4Addr;

use sonoff_core::settings::{Number, Settings, Text};
use sonoff_hal::JoinError;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::station::Joins;
use sonoff_testkit::world::World;

const BUTTON: u8 = 0;
const RELAY: u8 = 12;

fn two(settings: &mut Settings) {
    settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
    for (n, ssid, password) in [(1, "home", "swordfish"), (2, "barn", "12345678")] {
        settings.set_nth_text(Text::SSID, n, ssid).unwrap();
        settings.set_nth_text(Text::WIFI_PASSWORD, n, password).unwrap();
    }
}

fn plug(world: &mut World, settings: fn(&mut Settings), script: &[Joins]) -> Plug {
    let plug = world.plug(Parts { settings, ..Parts::default() });
    plug.station.joins(script);
    plug
}

/// A press moves the relay within the debounce time, whatever the radio does.
#[track_caller]
fn press(world: &mut World, plug: &Plug) {
    let before = plug.pins.output(RELAY).unwrap_or(false);
    plug.pins.set(BUTTON, false);
    world.run_for(70);
    plug.pins.release(BUTTON);
    world.run_for(70);
    assert_eq!(plug.pins.output(RELAY), Some(!before));
}

fn is_online(plug: &Plug) -> bool {
    plug.log.count("MQT: Connected") > 0
}

fn log_of(plug: &Plug, tag: &str) -> Vec<String> {
    let texts = plug.log.take().into_iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned()));
    texts.filter(|text| text.starts_with(tag)).collect()
}

// SX-31, S-77, S-78, S-83
#[test]
fn a_wrong_password_at_the_first_leads_to_the_second() {
    let mut world = World::new();
    let plug = plug(&mut world, two, &[Joins::Badly(JoinError::Refused)]);
    world.run_for(1000);
    let asked = plug.station.asked();
    let told: Vec<_> = asked.iter().map(|asked| (asked.ssid.as_str(), asked.password.as_deref())).collect();
    assert_eq!(told, [("home", Some("swordfish")), ("barn", Some("12345678"))]);
    assert!(is_online(&plug));
    let expected = [
        "WIF: Connecting to AP1 home",
        "WIF: Connect failed, wrong password",
        "WIF: Connecting to AP2 barn",
        "WIF: Connected",
    ];
    assert_eq!(log_of(&plug, "WIF:"), expected);
    plug.console.type_bytes(b"Status 11\n");
    world.run_for(10);
    assert_eq!(plug.log.count(r#""Wifi":{"AP":2,"SSId":"barn","#), 1);
}

// SX-32, S-81, S-82
#[test]
fn an_access_point_that_never_answers_costs_thirty_seconds() {
    let mut world = World::new();
    let plug = plug(&mut world, two, &[Joins::Never]);
    for _ in 0..20 {
        world.run_for(1000);
        press(&mut world, &plug);
    }
    assert_eq!(plug.station.tried(), ["home"]);
    world.run_for(29_999 - world.now());
    assert_eq!(plug.station.tried(), [""; 0]);
    world.run_for(1);
    assert_eq!(plug.station.tried(), ["barn"]);
    world.run_for(1000);
    assert!(is_online(&plug));
    assert_eq!(plug.log.count("WIF: Connect failed, no answer in time"), 1);
}

// SX-33, S-79, S-82
#[test]
fn while_nothing_can_be_joined_the_device_works_and_never_restarts() {
    let mut world = World::new();
    let nothing: Vec<_> = [JoinError::NotFound, JoinError::NoAddress, JoinError::Radio]
        .into_iter()
        .cycle()
        .map(Joins::Badly)
        .take(2000)
        .collect();
    let plug = plug(&mut world, two, &nothing);
    let mut rounds = Vec::new();
    let end = 6 * 3_600_000;
    while world.now() < end {
        if world.run_until(|_| plug.log.count("AP1") > 0, 82_000) {
            rounds.push(world.now());
            plug.log.take();
        }
        press(&mut world, &plug);
    }
    let waits: Vec<_> = rounds.windows(2).map(|pair| (pair[1] - pair[0]) / 1000).collect();
    for (wait, least) in waits.iter().zip([5, 10, 20, 40, 80, 80]) {
        assert!((least..=least + 1).contains(wait), "{waits:?}");
    }
    assert!(rounds.len() > 250 && plug.restarts.get() == 0, "{} rounds", rounds.len());
    // It comes back when there is something again.
    plug.station.joins(&[]);
    world.run_for(83_000);
    assert!(is_online(&plug));
}

// SX-34, S-80
#[test]
fn a_lost_network_is_joined_again_from_the_first_on() {
    let mut world = World::new();
    let plug = plug(&mut world, two, &[Joins::Badly(JoinError::NotFound)]);
    world.run_for(1000);
    assert_eq!(plug.station.tried(), ["home", "barn"]);
    plug.log.take();
    world.net().cut_all();
    plug.station.set_up(false);
    world.run_for(1250);
    assert_eq!(plug.station.tried(), ["home"]);
    world.run_for(2000);
    assert!(is_online(&plug) && plug.restarts.get() == 0);
}

// S-80
#[test]
fn a_station_that_comes_back_by_itself_is_left_alone() {
    let mut world = World::new();
    let plug = plug(&mut world, two, &[]);
    world.run_for(1000);
    plug.station.tried();
    plug.station.set_up(false);
    world.run_for(1);
    plug.station.set_up(true);
    world.run_for(600_000);
    assert_eq!(plug.station.tried(), [""; 0]);
}

// S-77
#[test]
fn without_an_access_point_the_network_is_the_boards_matter() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.station.set_up(false);
    world.run_for(600_000);
    assert_eq!(plug.station.tried(), [""; 0]);
    plug.station.set_up(true);
    world.run_for(1000);
    assert!(is_online(&plug));
}

// C-44
#[test]
fn a_fixed_address_goes_to_the_station_and_into_status_5() {
    let mut world = World::new();
    let settings = |settings: &mut Settings| {
        two(settings);
        for (n, half) in (1..).zip([0x0A00, 0x0009, 0x0A00, 0x0001]) {
            settings.set_nth_number(Number::IP_ADDRESS, n, half).unwrap();
        }
    };
    let plug = plug(&mut world, settings, &[]);
    world.run_for(1000);
    let address = plug.station.asked()[0].address.unwrap();
    assert_eq!((address.ip, address.gateway), (Ipv4Addr::new(10, 0, 0, 9), Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(address.dns, [Ipv4Addr::new(192, 168, 1, 1), Ipv4Addr::UNSPECIFIED]);
    plug.console.type_bytes(b"Status 5\n");
    world.run_for(10);
    let told = r#""IPAddress":"10.0.0.9","Gateway":"10.0.0.1","Subnetmask":"255.255.255.0","DNSServer1":"192.168.1.1","#;
    assert_eq!(plug.log.count(told), 1);
}

// S-55, C-41
#[test]
fn a_new_access_point_is_joined_after_the_restart_and_the_old_one_if_it_fails() {
    let mut world = World::new();
    let plug = plug(&mut world, two, &[]);
    world.run_for(1000);
    assert_eq!(plug.station.tried(), ["home"]);
    plug.station.joins(&[Joins::Badly(JoinError::NotFound)]);
    plug.console.type_bytes(b"SSId2 garden\n");
    world.run_for(4000);
    assert_eq!(
        (plug.station.tried(), plug.restarts.get()),
        (vec!["garden".to_owned(), "home".to_owned()], 1)
    );
}

// C-51, C-52
#[test]
fn radio_and_serial_port_are_told_at_the_start_and_at_a_change() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.console.type_bytes(b"Sleep 0\nBaudrate 9600\n");
    world.run_for(1000);
    assert_eq!((plug.station.slept(), plug.baudrates.take()), (vec![50, 0], vec![115_200, 9600]));
}

// D-54
#[test]
fn no_log_line_has_a_password() {
    let mut world = World::new();
    let plug = plug(&mut world, two, &[Joins::Badly(JoinError::Refused), Joins::Never]);
    plug.console.type_bytes(b"SerialLog 4\nMqttPassword sesame\nBacklog WebPassword sesame; Status 0\n");
    world.run_for(40_000);
    let lines = plug.log.take().join("\n");
    assert!(lines.contains("home") && lines.contains("barn"), "{lines}");
    for secret in ["swordfish", "12345678", "sesame"] {
        assert!(!lines.contains(secret), "{lines}");
    }
}
