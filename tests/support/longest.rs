//! A device whose every setting is as long as it can be, of characters that grow when they are escaped.

use sonoff_core::io::{Link, Network, Ssid, Wifi};
use sonoff_core::profile::{Board, Part, Platform};
use sonoff_core::reading::{Place, Quantity, Reading, Sensor};
use sonoff_core::setoption::OPTIONS;
use sonoff_core::settings::Settings;
use sonoff_core::wiring::{Kind, Pin};
use sonoff_core::{Input, Profile};
use sonoff_testkit::bench::Bench;

use super::table::{commands, words};

/// 2024-01-02T03:04:05Z
pub const THEN: u64 = 1_704_164_645;

/// They end the run, wait for others, or are looked at on their own.
const APART: &[&str] = &[
    "Backlog",
    "Delay",
    "Discover",
    "Power",
    "Publish",
    "Reset",
    "Restart",
    "SaveData",
    "SetOption",
    "SO",
    "Time",
];

/// With these on there would be less to say.
const OFF: &[u8] = &[19, 90];

static PLATFORM: Platform = Platform {
    built: "2024-01-02T03:04:05",
    core: "0.1.0",
    sdk: "esp-hal 1.0.0",
    cpu_mhz: 160,
    hardware: "ESP32-C3 (rev 0.4)",
    program_kb: 4_000_000,
    program_room_kb: 4_000_001,
    flash_kb: 4_000_002,
};

/// Eight of everything.
pub fn profile() -> Profile {
    let eight = Profile::with_relays(8).with_switches(8);
    let wiring = (1..=4).zip(30..).fold(eight.wiring(&Settings::default()), |wiring, (number, gpio)| {
        wiring.with(Kind::Led, number, Pin::new(gpio))
    });
    let wiring = wiring.with(Kind::LinkLed, 1, Pin::new(34));
    let board = Board::Fixed { module: "Sonoff \"8CH\" Pro R3", wiring };
    let parts: &[Part] = &[
        Part::Radio,
        Part::FixedAddress,
        Part::RadioSleep,
        Part::Serial,
        Part::Syslog,
        Part::Pages,
        Part::Tls,
    ];
    Profile { board, parts, platform: &PLATFORM, ..eight }
}

/// Numbers, a key, and texts of growing length; what a command refuses, it refuses.
fn values() -> Vec<String> {
    const NUMBERS: [&str; 12] = [
        "255.255.255.254",
        "1,2,3,4,5,6,7,8",
        "2",
        "4",
        "5",
        "9",
        "16",
        "99",
        "-126",
        "1000",
        "3600",
        "60000",
    ];
    const LENGTHS: [usize; 17] = [2, 8, 10, 11, 14, 16, 20, 24, 32, 33, 40, 60, 64, 65, 99, 100, 128];
    let key = [["5A"; 20].join(" ")];
    let texts = LENGTHS.into_iter().flat_map(|length| [quotes(length), "\u{1}".repeat(length)]);
    NUMBERS.into_iter().map(str::to_owned).chain(key).chain(texts).collect()
}

/// A text that is no JSON without escapes; each of its characters needs one.
fn quotes(length: usize) -> String {
    format!("\\{}", "\"".repeat(length - 1))
}

/// The device, online, at this buffer size; nothing that it has said is left.
pub fn bench(buffer: usize) -> Bench {
    let mut bench = Bench::of(profile(), |_| {}).buffer(buffer);
    for command in commands().filter(|command| !APART.contains(&command.name)) {
        for word in words(command) {
            set_longest(&mut bench, &word);
        }
    }
    for option in OPTIONS.iter().filter(|option| !option.read_only) {
        bench.line(&format!("SO{} {}", option.number, u8::from(!OFF.contains(&option.number))));
    }
    // The last one saves at once.
    for line in [
        "Webserver 1",
        "SetOption32 250",
        "SetOption34 255",
        "ButtonDebounce 60",
        "SwitchDebounce 60",
        "SaveData 3600",
    ] {
        bench.line(line);
    }
    start(&mut bench);
    bench.sent();
    bench
}

fn set_longest(bench: &mut Bench, word: &str) {
    for value in values() {
        bench.line(&format!("{word} {value}"));
    }
    bench.sent();
}

/// Starts it anew, with all that was set in force.
pub fn start(bench: &mut Bench) {
    bench.reboot(true).connect();
    bench.input(Input::Link(Link::Up(&longest_network()))).clock(THEN);
    bench.device().set_free_memory(u32::MAX);
    for address in 0x76..0x7A {
        for quantity in [Quantity::Temperature, Quantity::Humidity, Quantity::Pressure] {
            let sensor = Sensor { name: "BME280", place: Place::Address(address) };
            bench.input(Input::Reading(Reading { sensor, quantity, milli: Some(-123_456) }));
        }
    }
    bench.line("Power0 1");
}

fn longest_network() -> Network {
    let ssid = Ssid::new(&quotes(32));
    let wifi = Wifi { ssid, bssid: [0xFF; 6], channel: 165, dbm: -100 };
    let ip = [255; 4].into();
    Network { ip, mask: ip, gateway: ip, dns: [ip; 2], wifi: Some(wifi) }
}
