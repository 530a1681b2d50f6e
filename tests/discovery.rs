//! Discovery: what Home Assistant is told, and when.

use sonoff_core::settings::{Number, Settings, Text};
use sonoff_core::{Input, Profile};
use sonoff_testkit::bench::{Bench, network};

/// 2024-01-02T03:04:05Z
const THEN: u64 = 1_704_164_645;

fn reference(first: impl FnOnce(&mut Settings)) -> Bench {
    let mut bench = Bench::of(Profile { version: "1.0.0", ..Profile::BASIC }, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_number(Number::TELE_PERIOD, 0).unwrap();
        first(settings);
    })
    .discovery();
    bench.connect().sent();
    bench
}

/// `count` times the same text, with commas.
fn times(count: usize, text: &str) -> String {
    vec![text; count].join(",")
}

fn config() -> String {
    [
        r#"tasmota/discovery/240AC4123456/config = {"ip":"192.168.1.50","dn":"Sonoff","fn":["Sonoff",null,null,"#,
        r#"null,null,null,null,null],"hn":"sonoff-5206","mac":"240AC4123456","md":"Sonoff Basic","ty":0,"if":0,"#,
        r#""ofln":"Offline","onln":"Online","state":["OFF","ON","TOGGLE","HOLD"],"sw":"1.0.0","t":"sonoff","#,
        r#""ft":"%prefix%/%topic%/","tp":["cmnd","stat","tele"],"rl":[1,"#,
        &times(31, "0"),
        r#"],"swc":["#,
        &times(28, "-1"),
        r#"],"swn":["#,
        &times(28, "null"),
        r#"],"btn":["#,
        &times(32, "0"),
        r#"],"so":{"4":0,"11":0,"13":0,"17":0,"20":0,"30":0,"68":0,"73":0,"82":0,"114":0,"117":0},"lk":0,"#,
        r#""lt_st":0,"bat":0,"dslp":0,"sho":[],"sht":[],"ver":1} (r)"#,
    ]
    .concat()
}

const SENSORS: &str =
    r#"tasmota/discovery/240AC4123456/sensors = {"sn":{"Time":"2024-01-02T03:04:05"},"ver":1} (r)"#;
const NONE: [&str; 2] =
    ["tasmota/discovery/240AC4123456/config =  (r)", "tasmota/discovery/240AC4123456/sensors =  (r)"];

#[test]
fn ten_seconds_after_the_first_connect_everything_is_told() {
    // UX-21, UX-22, U-50, U-53, U-54, S-23
    let mut bench = reference(|_| {});
    bench.wait_ms(9_999).sends(&[]).clock(THEN).wait_ms(1).sends(&[&config(), SENSORS]);
    bench.wait_ms(10_000_000).sends(&[]);
}

#[test]
fn a_later_session_is_told_again_up_to_six_seconds_later() {
    // UX-27, S-23
    let mut bench = reference(|_| {});
    bench.wait_ms(10_000).lose(-3).connect().sent();
    bench.wait_ms(999).sends(&[]).wait_ms(5001);
    assert_eq!(bench.sent().len(), 2);
}

#[test]
fn nothing_is_told_before_it_is_due_or_without_a_session() {
    // S-23
    let mut bench = reference(|_| {});
    let told = |bench: &mut Bench| bench.sent().iter().any(|line| line.starts_with("tasmota/"));
    // The pulse's end is a moment at which the device looks what is due.
    bench.cmnd("PulseTime", "10").cmnd("Power", "1").wait_ms(5000);
    assert!(!told(&mut bench));
    bench.lose(-3).wait_ms(20_000);
    assert!(!told(&mut bench));
}

#[test]
fn a_change_of_what_it_tells_is_told_one_second_later() {
    let mut bench = reference(|_| {});
    bench.wait_ms(10_000).cmnd("FriendlyName", "Lamp").sent();
    bench.wait_ms(999).sends(&[]).wait_ms(1);
    assert!(bench.sent()[0].contains(r#""fn":["Lamp",null"#));
    // Any other change is no news.
    bench.cmnd("BlinkCount", "5").cmnd("FriendlyName", "Lamp").sent();
    bench.wait_ms(10_000).sends(&[]);
    // A new address is.
    let mut moved = network();
    moved.ip = [192, 168, 1, 51].into();
    bench.input(Input::Link(sonoff_core::io::Link::Up(&moved))).wait_ms(1000);
    assert!(bench.sent()[0].contains(r#""ip":"192.168.1.51""#));
}

#[test]
fn off_is_two_empty_messages_and_survives_a_restart() {
    // UX-20, U-51
    let mut bench = reference(|_| {});
    bench.wait_ms(10_000).sent();
    bench.cmnd("SetOption19", "1").sends(&[r#"stat/sonoff/RESULT = {"SetOption19":"ON"}"#]);
    bench.wait_ms(999).sends(&[]).wait_ms(1).sends(&NONE);
    // UX-26, U-49
    bench.wait_ms(1000).reboot(false).connect().sent();
    bench.wait_ms(100_000).sends(&[]);
    // U-48
    bench.cmnd("Discover", "").sends(&[r#"stat/sonoff/RESULT = {"Discover":"OFF"}"#]);
    bench.cmnd("Discover", "1").sends(&[r#"stat/sonoff/RESULT = {"Discover":"ON"}"#]);
    assert_eq!(bench.wait_ms(1000).sent().len(), 2);
    bench.cmnd("so19", "").sends(&[r#"stat/sonoff/RESULT = {"SetOption19":"OFF"}"#]);
}

#[test]
fn off_before_the_first_time_clears_what_an_earlier_run_left() {
    let mut bench = reference(|_| {});
    bench.cmnd("SetOption19", "1").sent();
    bench.wait_ms(1000).sends(&NONE).wait_ms(20_000).sends(&[]);
}

#[test]
fn the_template_is_one_that_clients_can_fill_in() {
    // U-62, U-63, U-55
    for (template, told) in [
        ("%prefix%/%topic%", "%prefix%/%topic%/"),
        ("%prefix%/%topic%/", "%prefix%/%topic%/"),
        ("home/%topic%/%id%/%prefix%", "home/%topic%/240AC4123456/%prefix%/"),
        ("%hostname%/%prefix%/%topic%", "sonoff-5206/%prefix%/%topic%/"),
    ] {
        let mut bench = reference(|settings| settings.set_text(Text::FULL_TOPIC, template).unwrap());
        let sent = bench.wait_ms(10_000).sent();
        assert!(sent[0].contains(&format!(r#""ft":"{told}""#)), "{sent:?}");
    }
}

#[test]
fn all_that_home_assistant_requires_is_there() {
    // U-56
    let sent = reference(|_| {}).wait_ms(10_000).sent();
    for key in [
        "ip", "dn", "fn", "hn", "mac", "md", "ty", "ofln", "onln", "state", "sw", "t", "ft", "tp", "rl",
        "swc", "btn", "so", "lk", "lt_st", "ver",
    ] {
        assert!(sent[0].contains(&format!("\"{key}\":")), "{key}");
    }
}
