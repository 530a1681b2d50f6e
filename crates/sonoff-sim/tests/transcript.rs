//! The virtual Sonoff says word for word what boards say, too.
#![cfg(unix)]
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::cell::RefCell;

use common::Sim;
use sonoff_testkit::transcript::{play, read};

#[test]
fn the_console_says_what_the_transcript_says() {
    let text = include_str!("../../../tests/transcript/console.txt");
    // A broker that is never there.
    let mut sim = Sim::start(&["--broker", "mqtt://127.0.0.1:1"]);
    sim.says("CONNECT FAILED");
    let sim = RefCell::new(sim);
    let played = play(&read(text), |line| sim.borrow_mut().types(line), || Some(sim.borrow_mut().says("")));
    let lines = played.unwrap_or_else(|difference| panic!("{difference}"));
    assert!(lines > 140, "{lines}");
}
