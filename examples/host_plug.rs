//! The core in a program of its own, without async: a plug that listens to lines on standard input.
//!
//! `echo "power toggle" | cargo run --example host_plug`

use std::io::BufRead;
use std::time::Instant as Wall;

use sonoff_core::io::{Boot, Source};
use sonoff_core::{Action, Device, Input, Instant, Profile, Transmit};

fn main() {
    let start = Wall::now();
    let now = || Instant::from_millis(start.elapsed().as_millis() as u64);
    let mut plug = Device::new(Profile::BASIC, [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56]);
    plug.boot(now(), &Boot { cold: true, reason: "Power On", settings: None, state: None });

    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        plug.handle(now(), Input::Line { source: Source::Serial, text: &line });
        drain(&mut plug, now());
    }
}

/// Does what the device wants: pins first, then messages.
fn drain(plug: &mut Device, now: Instant) {
    while let Some(action) = plug.poll_action() {
        if let Action::Assign { gpio, high, .. } | Action::Write { gpio, high } = action {
            println!("GPIO{gpio} = {}", u8::from(high));
        }
    }
    let mut buf = [0; 1024];
    while let Some(Transmit::Publish { topic, payload, .. }) = plug.poll_transmit(now, &mut buf) {
        println!("{topic} = {}", String::from_utf8_lossy(payload.unwrap_or_default()));
    }
}
