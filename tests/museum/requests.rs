//! Requests that were larger or deeper than anybody had thought.

use sonoff_core::Profile;
use sonoff_core::module::Arch;
use sonoff_core::profile::Board;
use sonoff_testkit::bench::Bench;

use crate::support::table::commands;
use crate::target::{Target, message};

/// Shelly Pro 4PM before 1.6: thirty methods read a request of any size into memory, and the device restarted when there was
/// no more. All that hung on it went off.
///
/// A megabyte for each of three commands and a broadcast. Memory is what the program was built with, so there is nothing to
/// use up.
#[test]
fn cve_2025_11243_a_request_of_a_megabyte() {
    let request = format!(r#"{{"id":1,"params":{{"id":"{}"}}}}"#, "9".repeat(1 << 20));
    for topic in ["cmnd/sonoff/POWER", "cmnd/sonoff/Template", "cmnd/sonoff/Backlog", "cmnd/sonoffs/STATE"] {
        Target::new().gets(&message(topic, request.as_bytes())).holds_the_line().is_unharmed();
    }
}

/// The same attack with what does fit the buffer: brackets in brackets, to every command.
#[test]
fn cve_2025_11243_a_request_that_nests() {
    let deep = [r#"{"a":"#.repeat(240), "[".repeat(1200), format!("[{}", "{}".repeat(590))];
    for word in commands().map(|command| command.name) {
        for request in &deep {
            let mut bench = Bench::sonoff(2);
            bench.line("Power1 1").wait_ms(5000).driven();
            let before = bench.device().settings().clone();
            bench.cmnd(word, request).wait_ms(4000).drives(&[]).restarts(&[]);
            assert_eq!(*bench.device().settings(), before, "{word} {request}");
        }
    }
}

/// The one command that reads JSON, where brackets belong.
#[test]
fn cve_2025_11243_a_template_that_nests() {
    let board = Board::Open { arch: Arch::ESP8266, module: 0 };
    let mut bench = Bench::of(Profile { board, ..Profile::BASIC }, |_| {});
    bench.connect().wait_ms(20_000).sent();
    let was = bench.line("Template").sent();
    let deep = [
        "[".repeat(1000),
        r#"{"NAME":"#.repeat(100),
        r#"{"NAME":"a","GPIO":"#.to_owned() + &"[".repeat(1000),
    ];
    for request in deep.iter().map(|deep| format!("Template {deep}")) {
        let answer = bench.line(&request).sent();
        assert!(
            answer == was || answer == [r#"stat/sonoff/RESULT = {"Template":"Invalid JSON"}"#],
            "{answer:?}"
        );
    }
    assert_eq!(bench.line("Template").sent(), was);
}
