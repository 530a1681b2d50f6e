//! A broker that avahi announces, in a network of its own: a device from the factory finds it, and follows it.

use std::fs;

use crate::folder::Folder;
use crate::installed;
use crate::process::Process;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/announced.sh");

// S-44 to S-47, SX-20, SX-35
#[test]
fn a_broker_that_avahi_announces_is_found_and_followed() {
    let Some((avahi, mosquitto)) = installed::avahi().zip(installed::mosquitto()) else { return };
    let folder = Folder::new();
    let mut network = installed::network();
    network.args(["sh", SCRIPT]).arg(folder.path()).args([
        avahi,
        mosquitto,
        env!("CARGO_BIN_EXE_sonoff-sim"),
    ]);
    let mut device = Process::start(&mut network);
    device.lines.find_text("mDN: MQTT service found on hub.local, IP address 10.99.0.1, Port 1884");
    device.lines.find_text("MQT: Connected");

    fs::write(folder.file("move"), "\n").unwrap();
    device.lines.find_text("mDN: MQTT service found on hub.local, IP address 10.99.0.1, Port 1885");
    device.lines.find_text("MQT: Connected");
    device.type_line("MqttHost");
    device.lines.find_text(r#"stat/lamp/RESULT = {"MqttHost":""}"#);
}
