//! Names that somebody else has chosen.

use sonoff_core::Input;
use sonoff_core::io::{Link, Network, Ssid, Wifi};
use sonoff_testkit::bench::{Bench, network};

/// Texts that mean something to a page, a shell, a format string, a log or a JSON reader; at most 32 bytes.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</title><svg/onload=alert(1)>",
    "'-alert(1)-'",
    "\",\"POWER\":\"ON\",\"x\":\"",
    "\\",
    "\\\"",
    "\\u0022",
    "%s%n%p",
    "$(reboot)`reboot`;reboot",
    "\u{1}\u{2}\u{1f}\u{7f}",
    "\r\nSet-Cookie: a=b",
    "\u{202e}\u{2028}\u{feff}",
    "\u{1f4a1}\u{1f4a1}\u{1f4a1}\u{1f4a1}\u{1f4a1}\u{1f4a1}\u{1f4a1}\u{1f4a1}",
];

/// The member of a JSON text under this name, wherever it stands.
fn member<'j>(json: &'j serde_json::Value, name: &str) -> Option<&'j serde_json::Value> {
    let object = json.as_object()?;
    object.get(name).or_else(|| object.values().find_map(|value| member(value, name)))
}

/// The payloads among these lines, each of them judged.
fn judged(lines: &[String]) -> Vec<serde_json::Value> {
    let payloads = lines.iter().filter_map(|line| line.split_once(" = ")).map(|(_, payload)| payload);
    let json =
        payloads.map(|payload| payload.trim_end_matches(" (r)")).filter(|payload| payload.starts_with('{'));
    json.map(|json| serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))).collect()
}

/// Tasmota showed a friendly name in its page as it was: whoever could name a device ran a script in the browser of whoever
/// looked at it (arendst/Tasmota#12220, #12221).
///
/// Here a name goes into JSON: answers, status, discovery. It is escaped there, adds no member to any of them, and reads
/// back the same; one with control characters is refused. The page has an exhibit of its own.
#[test]
fn tasmota_12221_a_friendly_name_that_is_a_script() {
    for name in HOSTILE.iter().map(|name| name.trim()) {
        let expected = if name.contains(char::is_control) { "Sonoff" } else { name };
        let mut bench = Bench::sonoff(1).discovery();
        bench.line("SetOption19 0").wait_ms(20_000).sent();
        for command in ["FriendlyName", "DeviceName"] {
            let answer = judged(&bench.cmnd(command, name).sent());
            let shown =
                answer.iter().find_map(|json| member(json, command).or(member(json, "FriendlyName1")));
            assert_eq!(shown.and_then(|shown| shown.as_str()), Some(expected));
        }
        let told = judged(&bench.line("Status 0").line("State").wait_ms(20_000).sent());
        let named = told.iter().find_map(|json| member(json, "DeviceName")).and_then(|name| name.as_str());
        assert_eq!(named, Some(expected));
        let found = told.iter().find_map(|json| json.get("dn")).and_then(|name| name.as_str());
        // It is told again when it has changed.
        assert_eq!(found.unwrap_or("Sonoff"), expected, "discovery");
        assert!(told.iter().all(|json| json.get("x").is_none()));
    }
}

/// arduino-TuyaOpen wrote the name of an access point one byte too far. Everybody in radio range chooses such a name.
///
/// Names of 32 bytes, all of which need an escape, and the hostile ones: they are shown as they are, in valid JSON.
#[test]
fn cve_2026_28520_an_access_point_with_a_hostile_name() {
    let longest = ["\"".repeat(32), "\\".repeat(32), "\u{1}".repeat(32), "é".repeat(16)];
    for name in HOSTILE.iter().copied().chain(longest.iter().map(String::as_str)) {
        let wifi = Wifi { ssid: Ssid::new(name), bssid: [0xFF; 6], channel: 255, dbm: i8::MIN };
        let there = Network { wifi: Some(wifi), ..network() };
        let mut bench = Bench::sonoff(1);
        bench.input(Input::Link(Link::Up(&there))).wait_ms(20_000).sent();
        let told = judged(&bench.line("State").line("Status 0").sent());
        let shown = told.iter().filter_map(|json| member(json, "Wifi")?.get("SSId"));
        assert_eq!(shown.collect::<Vec<_>>(), [name, name]);
    }
}

/// What the broker hands on was published by anybody: topics that only look like commands.
#[test]
fn s7_topics_that_are_no_commands() {
    let mut bench = Bench::sonoff(2);
    let before = bench.device().settings().clone();
    let beginnings = ["", "/", "cmnd", "cmnd/", "cmnd//", "cmnd/sonoff", "cmnd/sonoff/", "stat/sonoff"];
    let middles = [
        "",
        "/",
        "//",
        "/POWER/",
        "/POWER1/x",
        "/POWER\u{0}",
        "/ POWER1x",
        "/POWER18446744073709551617",
        "/POWER-1",
    ];
    for beginning in beginnings {
        for middle in middles.into_iter().chain(HOSTILE.iter().copied()) {
            bench.publish(&format!("{beginning}{middle}"), "1").drives(&[]);
        }
    }
    assert_eq!(*bench.device().settings(), before);
}
