//! A day of a device in a moment: a PulseTime of an hour, and what the broker hears.
//!
//! `cargo run --example virtual_time`

use sonoff_testkit::bench::Bench;

fn main() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("PulseTime", "3700").cmnd("TelePeriod", "3600").sent();
    bench.cmnd("Power", "on").drives(&[(1, true)]);
    for hour in 1..=24 {
        bench.wait_ms(3_600_000);
        for line in bench.sent() {
            println!("{hour:2} h  {}", line.get(..76).unwrap_or(&line));
        }
    }
    bench.drives(&[(1, false)]);
}
