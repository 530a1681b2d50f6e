//! A command of a firmware's own: one entry, one function that sets, one that shows.
//!
//! `cargo run --example add_a_command`

use std::sync::atomic::{AtomicU32, Ordering};

use sonoff_core::command::{Call, Command, CommandError, Reply, Run, Show};
use sonoff_core::help::help;
use sonoff_core::{Device, Profile};
use sonoff_testkit::bench::Bench;

/// Where the firmware keeps what the command sets.
static BRIGHTNESS: AtomicU32 = AtomicU32::new(50);

const COMMANDS: &[Command] = &[Command {
    name: "Glow",
    args: help("0..100"),
    help: help("Brightness of the night light."),
    run: Run::Set(set_glow),
    show: Show::By(|_, _, json| json.number("Glow", BRIGHTNESS.load(Ordering::Relaxed))),
    ..Command::PLAIN
}];

fn set_glow(_: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    BRIGHTNESS.store(call.number_in(0..=100u8)?.into(), Ordering::Relaxed);
    Ok(Reply::Show)
}

fn main() {
    let mut bench = Bench::of(Profile { commands: COMMANDS, ..Profile::BASIC }, |_| {});
    for (payload, answer) in [("", 50), ("80", 80), ("101", 80)] {
        bench.cmnd("glow", payload).sends(&[&format!(r#"stat/sonoff/RESULT = {{"Glow":{answer}}}"#)]);
        println!("Glow {payload:4} -> {answer}");
    }
}
