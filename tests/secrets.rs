//! Secrets can be set and never be asked for (D-54): each secret text of the settings holds a word of its own, which
//! leaves the device in nothing that it says. What a runner adds to that is `crates/sonoff-testkit/tests/secrets.rs`.

mod support;

use sonoff_core::Input;
use sonoff_core::io::Link;
use sonoff_core::settings::{Settings, Text};
use sonoff_testkit::bench::{Bench, network};
use support::longest::profile;
use support::table::{commands, options, words};

/// Every text, and which of its members it is.
fn members() -> impl Iterator<Item = (Text, u8)> {
    Text::ALL.iter().flat_map(|text| (1..=text.count()).map(|n| (*text, n)))
}

/// The word of the member at this place: ten bytes, which every text takes.
fn canary(at: usize) -> String {
    format!("kanari{at:03}z")
}

/// Gives the members that are wanted their words.
fn plant(settings: &mut Settings, wanted: impl Fn(Text) -> bool) {
    for (at, (text, n)) in members().enumerate().filter(|(_, (text, _))| wanted(*text)) {
        settings.set_nth_text(text, n, &canary(at)).unwrap();
    }
}

fn plant_secrets(bench: &mut Bench) {
    plant(bench.device().settings_mut(), Text::is_secret);
}

/// The words of the secrets.
fn secrets() -> Vec<String> {
    let secret = |(at, (text, _)): (usize, (Text, u8))| text.is_secret().then(|| canary(at));
    members().enumerate().filter_map(secret).collect()
}

/// What has left since the last call: messages and the device's own log lines.
fn said(bench: &mut Bench) -> Vec<String> {
    [bench.sent(), bench.logged()].concat()
}

#[track_caller]
fn hides(said: &[String], words: &[String], when: &str) {
    for line in said {
        assert!(!words.iter().any(|word| line.contains(word)), "{when}: {line}");
    }
}

/// Every question.
fn queries() -> impl Iterator<Item = String> {
    let status = (0..=14).map(|block| format!("Status {block}"));
    commands().flat_map(words).chain(options()).chain(status)
}

#[test]
fn every_text_is_either_shown_or_declared_a_secret() {
    let mut bench = Bench::of(profile(), |settings| plant(settings, |_| true));
    bench.connect().sent();
    let answers: Vec<_> = queries().flat_map(|line| bench.line(&line).sent()).collect();
    for (at, (text, n)) in members().enumerate() {
        let shown = answers.iter().any(|answer| answer.contains(&canary(at)));
        // What Template sets is shown in its own form, and by devices with a template alone.
        let expected = !text.is_secret() && text != Text::PINS;
        assert_eq!(shown, expected, "member {n} of {text:?}");
    }
}

#[test]
fn no_command_makes_the_device_tell_a_secret() {
    let mut bench = Bench::of(profile(), |_| {}).discovery();
    bench.connect().line("SerialLog 4").line("MqttLog 4").wait_ms(20_000).sent();
    let (long, hidden) = ("x".repeat(300), secrets());
    for word in commands().filter(|command| !ENDING.contains(&command.name)).flat_map(words) {
        for argument in ["", "?", "0", "1", "2", "on", "****", "\"", "some text", &long] {
            plant_secrets(&mut bench);
            bench.line(&format!("{word} {argument}"));
            bench.cmnd(&word, argument).retained(&format!("cmnd/sonoff/{word}"), argument);
            bench.publish(&format!("cmnd/sonoffs/_{word}"), argument);
            bench.publish(&format!("cmnd/DVES_123456/{word}"), argument);
            hides(&said(&mut bench), &hidden, &format!("{word} {argument}"));
        }
    }
}

/// Looked at on their own, since they end the run or start others.
const ENDING: &[&str] = &["Restart", "Reset", "Backlog", "Publish"];

#[test]
fn what_happens_by_itself_tells_no_secret() {
    let hidden = secrets();
    let mut bench = Bench::of(profile(), |settings| plant(settings, Text::is_secret)).discovery();
    let quiet = |bench: &mut Bench, when: &str| {
        plant_secrets(bench);
        hides(&said(bench), &hidden, when);
    };
    quiet(&mut bench, "boot");
    bench.connect().wait_ms(400_000);
    quiet(&mut bench, "session, telemetry, discovery");
    bench.lose(-3).press(1, 60).connect().wait_ms(20_000);
    quiet(&mut bench, "reconnect");
    bench.input(Input::Link(Link::Down)).wait_ms(5_000).input(Input::Link(Link::Up(&network()))).connect();
    quiet(&mut bench, "network");
    bench.line("Backlog Status 0; State; Foo; Power9 1; MqttPassword; TelePeriod 10").wait_ms(30_000);
    quiet(&mut bench, "backlog");
    for line in ["Restart 1", "Reset 99", "Reset 3", "Reset 6", "Reset 4", "Reset 1"] {
        plant_secrets(&mut bench);
        bench.line(line).wait_ms(3_000).lose(-1).wait_ms(3_000).reboot(false).connect().wait_ms(20_000);
        quiet(&mut bench, line);
    }
}

#[test]
fn connect_alone_carries_a_secret_and_only_the_brokers() {
    let mut bench = Bench::of(profile(), |settings| plant(settings, Text::is_secret));
    let mut room = [0; 150];
    let greeting = bench.device().greeting(&mut room);
    let password = greeting.password.unwrap_or_default().to_owned();
    assert!(secrets().contains(&password), "{password}");
    let rest = [greeting.client, greeting.user.unwrap_or(""), greeting.will_topic, greeting.will_payload];
    hides(&rest.map(str::to_owned), &secrets(), "CONNECT");
}

// A command that takes a secret is known by what it does, so that a later one is looked at, too.
#[test]
fn the_answer_to_setting_a_secret_does_not_tell_it() {
    let mut found = Vec::new();
    for (at, word) in commands().flat_map(words).enumerate() {
        let mut bench = Bench::of(profile(), |_| {});
        bench.connect().line("MqttLog 4").sent();
        let typed = canary(at);
        bench.line(&format!("{word} {typed}")).cmnd(&word, &typed).line(&format!("backlog {word} {typed}"));
        bench.wait_ms(1000);
        let settings = bench.device().settings().clone();
        let holds = |(text, n): (Text, u8)| text.is_secret() && settings.nth_text(text, n) == typed;
        if members().any(holds) {
            found.push(word.clone());
            for query in queries() {
                bench.line(&query);
            }
            hides(&said(&mut bench), &[typed], &word);
        }
    }
    let expected = ["MqttPassword", "MqttPassword1", "MqttPassword2"];
    assert!(expected.iter().all(|word| found.contains(&(*word).to_owned())), "{found:?}");
    // The log of typed lines ends where a secret begins, and knows it by the name of the command.
    assert!(found.iter().all(|word| word.to_lowercase().contains("password")), "{found:?}");
}
