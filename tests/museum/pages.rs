//! Pages that let in, run or tell what they should not.

use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Settings, Text};
use sonoff_testkit::plug::{HTTP, Parts, Plug};
use sonoff_testkit::world::World;

use crate::names::HOSTILE;

const PROFILE: Profile = Profile { parts: &[Part::Radio, Part::Pages, Part::Scan], ..Profile::BASIC };
const RELAY: u8 = 12;
/// Longer than any request may take.
const LIMIT_MS: u64 = 60_000;
const MINUTE_MS: u64 = 60_000;
/// `admin:correct horse`
const CREDENTIALS: &str = "YWRtaW46Y29ycmVjdCBob3JzZQ==";
/// All that a page asks for by itself.
const ADDRESSES: &[&str] =
    &["/", "/app.js", "/facts", "/log", "/show?list=Status0,MqttPassword,Password1", "/scan"];
/// What only the owner knows, each in its place.
const SECRETS: &[(Text, &str)] = &[(Text::MQTT_PASSWORD, "flour"), (Text::WIFI_PASSWORD, "swordfish")];

/// A device with pages, and a browser beside it.
struct Site {
    world: World,
    plug: Plug,
}

impl Site {
    fn new(settings: fn(&mut Settings)) -> Self {
        let mut world = World::new();
        let plug = world.plug(Parts { profile: PROFILE, settings, ..Parts::default() });
        world.run_for(10_000);
        Self { world, plug }
    }

    /// Status, head and body of the answer to a GET with these lines in its head.
    #[track_caller]
    fn get(&mut self, target: &str, lines: &str) -> (u16, String, Vec<u8>) {
        let request = format!("GET {target} HTTP/1.1\r\nHost: 10.0.0.5\r\n{lines}\r\n");
        let heard = self.world.exchange(HTTP, request.as_bytes(), LIMIT_MS).expect("a connection");
        let end = heard.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(heard[..end].to_vec()).unwrap();
        (head[9..12].parse().unwrap(), head, heard[end + 4..].to_vec())
    }

    fn is_on(&self) -> bool {
        self.plug.pins.output(RELAY) == Some(true)
    }
}

/// ESPHome's web server compared a login only as far as it went: none at all, or any beginning of the right one, opened
/// the device, its updates included (CVE-2025-57808).
///
/// Here each beginning is refused, nothing is switched, and only the whole opens it. Ten are judged in a minute, so the
/// attacker waits between them.
#[test]
fn cve_2025_57808_the_beginning_of_the_right_password() {
    let mut site = Site::new(|settings| settings.set_text(Text::WEB_PASSWORD, "correct horse").unwrap());
    for end in 0..CREDENTIALS.len() {
        let line = format!("Authorization: Basic {}\r\n", &CREDENTIALS[..end]);
        let (status, ..) = site.get("/cm?cmnd=Power%20on", &line);
        assert_eq!((status, site.is_on()), (401, false), "{line}");
        site.world.run_for(MINUTE_MS / 8);
    }
    let (status, ..) = site.get("/cm?cmnd=Power%20on", &format!("Authorization: Basic {CREDENTIALS}\r\n"));
    assert_eq!((status, site.is_on()), (200, true));
}

/// A friendly name ran as a script in the browser of whoever looked at the page (arendst/Tasmota#12220, #12221).
///
/// Here no page has a name in it: names come as JSON, which a browser is told not to take for anything else, and pages
/// may run nothing but their own file. That the file shows them as text is seen by a browser, in the simulator's tests.
#[test]
fn tasmota_12221_a_name_that_runs_in_the_browser() {
    for name in HOSTILE.iter().filter(|name| name.contains('<') || name.contains('\'')) {
        let mut site = Site::new(|_| ());
        site.plug.console.type_bytes(format!("FriendlyName {name}\nDeviceName {name}\n").as_bytes());
        site.world.run_for(1000);
        let (_, head, body) = site.get("/show?list=DeviceName,FriendlyName", "");
        assert!(head.contains("\r\nContent-Type: application/json\r\n"), "{head}");
        assert!(head.contains("\r\nX-Content-Type-Options: nosniff"), "{head}");
        let shown: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(shown["DeviceName"], **name, "{shown}");
        let (_, head, _) = site.get("/", "");
        assert!(head.contains("Content-Security-Policy: default-src 'none'; script-src 'self';"), "{head}");
    }
}

/// A link or a picture in any page of the web switched a Tasmota device on its reader's network (arendst/Tasmota#6767).
///
/// Here a request that a browser sends for another site is refused, by whatever it shows itself.
#[test]
fn tasmota_6767_a_link_that_switches() {
    let mut site = Site::new(|_| ());
    for line in [
        "Referer: http://evil.example/pictures\r\n",
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: image\r\n",
    ] {
        let (status, ..) = site.get("/cm?cmnd=Power%20on", line);
        assert_eq!((status, site.is_on()), (403, false), "{line}");
    }
}

/// OpenBeken's page of settings has the stored password of the network in its form, for everybody who opens it.
///
/// Here nothing that a page asks for has a secret in it, not even the log of how it was set.
#[test]
fn openbeken_a_page_with_the_stored_password() {
    let mut site = Site::new(|settings| {
        SECRETS.iter().for_each(|(text, secret)| settings.set_nth_text(*text, 1, secret).unwrap());
    });
    site.plug.console.type_bytes(b"MqttPassword flour\nPassword1 swordfish\n");
    site.world.run_for(1000);
    for address in ADDRESSES {
        let (status, _, body) = site.get(address, "");
        assert_eq!(status, 200, "{address}");
        let told = String::from_utf8_lossy(&body);
        assert!(!SECRETS.iter().any(|(_, secret)| told.contains(secret)), "{address}: {told}");
    }
}
