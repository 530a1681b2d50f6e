//! SwitchText: what switches are called in messages.

use sonoff_core::Profile;
use sonoff_testkit::bench::Bench;

fn bench() -> Bench {
    let mut bench = Bench::of(Profile::with_relays(1).with_switches(2), |_| {}).discovery();
    bench.connect();
    for line in ["GroupState 0", "TelePeriod 0", "Time 1704164645"] {
        bench.line(line);
    }
    bench.wait_ms(20_000).sent();
    bench
}

#[track_caller]
fn answers(bench: &mut Bench, word: &str, payload: &str, answer: &str) {
    bench.cmnd(word, payload).sends(&[&format!("stat/sonoff/RESULT = {answer}")]);
}

// PX-34, P-68, U-30, U-53
#[test]
fn a_name_takes_the_place_of_the_number_wherever_the_switch_is_told() {
    let mut bench = bench();
    answers(&mut bench, "SwitchText2", "Front door", r#"{"SwitchText2":"Frontdoor"}"#);
    let sensors = bench.cmnd("Status", "10").sent().concat();
    assert!(sensors.contains(r#""Switch1":"ON","Frontdoor":"ON""#), "{sensors}");
    bench.cmnd("SetOption114", "1").sent();
    bench.wait_ms(2000);
    let config = bench.sent().concat();
    assert!(config.contains(r#""swn":["Switch1","Frontdoor",null"#), "{config}");
    bench.cmnd("SwitchMode0", "1").wait_ms(2000).sent();
    bench.switch(2, false).wait_ms(600);
    bench.sends(&[r#"stat/sonoff/RESULT = {"Frontdoor":{"Action":"OFF"}}"#]);
    // Topics keep the number.
    bench.cmnd("SetOption4", "1").sent();
    bench.switch(2, true).wait_ms(600);
    bench.sends(&[r#"stat/sonoff/SWITCH2 = {"Frontdoor":{"Action":"ON"}}"#]);
}

// C-54, C-3
#[test]
fn names_are_set_shown_and_cleared() {
    let mut bench = bench();
    answers(&mut bench, "SwitchText", "Door", r#"{"SwitchText1":"Door"}"#);
    let all = [
        r#"{"SwitchText1":"Door""#,
        r#","SwitchText2":"","SwitchText3":"","SwitchText4":"","SwitchText5":"""#,
    ];
    let all = format!(r#"{}{},"SwitchText6":"","SwitchText7":"","SwitchText8":""}}"#, all[0], all[1]);
    answers(&mut bench, "SwitchText", "", &all);
    answers(&mut bench, "SwitchText1", "\"", r#"{"SwitchText1":""}"#);
    answers(&mut bench, "SwitchText9", "x", r#"{"Command":"Error"}"#);
    answers(&mut bench, "SwitchText0", "x", r#"{"Command":"Error"}"#);
}

// C-54, P-68
#[test]
fn what_cannot_be_a_key_of_its_own_is_refused() {
    let mut bench = bench();
    answers(&mut bench, "SwitchText1", "Door", r#"{"SwitchText1":"Door"}"#);
    for refused in ["elevenbytes", "a\"b", "a\\b", "a\u{1}b", "Switch2", "Switch 3"] {
        answers(&mut bench, "SwitchText1", refused, r#"{"SwitchText1":"Door"}"#);
    }
    answers(&mut bench, "SwitchText2", "Door", r#"{"SwitchText2":""}"#);
    // Its own number is no one else's.
    answers(&mut bench, "SwitchText1", "Switch1", r#"{"SwitchText1":"Switch1"}"#);
    // What another one is called by default is free while that one has a name.
    answers(&mut bench, "SwitchText2", "Window", r#"{"SwitchText2":"Window"}"#);
    answers(&mut bench, "SwitchText1", "Switch2", r#"{"SwitchText1":"Switch2"}"#);
    answers(&mut bench, "SwitchText2", "\"", r#"{"SwitchText2":"Window"}"#);
}
