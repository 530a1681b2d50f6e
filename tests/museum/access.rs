//! Ways in that opened by themselves.

use sonoff_core::settings::{Settings, Text};
use sonoff_hal::JoinError;
use sonoff_testkit::plug::Parts;
use sonoff_testkit::station::Joins;
use sonoff_testkit::world::World;

const DAY_MS: u64 = 24 * 3_600_000;

fn at_home(settings: &mut Settings) {
    let texts = [(Text::SSID, "home"), (Text::WIFI_PASSWORD, "correct horse"), (Text::MQTT_HOST, "10.0.0.1")];
    for (text, value) in texts {
        settings.set_nth_text(text, 1, value).unwrap();
    }
}

/// Jam the radio of a Tasmota device for a while and it opens an access point of its own, without a password, on which
/// anybody may configure it (arendst/Tasmota#18840). Shelly's fourth generation left its own open for good.
///
/// Here a network that cannot be joined is tried again, for a day: nothing else is ever asked of the radio, with no other
/// password, and the device does not restart.
#[test]
fn tasmota_18840_a_jammed_radio_opens_nothing() {
    let mut world = World::new();
    let plug = world.plug(Parts { settings: at_home, ..Parts::default() });
    plug.station.joins(&[Joins::Badly(JoinError::NotFound); 5000]);
    plug.station.asked();
    world.run_for(DAY_MS);
    let asked = plug.station.asked();
    assert!(asked.len() > 500, "{}", asked.len());
    assert!(
        asked.iter().all(|asked| asked.ssid == "home" && asked.password.as_deref() == Some("correct horse"))
    );
    assert_eq!(plug.restarts.get(), 0);
}
