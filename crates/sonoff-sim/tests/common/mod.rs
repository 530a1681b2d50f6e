//! What the tests of this crate share: the program, a served broker, a raw client, and the mosquitto clients.
// Not every test uses everything; the helpers of a test may fail as it may.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::panic)]

mod client;
mod served;
#[cfg(unix)]
mod sim;

use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::time::Duration;

pub use client::{Client, field, publish};
pub use served::Served;
#[cfg(unix)]
pub use sim::Sim;

/// No test waits longer for an event.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The next line.
pub fn line(lines: &mut impl BufRead) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// The lines of a stream.
pub fn lines(stream: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(stream).lines().map_while(Result::ok)
}

/// Whether the mosquitto clients are here. With `SONOFF_REQUIRE_PEERS=1` they must be.
pub fn mosquitto_clients() -> bool {
    let found = is_installed("mosquitto_pub");
    if !found {
        not_tested("mosquitto_pub");
    }
    found
}

/// Whether a program can be started.
pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("-h").output().is_ok()
}

/// Says loudly that a test has tested nothing. With `SONOFF_REQUIRE_PEERS=1` that is a failure.
pub fn not_tested(program: &str) {
    let required = std::env::var_os("SONOFF_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "{program} is required and not installed");
    eprintln!("\n*** NOT TESTED: {program} is not installed ***\n");
}
