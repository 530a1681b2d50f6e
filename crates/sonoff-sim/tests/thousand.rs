//! A thousand devices in one program, at a real broker.
#![cfg(unix)]
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used)]

mod common;
mod program;

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use common::{Client, PATIENCE, is_installed, publish};
use program::Sim;
use rustix::process::Signal;

const DEVICES: usize = 1_000;

/// A mosquitto broker on a free port.
struct Mosquitto {
    child: Child,
    port: u16,
    configuration: PathBuf,
}

impl Mosquitto {
    fn start() -> Option<Self> {
        let program = ["mosquitto", "/usr/sbin/mosquitto"].into_iter().find(|name| is_installed(name))?;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let configuration = std::env::temp_dir().join(format!("sonoff-sim-{port}.conf"));
        let mut file = std::fs::File::create(&configuration).unwrap();
        write!(file, "listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n").unwrap();
        let mut command = Command::new(program);
        let child = command.arg("-c").arg(&configuration).stderr(Stdio::null()).spawn().unwrap();
        Some(Self { child, port, configuration }.ready())
    }

    fn ready(self) -> Self {
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begin.elapsed() < PATIENCE, "mosquitto does not listen");
        }
        self
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.configuration);
    }
}

/// Hears messages until every device has sent this to its topic.
fn everyone(watcher: &mut Client, leaf: &str, payload: &str) {
    let mut missing: BTreeSet<_> =
        (1..=DEVICES).map(|n| format!("{}/lamp-{n}/{}", prefix(leaf), leaf)).collect();
    while !missing.is_empty() {
        let (topic, text) = watcher.message();
        if text == payload {
            missing.remove(&topic);
        }
    }
}

fn prefix(leaf: &str) -> &str {
    if leaf == "LWT" { "tele" } else { "stat" }
}

#[test]
fn all_answer_one_group_command_and_all_say_goodbye() {
    let Some(broker) = Mosquitto::start() else { return common::not_tested("mosquitto") };
    let mut watcher = Client::at(broker.port, "w");
    watcher.subscribe("stat/+/POWER");
    let mut goodbyes = Client::at(broker.port, "g");
    goodbyes.subscribe("tele/+/LWT");
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    let sim = Sim::start(&["--broker", &url, "--count", &DEVICES.to_string(), "--topic", "lamp"]);
    everyone(&mut watcher, "POWER", "OFF");
    Client::at(broker.port, "p").send(&publish("cmnd/sonoffs/POWER", "ON", false));
    everyone(&mut watcher, "POWER", "ON");
    let (status, _) = sim.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0));
    everyone(&mut goodbyes, "LWT", "Offline");
}
