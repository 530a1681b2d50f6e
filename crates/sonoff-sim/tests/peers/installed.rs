//! Which peers are on this machine, and what is said when one is not.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Brokers are often outside the search path.
const BROKERS: &[&str] =
    &["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
const CHROMIUMS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
const PYTHONS: &[&str] = &["python3", "python"];

/// The program of mosquitto, the broker.
pub fn mosquitto() -> Option<&'static str> {
    let starts = |program: &&&str| quiet(Command::new(program).arg("-h")).status().is_ok();
    told("mosquitto", BROKERS.iter().find(starts).copied())
}

/// Its tool for password files.
pub fn mosquitto_passwd() -> Option<&'static str> {
    let tool = "mosquitto_passwd";
    told(tool, quiet(&mut Command::new(tool)).status().is_ok().then_some(tool))
}

/// `mosquitto_pub` and `mosquitto_sub`.
pub fn mosquitto_clients() -> Option<()> {
    let starts = |program| quiet(Command::new(program).arg("--help")).status().is_ok();
    told("mosquitto-clients", (starts("mosquitto_pub") && starts("mosquitto_sub")).then_some(()))
}

/// OpenSSL's program.
pub fn openssl() -> Option<&'static str> {
    told("openssl", succeeds(Command::new("openssl").arg("version")).then_some("openssl"))
}

/// avahi-daemon, which announces services, where a test may make a network of its own for it.
#[cfg(target_os = "linux")]
pub fn avahi() -> Option<&'static str> {
    const MAKE: &str = "ip tuntap add house mode tap && mount --bind /etc/avahi/services /etc/avahi/services && \
                        mount -t tmpfs none /run && ip netns add laptop";
    let starts = |program: &&&str| quiet(Command::new(program).arg("--version")).status().is_ok();
    let program = ["avahi-daemon", "/usr/sbin/avahi-daemon"].iter().find(starts).copied();
    let program = told("avahi-daemon", program)?;
    // That is nothing that could be installed, and so never required.
    let may = succeeds(network().args(["sh", "-c", MAKE]));
    if !may {
        skipped("a test may not make a network here");
    }
    may.then_some(program)
}

/// avahi-browse and avahi-resolve, and the bus over which they speak to it.
#[cfg(target_os = "linux")]
pub fn avahi_tools() -> Option<()> {
    let starts = |program| quiet(Command::new(program).arg("--version")).status().is_ok();
    let programs = ["avahi-browse", "avahi-resolve", "dbus-daemon"];
    told("avahi-utils, with dbus,", programs.into_iter().all(starts).then_some(()))
}

/// BusyBox, which asks for addresses and names as a phone does, where a test may make networks of its own.
#[cfg(target_os = "linux")]
pub fn busybox() -> Option<&'static str> {
    const MAKE: &str = "mount -t tmpfs none /run && ip netns add phone";
    let has = ["udhcpc", "nslookup"].iter().all(|applet| {
        let listed = Command::new("busybox").arg("--list").stderr(Stdio::null()).output();
        listed.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).lines().any(|line| line == *applet))
    });
    told("busybox", has.then_some(()))?;
    let may = succeeds(network().args(["sh", "-c", MAKE]));
    if !may {
        skipped("a test may not make networks here");
    }
    may.then_some("busybox")
}

/// curl, a client of HTTP.
#[cfg(target_os = "linux")]
pub fn curl() -> Option<&'static str> {
    told("curl", succeeds(Command::new("curl").arg("--version")).then_some("curl"))
}

/// Runs what follows in a network of its own. All that it starts ends with it.
#[cfg(target_os = "linux")]
pub fn network() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child"]);
    command
}

/// A Python that has paho-mqtt.
pub fn paho() -> Option<&'static str> {
    let has = |python: &&&str| succeeds(Command::new(python).args(["-c", "import paho.mqtt.client"]));
    told("paho-mqtt", PYTHONS.iter().find(has).copied())
}

/// A Python that has hatasmota, the library with which Home Assistant speaks to such devices, and paho-mqtt.
pub fn hatasmota() -> Option<&'static str> {
    let modules = "import hatasmota.discovery, paho.mqtt.client";
    let has = |python: &&&str| succeeds(Command::new(python).args(["-c", modules]));
    told("hatasmota", PYTHONS.iter().find(has).copied())
}

/// A Python that has tasmota-http, a client of the HTTP interface.
pub fn tasmota_http() -> Option<&'static str> {
    let has = |python: &&&str| succeeds(Command::new(python).args(["-c", "import tasmota_http"]));
    told("tasmota-http", PYTHONS.iter().find(has).copied())
}

/// Node, ready to find what drives a browser, and a Chromium.
pub fn browser() -> Option<(Command, &'static str)> {
    let found = succeeds(node().args(["-e", "require('ws')"]));
    let starts = |program: &&&str| succeeds(Command::new(program).arg("--version"));
    let chromium = CHROMIUMS.iter().find(starts).filter(|_| found);
    told("Chromium, with ws for Node,", chromium.map(|chromium| (node(), *chromium)))
}

/// Node, ready to find MQTT.js.
pub fn mqtt_js() -> Option<Command> {
    let found = succeeds(node().args(["-e", "require('mqtt')"]));
    told("MQTT.js", found.then(node))
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Some(folder) = std::env::var_os("SONOFF_NODE_MODULES") {
        command.env("NODE_PATH", PathBuf::from(folder));
    }
    command
}

fn succeeds(command: &mut Command) -> bool {
    quiet(command).status().is_ok_and(|status| status.success())
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// Hands on what was found. What is missing is told, or a failure where it is required.
#[track_caller]
fn told<T>(peer: &str, found: Option<T>) -> Option<T> {
    if found.is_none() {
        let required = std::env::var_os("SONOFF_REQUIRE_PEERS").is_some_and(|value| value == "1");
        assert!(!required, "{peer} is required and not installed");
        skipped(&format!("{peer} is not installed"));
    }
    found
}

/// Written past the test runner, which would show it only for a test that fails.
fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why} ({test})");
}
