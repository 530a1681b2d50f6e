//! The program as its user sees it: typed at, talked to over MQTT, stopped by a signal.
#![cfg(unix)]
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Instant;

use common::{Client, PATIENCE, Served, Sim, mosquitto_clients, publish};
use rustix::process::Signal;
use sonoff_hal::Slot;
use sonoff_sim::store::HostStore;

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("sonoff-sim-test-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Until the device has saved its state.
    #[track_caller]
    fn waits_for_state(&self, name: &str) {
        let begin = Instant::now();
        let flash = HostStore::flash(&self.0, name).unwrap();
        while flash.read(Slot::State).unwrap().is_none() {
            assert!(begin.elapsed() < PATIENCE, "the state of {name} was not saved");
            thread::yield_now();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

// D-46
#[test]
fn log_lines_go_to_the_broker_and_are_not_logged_themselves() {
    let mut sim = Sim::alone(&[]);
    let port = sim.port();
    sim.is_heard_at(port);
    let mut watcher = Client::at(port, "log");
    watcher.subscribe("stat/sonoff/LOGGING");
    sim.types("mqttlog 2");
    sim.types("power on");
    for end in [" CMD: power on", " MQT: stat/sonoff/POWER = ON"] {
        while !watcher.message().1.ends_with(end) {}
    }
    sim.types("mqttlog 0");
    sim.says("\"MqttLog\":0");
    assert!(!sim.seen.iter().any(|line| line.contains("LOGGING")), "{:?}", sim.seen);
}

#[test]
fn it_tells_what_to_try_and_then_what_the_device_does() {
    let mut sim = Sim::alone(&[]);
    let port = sim.port();
    let pages = sim.says("  pages:  http://127.0.0.1:");
    sim.says("00:00:00.0");
    let banner = format!(
        "\
sonoff {}: one virtual Sonoff Basic, Topic \"sonoff\", client DVES_123456
  broker: 127.0.0.1:{port} (built in, this machine only)
{pages}

  watch   mosquitto_sub -h 127.0.0.1 -p {port} -v -t '#'
  on      mosquitto_pub -h 127.0.0.1 -p {port} -t cmnd/sonoff/power -m on
  ask     mosquitto_pub -h 127.0.0.1 -p {port} -t cmnd/sonoff/status -n
  here    type: power toggle | status 6 | !press 1        stop: Ctrl-C
",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(sim.seen[..9].join("\n"), banner);
    assert!(sim.seen[9].ends_with("WIF: Connecting to AP1 virtual"), "{}", sim.seen[9]);
    sim.says("WIF: Connected");
    sim.says("MQT: Attempting connection...");
    sim.says("MQT: Connected");
    sim.says("MQT: tele/sonoff/LWT = Online (retained)");
}

// D-3, D-44
#[test]
fn a_typed_line_is_a_command_and_a_pressed_button_switches() {
    let mut sim = Sim::alone(&[]);
    sim.says("MQT: Connected");
    sim.types("power toggle");
    sim.says("CMD: power toggle");
    sim.says("RLY: 1 ON");
    sim.says(r#"MQT: stat/sonoff/RESULT = {"POWER":"ON"}"#);
    sim.types("!press 1");
    sim.says("RLY: 1 OFF");
    sim.types("!press 2");
    sim.says("button 2: this device has 1");
    sim.types("!fly");
    sim.says("!fly: not known");
    // D-61
    for typed in ["powe?", "powe\t"] {
        sim.types(typed);
        sim.says("CMD: Power PowerOnState PowerRetain");
    }
}

#[test]
fn a_button_that_is_down_switches_once_until_it_is_up() {
    let mut sim = Sim::alone(&["--relays", "2"]);
    sim.says("MQT: Connected");
    sim.types("!down 2");
    sim.says("RLY: 2 ON");
    sim.types("!up 2");
    sim.types("!press 1");
    sim.says("RLY: 1 ON");
    let (_, lines) = sim.stop(Signal::TERM);
    assert_eq!(lines.iter().filter(|line| line.contains("RLY:")).count(), 2);
}

#[test]
fn the_end_of_input_ends_nothing() {
    let mut sim = Sim::alone(&[]);
    let port = sim.port();
    sim.is_heard_at(port);
    drop(sim.stdin.take());
    Client::at(port, "c").send(&publish("cmnd/sonoff/POWER", "on", false));
    sim.says("RLY: 1 ON");
}

#[test]
fn both_signals_end_it_cleanly() {
    for signal in [Signal::INT, Signal::TERM] {
        let served = Served::start();
        let mut sim = Sim::at(&served, &[]);
        sim.says("MQT: Connected");
        let mut watcher = served.client("w");
        watcher.subscribe("tele/sonoff/LWT");
        watcher.hears("tele/sonoff/LWT", "Online");
        let (status, lines) = sim.stop(signal);
        assert_eq!(status.code(), Some(0));
        assert!(lines.last().unwrap().ends_with("MQT: tele/sonoff/LWT = Offline (retained)"), "{lines:?}");
        // Once: the will stays away after DISCONNECT.
        watcher.hears("tele/sonoff/LWT", "Offline");
        let mut late = served.client("l");
        late.subscribe("tele/sonoff/LWT");
        late.expect(&publish("tele/sonoff/LWT", "Offline", true));
        served.client("p").send(&publish("tele/sonoff/LWT", "next", false));
        watcher.hears("tele/sonoff/LWT", "next");
    }
}

#[test]
fn a_watcher_of_the_built_in_broker_sees_the_end() {
    let mut sim = Sim::alone(&[]);
    let port = sim.port();
    sim.says("MQT: Connected");
    let mut watcher = Client::at(port, "w");
    watcher.subscribe("tele/sonoff/LWT");
    watcher.hears("tele/sonoff/LWT", "Online");
    let (status, _) = sim.stop(Signal::INT);
    assert_eq!(status.code(), Some(0));
    watcher.hears("tele/sonoff/LWT", "Offline");
    watcher.ends();
}

#[test]
fn a_restart_keeps_settings_and_relays_without_a_state_folder_too() {
    let mut sim = Sim::alone(&[]);
    sim.says("MQT: Connected");
    sim.types("power on");
    sim.says("RLY: 1 ON");
    sim.types("topic lamp");
    sim.says("APP: Restarting");
    sim.says("MQT: tele/lamp/LWT = Online (retained)");
    sim.says("MQT: stat/lamp/POWER = ON");
    assert_eq!(sim.seen.iter().filter(|line| line.contains("RLY:")).count(), 1, "no edge");
}

// M-20, M-26
#[test]
fn a_template_makes_another_device_of_it() {
    let mut sim = Sim::alone(&[]);
    sim.says("MQT: Connected");
    sim.types("power on");
    sim.says("RLY: 1 ON");
    sim.types("template 7");
    sim.says(r#"RESULT = {"NAME":"Sonoff 4CH""#);
    sim.types("module 0");
    sim.says("APP: Restarting");
    sim.says("MQT: stat/sonoff/POWER1 = ON");
    sim.says("MQT: stat/sonoff/POWER4 = OFF");
    assert_eq!(sim.seen.iter().filter(|line| line.contains("RLY:")).count(), 1, "no edge");
    sim.types("!press 4");
    sim.says("RLY: 4 ON");
    sim.types("module 1");
    sim.says("APP: Restarting");
    // The pin of relay 4 is nobody's any more.
    sim.says("RLY: 4 OFF");
    sim.says("MQT: stat/sonoff/POWER = ON");
    sim.types("!press 4");
    sim.says("button 4: this device has 1");
}

#[test]
fn a_state_folder_outlives_the_program() {
    let folder = Folder::new("outlive");
    let served = Served::start();
    let mut sim = Sim::at(&served, &["--state-dir", folder.path()]);
    sim.says("MQT: Connected");
    sim.types("power on");
    sim.says("RLY: 1 ON");
    sim.types("topic lamp");
    sim.says("tele/lamp/LWT = Online");
    assert_eq!(sim.stop(Signal::TERM).0.code(), Some(0));
    let mut again = Sim::at(&served, &["--state-dir", folder.path(), "--topic", "other"]);
    again.says("Topic \"lamp\"");
    again.says("RLY: 1 ON");
    again.says("tele/lamp/LWT = Online");
}

#[test]
fn a_kept_broker_is_told_and_used() {
    let folder = Folder::new("broker");
    let (first, second) = (Served::start(), Served::start());
    let mut sim = Sim::at(&first, &["--state-dir", folder.path()]);
    sim.says("MQT: Connected");
    sim.types("teleperiod 20");
    sim.says("RESULT = {\"TelePeriod\"");
    assert_eq!(sim.stop(Signal::TERM).0.code(), Some(0));
    let mut again = Sim::at(&second, &["--state-dir", folder.path()]);
    again.says(&format!("broker: {} (kept from before", first.at));
    again.is_heard_at(first.at.port());
}

#[test]
fn a_power_cut_says_nothing_and_a_reset_makes_no_edge() {
    let (served, folder) = (Served::start(), Folder::new("reset"));
    let mut sim = Sim::at(&served, &["--state-dir", folder.path()]);
    sim.says("MQT: Connected");
    let mut watcher = served.client("w");
    watcher.subscribe("tele/sonoff/LWT");
    watcher.hears("tele/sonoff/LWT", "Online");
    sim.types("power on");
    sim.says("RLY: 1 ON");
    folder.waits_for_state("020000123456");
    sim.types("!reset");
    sim.says("MQT: Connected");
    // The will, since nobody said goodbye.
    watcher.hears("tele/sonoff/LWT", "Offline");
    watcher.hears("tele/sonoff/LWT", "Online");
    assert_eq!(sim.seen.iter().filter(|line| line.contains("RLY:")).count(), 1, "no edge");
    sim.types("!cut");
    sim.says("RLY: 1 OFF");
    sim.says("MQT: Connected");
    watcher.hears("tele/sonoff/LWT", "Offline");
}

#[test]
fn without_a_network_the_button_works_and_afterwards_the_broker_is_found_again() {
    let mut sim = Sim::alone(&[]);
    sim.says("MQT: Connected");
    sim.types("!net down");
    sim.types("!press 1");
    sim.says("RLY: 1 ON");
    sim.says("RSL: POWER = ON");
    sim.types("!net up");
    sim.says("MQT: Connected");
    sim.says("MQT: stat/sonoff/POWER = ON");
}

// C-41, C-42, C-44, S-78
#[test]
fn another_access_point_is_joined_after_the_restart_and_the_old_one_when_that_fails() {
    let mut sim = Sim::alone(&[]);
    sim.says("MQT: Connected");
    sim.types("backlog ipaddress1 10.0.0.9; ssid2 guest; password2 welcome1");
    sim.says("APP: Restarting");
    sim.says("WIF: Connecting to AP2 guest");
    sim.says("WIF: Connected");
    sim.says("MQT: Connected");
    sim.types("status 0");
    sim.says(r#""IPAddress":"10.0.0.9","#);
    sim.says(r#""Wifi":{"AP":2,"SSId":"guest","#);
    sim.types("password2 12345678");
    sim.says("APP: Restarting");
    sim.says("WIF: Connecting to AP2 guest");
    sim.says("WIF: Connect failed, wrong password");
    sim.says("WIF: Connecting to AP1 virtual");
    sim.says("MQT: Connected");
    let told = sim.seen.iter().any(|line| line.contains("welcome1") || line.contains("12345678"));
    assert!(!told, "{:?}", sim.seen);
}

// D-60
#[test]
fn log_lines_go_to_a_log_server() {
    let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = server.local_addr().unwrap().port();
    let mut sim = Sim::alone(&[]);
    sim.says("MQT: Connected");
    sim.types(&format!("backlog loghost localhost; logport {port}; syslog 2; power on"));
    let mut datagram = [0; 512];
    loop {
        let (len, _) = server.recv_from(&mut datagram).unwrap();
        let line = std::str::from_utf8(&datagram[..len]).unwrap();
        assert!(line.starts_with("<134>") && line.contains("sonoff-5206 ESP-"), "{line}");
        if line.ends_with("ESP-MQT: stat/sonoff/POWER = ON") {
            return;
        }
    }
}

// S-34
#[test]
fn the_second_broker_is_tried_when_the_first_is_away() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let served = Served::start();
    let first = format!("mqtt://{closed}");
    let second = format!("mqtt://localhost:{}", served.at.port());
    let mut sim = Sim::start(&["--broker", &first, "--broker", &second]);
    sim.says(&format!("MQTT: CONNECT FAILED {closed}, rc -2. Retry in 1 seconds"));
    sim.says("MQT: Connected");
}

#[test]
fn commands_of_the_command_line_come_first() {
    let mut sim = Sim::alone(&["--exec", "power on", "--exec", "power off"]);
    sim.says("CMD: power on");
    sim.says("RLY: 1 ON");
    sim.says("CMD: power off");
    sim.says("RLY: 1 OFF");
}

#[test]
fn several_devices_hear_one_group_command_and_end_cleanly() {
    let served = Served::start();
    let mut watcher = served.client("w");
    watcher.subscribe("stat/+/POWER");
    let mut sim = Sim::at(&served, &["--count", "5", "--topic", "lamp"]);
    sim.says("5 virtual Sonoff Basic, Topic \"lamp-1\" to \"lamp-5\", client DVES_123456 and on");
    // Everyone has announced its state, and so is subscribed.
    (0..5).for_each(|_| drop(watcher.message()));
    served.client("p").send(&publish("cmnd/sonoffs/POWER", "on", false));
    let mut answers: Vec<_> =
        (0..10).map(|_| watcher.message()).filter(|(topic, _)| topic.contains("lamp")).collect();
    answers.sort();
    let wanted = (1..=5).map(|n| (format!("stat/lamp-{n}/POWER"), "ON".to_owned()));
    assert_eq!(answers, wanted.collect::<Vec<_>>());
    let (status, lines) = sim.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0));
    for n in 1..=5 {
        let goodbye = format!("MQT: tele/lamp-{n}/LWT = Offline (retained)");
        assert!(
            lines.iter().any(|line| line.starts_with(&format!("lamp-{n} ")) && line.ends_with(&goodbye)),
            "{n}"
        );
    }
}

#[test]
fn a_quiet_one_says_nothing() {
    let served = Served::start();
    let mut watcher = served.client("w");
    watcher.subscribe("stat/sonoff/POWER");
    let sim = Sim::at(&served, &["--quiet"]);
    watcher.hears("stat/sonoff/POWER", "OFF");
    assert_eq!(sim.stop(Signal::TERM).1, Vec::<String>::new());
}

#[test]
fn what_cannot_be_done_is_told_with_an_exit_code() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sonoff-sim")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let (code, text) = run(&["--listen", &at]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with(&format!("sonoff-sim: {at}: ")), "{text}");
    assert_eq!(run(&["--topic", "a/#", "--broker", "mqtt://h"]).0, Some(1));
    assert_eq!(run(&["--state-dir", "/dev/null/x", "--broker", "mqtt://h"]).0, Some(1));
    assert_eq!(run(&["--no-web", "--http", "80"]).0, Some(2));
}

#[test]
fn the_lines_of_the_banner_work_as_they_stand() {
    if !mosquitto_clients() {
        return;
    }
    let mut sim = Sim::alone(&[]);
    let port = sim.port();
    let on = sim.says("  on ");
    let ask = sim.says("  ask ");
    sim.is_heard_at(port);
    for (line, wanted) in [(on, "RLY: 1 ON"), (ask, "MQT: stat/sonoff/STATUS = {")] {
        let command = &line[line.find("mosquitto_pub").unwrap()..];
        assert!(Command::new("sh").args(["-c", command]).status().unwrap().success());
        sim.says(wanted);
    }
}
