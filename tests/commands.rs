//! The worked examples of `docs/protocol/commands.md`, by their numbers.

use sonoff_core::io::Restart;
use sonoff_core::settings::Number;
use sonoff_testkit::bench::Bench;

/// Number, word, payload, what is published (without `stat/sonoff/`).
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const ON: &[&str] = &[r#"RESULT = {"POWER":"ON"}"#, "POWER = ON"];
const OFF: &[&str] = &[r#"RESULT = {"POWER":"OFF"}"#, "POWER = OFF"];
const ERROR: &[&str] = &[r#"RESULT = {"Command":"Error"}"#];

/// On one fresh device each, which must not restart.
const PLAIN: &[Row] = &[
    ("CX-2, C-7", "power", "1", ON),
    ("CX-3", "Power", "off", OFF),
    ("CX-4", "Power1", "TOGGLE", ON),
    ("CX-5", "Power", "0x1", ON),
    ("CX-6", "Power", "9", OFF),
    ("CX-7", "Power2", "on", ERROR),
    ("CX-10, C-1", "PowerOnState", "", &[r#"RESULT = {"PowerOnState":3}"#]),
    ("CX-11, C-8", "PowerOnState", "0", &[r#"RESULT = {"PowerOnState":0}"#]),
    ("CX-12, C-6", "PowerOnState", "7", &[r#"RESULT = {"PowerOnState":3}"#]),
    ("CX-13, C-9", "PulseTime1", "20", &[r#"RESULT = {"PulseTime1":{"Set":20,"Remaining":20}}"#]),
    ("CX-14", "PulseTime1", "160", &[r#"RESULT = {"PulseTime1":{"Set":160,"Remaining":160}}"#]),
    ("CX-16, C-10", "BlinkTime", "1", &[r#"RESULT = {"BlinkTime":10}"#]),
    ("CX-17", "BlinkCount", "0", &[r#"RESULT = {"BlinkCount":0}"#]),
    ("CX-18, C-11", "Interlock", "1", &[r#"RESULT = {"Interlock":"OFF"}"#]),
    ("CX-29, C-20", "FriendlyName", "Kitchen", &[r#"RESULT = {"FriendlyName1":"Kitchen"}"#]),
    ("CX-30, C-3", "FN2", "Fan", &[r#"RESULT = {"FriendlyName2":"Fan"}"#]),
    ("CX-31, C-19", "DeviceName", "\"", &[r#"RESULT = {"DeviceName":""}"#]),
    ("CX-35", "MqttPort", "70000", &[r#"RESULT = {"MqttPort":1883}"#]),
    ("CX-37, C-26", "MqttPassword", "", &[r#"RESULT = {"MqttPassword":"****"}"#]),
    ("CX-39, C-27", "MqttRetry", "5", &[r#"RESULT = {"MqttRetry":10}"#]),
    ("CX-43", "Prefix", "", &[r#"RESULT = {"Prefix1":"cmnd","Prefix2":"stat","Prefix3":"tele"}"#]),
    ("CX-44, C-24", "StateText1", "switched", &[r#"RESULT = {"StateText1":"switched"}"#]),
    ("CX-48, C-29, C-4", "PowerRetain", "off", &["POWER =  (r)", r#"RESULT = {"PowerRetain":"OFF"}"#]),
    ("CX-51, C-18", "SetOption26", "1", &[r#"RESULT = {"SetOption26":"ON"}"#]),
    ("CX-53", "SetOption26", "2", ERROR),
    ("CX-54", "SetOption5", "1", ERROR),
    ("CX-55", "SetOption5", "", &[r#"RESULT = {"SetOption5":"OFF"}"#]),
    ("CX-58", "SetOption34", "256", ERROR),
    ("CX-59", "SetOption200", "", ERROR),
    ("CX-60", "SetOption4", "1", &[r#"SETOPTION = {"SetOption4":"ON"}"#]),
    ("CX-62, C-22, C-5", "SerialLog", "0", &[r#"RESULT = {"SerialLog":{"0":{"Active":"0"}}}"#]),
    ("C-23", "MqttLog", "5", &[r#"RESULT = {"MqttLog":0}"#]),
    ("CX-68, C-15", "Restart", "", &[r#"RESULT = {"Restart":"1 to restart, 2 to halt"}"#]),
    ("CX-71, C-38", "Reset", "99", &[r#"RESULT = {"Reset":"Done"}"#]),
    ("C-39", "Reset", "", &[r#"RESULT = {"Reset":"1 to reset"}"#]),
    ("CX-72, C-17, C-2", "SaveData", "60", &[r#"RESULT = {"SaveData":"Every 60 sec"}"#]),
    ("CX-73", "SaveData", "0", &[r#"RESULT = {"SaveData":"OFF"}"#]),
    ("CX-90, C-12", "Backlog", "", &[r#"RESULT = {"Backlog":"Empty"}"#]),
    ("CX-92, C-40", "Backlog", "Power on; Reset 1", ON),
    ("CX-103, C-13", "Status", "99", ERROR),
    ("CX-104", "Foo", "1", &[r#"RESULT = {"Command":"Unknown"}"#]),
    ("C-32", "Discover", "", &[r#"RESULT = {"Discover":"ON"}"#]),
];

/// The same, with a restart afterwards.
const RESTARTING: &[Row] = &[
    ("CX-32, C-25", "MqttHost", "192.168.1.10", &[r#"RESULT = {"MqttHost":"192.168.1.10"}"#]),
    ("CX-33", "MqttHost", "1", &[r#"RESULT = {"MqttHost":""}"#]),
    ("CX-34", "MqttPort", "1", &[r#"RESULT = {"MqttPort":1883}"#]),
    ("CX-36", "MqttPassword", "secret", &[r#"RESULT = {"MqttPassword":"****"}"#]),
    ("CX-38", "MqttPassword2", "secret", &[r#"RESULT = {"MqttPassword":"****"}"#]),
    (
        "CX-42, C-28",
        "GroupTopic2",
        "lamps",
        &[r#"RESULT = {"GroupTopic1":"sonoffs","GroupTopic2":"lamps","GroupTopic3":"","GroupTopic4":""}"#],
    ),
    ("CX-67", "Restart", "1", &[r#"RESULT = {"Restart":"Restarting"}"#]),
    ("CX-69, C-16, C-33", "Reset", "1", &[r#"RESULT = {"Reset":"Reset and Restarting"}"#]),
    ("CX-70, C-34, C-35, C-36", "Reset", "5", &[r#"RESULT = {"Reset":"Erase, Reset and Restarting"}"#]),
    ("CX-86, C-21", "Hostname", "lamp-%d", &[r#"RESULT = {"Hostname":"%s-%04d"}"#]),
];

/// What a device of its own publishes, and whether it restarts then.
fn happens((_, word, payload, _): &Row) -> (Vec<String>, bool) {
    let mut bench = Bench::with(1, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_number(Number::TELE_PERIOD, 0).unwrap();
    });
    let sent = bench.cmnd(word, payload).sent();
    let sent = sent.iter().map(|line| line.trim_start_matches("stat/sonoff/").to_owned()).collect();
    bench.wait_ms(1500);
    (sent, bench.sent().contains(&"DISCONNECT".to_owned()))
}

#[test]
fn commands_that_do_not_restart() {
    for row in PLAIN {
        let expected = row.3.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(happens(row), (expected, false), "{}", row.0);
    }
}

#[test]
fn commands_that_restart() {
    for row in RESTARTING {
        let expected = row.3.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(happens(row), (expected, true), "{}", row.0);
    }
}

#[test]
fn commands_that_build_on_each_other() {
    // CX-1
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Power", "1").sent();
    bench.cmnd("POWER", "").sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
    // CX-15
    bench.cmnd("PulseTime1", "160").wait_ms(48_000).sent();
    bench
        .cmnd("PulseTime1", "")
        .sends(&[r#"stat/sonoff/RESULT = {"PulseTime1":{"Set":160,"Remaining":112}}"#]);
    // CX-52
    bench.cmnd("SetOption26", "1").sent();
    bench.cmnd("SO26", "").sends(&[r#"stat/sonoff/RESULT = {"SetOption26":"ON"}"#]);
    // CX-45, C-30, C-14: STATE follows at the next second
    bench.cmnd("TelePeriod", "5").sends(&[r#"stat/sonoff/RESULT = {"TelePeriod":10}"#]);
    let sent = bench.wait_ms(1000).sent();
    assert!(sent.len() == 1 && sent[0].starts_with("tele/sonoff/STATE = {"), "{sent:?}");
}

#[test]
fn several_relays() {
    // CX-8
    let pair = [r#"stat/sonoff/RESULT = {"POWER2":"ON"}"#, "stat/sonoff/POWER2 = ON"];
    Bench::sonoff(2).cmnd("Power2", "on").sends(&pair);
    // CX-9
    let first = [r#"stat/sonoff/RESULT = {"POWER1":"ON"}"#, "stat/sonoff/POWER1 = ON"];
    Bench::sonoff(2).cmnd("Power0", "1").sends(&[first, pair].concat());
    // CX-19, CX-20
    let mut bench = Bench::sonoff(4);
    bench
        .cmnd("Interlock", "1,2 3,4")
        .sends(&[r#"stat/sonoff/RESULT = {"Interlock":"OFF","Groups":"1,2 3,4"}"#]);
    bench.cmnd("Interlock", "on").sends(&[r#"stat/sonoff/RESULT = {"Interlock":"ON","Groups":"1,2 3,4"}"#]);
    // CX-21, CX-22
    let lone = r#"stat/sonoff/RESULT = {"Interlock":"OFF","Groups":"1,2"}"#;
    Bench::sonoff(4).cmnd("Interlock", "1,2 3,").sends(&[lone]);
    let all = r#"stat/sonoff/RESULT = {"Interlock":"OFF","Groups":"1,2,3"}"#;
    Bench::sonoff(3).cmnd("Interlock", "").sends(&[all]);
}

#[test]
fn a_publish_is_its_own_answer() {
    // CX-49, C-31
    Bench::sonoff(1).cmnd("Publish", "cmnd/other/POWER 2").sends(&["cmnd/other/POWER = 2"]);
    // CX-50
    Bench::sonoff(1).cmnd("Publish2", "home#one/x").sends(&["home one/x =  (r)"]);
}

#[test]
fn a_halt_stays_off() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Restart", "2").sends(&[r#"stat/sonoff/RESULT = {"Restart":"Halting"}"#]);
    bench.wait_ms(2000).lose(-1).restarts(&[Restart::Halt]);
}
