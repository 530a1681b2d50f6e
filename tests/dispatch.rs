//! The worked examples of `docs/protocol/dispatch.md`, by their numbers.

use sonoff_core::Profile;
use sonoff_core::io::Restart;
use sonoff_core::profile::Part;
use sonoff_core::settings::Text;
use sonoff_testkit::bench::Bench;

const ON: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"];
const OFF: [&str; 2] = [r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#, "stat/sonoff/POWER = OFF"];

/// The answer to one command of the reference device.
#[track_caller]
fn answers(word: &str, payload: &str, answer: &str) {
    Bench::sonoff(1).cmnd(word, payload).sends(&[&format!("stat/sonoff/RESULT = {answer}")]);
}

#[test]
fn keywords_and_numbers_switch() {
    // DX-1, D-2, D-7, D-21, D-24
    Bench::sonoff(1).cmnd("power", "TOGGLE").sends(&ON);
    // DX-3, D-12
    Bench::sonoff(1).cmnd("power", "true").sends(&ON);
    // D-11
    Bench::sonoff(1).cmnd("power", "0x1").sends(&ON);
    Bench::sonoff(1).cmnd("power", "1\n").sends(&ON);
    // D-8
    Bench::sonoff(1).cmnd("power", "  on").sends(&ON);
}

#[test]
fn anything_else_shows_the_state() {
    let mut bench = Bench::sonoff(1);
    // DX-2, D-9
    bench.cmnd("power", "?").sends(&OFF);
    // DX-4, D-14
    bench.cmnd("power", "on\n").sends(&OFF);
    // DX-5, D-13
    bench.cmnd("power", "hold").sends(&OFF);
    // D-15, D-24
    for payload in ["5", "100", "255", "-99", "-1", "99999999999999"] {
        bench.cmnd("power", payload).sends(&OFF);
    }
    bench.drives(&[]);
}

#[test]
fn state_texts_are_shown_and_taken() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("StateText2", "AN").sends(&[r#"stat/sonoff/RESULT = {"StateText2":"AN"}"#]);
    // DX-6
    bench.cmnd("power", "1").sends(&[r#"stat/sonoff/RESULT = {"POWER":"AN"}"#, "stat/sonoff/POWER = AN"]);
    bench.cmnd("power", "0").sends(&OFF);
    // DX-7, D-13: Power takes the device's own words
    bench.cmnd("power", "AN").sends(&[r#"stat/sonoff/RESULT = {"POWER":"AN"}"#, "stat/sonoff/POWER = AN"]);
}

#[test]
fn what_does_not_exist_is_an_error_or_unknown() {
    // DX-8, D-19, D-26
    answers("power2", "1", r#"{"Command":"Error"}"#);
    // DX-9, D-20
    answers("foobar", "1", r#"{"Command":"Unknown"}"#);
    // D-27
    Bench::sonoff(0).cmnd("Power", "1").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    answers("PulseTime9", "1", r#"{"Command":"Error"}"#);
    answers("GroupTopic5", "x", r#"{"Command":"Error"}"#);
}

#[test]
fn a_value_out_of_range_changes_nothing_and_the_old_one_is_the_answer() {
    // DX-11, D-22
    answers("TelePeriod", "5000", r#"{"TelePeriod":300}"#);
    // DX-29
    answers("MqttRetry", "5", r#"{"MqttRetry":10}"#);
    for (word, payload, answer) in [
        ("MqttKeepAlive", "101", r#"{"MqttKeepAlive":30}"#),
        ("MqttTimeout", "0", r#"{"MqttTimeout":4}"#),
        ("MqttPort", "70000", r#"{"MqttPort":1883}"#),
        ("BlinkTime", "1", r#"{"BlinkTime":10}"#),
        ("BlinkCount", "32001", r#"{"BlinkCount":10}"#),
        ("PowerOnState", "6", r#"{"PowerOnState":3}"#),
        ("PulseTime1", "65536", r#"{"PulseTime1":{"Set":0,"Remaining":0}}"#),
        ("RetainedCommands", "3", r#"{"RetainedCommands":1}"#),
        ("GroupState", "2", r#"{"GroupState":"OFF"}"#),
    ] {
        answers(word, payload, answer);
    }
}

#[test]
fn options_are_shown_set_and_refused() {
    // DX-12, D-31
    answers("SetOption4", "2", r#"{"Command":"Error"}"#);
    // DX-13, D-17, T-49: the option is in force when its answer goes out
    Bench::sonoff(1).cmnd("so4", "1").sends(&[r#"stat/sonoff/SO = {"SetOption4":"ON"}"#]);
    // DX-15
    answers("SetOption5", "1", r#"{"Command":"Error"}"#);
    // D-28, D-29
    answers("SetOption34", "", r#"{"SetOption34":200}"#);
    answers("SetOption34", "255", r#"{"SetOption34":255}"#);
    answers("SetOption34", "256", r#"{"Command":"Error"}"#);
    answers("SetOption26", "on", r#"{"SetOption26":"ON"}"#);
    // D-30
    answers("SetOption178", "", r#"{"Command":"Error"}"#);
    answers("SetOption200", "1", r#"{"Command":"Error"}"#);
    // D-31: a negative number asks
    answers("SetOption26", "-1", r#"{"SetOption26":"OFF"}"#);
}

#[test]
fn an_option_that_takes_a_restart_restarts_when_it_changes() {
    // D-32
    Bench::sonoff(1).cmnd("SetOption3", "1").wait_ms(3000).lose(-1).restarts(&[]);
    Bench::sonoff(1).cmnd("SetOption3", "0").wait_ms(3000).lose(-1).restarts(&[Restart::Commanded]);
}

#[test]
fn hexadecimal_is_a_number_and_the_port_restarts() {
    // DX-16
    Bench::sonoff(1)
        .cmnd("mqttport", "0x1234")
        .sends(&[r#"stat/sonoff/RESULT = {"MqttPort":4660}"#])
        .wait_ms(2000)
        .lose(-1)
        .restarts(&[Restart::Commanded]);
}

#[test]
fn secrets_are_never_shown() {
    // DX-17
    answers("MqttPassword", "", r#"{"MqttPassword":"****"}"#);
    answers("MqttPassword", "secret", r#"{"MqttPassword":"****"}"#);
    answers("MqttPassword2", "secret", r#"{"MqttPassword":"****"}"#);
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttPassword", "secret").cmnd("MqttPassword", "****").sent();
    assert_eq!(bench.device().settings().text(Text::MQTT_PASSWORD), "secret");
}

#[test]
fn a_backlog_runs_its_parts_with_gaps_and_delays() {
    // DX-18, D-35, D-41
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", "Power on; Delay 20; Power off").sends(&ON);
    bench.wait_ms(199).sends(&[]).wait_ms(1).sends(&[r#"stat/sonoff/RESULT = {"Delay":20}"#]);
    bench.wait_ms(1999).sends(&[]).wait_ms(1).sends(&OFF);
}

#[test]
fn any_command_restarts_the_gap() {
    // D-35
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", "Power on; Power off").sends(&ON);
    bench.wait_ms(150).cmnd("BlinkTime", "").sends(&[r#"stat/sonoff/RESULT = {"BlinkTime":10}"#]);
    bench.wait_ms(199).sends(&[]).wait_ms(1).sends(&OFF);
}

#[test]
fn an_empty_backlog_clears_the_queue() {
    // DX-19, D-38
    answers("Backlog", "", r#"{"Backlog":"Empty"}"#);
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", "Power on; Power off").sends(&ON);
    bench.cmnd("Backlog", "").sends(&[r#"stat/sonoff/RESULT = {"Backlog":"Aborted"}"#]);
    bench.wait_ms(1000).sends(&[]);
}

#[test]
fn backlog_2_and_3_answer_nothing_but_power() {
    // DX-20, D-36, D-37
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog2", "TelePeriod 60; Power 1").sends(&ON);
    bench.cmnd("BlinkTime", "").sends(&[r#"stat/sonoff/RESULT = {"BlinkTime":10}"#]);
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog3", "BlinkTime 20; Power 1").sends(&[]).wait_ms(200).sends(&ON);
}

#[test]
fn backlog_0_has_no_gaps_and_nodelay_leaves_one_out() {
    // D-36
    Bench::sonoff(1).cmnd("Backlog0", "Power on; Power off").sends(&[ON, OFF].concat());
    // D-39
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", "NoDelay; Power on; Power off; Power on").sends(&[ON, OFF].concat());
    bench.wait_ms(200).sends(&ON);
}

#[test]
fn a_backlog_of_thirty_runs_and_one_of_more_is_refused_whole() {
    // D-34
    let parts = |count: usize| "Power 2;".repeat(count);
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog0", &parts(31)).sends(&[r#"stat/sonoff/RESULT = {"Backlog":"Error"}"#]).drives(&[]);
    bench.cmnd("Backlog0", &parts(30));
    assert_eq!(bench.sent().len(), 60);
    bench.cmnd("Backlog0", &format!("NoDelay;{}", parts(30)));
    assert_eq!(bench.sent().len(), 60);
    bench
        .cmnd("Backlog", &format!("Power {}", "x".repeat(2000)))
        .sends(&[r#"stat/sonoff/RESULT = {"Backlog":"Error"}"#]);
}

#[test]
fn options_with_nothing_to_act_on_are_refused() {
    // D-62, D-55
    for word in ["SetOption36", "SetOption53"] {
        answers(word, "1", r#"{"Command":"Error"}"#);
        answers(word, "", r#"{"Command":"Error"}"#);
    }
}

/// What a device manager asks a device that it has just found: 27 things, some of which no device of this kind has.
const MANAGER: [&str; 27] = [
    "PowerOnState",
    "ZbInfo",
    "BlinkTime",
    "BlinkCount",
    "ButtonDebounce",
    "SwitchDebounce",
    "ShutterMode",
    "LedState",
    "TuyaMcu",
    "SaveData",
    "SetOption0",
    "SetOption1",
    "SetOption3",
    "SetOption4",
    "SetOption83",
    "TelePeriod",
    "StateText1",
    "MqttRetry",
    "MqttClient",
    "Prefix1",
    "DisplayMode",
    "GroupTopic1",
    "PowerRetain",
    "SensorRetain",
    "RfRaw",
    "Hostname",
    "Interlock",
];

#[test]
fn a_client_that_opens_with_27_questions_gets_27_answers_in_order() {
    // D-19, D-20, D-34, D-36, D-58
    for (word, gap_ms) in [("Backlog", 200), ("Backlog0", 0)] {
        let mut bench = Bench::sonoff(1);
        bench.cmnd(word, &MANAGER.join("; ")).wait_ms(27 * gap_ms);
        let answers: Vec<_> = bench.sent().into_iter().filter(|line| line.contains("/RESULT = ")).collect();
        assert_eq!(answers.len(), MANAGER.len(), "{answers:#?}");
        for (question, answer) in MANAGER.into_iter().zip(answers) {
            let member = match question {
                "ZbInfo" | "ShutterMode" | "TuyaMcu" | "DisplayMode" | "RfRaw" => r#"{"Command":"Unknown"}"#,
                "SetOption83" => r#"{"Command":"Error"}"#,
                known => &format!("{{\"{known}\":"),
            };
            assert!(answer.starts_with(&format!("stat/sonoff/RESULT = {member}")), "{question}: {answer}");
        }
    }
}

#[test]
fn a_backlog_skips_reset_and_strips_backlog() {
    // D-33
    Bench::sonoff(1).cmnd("Backlog", "Reset 1;; Backlog Power on").sends(&ON).wait_ms(5000).restarts(&[]);
}

#[test]
fn a_restart_waits_until_the_queue_is_empty() {
    // D-40
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", "Restart 1; Delay 50; Power on").sent();
    bench.wait_ms(5100).restarts(&[]).sent();
    bench.wait_ms(2000).lose(-1).restarts(&[Restart::Commanded]);
}

#[test]
fn delay_takes_a_range_and_otherwise_shows_the_gap() {
    // D-41
    answers("Delay", "10", r#"{"Delay":10}"#);
    answers("Delay", "3600", r#"{"Delay":3600}"#);
    answers("Delay", "1", r#"{"Delay":2}"#);
    answers("Delay", "", r#"{"Delay":2}"#);
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(300).cmnd("Delay", "-1").sends(&[r#"stat/sonoff/RESULT = {"Delay":7}"#]);
}

#[test]
fn blanks_in_state_texts_become_underscores() {
    // DX-21
    answers("StateText2", "very on", r#"{"StateText2":"very_on"}"#);
    answers(
        "StateText",
        "",
        r#"{"StateText1":"OFF","StateText2":"ON","StateText3":"TOGGLE","StateText4":"HOLD"}"#,
    );
}

#[test]
fn shortcuts_clear_and_restore() {
    // DX-24, D-16
    Bench::sonoff(1)
        .cmnd("MqttHost", "\"")
        .sends(&[r#"stat/sonoff/RESULT = {"MqttHost":""}"#])
        .wait_ms(2000)
        .lose(-1)
        .restarts(&[Restart::Commanded]);
    answers("MqttUser", "0", r#"{"MqttUser":""}"#);
    answers("MqttUser", "1", r#"{"MqttUser":"DVES_USER"}"#);
    answers("MqttPort", "1", r#"{"MqttPort":1883}"#);
}

#[test]
fn a_console_line_may_carry_a_whole_topic() {
    // DX-25, D-1, D-5
    Bench::sonoff(1).line("  cmnd/x/y/power1 on").sends(&ON).line("").sends(&[]);
}

#[test]
fn restart_with_another_number_tells_how() {
    // DX-26
    answers("Restart", "5", r#"{"Restart":"1 to restart, 2 to halt"}"#);
    Bench::sonoff(1)
        .cmnd("Restart", "2")
        .sends(&[r#"stat/sonoff/RESULT = {"Restart":"Halting"}"#])
        .wait_ms(2000)
        .lose(-1)
        .restarts(&[Restart::Halt]);
}

/// A device whose board has all that a command can be about.
fn whole() -> Bench {
    let parts = &[Part::Radio, Part::FixedAddress, Part::Syslog, Part::Pages, Part::Tls];
    let mut bench = Bench::of(Profile { parts, ..Profile::BASIC }, |_| {});
    bench.connect().wait_ms(6000).sent();
    bench.logged();
    bench
}

#[test]
fn d_19_a_number_beyond_the_last_of_a_family_is_an_error() {
    let mut bench = whole();
    for (word, last) in [
        ("FriendlyName", 8),
        ("GroupTopic", 4),
        ("IPAddress", 5),
        ("LedPower", 4),
        ("MqttFingerprint", 2),
        ("MqttHost", 3),
        ("MqttPassword", 2),
        ("MqttPort", 3),
        ("Module", 2),
        ("NtpServer", 3),
        ("Password", 4),
        ("Prefix", 3),
        ("PulseTime", 8),
        ("SSId", 2),
        ("StateText", 4),
        ("SwitchText", 8),
        ("WebPassword", 2),
    ] {
        let mut error = |number: u8| {
            let sent = bench.cmnd(&format!("{word}{number}"), "").sent();
            sent == [r#"stat/sonoff/RESULT = {"Command":"Error"}"#]
        };
        assert_eq!((error(last), error(last + 1), error(0)), (false, true, true), "{word}");
    }
    answers("Publish4", "a b", r#"{"Command":"Error"}"#);
}

#[test]
fn d_52_what_a_kept_message_may_not_do() {
    let mut bench = whole();
    for word in [
        "Ap",
        "Backlog",
        "Delay",
        "FullTopic",
        "GPIO",
        "GroupTopic",
        "Hostname",
        "IPAddress",
        "Module",
        "MqttClient",
        "MqttFingerprint",
        "MqttHost",
        "MqttPassword",
        "MqttPort",
        "MqttUser",
        "Password",
        "Prefix",
        "Publish",
        "Reset",
        "Restart",
        "SSId",
        "Template",
        "Topic",
    ] {
        bench.retained(&format!("cmnd/sonoff/{word}"), "1").sends(&[]);
        bench.logs(&[&format!("MQT: Retained command {word} refused")]);
    }
    bench.retained("cmnd/sonoff/WifiConfig", "5").logs(&[]);
    assert_eq!(bench.sent().len(), 1);
}

#[test]
fn a_query_changes_nothing() {
    // D-10
    let mut bench = Bench::sonoff(2);
    let before = bench.device().settings().clone();
    for command in sonoff_core::command::TABLES.iter().flat_map(|table| table.iter()) {
        bench.cmnd(command.name, "").sent();
    }
    bench.drives(&[]).wait_ms(5000).restarts(&[]);
    assert_eq!(*bench.device().settings(), before);
}

#[test]
fn texts_in_answers_are_escaped() {
    // D-18
    answers("MqttUser", "a\"b\\c\nd", r#"{"MqttUser":"a\"b\\c\nd"}"#);
}

#[test]
fn a_payload_that_is_no_text_is_an_error_and_changes_nothing() {
    Bench::sonoff(1)
        .message("cmnd/sonoff/POWER", &[0xFF, 0xFE], false)
        .sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#])
        .message("cmnd/sonoff/foo", &[0xFF], false)
        .sends(&[r#"stat/sonoff/RESULT = {"Command":"Unknown"}"#])
        .drives(&[]);
}
