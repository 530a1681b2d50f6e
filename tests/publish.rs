//! Publish, and the log lines that go to the broker.

use sonoff_core::io::{Level, Source};
use sonoff_core::settings::Number;
use sonoff_core::{Input, Instant, Transmit};
use sonoff_testkit::bench::Bench;

const ERROR: &str = r#"stat/sonoff/RESULT = {"Command":"Error"}"#;

#[test]
fn publish_sends_what_the_owner_writes_and_nothing_else() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Publish", "cmnd/other/POWER 2").sends(&["cmnd/other/POWER = 2"]);
    // DX-27, D-21
    bench.cmnd("Publish2", "house/x hello world").sends(&["house/x = hello world (r)"]);
    bench.cmnd("Publish2", "home#one/x").sends(&["home one/x =  (r)"]);
    bench.cmnd("Publish3", "house/x 48656C6c6f").sends(&["house/x = Hello"]);
    // A retained one would come back at every connect (D-52).
    bench.retained("cmnd/sonoff/Publish", "house/x y").sends(&[]);
}

#[test]
fn a_topic_that_would_cost_the_connection_is_refused() {
    let mut bench = Bench::sonoff(1);
    let long = format!("{} x", "t".repeat(151));
    let large = format!("t {}", "x".repeat(700));
    for argument in ["", "a/+/b x", "a\u{0}b x", "a\nb x", &long, &large] {
        bench.cmnd("Publish", argument).sends(&[ERROR]);
    }
    for argument in ["a 4", "a 4g"] {
        bench.cmnd("Publish3", argument).sends(&[ERROR]);
    }
}

#[test]
fn each_publish_of_a_backlog_leaves_in_its_turn() {
    let mut bench = Bench::sonoff(1);
    let parts: Vec<_> = (0..25).map(|number| format!("Publish a/b {number}")).collect();
    bench.cmnd("Backlog0", &parts.join(";")).wait_ms(4000);
    assert_eq!(bench.sent(), (0..25).map(|number| format!("a/b = {number}")).collect::<Vec<_>>());
}

#[test]
fn a_payload_that_does_not_fit_the_buffer_leaves_in_windows() {
    let text = "x".repeat(500);
    let mut bench = Bench::sonoff(1).buffer(320);
    bench.cmnd("Publish", &format!("a/b {text}")).sends(&[&format!("a/b = {text}")]);
}

#[test]
fn log_lines_go_to_the_broker_when_it_is_wanted() {
    // D-46
    let mut bench = Bench::with(1, |settings| settings.set_number(Number::TELE_PERIOD, 0).unwrap());
    let line = |bench: &mut Bench, level, text| {
        let now = Instant::from_millis(bench.now_ms());
        bench.device().publish_line(now, level, format_args!("{text}"))
    };
    assert!(!line(&mut bench, Level::Error, "APP: Nobody asked"));
    bench.cmnd("MqttLog", "2").sends(&[r#"stat/sonoff/RESULT = {"MqttLog":2}"#]);
    bench.wait_ms(1234);
    assert!(line(&mut bench, Level::Info, "MQT: One"));
    assert!(!line(&mut bench, Level::Debug, "MQT: Two"));
    bench.wait_ms(100_000).sends(&["stat/sonoff/LOGGING = 00:00:01.234 MQT: One"]);
    let long = "ä".repeat(300);
    assert!(line(&mut bench, Level::Info, &long));
    let sent = bench.input(Input::Tick).sent();
    assert!(sent[0].ends_with("ä...") && sent[0].len() < 280, "{sent:?}");
    bench.lose(-3);
    assert!(!line(&mut bench, Level::Info, "MQT: Nobody listens"));
}

#[test]
fn log_lines_push_nothing_away() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttLog", "2").sent();
    let device = bench.device();
    let now = Instant::from_millis(1);
    let kept = (0..100).filter(|number| device.publish_line(now, Level::Info, format_args!("{number}")));
    assert_eq!(kept.count(), 16);
    // A command takes the place of one.
    bench.cmnd("Publish", "a/b c");
    let sent = bench.sent();
    assert!(sent.len() == 16 && sent.last().unwrap() == "a/b = c", "{sent:?}");
}

#[test]
fn messages_know_how_important_their_line_is() {
    let mut bench = Bench::sonoff(1);
    let level = |bench: &mut Bench, topic| bench.device().message_level(topic);
    assert_eq!(level(&mut bench, "stat/sonoff/RESULT"), Some(Level::Info));
    assert_eq!(level(&mut bench, "stat/sonoff/LOGGING"), None);
    // U-52
    assert_eq!(level(&mut bench, "tasmota/discovery/240AC4123456/config"), Some(Level::Debug));
    // D-46
    bench.cmnd("SerialLog", "1").sends(&[r#"stat/sonoff/RESULT = {"SerialLog":{"1":{"Active":"1"}}}"#]);
    assert!(bench.device().wants_line(Level::Error) && !bench.device().wants_line(Level::Info));
    bench.cmnd("SerialLog", "5").sends(&[r#"stat/sonoff/RESULT = {"SerialLog":{"1":{"Active":"1"}}}"#]);
}

#[test]
fn a_flood_of_publishes_that_nobody_takes_keeps_its_room() {
    let mut bench = Bench::sonoff(1);
    let device = bench.device();
    let now = Instant::from_millis(1);
    for number in 0..200 {
        let text = format!("Publish a/b {number}");
        device.handle(now, Input::Line { source: Source::Serial, text: &text });
    }
    let (mut buffer, mut sent) = ([0; 320], Vec::new());
    while let Some(Transmit::Publish { payload, .. }) = device.poll_transmit(now, &mut buffer) {
        sent.push(String::from_utf8_lossy(payload.unwrap()).into_owned());
    }
    assert_eq!(sent, (184..200).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_client_that_opens_with_27_commands_gets_27_answers() {
    // D-58, D-20
    let mut bench = Bench::sonoff(1);
    let parts: Vec<_> = (0..27)
        .map(|number| match number % 9 {
            4 => "Foo 1",
            7 => "Bar",
            8 => "SetOption200 1",
            0 => "MqttRetry",
            1 => "SetOption26",
            2 => "StateText1",
            3 => "PowerOnState",
            5 => "Prefix",
            _ => "TelePeriod0",
        })
        .collect();
    bench.cmnd("Backlog", &parts.join(";")).wait_ms(27 * 200 + 2000);
    let sent: Vec<_> = bench.sent().into_iter().filter(|line| line.starts_with("stat/")).collect();
    assert_eq!(sent.len(), 27, "{sent:?}");
    for (part, line) in parts.iter().zip(&sent) {
        let unknown = line == r#"stat/sonoff/RESULT = {"Command":"Unknown"}"#;
        assert_eq!(unknown, ["Foo 1", "Bar"].contains(part), "{part}: {line}");
    }
}
