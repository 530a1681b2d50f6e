//! Clients that are programs: Python with paho-mqtt, Node with MQTT.js.

use std::process::Command;

use crate::home::Home;
use crate::installed;
use crate::process::Process;

/// A file beside this one.
fn program(name: &str) -> String {
    format!("{}/tests/peers/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// On, off, status, and the time of the device from the next `STATE`.
#[test]
fn python_switches_on_and_off_and_waits_for_the_time() {
    let Some(python) = installed::paho() else { return };
    // The first STATE may be gone before the program listens.
    let Some(mut home) = Home::start(&["--topic", "lamp", "--exec", "TelePeriod 10"]) else { return };
    let port = home.broker.port.to_string();
    let mut client = Process::start(Command::new(python).args([&program("on_off.py"), &port, "lamp"]));
    client.lines.find_text("connected");
    client.lines.find_text("stat/lamp/POWER ON");
    home.device.logs("RLY: 1 ON");
    client.lines.find_text("stat/lamp/POWER OFF");
    home.device.logs("RLY: 1 OFF");
    client.lines.find_text(r#"stat/lamp/STATUS {"Status":{"#);
    client.lines.find_text("tele/lamp/STATE {");
    let line = client.lines.find_text("time of the device: ");
    let time = line.strip_prefix("time of the device: ").unwrap();
    assert_eq!(time.replace(|c: char| c.is_ascii_digit(), "0"), "0000-00-00T00:00:00");
    client.succeed();
}

/// The state that was heard last decides what is sent next, at an interval.
#[test]
fn node_toggles_at_an_interval() {
    let Some(mut node) = installed::mqtt_js() else { return };
    let Some(mut home) = Home::start(&["--topic", "lamp"]) else { return };
    let (port, interval_ms, times) = (home.broker.port.to_string(), "100", "6");
    let mut client = Process::start(node.args([&program("toggle.js"), &port, "lamp", interval_ms, times]));
    client.lines.find_text("connected");
    client.lines.find_text(r#"heard stat/lamp/STATUS {"Status":{"#);
    for state in ["ON", "OFF", "ON", "OFF", "ON", "OFF"] {
        client.lines.find_text(&format!("sent cmnd/lamp/power {state}"));
        client.lines.find_text(&format!("heard stat/lamp/POWER {state}"));
        home.device.logs(&format!("RLY: 1 {state}"));
    }
    client.succeed();
}
