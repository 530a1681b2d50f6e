//! What is this device's own in `docs/protocol`: group copies, retained commands, secrets, refusals, more brokers.

use sonoff_core::Profile;
use sonoff_core::io::Restart;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_testkit::bench::Bench;

const RESULT_ON: &str = r#"stat/sonoff/RESULT = {"POWER":"ON"}"#;
const RESULT_OFF: &str = r#"stat/sonoff/RESULT = {"POWER":"OFF"}"#;
const POWER_ON: &str = "stat/sonoff/POWER = ON";
const POWER_OFF: &str = "stat/sonoff/POWER = OFF";

/// The reference device with `GroupState 1`.
fn grouped(relays: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    Bench::with(relays, first)
}

/// The reference device with other first settings.
fn with(relays: u8, first: impl FnOnce(&mut Settings)) -> Bench {
    Bench::with(relays, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        first(settings);
    })
}

fn answer(text: &str) -> String {
    format!("stat/sonoff/RESULT = {text}")
}

#[test]
fn tx_26_t_61_t_62_a_change_is_copied_to_the_group() {
    let mut bench = grouped(1, |_| {});
    bench.cmnd("POWER", "1").sends(&[RESULT_ON, POWER_ON, "stat/sonoffs/POWER = ON"]);
    bench.cmnd("POWER", "").sends(&[RESULT_ON, POWER_ON, "stat/sonoffs/POWER = ON"]);
    // The start of a session is no change.
    let start = bench.connect().sent();
    assert!(
        start.iter().any(|line| line == POWER_ON)
            && !start.iter().any(|line| line.starts_with("stat/sonoffs/"))
    );
}

#[test]
fn tx_27_each_group_gets_its_copy_in_order() {
    let mut bench = grouped(1, |settings| settings.set_nth_text(Text::GROUP_TOPIC, 2, "upstairs").unwrap());
    bench.publish("cmnd/sonoffs/power", "1").sends(&[
        RESULT_ON,
        POWER_ON,
        "stat/sonoffs/POWER = ON",
        "stat/upstairs/POWER = ON",
    ]);
}

#[test]
fn tx_28_t_63_a_copy_is_never_retained() {
    let mut bench = grouped(2, |_| {});
    bench.cmnd("PowerRetain", "1").sent();
    bench.cmnd("POWER2", "1").sends(&[
        r#"stat/sonoff/RESULT = {"POWER2":"ON"}"#,
        "stat/sonoff/POWER2 = ON (r)",
        "stat/sonoffs/POWER2 = ON",
    ]);
}

#[test]
fn tx_29_tx_30_t_64_where_no_copy_goes() {
    grouped(1, |settings| settings.set_option(90, true)).cmnd("POWER", "1").sends(&[RESULT_ON]);
    let mut bench = grouped(1, |settings| settings.set_text(Text::FULL_TOPIC, "%prefix%/house/").unwrap());
    bench
        .publish("cmnd/house/POWER", "1")
        .sends(&[r#"stat/house/RESULT = {"POWER":"ON"}"#, "stat/house/POWER = ON"]);
    // The own topic is no group.
    let mut bench = grouped(1, |settings| settings.set_nth_text(Text::GROUP_TOPIC, 1, "sonoff").unwrap());
    bench.cmnd("POWER", "1").sends(&[RESULT_ON, POWER_ON]);
}

#[test]
fn t_65_a_copy_follows_the_form_of_the_group_topic() {
    let template =
        |settings: &mut Settings| settings.set_text(Text::FULL_TOPIC, "home/%topic%/%prefix%/").unwrap();
    let mut bench = grouped(1, template);
    assert_eq!(bench.publish("home/sonoff/cmnd/POWER", "1").sent()[2], "home/sonoffs/stat/POWER = ON");
    let mut bench = grouped(1, |settings| {
        template(settings);
        settings.set_option(75, true);
    });
    assert_eq!(bench.publish("home/sonoff/cmnd/POWER", "1").sent()[2], "stat/sonoffs/POWER = ON");
}

#[test]
fn tx_31_group_state_is_switched_without_a_restart() {
    let mut bench = grouped(1, |_| {});
    bench.cmnd("GroupState", "0").sends(&[&answer(r#"{"GroupState":"OFF"}"#)]).wait_ms(4000).restarts(&[]);
    bench.cmnd("POWER", "1").sends(&[RESULT_ON, POWER_ON]);
}

#[test]
fn px_31_interlock_steps_are_copied() {
    let mut bench = grouped(2, |settings| settings.set_option(14, true));
    bench.cmnd("POWER2", "1").sent();
    bench.cmnd("POWER1", "1").sends(&[
        r#"stat/sonoff/RESULT = {"POWER2":"OFF"}"#,
        "stat/sonoff/POWER2 = OFF",
        "stat/sonoffs/POWER2 = OFF",
    ]);
    bench.wait_ms(49).sends(&[]).wait_ms(1).sends(&[
        r#"stat/sonoff/RESULT = {"POWER1":"ON"}"#,
        "stat/sonoff/POWER1 = ON",
        "stat/sonoffs/POWER1 = ON",
    ]);
}

#[test]
fn px_32_the_end_of_a_pulse_is_copied() {
    let mut bench = grouped(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap());
    bench.cmnd("POWER", "1").sends(&[RESULT_ON, POWER_ON, "stat/sonoffs/POWER = ON"]);
    bench.wait_ms(1000).sends(&[RESULT_OFF, POWER_OFF, "stat/sonoffs/POWER = OFF"]);
}

#[test]
fn px_33_p_25_the_longest_pulse() {
    let longest = answer(r#"{"PulseTime1":{"Set":65535,"Remaining":65535}}"#);
    Bench::sonoff(1).cmnd("PulseTime1", "65535").sends(&[&longest]);
}

#[test]
fn tx_32_t_59_a_device_must_not_hear_itself() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Prefix2", "cmnd").sends(&[&answer(r#"{"Prefix2":"stat"}"#)]);
    bench.cmnd("Prefix3", "cmnd").sends(&[&answer(r#"{"Prefix3":"tele"}"#)]);
    bench.cmnd("Topic", "DVES_123456").sends(&[&answer(r#"{"Topic":"sonoff"}"#)]);
    bench.cmnd("MqttClient", "sonoff").sends(&[&answer(r#"{"MqttClient":"DVES_%06X"}"#)]);
    bench.wait_ms(4000).restarts(&[]);
}

#[test]
fn tx_33_tx_34_t_29_t_31_t_35_a_text_too_long_is_refused() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Topic", &"a".repeat(33)).sends(&[&answer(r#"{"Topic":"sonoff"}"#)]);
    bench.cmnd("FullTopic", &"a".repeat(101)).sends(&[&answer(r#"{"FullTopic":"%prefix%/%topic%/"}"#)]);
    bench.cmnd("FullTopic", "").sends(&[&answer(r#"{"FullTopic":"%prefix%/%topic%/"}"#)]);
    bench.cmnd("StateText1", "12345678901").sends(&[&answer(r#"{"StateText1":"OFF"}"#)]);
    bench.wait_ms(4000).restarts(&[]);
}

#[test]
fn t_60_no_topic_is_built_that_is_too_long() {
    let topic = "t".repeat(32);
    let mut bench = with(1, |settings| settings.set_text(Text::TOPIC, &topic).unwrap());
    let mut full_topic = |template: &str| {
        bench.publish(&format!("cmnd/{topic}/FullTopic"), template);
        bench.sent().pop().unwrap_or_default()
    };
    // Four levels of 33 bytes and one of 5 leave no room for the longest word.
    assert!(full_topic(&"%topic%/".repeat(4)).ends_with(r#"= {"FullTopic":"%prefix%/%topic%/"}"#));
    let fits = format!("{}%prefix%/", "%topic%/".repeat(3));
    assert!(full_topic(&fits).ends_with(&format!(r#"= {{"FullTopic":"{fits}"}}"#)));
}

#[test]
fn dx_30_dx_31_d_54_secrets_are_never_told() {
    let hidden = answer(r#"{"MqttPassword":"****"}"#);
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttPassword", "****").sends(&[&hidden]).wait_ms(4000).restarts(&[]);
    assert_eq!(bench.device().settings().text(Text::MQTT_PASSWORD), "DVES_PASS");
    bench.cmnd("MqttPassword", "secret").sends(&[&hidden]).wait_ms(4000).restarts(&[Restart::Commanded]);
    assert_eq!(bench.device().settings().text(Text::MQTT_PASSWORD), "secret");
}

#[test]
fn dx_32_d_34_a_backlog_that_does_not_fit_is_refused_whole() {
    let mut bench = Bench::sonoff(1);
    bench
        .cmnd("Backlog", &["Power 2"; 31].join(";"))
        .sends(&[&answer(r#"{"Backlog":"Error"}"#)])
        .wait_ms(10_000)
        .drives(&[]);
}

/// How many times a power state was told as plain text.
fn powers(bench: &mut Bench) -> usize {
    bench.sent().iter().filter(|line| line.starts_with("stat/sonoff/POWER")).count()
}

#[test]
fn dx_33_d_34_thirty_parts_all_run() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", &["Power 2"; 30].join(";")).wait_ms(29 * 200);
    assert_eq!(powers(&mut bench), 30);
}

#[test]
fn d_34_no_delay_takes_no_place() {
    let list = format!("NoDelay;{}", ["Power 2"; 30].join(";"));
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Backlog", &list).wait_ms(29 * 200);
    assert_eq!(powers(&mut bench), 30);
}

#[test]
fn dx_34_d_50_a_retained_value_acts_in_the_first_session() {
    Bench::sonoff(1).retained("cmnd/sonoff/POWER", "ON").sends(&[RESULT_ON, POWER_ON]);
}

#[test]
fn dx_35_d_51_later_only_a_new_value_acts() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("POWER", "ON").press(1, 60).lose(-3).connect().sent();
    bench.logs(&[]).drives(&[(1, true), (1, false)]);
    bench.retained("cmnd/sonoff/POWER", "ON").sends(&[]).drives(&[]);
    bench.logs(&["MQT: Retained command Power refused"]);
    bench.retained("cmnd/sonoff/POWER", "OFF").sends(&[RESULT_OFF, POWER_OFF]);
    bench.retained("cmnd/sonoff/POWER", "ON").sends(&[RESULT_ON, POWER_ON]);
}

#[test]
fn dx_46_d_51_a_toggle_makes_no_kept_value_new() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("POWER", "ON").cmnd("POWER", "TOGGLE").lose(-3).connect().sent();
    bench.logs(&[]).drives(&[(1, true), (1, false)]);
    bench.retained("cmnd/sonoff/POWER", "ON").sends(&[]).drives(&[]);
    bench.logs(&["MQT: Retained command Power refused"]);
}

#[test]
fn dx_36_dx_37_dx_38_d_49_d_52_d_53_what_does_harm_is_refused() {
    let mut bench = with(1, |settings| settings.set_nth_number(Number::PULSE_TIME, 1, 10).unwrap());
    let harmful = [
        ("POWER", "TOGGLE"),
        ("POWER", "BLINK"),
        ("POWER", "ON"),
        ("MqttHost", "10.0.0.2"),
        ("Restart", "1"),
    ];
    for (word, payload) in
        harmful.into_iter().chain([("Backlog", "Power 1"), ("Topic", "lamp"), ("SetOption3", "0")])
    {
        bench.retained(&format!("cmnd/sonoff/{word}"), payload);
        assert!(!bench.sent().iter().any(|line| !line.contains("Error")), "{word}");
    }
    bench.wait_ms(3000).drives(&[]).restarts(&[]);
    assert_eq!(bench.device().settings().nth_text(Text::MQTT_HOST, 1), "");
}

#[test]
fn d_49_power_on_state_5_is_a_garage_door_too() {
    let mut bench = with(1, |settings| settings.set_number(Number::POWER_ON_STATE, 5).unwrap());
    bench.retained("cmnd/sonoff/POWER", "ON").sends(&[]);
}

#[test]
fn d_53_a_refused_option_is_refused_like_the_rest() {
    let mut bench = Bench::sonoff(1);
    bench
        .retained("cmnd/sonoff/SetOption3", "0")
        .sends(&[])
        .logs(&["MQT: Retained command SetOption refused"]);
}

#[test]
fn dx_39_dx_40_dx_41_d_48_what_may_act() {
    let mut bench = Bench::sonoff(1);
    bench.retained("cmnd/sonoff/TelePeriod", "60");
    assert_eq!(bench.sent()[0], answer(r#"{"TelePeriod":60}"#));
    bench.cmnd("RetainedCommands", "0").sends(&[&answer(r#"{"RetainedCommands":0}"#)]);
    bench.retained("cmnd/sonoff/POWER", "ON").sends(&[]);
    bench.cmnd("RetainedCommands", "2").sends(&[&answer(r#"{"RetainedCommands":2}"#)]);
    bench.retained("cmnd/sonoff/POWER", "TOGGLE").sends(&[RESULT_ON, POWER_ON]);
    bench.restarts(&[]);
}

#[test]
fn dx_42_d_13_own_words_switch() {
    let mut bench = with(1, |settings| settings.set_nth_text(Text::STATE_TEXT, 3, "WECHSEL").unwrap());
    bench.cmnd("power", "WECHSEL").sends(&[RESULT_ON, POWER_ON]);
}

#[test]
fn dx_43_d_55_an_option_without_effect_is_refused() {
    Bench::sonoff(1).cmnd("SetOption63", "1").sends(&[&answer(r#"{"Command":"Error"}"#)]);
}

#[test]
fn sx_22_power_retain_holds_at_every_session() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("PowerRetain", "1").cmnd("POWER", "1").lose(-3).sent();
    let start = bench.connect().sent();
    assert_eq!(start[start.len() - 2..], [RESULT_ON, "stat/sonoff/POWER = ON (r)"]);
}

#[test]
fn sx_24_s_57_a_clean_end_says_offline() {
    let mut bench = Bench::sonoff(1);
    bench.input(sonoff_core::Input::Shutdown).sends(&["tele/sonoff/LWT = Offline (r)", "DISCONNECT"]);
}

#[test]
fn sx_25_s_57_t_27_a_cleared_lwt_stays_cleared() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Topic", "lamp").wait_ms(4000).sends(&[
        "tele/sonoff/LWT =  (r)",
        &answer(r#"{"Topic":"lamp"}"#),
        "DISCONNECT",
    ]);
}

#[test]
fn sx_26_sx_27_sx_29_s_70_more_brokers_have_numbers() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("MqttHost2", "10.0.0.3").sends(&[&answer(r#"{"MqttHost2":"10.0.0.3"}"#)]);
    bench.cmnd("MqttPort3", "1884").sends(&[&answer(r#"{"MqttPort3":1884}"#)]);
    bench.cmnd("MqttHost1", "").sends(&[&answer(r#"{"MqttHost":""}"#)]);
    bench.cmnd("MqttPort2", "").sends(&[&answer(r#"{"MqttPort2":1883}"#)]);
    bench.cmnd("MqttHost4", "x").sends(&[&answer(r#"{"Command":"Error"}"#)]);
    bench.wait_ms(4000).restarts(&[Restart::Commanded]);
}

#[test]
fn s_71_a_slot_without_host_is_skipped() {
    let mut bench = Bench::of(Profile::BASIC, |settings| {
        settings.set_nth_text(Text::MQTT_HOST, 1, "10.0.0.1").unwrap();
        settings.set_nth_text(Text::MQTT_HOST, 3, "10.0.0.3").unwrap();
        settings.set_nth_number(Number::MQTT_PORT, 3, 1884).unwrap();
    });
    let device = bench.device();
    let brokers: Vec<_> =
        (0..3).map_while(|at| device.broker(at)).map(|broker| (broker.host, broker.port)).collect();
    assert_eq!(brokers, [("10.0.0.1", 1883), ("10.0.0.3", 1884)]);
}

#[test]
fn s_76_a_payload_that_is_no_text_is_refused() {
    let mut bench = Bench::sonoff(1);
    bench
        .message("cmnd/sonoff/POWER", b"\xff\xfe", false)
        .sends(&[&answer(r#"{"Command":"Error"}"#)])
        .drives(&[]);
    bench.cmnd("POWER", "1").sends(&[RESULT_ON, POWER_ON]);
}
