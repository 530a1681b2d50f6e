//! What the broker and the log see of a connection.

mod support;

use sonoff_core::Profile;
use sonoff_core::profile::FailureLine;
use sonoff_core::settings::Text;
use sonoff_testkit::broker::wire::{Level, Packet, Publish, Qos, read};
use sonoff_testkit::broker::write::{self, PublishHead};
use sonoff_testkit::pins::MockPins;
use sonoff_testkit::plug::{LogLines, Parts};
use sonoff_testkit::store::RamStore;
use sonoff_testkit::world::World;
use support::{accept, greet, messages, packets, publish};

/// Lines without their stamps.
fn texts(log: &LogLines) -> Vec<String> {
    log.take().iter().map(|line| line.split_once(' ').map_or("", |(_, text)| text).to_owned()).collect()
}

// SX-1
#[test]
fn connect_says_who_it_is_and_what_to_say_when_it_is_gone() {
    let mut world = World::without_broker();
    world.plug(Parts::default());
    let peer = accept(&mut world);
    world.settle();
    let said = packets(&peer.take());
    let [connect] = &said[..] else { panic!("{said:?}") };
    let Ok(Packet::Connect(connect)) = read(connect, Level::V311) else { panic!("{connect:?}") };
    assert_eq!((connect.client, connect.clean_session, connect.keep_alive), ("DVES_123456", true, 30));
    assert_eq!((connect.user, connect.password), (Some("DVES_USER"), Some(&b"DVES_PASS"[..])));
    let will = Publish {
        topic: "tele/sonoff/LWT",
        payload: b"Offline",
        qos: Qos::One,
        retain: true,
        dup: false,
        id: 0,
    };
    assert_eq!(connect.will, Some(will));
}

// S-16, S-17, S-18, D-44
#[test]
fn the_log_tells_the_attempt_the_success_and_every_publish() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.settle();
    let lines = texts(&plug.log);
    let begin = [
        "MQT: Attempting connection...",
        "MQT: Connected",
        "MQT: tele/sonoff/LWT = Online (retained)",
        "MQT: cmnd/sonoff/POWER = ",
    ];
    assert_eq!(lines[..4], begin);
}

// S-36, D-44, D-3
#[test]
fn while_the_broker_is_away_publishes_go_to_the_log_alone() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.refuse = true);
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.log.take();
    plug.console.type_bytes(b"power on\r\n");
    world.run_for(1000);
    let lines = texts(&plug.log);
    assert_eq!(lines[..3], ["CMD: power on", r#"RSL: RESULT = {"POWER":"ON"}"#, "RSL: POWER = ON"]);
    world.net().repair();
    world.run_for(20_000);
    assert_eq!(plug.log.count("MQT: stat/sonoff/RESULT = {\"POWER\":\"ON\"}"), 1, "the announcement alone");
}

// SX-17, S-1
#[test]
fn without_mqtt_no_connection_is_made_and_the_log_tells_the_start() {
    let mut world = World::new();
    let settings = |settings: &mut sonoff_core::settings::Settings| settings.set_option(3, false);
    let plug = world.plug(Parts { settings, ..Parts::default() });
    world.run_for(60_000);
    let lines = texts(&plug.log);
    assert!(lines[0].starts_with("RSL: INFO1 = {\"Info1\":"), "{lines:?}");
    assert_eq!(lines[2..4], [r#"RSL: RESULT = {"POWER":"OFF"}"#, "RSL: POWER = OFF"]);
    assert_eq!(world.net().tally().dials, 0);
}

// S-33: a profile may choose the words of newer firmware
#[test]
fn a_profile_chooses_the_words_of_the_failure_line() {
    let profile = Profile { failure_line: FailureLine::Modern, ..Profile::BASIC };
    let mut world = World::new();
    world.net().break_it(|faults| faults.refuse = true);
    let plug = world.plug(Parts { profile, ..Parts::default() });
    world.run_for(1000);
    assert_eq!(plug.log.count("MQT: Connect failed to 10.0.0.1:1883, rc -2. Retry in 10 sec"), 1);
}

// SX-8, S-40
#[test]
fn a_refusal_is_logged_with_its_code_and_tried_again() {
    let mut world = World::new();
    world.broker().refuse_with(Some(5));
    let plug = world.plug(Parts::default());
    world.run_for(10_000);
    assert_eq!(plug.log.count("MQTT: CONNECT FAILED 10.0.0.1:1883, rc 5. Retry in 10 seconds"), 1);
    assert_eq!(plug.log.count("MQTT: CONNECT FAILED 10.0.0.1:1883, rc 5. Retry in 20 seconds"), 1);
    world.broker().refuse_with(None);
    world.run_for(23_000);
    assert!(world.broker().is_connected("DVES_123456"));
}

// S-13, S-42
#[test]
fn a_broker_that_says_nothing_runs_out_of_time() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.mute = true);
    let plug = world.plug(Parts::default());
    world.run_for(3999);
    assert_eq!(plug.log.count("CONNECT FAILED"), 0);
    world.run_for(1);
    assert_eq!(plug.log.count("MQTT: CONNECT FAILED 10.0.0.1:1883, rc -4. Retry in 10 seconds"), 1);
}

// S-75: a peer that vanished is noticed although nothing was sent to it that failed.
#[test]
fn a_half_open_connection_is_noticed_by_its_ping() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(6000);
    world.net().break_it(|faults| faults.mute = true);
    world.run_for(30_000 + 4000);
    assert_eq!(plug.log.count("rc -4. Retry in 1 seconds"), 1);
    world.net().repair();
    world.run_for(30_000);
    assert!(world.broker().is_connected("DVES_123456"));
}

// S-72, SX-28: the next broker after a second, from the first one at every loss
#[test]
fn the_next_broker_of_the_list_is_tried() {
    let settings = |settings: &mut sonoff_core::settings::Settings| {
        for (n, host) in (1..).zip(["10.0.0.1", "10.0.0.2", "10.0.0.3"]) {
            settings.set_nth_text(Text::MQTT_HOST, n, host).unwrap();
        }
    };
    let mut world = World::new();
    world.net().break_it(|faults| faults.refused = vec![[10, 0, 0, 1].into(), [10, 0, 0, 2].into()]);
    let plug = world.plug(Parts { settings, ..Parts::default() });
    world.run_for(2000);
    assert!(world.broker().is_connected("DVES_123456"));
    let failures = ["10.0.0.1:1883, rc -2. Retry in 1 seconds", "10.0.0.2:1883, rc -2. Retry in 1 seconds"];
    assert_eq!(failures.map(|line| plug.log.count(line)), [1, 1]);
    world.net().repair();
    world.net().cut_all();
    world.run_for(1000);
    assert_eq!(plug.log.count("10.0.0.3:1883, rc -3. Retry in 1 seconds"), 1);
    assert!(world.broker().is_connected("DVES_123456"));
    assert_eq!(world.net().tally().dials, 4);
}

// S-90, SX-39, P9: both would otherwise be thrown out each second, for ever
#[test]
fn two_devices_with_one_client_id_do_not_fight() {
    let mut world = World::new();
    let (one, other) = (world.plug(Parts::default()), world.plug(Parts::default()));
    world.run_for(3_600_000);
    let hint = "MQT: Pushed out again and again. Does another client have this MqttClient?";
    assert!(one.log.count(hint) > 0 && other.log.count(hint) > 0);
    let sessions = one.log.count("MQT: Connected") + other.log.count("MQT: Connected");
    assert!((20..70).contains(&sessions), "{sessions} sessions in an hour");
    one.log.take();
    other.log.take();
    world.run_for(3_600_000);
    let sessions = one.log.count("MQT: Connected") + other.log.count("MQT: Connected");
    assert!((25..=30).contains(&sessions), "{sessions} sessions in the second hour");
    // The other one gets a name of its own.
    world.cut(other.task);
    one.log.take();
    world.run_for(600_000);
    assert!(world.broker().is_connected("DVES_123456"));
    assert!(one.log.count("MQT: Connected") <= 1);
}

// S-90, S-32: whoever sets his broker up restarts it more than once
#[test]
fn a_broker_that_is_restarted_three_times_has_its_device_back_at_once() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    for _ in 0..3 {
        world.run_for(20_000);
        world.broker().restart(true);
        world.net().cut_all();
        world.run_for(1000);
        assert!(world.broker().is_connected("DVES_123456"));
    }
    assert_eq!(plug.log.count("Pushed out"), 0);
}

// S-90: a radio that comes and goes is nobody else's doing
#[test]
fn a_network_that_flickers_pushes_nobody_out() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    for _ in 0..10 {
        world.run_for(10_000);
        plug.station.set_up(false);
        world.run_for(5000);
        plug.station.set_up(true);
        world.run_for(2000);
        assert!(world.broker().is_connected("DVES_123456"));
    }
}

#[test]
fn a_qos_1_message_is_acknowledged_before_its_answer() {
    let mut world = World::without_broker();
    world.plug(Parts::default());
    let peer = greet(&mut world);
    let mut message = Vec::new();
    let head = PublishHead { qos: Qos::One, retain: false, dup: false, id: 0x1234 };
    write::publish(&mut message, head, "cmnd/sonoff/POWER", b"ON");
    peer.send(&message);
    world.settle();
    let said = packets(&peer.take());
    assert_eq!(said[0], [0x40, 2, 0x12, 0x34]);
    assert_eq!(said.len(), 4);
}

// D-20, D-34, D-58: all at once, long ones among them, and more than may wait in any queue
#[test]
fn a_client_that_opens_with_27_questions_gets_27_answers() {
    let mut world = World::without_broker();
    world.plug(Parts::default());
    let peer = greet(&mut world);
    let known =
        ["Status 5", "Status 6", "Status 7", "State", "FriendlyName", "Prefix", "GroupTopic", "SetOption3"];
    let questions: Vec<_> =
        known.into_iter().cycle().take(24).chain(["ZbInfo", "TuyaMcu", "RfRaw"]).collect();
    peer.send(&publish("cmnd/sonoff/Backlog0", &questions.join(";")));
    world.settle();
    let answers = messages(&peer.take());
    let counted = |part: &str| answers.iter().filter(|answer| answer.contains(part)).count();
    assert_eq!(answers.len(), 27, "{answers:#?}");
    assert_eq!((counted("/STATUS"), counted(r#"RESULT {"Command":"Unknown"}"#)), (9, 3));
}

// A broker that forbids a subscription says so; the rest of the session goes on.
#[test]
fn a_subscription_that_is_refused_is_told() {
    let mut world = World::without_broker();
    let plug = world.plug(Parts::default());
    let peer = greet(&mut world);
    peer.send(b"\x90\x03\x00\x01\x80");
    world.settle();
    assert_eq!(plug.log.count("MQT: Subscription refused"), 1);
    peer.send(&publish("cmnd/sonoff/POWER", "ON"));
    world.settle();
    assert_eq!(plug.pins.output(12), Some(true));
}

#[test]
fn settings_that_cannot_be_loaded_are_told_and_the_device_works() {
    let mut world = World::new();
    let store = RamStore::new();
    store.fail_loads(true);
    let pins = MockPins::new(world.clock().clone());
    let plug = world.plug_with(Parts::default(), store, pins);
    world.run_for(1000);
    assert_eq!(plug.log.count("CFG: Stored settings cannot be read"), 1);
    world.publish("cmnd/sonoff/POWER", "ON");
    world.settle();
    assert_eq!(plug.pins.output(12), Some(true));
}

// The broker is untrusted: what is not MQTT ends the connection, never the device.
#[test]
fn broken_packets_end_the_connection_and_nothing_else() {
    let broken: [&[u8]; 6] = [
        b"\x20\x00",
        b"\x32\x03\x00\x01a",
        b"\x30\xFF\xFF\xFF\xFF",
        b"\x10\x00",
        b"\x20\x02\x00\x00",
        b"\xF0\x00",
    ];
    for bytes in broken {
        let mut world = World::without_broker();
        let plug = world.plug(Parts::default());
        let peer = greet(&mut world);
        peer.send(bytes);
        world.settle();
        assert!(peer.is_over(), "{bytes:?}");
        assert_eq!(plug.log.count("rc -3. Retry in 1 seconds"), 1, "{bytes:?}");
        peer.forget();
        let peer = greet(&mut world);
        peer.send(&publish("cmnd/sonoff/POWER", "ON"));
        world.settle();
        assert_eq!(plug.pins.output(12), Some(true), "{bytes:?}");
    }
}

// D-1, D-5: a line of the console is answered as a message
#[test]
fn a_console_line_is_answered_to_the_broker() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.log.take();
    plug.console.type_bytes(b"cmnd/sonoff/power 1\n");
    world.settle();
    let lines = texts(&plug.log);
    assert_eq!(lines[..2], ["CMD: cmnd/sonoff/power 1", r#"MQT: stat/sonoff/RESULT = {"POWER":"ON"}"#]);
}
