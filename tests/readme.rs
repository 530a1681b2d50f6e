//! The drawing in the README is what a device says, and stays so.

use sonoff_testkit::bench::Bench;

const BEGIN: &str = "<!-- drawn by tests/readme.rs -->\n```\n";
const END: &str = "```\n<!-- end -->";
/// Columns between the two lines of life.
const WIDTH: usize = 88;

/// `text` as an arrow from the device to the broker or back.
fn arrow(text: &str, to_broker: bool) -> String {
    let text: String = text.chars().take(WIDTH - 8).collect();
    let dashes = "-".repeat(WIDTH - 6 - text.chars().count());
    if to_broker { format!("  | - {text} {dashes}> |\n") } else { format!("  | <- {text} {dashes} |\n") }
}

fn drawing() -> String {
    let mut drawing = format!("sonoff{:WIDTH$}broker\n", "");
    let mut bench = Bench::offline(1, |_| {});
    drawing += &arrow("CONNECT DVES_123456, will: tele/sonoff/LWT = Offline (r)", true);
    bench.connect();
    for (topic, payload) in [("", ""), ("cmnd/sonoff/power", "on"), ("cmnd/sonoff/power", "")] {
        if !topic.is_empty() {
            drawing += &arrow(&format!("{topic} = {payload}"), false);
            bench.publish(topic, payload);
        }
        for line in bench.sent() {
            drawing += &arrow(&line, true);
        }
    }
    bench.wait_ms(5000);
    for line in bench.sent() {
        drawing += &arrow(&line, true);
    }
    drawing
}

/// With `SONOFF_DRAW=1` it writes the drawing into the README instead of comparing it.
#[test]
fn the_readme_shows_what_is_said() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("SONOFF_DRAW").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{}{END}{after}", drawing())).unwrap();
    } else {
        assert_eq!(shown, drawing(), "run: SONOFF_DRAW=1 cargo test --test readme");
    }
}
