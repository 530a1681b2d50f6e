//! The worked examples of `docs/protocol/topics.md`, by their numbers.

use sonoff_core::Profile;
use sonoff_core::io::Restart;
use sonoff_core::settings::{Number, Text};
use sonoff_testkit::bench::Bench;

/// The reference device with another FullTopic.
fn full_topic(template: &str) -> Bench {
    Bench::with(1, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_text(Text::FULL_TOPIC, template).unwrap();
    })
}

fn option(number: u8) -> Bench {
    Bench::with(1, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_option(number, true);
    })
}

/// The subscriptions of a session's start.
fn subscriptions(bench: &mut Bench) -> Vec<String> {
    bench.connect().sent().into_iter().filter(|line| line.starts_with("SUBSCRIBE")).collect()
}

/// The one line that ends like this.
#[track_caller]
fn ends_with(lines: &[String], end: &str) {
    assert!(lines.iter().any(|line| line.ends_with(end)), "{end} is not in {lines:#?}");
}

#[test]
fn an_empty_payload_asks() {
    // TX-1
    Bench::sonoff(1)
        .cmnd("power", "")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#, "stat/sonoff/POWER = OFF"])
        .drives(&[]);
}

#[test]
fn on_switches_on() {
    // TX-2
    Bench::sonoff(1)
        .cmnd("POWER", "on")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"])
        .drives(&[(1, true)]);
}

#[test]
fn a_group_command_is_answered_on_the_own_topic() {
    // TX-3, T-22
    Bench::sonoff(1)
        .publish("cmnd/sonoffs/power", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
}

#[test]
fn a_collection_is_heard_on_its_group_topics() {
    // T-22: after the own plain text, for each group in order, never retained
    let mut bench = Bench::with(1, |settings| {
        settings.set_nth_text(Text::GROUP_TOPIC, 2, "upstairs").unwrap();
    });
    bench.cmnd("PowerRetain", "1").sent();
    bench.cmnd("Power", "1").sends(&[
        r#"stat/sonoff/RESULT = {"POWER":"ON"}"#,
        "stat/sonoff/POWER = ON (r)",
        "stat/sonoffs/POWER = ON",
        "stat/upstairs/POWER = ON",
    ]);
    bench.cmnd("SetOption90", "1").sent();
    bench.cmnd("Power", "").sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#]);
    bench.cmnd("SetOption90", "0").cmnd("GroupState", "0").sent();
    bench.cmnd("Power", "").sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON (r)"]);
}

#[test]
fn the_fallback_topic_is_answered_there() {
    // TX-4, T-19
    Bench::sonoff(1)
        .publish("cmnd/DVES_123456/power", "1")
        .sends(&[r#"stat/DVES_123456/RESULT = {"POWER":"ON"}"#, "stat/DVES_123456/POWER = ON"]);
}

#[test]
fn what_a_backlog_runs_later_answers_on_the_own_topic() {
    // T-19
    Bench::sonoff(1)
        .publish("cmnd/DVES_123456/backlog", "Power 1")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
}

#[test]
fn a_profile_may_give_the_fallback_topic_a_suffix() {
    // TX-5
    let profile = Profile { fallback_suffix: "_fb", ..Profile::BASIC };
    let mut bench = Bench::of(profile, |_| {});
    bench.connect().sent();
    bench
        .publish("cmnd/DVES_123456_fb/Topic", "")
        .sends(&[r#"stat/DVES_123456_fb/RESULT = {"Topic":"sonoff"}"#]);
}

#[test]
fn several_relays_have_numbers_and_so_has_one_with_setoption26() {
    // TX-6, T-50
    Bench::sonoff(2)
        .cmnd("Power", "2")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER1":"ON"}"#, "stat/sonoff/POWER1 = ON"]);
    // TX-7
    option(26)
        .cmnd("POWER", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER1":"ON"}"#, "stat/sonoff/POWER1 = ON"]);
}

#[test]
fn setoption4_answers_on_the_commands_own_topic() {
    let mut bench = option(4);
    // TX-8, T-8, T-49
    bench.cmnd("PowerOnState", "").sends(&[r#"stat/sonoff/POWERONSTATE = {"PowerOnState":3}"#]);
    // TX-9, T-51
    bench.cmnd("POWER", "1").sends(&[r#"stat/sonoff/POWER = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
    // TX-10
    bench
        .cmnd("PulseTime1", "0")
        .sends(&[r#"stat/sonoff/PULSETIME = {"PulseTime1":{"Set":0,"Remaining":0}}"#]);
    // TX-11
    bench.cmnd("foo", "1").sends(&[r#"stat/sonoff/COMMAND = {"Command":"Unknown"}"#]);
    // T-53: STATUS answers do not move
    let sent = bench.cmnd("Status", "1").sent();
    assert!(sent[0].starts_with("stat/sonoff/STATUS1 = "), "{sent:?}");
}

#[test]
fn without_a_prefix_token_only_commands_have_one() {
    // TX-12, T-10
    full_topic("home/%topic%")
        .publish("home/sonoff/cmnd/POWER", "1")
        .sends(&[r#"home/sonoff/RESULT = {"POWER":"ON"}"#, "home/sonoff/POWER = ON"]);
}

#[test]
fn the_prefix_may_stand_last() {
    // TX-13
    full_topic("tasmota/%topic%/%prefix%/")
        .publish("tasmota/sonoff/cmnd/power", "0")
        .sends(&[r#"tasmota/sonoff/stat/RESULT = {"POWER":"OFF"}"#, "tasmota/sonoff/stat/POWER = OFF"]);
}

#[test]
fn a_new_topic_clears_the_old_lwt_answers_there_and_restarts() {
    // TX-14, T-25, T-27
    Bench::sonoff(1)
        .cmnd("Topic", "my lamp#1")
        .sends(&["tele/sonoff/LWT =  (r)", r#"stat/sonoff/RESULT = {"Topic":"my_lamp_1"}"#])
        .restarts(&[])
        .wait_ms(2000)
        .sends(&["DISCONNECT"])
        .lose(-1)
        .restarts(&[Restart::Commanded])
        .reboot(false)
        .connect();
    // TX-15
    option(10)
        .cmnd("Topic", "lamp")
        .sends(&["tele/sonoff/LWT = Offline (r)", r#"stat/sonoff/RESULT = {"Topic":"lamp"}"#]);
}

#[test]
fn a_restart_puts_the_new_topic_in_force() {
    // T-27, S-54
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Topic", "lamp").wait_ms(2000).lose(-1).reboot(false).sent();
    assert_eq!(subscriptions(&mut bench)[0], "SUBSCRIBE cmnd/lamp/#");
}

#[test]
fn an_unchanged_topic_does_not_restart() {
    // T-27
    Bench::sonoff(1)
        .cmnd("Topic", "sonoff")
        .sends(&[r#"stat/sonoff/RESULT = {"Topic":"sonoff"}"#])
        .wait_ms(3000)
        .restarts(&[])
        .sends(&[]);
}

#[test]
fn a_group_cannot_rename_its_members() {
    // TX-16, T-26
    Bench::sonoff(1)
        .publish("cmnd/sonoffs/Topic", "lamp")
        .sends(&[r#"stat/sonoff/RESULT = {"Topic":"sonoff"}"#])
        .publish("cmnd/sonoffs/MqttClient", "lamp")
        .sends(&[r#"stat/sonoff/RESULT = {"MqttClient":"DVES_%06X"}"#])
        .wait_ms(3000)
        .restarts(&[]);
}

#[test]
fn a_group_can_set_the_full_topic_from_which_blanks_are_deleted() {
    // TX-17, T-12, T-13
    Bench::sonoff(1)
        .publish("cmnd/sonoffs/FullTopic", "%prefix%/my home/%topic%/")
        .sends(&[
            "tele/sonoff/LWT =  (r)",
            r#"stat/sonoff/RESULT = {"FullTopic":"%prefix%/myhome/%topic%/"}"#,
        ])
        .wait_ms(2000)
        .lose(-1)
        .restarts(&[Restart::Commanded]);
}

#[test]
fn full_topic_is_shown_with_one_slash_and_compared_without() {
    // T-9, T-12
    Bench::sonoff(1)
        .cmnd("FullTopic", "")
        .sends(&[r#"stat/sonoff/RESULT = {"FullTopic":"%prefix%/%topic%/"}"#])
        .cmnd("FullTopic", "%prefix%/%topic%//")
        .sends(&[r#"stat/sonoff/RESULT = {"FullTopic":"%prefix%/%topic%/"}"#])
        .wait_ms(3000)
        .restarts(&[]);
}

#[test]
fn a_pattern_in_the_topic_is_expanded_at_the_start() {
    // TX-18, T-14, T-36
    let mut bench = Bench::offline(1, |settings| settings.set_text(Text::TOPIC, "lamp_%06X").unwrap());
    let sent = bench.connect().sent();
    assert_eq!(sent[0], "tele/lamp_123456/LWT = Online (r)");
    ends_with(&sent, "SUBSCRIBE cmnd/lamp_123456/#");
}

#[test]
fn group_topics_are_listed_together() {
    // TX-19, T-20
    Bench::sonoff(1)
        .cmnd("GroupTopic2", "upstairs")
        .sends(&[concat!(
            r#"stat/sonoff/RESULT = {"GroupTopic1":"sonoffs","GroupTopic2":"upstairs","#,
            r#""GroupTopic3":"","GroupTopic4":""}"#
        )])
        .wait_ms(2000)
        .lose(-1)
        .restarts(&[Restart::Commanded]);
}

#[test]
fn a_group_topic_equal_to_the_topic_becomes_the_factory_one() {
    // T-20
    let all = r#"{"GroupTopic1":"sonoffs","GroupTopic2":"","GroupTopic3":"","GroupTopic4":""}"#;
    Bench::sonoff(1)
        .cmnd("GroupTopic1", "sonoff")
        .sends(&[&format!("stat/sonoff/RESULT = {all}")])
        .logs(&["MQT: Error: GroupTopic must differ from Topic"])
        .cmnd("GroupTopic1", "0")
        .sends(&[&format!("stat/sonoff/RESULT = {all}")]);
}

#[test]
fn setoption75_makes_group_topics_literal() {
    // TX-20, T-21
    let mut bench = Bench::with(1, |settings| {
        settings.set_text(Text::FULL_TOPIC, "home/%topic%/%prefix%/").unwrap();
        settings.set_option(75, true);
    });
    assert_eq!(
        subscriptions(&mut bench),
        ["SUBSCRIBE home/sonoff/cmnd/#", "SUBSCRIBE cmnd/sonoffs/#", "SUBSCRIBE cmnd/DVES_123456/#"]
    );
}

#[test]
fn without_a_topic_token_there_is_no_group_but_always_the_fallback() {
    // TX-21, T-11, T-37, T-38
    let mut bench = full_topic("%prefix%/house/");
    assert_eq!(subscriptions(&mut bench), ["SUBSCRIBE cmnd/house/#", "SUBSCRIBE cmnd/DVES_123456/#"]);
}

#[test]
fn only_the_last_level_is_the_command() {
    // TX-22, T-41
    Bench::sonoff(1)
        .cmnd("a/b/POWER", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
}

#[test]
fn an_underscore_suppresses_the_answer_but_not_power_and_status() {
    // TX-23, T-45
    let mut bench = Bench::sonoff(1);
    bench.cmnd("_POWERONSTATE", "0").sends(&[]);
    bench.cmnd("PowerOnState", "").sends(&[r#"stat/sonoff/RESULT = {"PowerOnState":0}"#]);
    bench.cmnd("_Power", "1").sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
    assert_eq!(bench.cmnd("_Status", "").sent().len(), 1);
    bench.cmnd("_foo", "").sends(&[]);
}

#[test]
fn prefixes_are_listed_together_and_set_one_by_one() {
    // TX-24, T-1, T-2, T-4
    let all = r#"stat/sonoff/RESULT = {"Prefix1":"cmnd","Prefix2":"stat","Prefix3":"tele"}"#;
    Bench::sonoff(1)
        .cmnd("Prefix", "")
        .sends(&[all])
        .cmnd("Prefix", "x")
        .sends(&[all])
        .cmnd("Prefix1", "do it")
        .sends(&[r#"stat/sonoff/RESULT = {"Prefix1":"do_it"}"#])
        .cmnd("Prefix1", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"Prefix1":"cmnd"}"#])
        .wait_ms(2000)
        .lose(-1)
        .restarts(&[Restart::Commanded]);
}

#[test]
fn an_empty_prefix_is_the_factory_one() {
    // T-3
    let mut bench = Bench::with(1, |settings| settings.set_nth_text(Text::PREFIX, 1, "").unwrap());
    assert_eq!(subscriptions(&mut bench)[0], "SUBSCRIBE cmnd/sonoff/#");
}

#[test]
fn power_retain_keeps_the_plain_text_alone() {
    // TX-25, T-52
    let mut bench = Bench::sonoff(1);
    bench.cmnd("PowerRetain", "1").sends(&[r#"stat/sonoff/RESULT = {"PowerRetain":"ON"}"#]);
    bench.cmnd("POWER", "1").sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON (r)"]);
    // T-58
    bench.cmnd("SetOption104", "1").sent();
    bench.cmnd("POWER", "1").sends(&[r#"stat/sonoff/RESULT = {"POWER":"ON"}"#, "stat/sonoff/POWER = ON"]);
}

#[test]
fn a_word_is_read_in_any_case_and_its_number_with_zeros() {
    // T-44, T-46
    Bench::sonoff(2)
        .cmnd("pOwEr02", "oN")
        .sends(&[r#"stat/sonoff/RESULT = {"POWER2":"ON"}"#, "stat/sonoff/POWER2 = ON"]);
}

#[test]
fn an_empty_word_and_the_parent_level_are_unknown_commands() {
    // T-47
    Bench::sonoff(1)
        .cmnd("", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"Command":"Unknown"}"#])
        .publish("cmnd/sonoff", "1")
        .sends(&[r#"stat/sonoff/RESULT = {"Command":"Unknown"}"#]);
}

#[test]
fn what_is_too_long_is_refused_whole_and_the_old_value_stays() {
    // T-5, T-29, T-32
    let mut bench = Bench::sonoff(1);
    for (word, old) in [("Topic", "sonoff"), ("MqttHost", ""), ("MqttUser", "DVES_USER")] {
        bench.cmnd(word, &"x".repeat(33)).sends(&[&format!(r#"stat/sonoff/RESULT = {{"{word}":"{old}"}}"#)]);
    }
    let old = r#"stat/sonoff/RESULT = {"FullTopic":"%prefix%/%topic%/"}"#;
    bench.cmnd("FullTopic", &"x".repeat(101)).sends(&[old]);
    bench.cmnd("FullTopic", &"%id%".repeat(25)).sends(&[old]);
    bench.cmnd("StateText1", "12345678901").sends(&[r#"stat/sonoff/RESULT = {"StateText1":"OFF"}"#]);
}

#[test]
fn a_received_topic_that_is_too_long_is_not_executed() {
    // T-33
    let long = |levels: usize| format!("cmnd/sonoff/{}POWER", "x/".repeat(levels));
    assert_eq!(long(66).len(), 149);
    Bench::sonoff(1).publish(&long(66), "1").drives(&[(1, true)]);
    let longest = long(66).replace("POWER", "/POWER");
    Bench::sonoff(1).publish(&longest, "1").drives(&[(1, true)]);
    Bench::sonoff(1)
        .publish(&long(67), "1")
        .drives(&[])
        .sends(&[])
        .logs(&["MQT: Topic too long, not executed"]);
}

#[test]
fn names_that_would_hear_themselves_are_refused() {
    // T-55, T-17; no answer may come back as a command
    let mut bench = Bench::sonoff(1);
    let before = bench.device().settings().clone();
    bench.cmnd("Prefix2", "cmnd").sends(&[r#"stat/sonoff/RESULT = {"Prefix2":"stat"}"#]);
    bench.cmnd("FullTopic", "%prefix%").sends(&[r#"stat/sonoff/RESULT = {"FullTopic":"%prefix%/%topic%/"}"#]);
    bench.cmnd("Topic", "DVES_123456").sends(&[r#"stat/sonoff/RESULT = {"Topic":"sonoff"}"#]);
    bench.cmnd("MqttClient", "sonoff").sends(&[r#"stat/sonoff/RESULT = {"MqttClient":"DVES_%06X"}"#]);
    bench.cmnd("MqttClient", "a/b").sends(&[r#"stat/sonoff/RESULT = {"MqttClient":"DVES_%06X"}"#]);
    bench.wait_ms(3000).restarts(&[]);
    assert_eq!(*bench.device().settings(), before);
}
