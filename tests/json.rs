//! Every JSON text that a device sends is judged by serde_json, at the longest configuration and every buffer size.

mod support;

use sonoff_core::Profile;
use sonoff_core::module::Arch;
use sonoff_core::profile::Board;
use sonoff_testkit::bench::Bench;
use support::longest::{self, bench};
use support::table::{commands, words};

/// The smallest transmit buffer.
const SMALLEST: usize = 320;
/// Larger than any message.
const ROOM: usize = 16_384;

/// A payload is JSON, as short as can be and with no key twice, or one of the plain texts of the protocol.
#[track_caller]
fn judge(line: &str) {
    let (topic, payload) = line.split_once(" = ").unwrap_or((line, ""));
    let payload = payload.trim_end_matches(" (r)");
    if !payload.starts_with('{') {
        let leaf = topic.rsplit('/').next().unwrap_or("");
        let plain = leaf.starts_with("POWER") || payload.is_empty() || leaf == "LWT";
        return assert!(plain, "{line}");
    }
    let value: serde_json::Value =
        serde_json::from_str(payload).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(value.to_string(), payload, "{topic}");
}

/// What is sent when this happens, with this in it, judged; and the same at each of these sizes of the buffer.
fn judged(mut bench: Bench, sizes: Sizes, tells: &str, happens: impl Fn(&mut Bench)) -> Bench {
    let sent = |bench: &mut Bench| {
        happens(bench);
        bench.sent()
    };
    // Once before, so that it leaves what it finds.
    sent(&mut bench);
    bench = bench.buffer(ROOM);
    let whole = sent(&mut bench);
    whole.iter().for_each(|line| judge(line));
    assert!(whole.iter().any(|line| line.contains(tells)), "{tells} is not among {whole:#?}");
    let longest = whole.iter().map(String::len).max().unwrap_or(0);
    for size in (SMALLEST..=longest.max(SMALLEST)).filter(|&size| sizes.hold(size)) {
        bench = bench.buffer(size);
        assert_eq!(sent(&mut bench), whole, "with {size} bytes");
    }
    bench
}

/// The longest message takes its time; two tests share it.
#[derive(Clone, Copy)]
enum Sizes {
    Every,
    Even,
    Odd,
}

impl Sizes {
    fn hold(self, size: usize) -> bool {
        match self {
            Self::Every => true,
            Self::Even => size.is_multiple_of(2),
            Self::Odd => !size.is_multiple_of(2),
        }
    }
}

#[test]
fn a_template_and_its_pins() {
    // M-2, M-21, M-22
    let board = Board::Open { arch: Arch::ESP32, module: 0 };
    let codes = vec!["1"; 36].join(",");
    let name = r#"\""#.repeat(30);
    let template = format!(r#"{{"NAME":"{name}","GPIO":[{codes}],"CMND":"Publish x \"{{}}\"","FLAG":255}}"#);
    let mut bench = Bench::of(Profile { board, ..Profile::BASIC }, |_| {});
    bench
        .connect()
        .cmnd("Template", &template)
        .cmnd("GPIO5", "10560")
        .cmnd("GPIO4", "231")
        .wait_ms(9000)
        .sent();
    for line in ["Template", "Module", "Modules", "GPIO", "GPIO 255", "GPIOs", "Status"] {
        bench = judged(bench, Sizes::Every, "{", |bench| {
            bench.line(line);
        });
    }
    let told = bench.line("GPIO").line("Module").sent().concat();
    assert!(told.contains(&name) && told.contains("MagicSwitch") && told.contains("Relay8"), "{told}");
}

#[test]
fn every_answer() {
    // D-18, D-58
    let mut bench = bench(ROOM);
    let status = (0..=14).map(|number| format!("Status {number}"));
    let errors = ["Nothing", "Power9", "SetOption200"].map(str::to_owned);
    for line in commands().flat_map(words).filter(|line| line != "Status0").chain(status).chain(errors) {
        bench = judged(bench, Sizes::Every, "{", |bench| {
            bench.line(&line);
        });
    }
}

// U-3
#[test]
fn all_status_blocks_in_one_at_even_sizes() {
    all_status_blocks_in_one(Sizes::Even);
}

// U-3
#[test]
fn all_status_blocks_in_one_at_odd_sizes() {
    all_status_blocks_in_one(Sizes::Odd);
}

fn all_status_blocks_in_one(sizes: Sizes) {
    let mut bench = judged(bench(ROOM), sizes, "/STATUS0 = {", |bench| {
        bench.line("Status0");
    });
    let sent = bench.line("Status0").sent();
    assert!(sent[0].len() > 5_000, "it could be longer: {} bytes", sent[0].len());
}

#[test]
fn the_start_of_a_session() {
    // S-17 to S-27
    judged(bench(ROOM), Sizes::Every, "/INFO1 = {", longest::start);
}

#[test]
fn discovery() {
    // U-53, U-54
    let mut bench = bench(ROOM).discovery();
    bench.line("TelePeriod 0").wait_ms(20_000);
    judged(bench, Sizes::Every, "/config = {", |bench| {
        bench.clock(longest::THEN).line("SetOption19 0").wait_ms(1000);
    });
}

#[test]
fn sensors() {
    // U-30
    let mut bench = bench(ROOM);
    bench.line("TelePeriod 0").line("SwitchMode1 15").wait_ms(20_000);
    judged(bench, Sizes::Every, "/SENSOR = {", |bench| {
        bench.clock(longest::THEN).switch(1, false).wait_ms(100);
        bench.switch(1, true).wait_ms(100);
    });
}

#[test]
fn what_buttons_switches_and_backlogs_tell() {
    let mut bench = bench(ROOM);
    bench.line("TelePeriod 0").line("SwitchMode0 0").line("SwitchMode8 11").wait_ms(20_000);
    judged(bench, Sizes::Every, "/SWITCH8 = {", |bench| {
        for key in 1..=8 {
            bench.press(key, 100).switch(key, false).wait_ms(100);
            bench.switch(key, true).wait_ms(1000);
        }
        for line in ["Power8 3", "Power8 4", "Backlog x", "Backlog", "Delay 20"] {
            bench.line(line).wait_ms(1000);
        }
    });
}
