//! `sonoff-sim`: a virtual Sonoff that real MQTT clients drive.

use std::process::ExitCode;

use clap::Parser;
use sonoff_sim::args::Args;
use sonoff_sim::fleet;

fn main() -> ExitCode {
    match fleet::run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sonoff-sim: {error}");
            ExitCode::FAILURE
        }
    }
}
