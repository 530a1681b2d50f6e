//! Anything that may happen to a device, one step a line, in the order of its words:
//!
//! | Line | Does |
//! |---|---|
//! | `wait 100` | lets so many milliseconds pass |
//! | `down 1`, `up 1` | button 1 |
//! | `high 1`, `low 1` | the pin of switch 1 |
//! | `type Power 1` | a line on the console |
//! | `say cmnd/sonoff/POWER 1`, `keep …` | a message; one that the broker had kept |
//! | `lost`, `back` | the broker |
//! | `gone`, `there` | the network |
//! | `cut`, `reset` | the device starts anew |
//!
//! All that it says is well formed, each relay is what was last done to it, and a broker that comes and goes switches
//! nothing.

use sonoff_core::io::Link;
use sonoff_core::{Input, Profile};
use sonoff_testkit::bench::{Bench, network};

const RELAYS: u8 = 4;
/// The longest wait in one step.
const MOST_MS: u64 = 100_000;
/// Steps beyond these are left out.
const MOST_STEPS: usize = 60;

/// Plays one input.
pub fn run(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    let mut bench = Bench::of(Profile::with_relays(RELAYS).with_switches(RELAYS), |_| {}).discovery();
    bench.connect();
    let mut levels = Levels::default();
    // What the owner publishes is the owner's affair.
    let steps = text.lines().filter(|line| !line.to_ascii_lowercase().contains("publish"));
    for line in steps.take(MOST_STEPS) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        step(&mut bench, word, rest);
        if matches!(word, "cut" | "reset") {
            levels = Levels::default();
        }
        levels.follow(&mut bench);
        bench.sent().iter().for_each(|line| judge(line));
    }
    comes_to_rest(&mut bench);
    levels.follow(&mut bench);
    levels.agree(&mut bench);
    bench.lose(-3).wait_ms(20_000).connect().wait_ms(20_000).drives(&[]);
}

fn step(bench: &mut Bench, word: &str, rest: &str) {
    let number = || rest.parse().unwrap_or(1u8).clamp(1, RELAYS);
    match word {
        "wait" => _ = bench.wait_ms(rest.parse().unwrap_or(0).min(MOST_MS)),
        "down" | "up" => _ = bench.button(number(), word == "down"),
        "high" | "low" => _ = bench.switch(number(), word == "high"),
        "type" => _ = bench.line(rest),
        "say" | "keep" => {
            let (topic, payload) = rest.split_once(' ').unwrap_or((rest, ""));
            bench.message(topic, payload.as_bytes(), word == "keep");
        }
        "lost" => _ = bench.lose(-3),
        "back" => _ = bench.connect(),
        "gone" => _ = bench.input(Input::Link(Link::Down)),
        "there" => _ = bench.input(Input::Link(Link::Up(&network()))),
        "cut" | "reset" => _ = bench.reboot(word == "cut"),
        _ => {}
    }
}

/// What was last done to each relay, since the start.
#[derive(Default)]
struct Levels([Option<bool>; RELAYS as usize]);

impl Levels {
    fn follow(&mut self, bench: &mut Bench) {
        for (_, relay, on) in bench.driven() {
            self.0[usize::from(relay) - 1] = Some(on);
        }
    }

    /// The device believes the same.
    fn agree(&self, bench: &mut Bench) {
        for (relay, level) in (1..).zip(self.0) {
            assert!(
                level.is_none_or(|on| on == bench.device().power().is_on(relay)),
                "relay {relay}: {level:?}"
            );
        }
    }
}

/// A line that was sent is well formed.
fn judge(line: &str) {
    let Some((topic, payload)) = line.split_once(" = ") else { return };
    assert!(!topic.is_empty() && topic.len() <= 150 && !topic.contains(['+', '#']), "{line}");
    let payload = payload.trim_end_matches(" (r)");
    if payload.starts_with('{') {
        let judged = serde_json::from_str::<serde_json::Value>(payload);
        assert!(judged.is_ok(), "{judged:?}: {line}");
    }
}

/// Nothing blinks, pulses or waits any more.
fn comes_to_rest(bench: &mut Bench) {
    let quiet = ["Backlog", "Delay", "Interlock 0", "PowerOnState 3", "Power0 0", "BlinkCount 1"];
    for line in quiet {
        bench.line(line);
    }
    for relay in 1..=RELAYS {
        bench.button(relay, false).switch(relay, true).line(&format!("PulseTime{relay} 0"));
    }
    bench.wait_ms(200_000);
}
