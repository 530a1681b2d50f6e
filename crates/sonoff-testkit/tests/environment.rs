//! First settings from the environment in which the firmware was built: rule S-89. `cargo xtask check environment` sets it.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::env;

use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

const TEXTS: &[(&str, Text, u8)] = &[
    ("SONOFF_SSID", Text::SSID, 1),
    ("SONOFF_SSID2", Text::SSID, 2),
    ("SONOFF_PASSWORD", Text::WIFI_PASSWORD, 1),
    ("SONOFF_PASSWORD2", Text::WIFI_PASSWORD, 2),
    ("SONOFF_MQTT_HOST", Text::MQTT_HOST, 1),
    ("SONOFF_MQTT_USER", Text::MQTT_USER, 1),
    ("SONOFF_MQTT_PASSWORD", Text::MQTT_PASSWORD, 1),
    ("SONOFF_MQTT_CLIENT", Text::MQTT_CLIENT, 1),
    ("SONOFF_TOPIC", Text::TOPIC, 1),
    ("SONOFF_GROUP_TOPIC", Text::GROUP_TOPIC, 1),
];

fn variable(name: &str) -> String {
    env::var(name).expect("`cargo xtask check environment` sets it")
}

/// A device that knows nothing but its environment.
fn plug(world: &mut World) -> Plug {
    world.plug(Parts { settings: |_| {}, ..Parts::default() })
}

/// Types a command, and lets it be answered, saved, and followed by a restart where it wants one.
fn types(world: &mut World, plug: &Plug, line: &str) {
    plug.console.type_bytes(format!("{line}\n").as_bytes());
    world.run_for(10_000);
}

fn stored(plug: &Plug) -> Settings {
    let mut settings = Settings::default();
    let document = plug.store.blob(sonoff_hal::Slot::Settings).expect("nothing is stored");
    settings.decode(&document).unwrap();
    settings
}

// S-89
#[test]
fn a_new_device_has_what_the_environment_said() {
    let mut world = World::new();
    let plug = plug(&mut world);
    world.run_for(5000);
    let asked = plug.station.asked();
    assert_eq!(asked.len(), 1);
    let told = asked.iter().map(|asked| (asked.ssid.clone(), asked.password.clone()));
    assert!(told.eq([(variable("SONOFF_SSID"), Some(variable("SONOFF_PASSWORD")))]));
    types(&mut world, &plug, "TelePeriod 60");
    let settings = stored(&plug);
    for (name, text, n) in TEXTS {
        assert_eq!(settings.nth_text(*text, *n), variable(name), "{name}");
    }
    assert_eq!(settings.number(Number::MQTT_PORT).to_string(), variable("SONOFF_MQTT_PORT"));
    assert_eq!(settings.option(103), !variable("SONOFF_MQTT_CA").is_empty(), "S-95");
    assert!(plug.log.count(&format!("stat/{}/RESULT", variable("SONOFF_TOPIC"))) > 0);
}

// S-89: a text that is set to what the factory has counts as set, too
#[test]
fn what_is_stored_wins_over_the_environment() {
    let mut world = World::new();
    let plug = plug(&mut world);
    world.run_for(5000);
    types(&mut world, &plug, "Backlog SSId1 barn; Password1 hayloft1; Topic sonoff; MqttPort 1883");
    plug.station.asked();
    types(&mut world, &plug, "Restart 1");
    assert_eq!(plug.station.tried(), ["barn"]);
    let settings = stored(&plug);
    let texts = [Text::SSID, Text::WIFI_PASSWORD, Text::TOPIC].map(|text| settings.text(text));
    assert_eq!(texts, ["barn", "hayloft1", "sonoff"]);
    assert_eq!(settings.number(Number::MQTT_PORT), 1883);
    assert_eq!(settings.text(Text::MQTT_HOST), variable("SONOFF_MQTT_HOST"), "nobody has set it since");
}

// S-101: a key that is built in is the key, and is stored nowhere
#[test]
fn the_key_of_the_own_access_point_is_built_in() {
    let mut world = World::new();
    let profile = Profile { parts: &[Part::Radio, Part::Pages, Part::SetUp], ..Profile::BASIC };
    let plug = world.plug(Parts { profile, settings: |_| {}, ..Parts::default() });
    world.run_for(5000);
    types(&mut world, &plug, "WifiConfig 2");
    assert_eq!(plug.station.own().unwrap().password, Some(variable("SONOFF_SETUP_KEY")));
    types(&mut world, &plug, "SaveData 1");
    assert_eq!(stored(&plug).text(Text::SETUP_KEY), "");
}

// S-89
#[test]
fn a_reset_device_has_the_factory_settings() {
    let mut world = World::new();
    let plug = plug(&mut world);
    world.run_for(5000);
    types(&mut world, &plug, "Reset 1");
    assert!(plug.restarts.get() > 0);
    types(&mut world, &plug, "Restart 1");
    assert_eq!(stored(&plug).text(Text::SSID), "");
    assert!(!stored(&plug).option(103));
}
