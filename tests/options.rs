//! What each option does: first without it, then with it. One test for each number, which the test's name begins with;
//! `COMMANDS.md` names them, and `cargo xtask docs` fails for an option that has none.

use sonoff_core::io::Proof;
use sonoff_core::profile::Part;
use sonoff_core::reading::{Place, Quantity, Reading, Sensor};
use sonoff_core::settings::Number;
use sonoff_core::{Input, Profile};
use sonoff_testkit::bench::Bench;

const ON: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"];
const OFF: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#, "stat/sonoff/POWER = OFF"];

/// One relay, button and switch.
fn bench() -> Bench {
    of(Profile::with_relays(1).with_switches(1))
}

fn of(profile: Profile) -> Bench {
    let mut bench = Bench::of(profile, |_| {});
    bench.connect();
    bench.line("GroupState 0").line("TelePeriod 0").wait_ms(20_000).sent();
    bench
}

/// Sets an option and takes its answer.
#[track_caller]
fn set(bench: &mut Bench, number: u8, value: &str) {
    let shown = match value {
        "0" if !(32..=49).contains(&number) => "\"OFF\"",
        "1" if !(32..=49).contains(&number) => "\"ON\"",
        value => value,
    };
    let sent = bench.cmnd(&format!("SetOption{number}"), value).sent();
    let answer = format!(r#"{{"SetOption{number}":{shown}}}"#);
    assert!(sent.iter().any(|line| line.ends_with(&answer)), "{sent:?}");
}

/// The option shows what this command sets.
#[track_caller]
fn mirrors(number: u8, command: &str) {
    let mut bench = of(Profile::with_relays(2));
    let shown = |bench: &mut Bench| bench.cmnd(&format!("SetOption{number}"), "").sent();
    assert_eq!(shown(&mut bench), [format!(r#"stat/sonoff/RESULT = {{"SetOption{number}":"OFF"}}"#)]);
    bench.cmnd(command, "1").sent();
    assert_eq!(shown(&mut bench), [format!(r#"stat/sonoff/RESULT = {{"SetOption{number}":"ON"}}"#)]);
}

/// The one line with this in it.
#[track_caller]
fn line_with(lines: &[String], part: &str) -> String {
    let mut found = lines.iter().filter(|line| line.contains(part));
    let only = found.next().unwrap_or_else(|| panic!("no {part} in {lines:#?}"));
    assert_eq!(found.next(), None);
    only.clone()
}

fn measured(bench: &mut Bench, place: Place, quantity: Quantity, milli: i32) {
    let sensor = Sensor { name: "BME280", place };
    bench.input(Input::Reading(Reading { sensor, quantity, milli: Some(milli) }));
}

fn status_10(bench: &mut Bench) -> String {
    bench.cmnd("Status", "10").sent().concat()
}

#[test]
fn so_0_off_forgets_the_power_state() {
    for (value, on) in [("1", true), ("0", false)] {
        let mut bench = bench();
        set(&mut bench, 0, value);
        bench.cmnd("Power", "1").wait_ms(2000).reboot(true);
        assert_eq!(bench.device().power().is_on(1), on, "SetOption0 {value}");
    }
}

#[test]
fn so_1_takes_the_long_hold_from_the_button() {
    let mut bench = bench();
    set(&mut bench, 1, "1");
    bench.press(1, 41_000);
    assert!(!bench.sent().concat().contains("Reset"));
    set(&mut bench, 1, "0");
    bench.press(1, 41_000);
    assert!(bench.sent().concat().contains(r#"{"Reset":"Reset and Restarting"}"#));
}

#[test]
fn so_3_off_uses_no_broker() {
    let mut bench = bench();
    bench.line("MqttHost 10.0.0.1").wait_ms(3000).lose(-1).reboot(false).connect();
    assert!(bench.device().broker(0).is_some());
    set(&mut bench, 3, "0");
    bench.wait_ms(3000).lose(-1).reboot(false);
    assert!(bench.device().broker(0).is_none());
}

#[test]
fn so_4_answers_on_the_commands_own_topic() {
    let mut bench = bench();
    bench.cmnd("BlinkTime", "").sends(&[r#"stat/sonoff/RESULT = {"BlinkTime":10}"#]);
    set(&mut bench, 4, "1");
    bench.cmnd("BlinkTime", "").sends(&[r#"stat/sonoff/BLINKTIME = {"BlinkTime":10}"#]);
}

#[test]
fn so_5_shows_power_retain() {
    mirrors(5, "PowerRetain");
}

#[test]
fn so_6_shows_button_retain() {
    mirrors(6, "ButtonRetain");
}

#[test]
fn so_7_shows_switch_retain() {
    mirrors(7, "SwitchRetain");
}

#[test]
fn so_8_shows_fahrenheit() {
    let mut bench = bench();
    measured(&mut bench, Place::Single, Quantity::Temperature, 20_000);
    assert!(status_10(&mut bench).contains(r#""Temperature":20.0},"TempUnit":"C""#));
    set(&mut bench, 8, "1");
    assert!(status_10(&mut bench).contains(r#""Temperature":68.0},"TempUnit":"F""#));
}

#[test]
fn so_9_shows_sensor_retain() {
    mirrors(9, "SensorRetain");
}

#[test]
fn so_10_leaves_offline_on_the_old_topic() {
    for (value, payload) in [("0", ""), ("1", "Offline")] {
        let mut bench = bench();
        set(&mut bench, 10, value);
        let sent = bench.cmnd("Topic", "hall").sent();
        assert_eq!(line_with(&sent, "/LWT"), format!("tele/sonoff/LWT = {payload} (r)"));
    }
}

#[test]
fn so_11_offers_the_double_press() {
    let mut bench = bench();
    bench.cmnd("ButtonTopic", "lamp").sent();
    bench.press(1, 60).wait_ms(600).sends(&["cmnd/lamp/POWER = TOGGLE"]);
    set(&mut bench, 11, "1");
    bench.press(1, 60).wait_ms(600).sends(&ON);
    bench.press(1, 60).press(1, 60).wait_ms(600).sends(&["cmnd/lamp/POWER = TOGGLE"]);
}

#[test]
fn so_13_does_not_wait_for_a_second_press() {
    let mut bench = of(Profile::with_relays(2));
    bench.button(1, true).wait_ms(60).button(1, false).wait_ms(100).drives(&[]);
    bench.wait_ms(600).drives(&[(1, true)]);
    set(&mut bench, 13, "1");
    bench.button(1, true).wait_ms(60).drives(&[(1, false)]);
}

#[test]
fn so_14_shows_interlock() {
    mirrors(14, "Interlock");
}

#[test]
fn so_19_ends_discovery() {
    let mut bench = bench().discovery();
    set(&mut bench, 19, "1");
    bench.wait_ms(1000);
    let sent = bench.sent();
    assert_eq!(line_with(&sent, "/config"), "tasmota/discovery/240AC4123456/config =  (r)");
    set(&mut bench, 19, "0");
    bench.wait_ms(1000);
    assert!(line_with(&bench.sent(), "/config").contains(r#""dn":"Sonoff""#));
}

#[test]
fn so_24_shows_millimetres_of_mercury() {
    let mut bench = bench();
    measured(&mut bench, Place::Single, Quantity::Pressure, 1_000_000);
    assert!(status_10(&mut bench).contains(r#""Pressure":1000.0},"PressureUnit":"hPa""#));
    set(&mut bench, 24, "1");
    assert!(status_10(&mut bench).contains(r#""Pressure":750.1},"PressureUnit":"mmHg""#));
}

#[test]
fn so_26_numbers_the_only_relay() {
    let mut bench = bench();
    bench.cmnd("Power", "1").sends(&ON);
    set(&mut bench, 26, "1");
    bench.cmnd("Power", "0").sends(&[r#"stat/sonoff/RESULT = {"POWER1":"OFF"}"#, "stat/sonoff/POWER1 = OFF"]);
}

#[test]
fn so_31_keeps_the_led_still() {
    let mut bench = bench();
    bench.lose(-3).wait_ms(10_000);
    assert!(bench.lit().len() > 3);
    bench.line("SetOption31 1").wait_ms(1000).lit();
    assert_eq!(bench.wait_ms(10_000).lit(), []);
}

#[test]
fn so_32_is_the_hold_time() {
    for (value, ms) in [("40", 4040), ("20", 2040)] {
        let mut bench = bench();
        set(&mut bench, 32, value);
        bench.cmnd("SetOption73", "1").sent();
        bench.button(1, true).wait_ms(ms - 1).sends(&[]).wait_ms(1);
        bench.sends(&[r#"stat/sonoff/RESULT = {"Button1":{"Action":"HOLD"}}"#]);
    }
}

#[test]
fn so_34_is_the_pause_of_a_backlog() {
    for (value, ms) in [("200", 200), ("50", 50)] {
        let mut bench = bench();
        set(&mut bench, 34, value);
        bench.cmnd("Backlog", "Power 1; Power 0").sends(&ON);
        bench.wait_ms(ms - 1).sends(&[]).wait_ms(1).sends(&OFF);
    }
}

#[test]
fn so_40_ignores_a_press_that_lasts() {
    let mut bench = bench();
    set(&mut bench, 1, "1");
    bench.press(1, 2000).drives(&[(1, true)]);
    set(&mut bench, 40, "10");
    bench.press(1, 2000).drives(&[]).press(1, 500).wait_ms(600).drives(&[(1, false)]);
}

#[test]
fn so_52_appends_the_offset() {
    let mut bench = bench();
    bench.cmnd("Timezone", "2").clock(1_704_164_645).sent();
    bench.cmnd("Time", "").sends(&[r#"stat/sonoff/RESULT = {"Time":"2024-01-02T05:04:05"}"#]);
    set(&mut bench, 52, "1");
    bench.cmnd("Time", "").sends(&[r#"stat/sonoff/RESULT = {"Time":"2024-01-02T05:04:05+02:00"}"#]);
}

#[test]
fn so_55_off_looks_for_no_broker() {
    let mut bench = of(Profile::BASIC);
    let looks = |bench: &mut Bench| bench.device().looks_for_broker();
    assert!(looks(&mut bench));
    set(&mut bench, 55, "0");
    assert!(!looks(&mut bench));
    set(&mut bench, 55, "1");
    bench.line("MqttHost3 10.0.0.1");
    assert!(!looks(&mut bench), "S-73");
    // Port 0 is no broker at all.
    let mut bench = of(Profile::BASIC);
    bench.device().settings_mut().set_number(Number::MQTT_PORT, 0).unwrap();
    assert!(!looks(&mut bench));
}

#[test]
fn so_59_tells_the_state_at_every_change() {
    let mut bench = bench();
    bench.cmnd("Power", "1").sends(&ON);
    set(&mut bench, 59, "1");
    let sent = bench.cmnd("Power", "0").sent();
    assert!(line_with(&sent, "tele/sonoff/STATE").contains(r#""POWER":"OFF""#));
}

#[test]
fn so_61_lets_the_button_switch_here_too() {
    let mut bench = bench();
    bench.cmnd("ButtonTopic", "lamp").sent();
    bench.press(1, 60).wait_ms(600).drives(&[]);
    set(&mut bench, 61, "1");
    bench.press(1, 60).wait_ms(600).drives(&[(1, true)]);
}

#[test]
fn so_62_does_not_retain_hold() {
    let mut bench = bench();
    bench.cmnd("ButtonTopic", "lamp").cmnd("ButtonRetain", "1").sent();
    bench.press(1, 5000).sends(&["cmnd/lamp/POWER = HOLD (r)"]);
    set(&mut bench, 62, "1");
    bench.press(1, 5000).sends(&["cmnd/lamp/POWER = HOLD"]);
}

#[test]
fn so_64_writes_a_low_line() {
    let mut bench = bench();
    for address in [0x76, 0x77] {
        measured(&mut bench, Place::Address(address), Quantity::Humidity, 45_000);
    }
    assert!(status_10(&mut bench).contains(r#""BME280-76":"#));
    set(&mut bench, 64, "1");
    assert!(status_10(&mut bench).contains(r#""BME280_76":"#));
}

#[test]
fn so_65_no_power_cuts_reset_anything() {
    // D-63
    let mut bench = bench();
    bench.cmnd("SetOption65", "").sends(&[r#"stat/sonoff/RESULT = {"SetOption65":"ON"}"#]);
    bench.cmnd("SetOption65", "0").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    bench.cmnd("BlinkTime", "20").wait_ms(5000);
    for ms in [1, 500, 1500, 2500, 3000, 7900, 8000, 9999].into_iter().cycle().take(40) {
        bench.wait_ms(ms).reboot(true);
    }
    bench.connect().sent();
    bench.cmnd("BlinkTime", "").sends(&[r#"stat/sonoff/RESULT = {"BlinkTime":20}"#]);
}

#[test]
fn so_73_detaches_the_button() {
    let mut bench = bench();
    bench.press(1, 60).wait_ms(600).sends(&ON);
    set(&mut bench, 73, "1");
    bench.press(1, 60).wait_ms(600).sends(&[r#"stat/sonoff/RESULT = {"Button1":{"Action":"SINGLE"}}"#]);
}

#[test]
fn so_75_puts_group_topics_where_full_topic_does_not() {
    let mut bench = bench();
    let groups = |bench: &mut Bench| {
        let sent = bench.wait_ms(3000).lose(-1).reboot(false).connect().sent();
        line_with(&sent, "SUBSCRIBE cmnd/sonoffs/")
    };
    bench.cmnd("FullTopic", "%prefix%/%topic%/x");
    assert_eq!(groups(&mut bench), "SUBSCRIBE cmnd/sonoffs/x/#");
    bench.line("SetOption75 1");
    assert_eq!(groups(&mut bench), "SUBSCRIBE cmnd/sonoffs/#");
}

#[test]
fn so_90_sends_json_alone() {
    let mut bench = bench();
    set(&mut bench, 90, "1");
    bench.cmnd("Power", "1").sends(&[ON[0]]);
}

/// The link of a firmware that has TLS.
const SECURE: Profile = Profile { parts: &[Part::Tls], ..Profile::BASIC };

#[test]
fn so_103_wants_tls() {
    let mut bench = of(SECURE);
    assert_eq!(bench.device().proof(), None);
    set(&mut bench, 103, "1");
    assert_eq!(bench.device().proof(), Some(Proof::Authority));
    bench.wait_ms(6000);
    assert_eq!(bench.restarted().len(), 1);
}

#[test]
fn so_132_knows_the_broker_by_its_key() {
    let mut bench = of(SECURE);
    set(&mut bench, 103, "1");
    set(&mut bench, 132, "1");
    assert!(matches!(bench.device().proof(), Some(Proof::Keys(_))));
}

#[test]
fn so_104_retains_nothing() {
    let mut bench = bench();
    bench.cmnd("PowerRetain", "1").sent();
    bench.cmnd("Power", "").sends(&[OFF[0], "stat/sonoff/POWER = OFF (r)"]);
    set(&mut bench, 104, "1");
    bench.cmnd("Power", "").sends(&OFF);
}

#[test]
fn so_114_detaches_the_switch() {
    let mut bench = of(Profile::BASIC.with_switches(1));
    bench.switch(1, false).wait_ms(600).sends(&ON);
    set(&mut bench, 114, "1");
    bench.switch(1, true).wait_ms(600).sends(&[r#"stat/sonoff/RESULT = {"Switch1":{"Action":"TOGGLE"}}"#]);
}

#[test]
fn so_121_retains_the_state() {
    let mut bench = bench();
    set(&mut bench, 121, "1");
    bench.cmnd("StateRetain", "").sends(&[r#"stat/sonoff/RESULT = {"StateRetain":"ON"}"#]);
    bench.cmnd("TelePeriod", "10").wait_ms(1000);
    assert!(line_with(&bench.sent(), "tele/sonoff/STATE").ends_with(" (r)"));
}

#[test]
fn what_an_option_kept_at_the_broker_goes_when_it_ends_and_not_when_it_begins() {
    // S-64
    let mut bench = bench();
    let cleared = |bench: &mut Bench, value| {
        let sent = bench.cmnd("SetOption121", value).sent();
        sent.contains(&"tele/sonoff/STATE =  (r)".to_owned())
    };
    assert!(!cleared(&mut bench, "1"));
    assert!(cleared(&mut bench, "0"));
}

#[test]
fn options_that_only_show_are_not_set() {
    // D-31
    let mut bench = bench();
    for number in [5, 6, 7, 9, 14, 65] {
        let before = bench.device().settings().option(number);
        bench.cmnd(&format!("SetOption{number}"), if before { "0" } else { "1" }).sent();
        assert_eq!(bench.device().settings().option(number), before, "SetOption{number}");
    }
}

#[test]
fn a_change_of_what_is_in_force_from_the_start_restarts() {
    // D-32
    for number in [3, 75, 103, 104, 132] {
        let mut bench = of(Profile { parts: &[Part::Radio, Part::Tls], ..Profile::BASIC });
        let on = bench.device().settings().option(number);
        bench.cmnd(&format!("SetOption{number}"), if on { "1" } else { "0" }).wait_ms(5000).restarts(&[]);
        bench.cmnd(&format!("SetOption{number}"), if on { "0" } else { "1" }).wait_ms(5000);
        assert_eq!(bench.restarted().len(), 1, "SetOption{number}");
    }
}

#[test]
fn with_retained_commands_2_a_kept_option_and_a_kept_time_act() {
    // D-48
    let mut bench = bench();
    bench.cmnd("RetainedCommands", "2").sent();
    bench.retained("cmnd/sonoff/Time", "1704164645").logs(&[]);
    bench.retained("cmnd/sonoff/SetOption104", "1").logs(&[]).wait_ms(5000);
    assert_eq!(bench.restarted().len(), 1);
}

#[test]
fn so_122_retains_info() {
    for (value, end) in [("0", "}"), ("1", " (r)")] {
        let mut bench = bench();
        set(&mut bench, 122, value);
        let sent = bench.wait_ms(2000).lose(-3).reboot(true).connect().sent();
        assert!(line_with(&sent, "tele/sonoff/INFO1").ends_with(end), "SetOption122 {value}");
    }
}

#[test]
fn so_139_shows_inches_of_mercury() {
    let mut bench = bench();
    measured(&mut bench, Place::Single, Quantity::Pressure, 1_000_000);
    set(&mut bench, 139, "1");
    assert!(status_10(&mut bench).contains(r#""PressureUnit":"hPa""#));
    set(&mut bench, 24, "1");
    assert!(status_10(&mut bench).contains(r#""Pressure":29.5},"PressureUnit":"inHg""#));
}

#[test]
fn so_140_asks_for_a_persistent_session() {
    let mut bench = bench();
    assert!(bench.device().greeting(&mut [0; 150]).clean_session);
    set(&mut bench, 140, "1");
    assert!(!bench.device().greeting(&mut [0; 150]).clean_session);
}

#[test]
fn so_145_retains_status_answers() {
    let mut bench = bench();
    set(&mut bench, 145, "1");
    assert!(bench.cmnd("Status", "6").sent()[0].ends_with(" (r)"));
}
