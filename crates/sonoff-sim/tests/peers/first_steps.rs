//! What the manual tells a user to type, one example a test.

use crate::device::Device;
use crate::home::Home;
use crate::tools;

const LAMP: &[&str] = &["--topic", "lamp"];
const TWO: &[&str] = &["--topic", "lamp", "--count", "2"];

/// The payload after the topic.
fn payload<'a>(message: &'a str, topic: &str) -> &'a str {
    message.strip_prefix(topic).and_then(|rest| rest.strip_prefix(' ')).unwrap()
}

#[test]
fn an_empty_power_command_asks_and_switches_nothing() {
    let Some(mut home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/POWER");
    home.mosquitto_pub("-t cmnd/lamp/power -n");
    stat.prints(&["stat/lamp/POWER OFF"]);
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    home.mosquitto_pub("-t cmnd/lamp/power -n");
    stat.prints(&["stat/lamp/POWER ON", "stat/lamp/POWER ON"]);
    home.device.logs("RLY: 1 ON");
    home.mosquitto_pub("-t cmnd/lamp/power -m off");
    stat.prints(&["stat/lamp/POWER OFF"]);
    home.device.logs("RLY: 1 OFF");
}

#[test]
fn power_on_switches_on() {
    let Some(mut home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/POWER");
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    stat.prints(&["stat/lamp/POWER ON"]);
    home.device.logs("RLY: 1 ON");
}

#[test]
fn power_off_switches_off() {
    let Some(mut home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/POWER");
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    home.mosquitto_pub("-t cmnd/lamp/power -m off");
    stat.prints(&["stat/lamp/POWER ON", "stat/lamp/POWER OFF"]);
    home.device.logs("RLY: 1 OFF");
}

#[test]
fn power_1_switches_on_and_power_0_off() {
    let Some(mut home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/POWER");
    home.mosquitto_pub("-t cmnd/lamp/power -m 1");
    stat.prints(&["stat/lamp/POWER ON"]);
    home.device.logs("RLY: 1 ON");
    home.mosquitto_pub("-t cmnd/lamp/power -m 0");
    stat.prints(&["stat/lamp/POWER OFF"]);
    home.device.logs("RLY: 1 OFF");
}

#[test]
fn without_v_only_the_payload_is_printed() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-t stat/lamp/POWER");
    home.mosquitto_pub("-t cmnd/lamp/power -m 1");
    home.mosquitto_pub("-t cmnd/lamp/power -m 0");
    stat.prints(&["ON", "OFF"]);
}

#[test]
fn an_empty_status_command_shows_the_status() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/STATUS");
    home.mosquitto_pub("-t cmnd/lamp/status -n");
    let status = stat.next();
    let json = payload(&status, "stat/lamp/STATUS");
    assert!(json.starts_with(r#"{"Status":{"Module":1,"#) && json.ends_with("}}"), "{json}");
    assert!(json.contains(r#""Topic":"lamp""#) && json.contains(r#""Power":"0""#), "{json}");
}

#[test]
fn a_plus_at_the_end_gets_every_answer_of_one_device() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/+");
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    stat.prints(&[r#"stat/lamp/RESULT {"POWER":"ON"}"#, "stat/lamp/POWER ON"]);
    home.mosquitto_pub("-t cmnd/lamp/status -n");
    assert!(stat.next().starts_with(r#"stat/lamp/STATUS {"Status":{"#));
    home.mosquitto_pub("-t cmnd/lamp/status -m 6");
    assert!(stat.next().starts_with(r#"stat/lamp/STATUS6 {"StatusMQT":{"MqttHost":"127.0.0.1","#));
}

#[test]
fn a_plus_in_the_middle_gets_every_device() {
    let Some(home) = Home::start(TWO) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/+/POWER");
    home.mosquitto_pub("-t cmnd/lamp-1/power -m on");
    stat.prints(&["stat/lamp-1/POWER ON", "stat/sonoffs/POWER ON"]);
    home.mosquitto_pub("-t cmnd/lamp-2/power -m on");
    stat.prints(&["stat/lamp-2/POWER ON", "stat/sonoffs/POWER ON"]);
}

#[test]
fn the_group_topic_switches_all_and_each_answers_on_its_own() {
    let Some(home) = Home::start(TWO) else { return };
    let mut first = home.mosquitto_sub("-v -t stat/lamp-1/POWER");
    let mut second = home.mosquitto_sub("-v -t stat/lamp-2/POWER");
    for (word, state) in [("on", "ON"), ("0", "OFF"), ("1", "ON"), ("off", "OFF")] {
        home.mosquitto_pub(&format!("-t cmnd/sonoffs/power -m {word}"));
        first.prints(&[&format!("stat/lamp-1/POWER {state}")]);
        second.prints(&[&format!("stat/lamp-2/POWER {state}")]);
    }
}

#[test]
fn a_collection_is_listened_to_on_its_group_topic() {
    let Some(mut home) = Home::start(LAMP) else { return };
    // A new group topic restarts the device.
    let mut own = home.mosquitto_sub("-v -t stat/lamp/POWER");
    home.mosquitto_pub("-t cmnd/lamp/grouptopic -m upstairs");
    own.prints(&["stat/lamp/POWER OFF"]);
    home.device.logs("APP: Restarting");

    let mut group = home.mosquitto_sub("-v -t stat/upstairs/POWER");
    home.mosquitto_pub("-t cmnd/upstairs/power -m on");
    group.prints(&["stat/upstairs/POWER ON"]);
    home.mosquitto_pub("-t cmnd/lamp/power -n");
    group.prints(&["stat/upstairs/POWER ON"]);
    home.device.type_line("power off");
    group.prints(&["stat/upstairs/POWER OFF"]);
    own.prints(&["stat/lamp/POWER ON", "stat/lamp/POWER ON", "stat/lamp/POWER OFF"]);
}

// T-19
#[test]
fn the_fallback_topic_always_works() {
    let Some(mut home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/DVES_123456/+");
    home.mosquitto_pub("-t cmnd/DVES_123456/power -m on");
    stat.prints(&[r#"stat/DVES_123456/RESULT {"POWER":"ON"}"#, "stat/DVES_123456/POWER ON"]);
    home.device.logs("RLY: 1 ON");
    home.mosquitto_pub("-t cmnd/DVES_123456/status -n");
    assert!(stat.next().starts_with(r#"stat/DVES_123456/STATUS {"Status":{"#));
}

// S-4, S-5, S-7, S-8, S-19, SX-1
#[test]
fn the_device_logs_in_as_told_and_listens_on_three_topics() {
    let Some(mut home) = Home::start(LAMP) else { return };
    home.broker.logs("as DVES_123456 (p2, c1, k30, u'DVES_USER')");
    for filter in ["cmnd/lamp/#", "cmnd/sonoffs/#", "cmnd/DVES_123456/#"] {
        home.broker.logs(&format!("DVES_123456 0 {filter}"));
    }
}

#[test]
fn status_0_tells_the_group_and_status_6_the_fallback_topic() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/+");
    home.mosquitto_pub("-t cmnd/lamp/status -m 0");
    assert!(stat.finds("stat/lamp/STATUS1 ").contains(r#""GroupTopic":"sonoffs""#));
    assert!(stat.finds("stat/lamp/STATUS6 ").contains(r#""MqttClient":"DVES_123456""#));
    stat.finds("stat/lamp/STATUS11 ");
    home.mosquitto_pub("-t cmnd/lamp/status -m 6");
    assert!(stat.next().contains(r#""MqttClient":"DVES_123456""#));
}

#[test]
fn an_answer_longer_than_every_buffer_arrives_whole() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/+");
    home.mosquitto_pub("-t cmnd/lamp/status0 -n");
    let status = stat.next();
    let json = payload(&status, "stat/lamp/STATUS0");
    assert!(json.len() > 1_200 && json.starts_with(r#"{"Status":{"#) && json.ends_with("}}"), "{json}");
    let count = |c| json.matches(c).count();
    assert_eq!((count('{'), count('[')), (count('}'), count(']')), "{json}");
    home.mosquitto_pub("-t cmnd/lamp/power -n");
    stat.prints(&[r#"stat/lamp/RESULT {"POWER":"OFF"}"#, "stat/lamp/POWER OFF"]);
}

#[test]
fn a_listener_is_told_of_a_change_at_the_device_itself() {
    let Some(mut home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/POWER");
    home.device.type_line("!press 1");
    stat.prints(&["stat/lamp/POWER ON"]);
    home.device.logs("RLY: 1 ON");
    home.device.type_line("power toggle");
    stat.prints(&["stat/lamp/POWER OFF"]);
    home.device.logs("CMD: power toggle");
    home.device.logs("RLY: 1 OFF");
}

// D-43, D-44
#[test]
fn the_log_shows_what_is_published() {
    let Some(mut home) = Home::start(LAMP) else { return };
    for line in ["MQT: Attempting connection...", "MQT: Connected", "MQT: tele/lamp/LWT = Online (retained)"]
    {
        home.device.logs(line);
    }
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    let line = home.device.logs("MQT: stat/lamp/POWER = ON");
    let stamp = line.strip_suffix(" MQT: stat/lamp/POWER = ON").unwrap();
    assert_eq!(stamp.replace(|c: char| c.is_ascii_digit(), "0"), "00:00:00.000");
}

#[test]
fn the_line_that_watches_everything_shows_question_and_answer() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut all = home.mosquitto_sub("-v -t #");
    all.prints(&["tele/lamp/LWT Online"]);
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    all.prints(&[
        "cmnd/lamp/power on",
        r#"stat/lamp/RESULT {"POWER":"ON"}"#,
        "stat/lamp/POWER ON",
        "stat/sonoffs/POWER ON",
    ]);
}

#[test]
fn what_is_no_command_harms_nothing() {
    let Some(home) = Home::start(LAMP) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/lamp/+");
    home.mosquitto_pub("-t cmnd/lamp/dance -m tango");
    home.mosquitto_pub("-t cmnd/lamp -m on");
    home.mosquitto_pub(&format!("-t cmnd/lamp/power -m {}", "x".repeat(5_000)));
    home.mosquitto_pub(&format!("-t cmnd/lamp/{} -m 1", "y".repeat(300)));
    home.mosquitto_pub("-t cmnd/lamp/power9 -m on");
    home.mosquitto_pub("-t cmnd/lamp/power -m on");
    assert!(stat.next().contains(r#""Command":"Unknown""#));
    stat.comes_to("stat/lamp/POWER ON");
}

#[test]
fn the_first_lines_tell_what_to_type() {
    let mut device = Device::on("mqtt://127.0.0.1:1", &["--topic", "porch"]);
    device.logs(r#"one virtual Sonoff Basic, Topic "porch", client DVES_123456"#);
    device.logs("mosquitto_sub -h 127.0.0.1 -p 1 -v -t '#'");
    device.logs("mosquitto_pub -h 127.0.0.1 -p 1 -t cmnd/porch/power -m on");
    device.logs("mosquitto_pub -h 127.0.0.1 -p 1 -t cmnd/porch/status -n");
}

// S-17, S-68, SX-2
#[test]
fn online_is_kept_for_those_who_come_later() {
    let Some(home) = Home::start(LAMP) else { return };
    tools::mosquitto_sub(home.broker.port, "-v -t tele/lamp/LWT").prints(&["tele/lamp/LWT Online"]);
}
