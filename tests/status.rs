//! The worked examples of `docs/protocol/status.md` for what exists so far, by their numbers.

use sonoff_core::io::Link;
use sonoff_core::profile::Platform;
use sonoff_core::settings::{Number, Text};
use sonoff_core::{Input, Profile};
use sonoff_testkit::bench::{Bench, network};

/// 2024-01-02T03:04:05Z
const THEN: u64 = 1_704_164_645;

fn reference() -> Bench {
    let mut bench = Bench::of(Profile { version: "1.0.0", ..Profile::BASIC }, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_nth_text(Text::MQTT_HOST, 1, "1.1.1.1").unwrap();
    });
    bench.connect().clock(THEN).sent();
    bench
}

#[test]
fn status_without_a_number_is_the_first_block() {
    // UX-1, U-1, U-7, U-8, U-28
    reference().cmnd("status", "").sends(&[concat!(
        r#"stat/sonoff/STATUS = {"Status":{"Module":1,"DeviceName":"Sonoff","FriendlyName":["Sonoff"],"#,
        r#""Topic":"sonoff","ButtonTopic":"0","Power":"0","PowerOnState":3,"LedState":1,"LedMask":"FFFF","#,
        r#""SaveData":1,"SaveState":1,"SwitchTopic":"0","SwitchMode":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"#,
        r#"0,0,0,0,0,0,0,0],"ButtonRetain":0,"SwitchRetain":0,"SensorRetain":0,"PowerRetain":0,"InfoRetain":0,"#,
        r#""StateRetain":0,"StatusRetain":0}}"#
    )]);
}

#[test]
fn power_is_a_digit_for_each_relay_the_highest_first() {
    // UX-2
    let mut bench = Bench::sonoff(2);
    bench.cmnd("Power1", "1").sent();
    let sent = bench.cmnd("status", "").sent();
    assert!(sent[0].contains(r#""Power":"01""#) && sent[0].contains(r#"["Sonoff","Sonoff2"]"#), "{sent:?}");
}

#[test]
fn parameters() {
    // U-10
    let mut bench = reference();
    bench.wait_ms(3_661_000).sent();
    bench.cmnd("status", "1").sends(&[concat!(
        r#"stat/sonoff/STATUS1 = {"StatusPRM":{"Baudrate":115200,"SerialConfig":"8N1","GroupTopic":"sonoffs","#,
        r#""OtaUrl":"","RestartReason":"Power On","Uptime":"0T01:01:01","StartupUTC":"2024-01-02T03:04:05","#,
        r#""Sleep":50,"CfgHolder":4617,"BootCount":1,"BCResetTime":"","SaveCount":1}}"#
    )]);
}

#[test]
fn the_network() {
    // UX-5, U-14; this device has no web server yet
    reference().cmnd("Status", "5").sends(&[concat!(
        r#"stat/sonoff/STATUS5 = {"StatusNET":{"Hostname":"sonoff-5206","IPAddress":"192.168.1.50","#,
        r#""Gateway":"192.168.1.1","Subnetmask":"255.255.255.0","DNSServer1":"192.168.1.1","#,
        r#""DNSServer2":"0.0.0.0","Mac":"24:0A:C4:12:34:56","Webserver":0,"HTTP_API":0,"WifiConfig":4,"#,
        r#""WifiPower":17.0}}"#
    )]);
}

#[test]
fn the_broker() {
    // UX-4, U-15
    reference().cmnd("Status", "6").sends(&[concat!(
        r#"stat/sonoff/STATUS6 = {"StatusMQT":{"MqttHost":"1.1.1.1","MqttPort":1883,"#,
        r#""MqttClientMask":"DVES_%06X","MqttClient":"DVES_123456","MqttUser":"DVES_USER","MqttCount":1,"#,
        r#""MAX_PACKET_SIZE":1200,"KEEPALIVE":30,"SOCKET_TIMEOUT":4}}"#
    )]);
}

#[test]
fn a_new_device_has_no_host() {
    // UX-25
    let sent = Bench::sonoff(1).cmnd("Status", "6").sent();
    assert!(sent[0].starts_with(r#"stat/sonoff/STATUS6 = {"StatusMQT":{"MqttHost":"","MqttPort":1883"#));
}

#[test]
fn the_lwt_tells_whether_it_is_there() {
    // U-47
    let mut bench = Bench::offline(1, |_| {});
    let mut room = [0; 150];
    let greeting = bench.device().greeting(&mut room);
    assert_eq!((greeting.will_topic, greeting.will_payload), ("tele/sonoff/LWT", "Offline"));
    assert!(greeting.will_retain);
    assert_eq!(bench.connect().sent()[0], "tele/sonoff/LWT = Online (r)");
}

const STATE: &str = concat!(
    r#"{"Time":"2024-01-02T03:04:05","Uptime":"0T00:00:00","UptimeSec":0,"Heap":0,"SleepMode":"Dynamic","#,
    r#""Sleep":50,"LoadAvg":0,"MqttCount":1,"POWER":"OFF","Wifi":{"AP":1,"SSId":"home","#,
    r#""BSSId":"02:00:00:00:00:01","Channel":6,"Mode":"11n","RSSI":80,"Signal":-60,"LinkCount":1,"#,
    r#""Downtime":"0T00:00:00"},"Hostname":"sonoff-5206","IPAddress":"192.168.1.50"}"#
);

#[test]
fn the_state_object() {
    // UX-19, U-22, U-26
    reference().cmnd("State", "").sends(&[&format!("stat/sonoff/RESULT = {STATE}")]);
    // U-19
    reference().cmnd("Status", "11").sends(&[&format!(r#"stat/sonoff/STATUS11 = {{"StatusSTS":{STATE}}}"#)]);
    // U-26
    let mut bench = reference();
    bench.cmnd("SetOption59", "1").sent();
    bench
        .cmnd("State", "")
        .sends(&[&format!("tele/sonoff/STATE = {STATE}"), &format!("stat/sonoff/RESULT = {STATE}")]);
}

#[test]
fn status_0_is_all_blocks_one_after_another_or_in_one() {
    // U-2
    let sent = reference().cmnd("Status", "0").sent();
    let topics: Vec<_> = sent.iter().map(|line| line.split(' ').next().unwrap_or("")).collect();
    assert_eq!(
        topics,
        ["", "1", "2", "3", "4", "5", "6", "7", "10", "11"]
            .map(|number| format!("stat/sonoff/STATUS{number}"))
    );
    // UX-12, U-3
    let whole = reference().cmnd("Status0", "").sent();
    assert_eq!(reference().cmnd("Status0", "0").sent(), whole);
    assert_eq!(whole.len(), 1);
    let members: Vec<_> =
        sent.iter().map(|line| line.split_once(" = {").unwrap().1.trim_end_matches('}')).collect();
    for member in members {
        assert!(whole[0].contains(member), "{member} is not in {whole:?}");
    }
    assert!(whole[0].starts_with(r#"stat/sonoff/STATUS0 = {"Status":{"#));
    // Status 8 is another name of Status 10.
    assert_eq!(whole[0].matches("StatusSNS").count(), 1);
}

#[test]
fn blocks_that_do_not_exist() {
    // UX-8, UX-9, U-4, U-5
    for number in ["14", "9", "12", "13", "99"] {
        reference().cmnd("Status", number).sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    }
    // U-4: a negative number is not answered
    reference().cmnd("Status", "-1").sends(&[]);
}

#[test]
fn without_mqtt_there_is_no_block_about_it() {
    // UX-13, U-5
    let mut bench = Bench::sonoff(1);
    bench.cmnd("SetOption3", "0").wait_ms(2000).reboot(false).sent();
    bench.line("status 6").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    let whole = bench.line("status0").sent();
    assert!(!whole[0].contains("StatusMQT") && whole[0].contains("StatusSNS"), "{whole:?}");
}

const FIRMWARE: &str = concat!(
    r#"{"StatusFWR":{"Version":"1.0.0(sonoff)","BuildDateTime":"","Core":"","SDK":"","CpuFrequency":160,"#,
    r#""Hardware":"ESP32-C3"}}"#
);

static CHIP: Platform = Platform {
    cpu_mhz: 160,
    hardware: "ESP32-C3",
    program_kb: 300,
    program_room_kb: 1000,
    flash_kb: 4096,
    ..Platform::UNKNOWN
};

#[test]
fn firmware_and_memory() {
    let profile = Profile { version: "1.0.0", platform: &CHIP, ..Profile::BASIC };
    let mut bench = Bench::of(profile, |_| {});
    bench.connect().sent();
    // U-11; UX-10, U-6: SetOption4 changes nothing
    bench.cmnd("Status", "2").sends(&[&format!("stat/sonoff/STATUS2 = {FIRMWARE}")]);
    bench.cmnd("SetOption4", "1").sent();
    bench.cmnd("Status", "2").sends(&[&format!("stat/sonoff/STATUS2 = {FIRMWARE}")]);
    // U-13
    bench.device().set_free_memory(40);
    bench.cmnd("Status", "4").sends(&[concat!(
        r#"stat/sonoff/STATUS4 = {"StatusMEM":{"ProgramSize":300,"Free":700,"Heap":40,"ProgramFlashSize":1000,"#,
        r#""FlashSize":4096}}"#
    )]);
    // What nobody told is not made up.
    let none = reference().cmnd("Status", "4").sent();
    assert_eq!(none, [r#"stat/sonoff/STATUS4 = {"StatusMEM":{"Heap":0}}"#]);
}

#[test]
fn log_levels_and_the_six_words_of_options() {
    // UX-24, U-12: options 0, 3, 19 in the first word, 34 in the bytes, 65 in the third, 90 in the fourth
    let mut bench = reference();
    bench.cmnd("SetOption90", "1").cmnd("MqttLog", "1").sent();
    bench.cmnd("Status", "3").sends(&[concat!(
        r#"stat/sonoff/STATUS3 = {"StatusLOG":{"SerialLog":2,"WebLog":0,"MqttLog":1,"SysLog":0,"LogHost":"","#,
        r#""LogPort":514,"SSId":["",""],"TelePeriod":300,"Resolution":"558180C0","#,
        r#""SetOption":["00000009","2800C8000000000000000000000000000000","00008020","00000100","00000000","#,
        r#""00000000"]}}"#
    )]);
}

#[test]
fn sensors_have_two_numbers() {
    // UX-6, U-18: with nothing to report just the time
    for number in ["8", "10"] {
        let line =
            format!(r#"stat/sonoff/STATUS{number} = {{"StatusSNS":{{"Time":"2024-01-02T03:04:05"}}}}"#);
        reference().cmnd("Status", number).sends(&[&line]);
    }
}

#[test]
fn how_often_the_network_went_is_counted() {
    // U-22
    let mut bench = reference();
    bench.wait_ms(5000).input(Input::Link(Link::Down)).wait_ms(65_000);
    bench.input(Input::Link(Link::Up(&network()))).connect().sent();
    let sent = bench.cmnd("State", "").sent();
    assert!(sent[0].contains(r#""LinkCount":2,"Downtime":"0T00:01:05""#), "{sent:?}");
}

#[test]
fn state_comes_with_each_period() {
    // UX-14, U-25, U-35
    let mut bench = reference();
    bench.wait_ms(5000);
    assert_eq!(bench.sent().len(), 1);
    bench.wait_ms(299_999).sends(&[]).wait_ms(1);
    let sent = bench.sent();
    assert!(
        sent.len() == 1 && sent[0].starts_with("tele/sonoff/STATE = {\"Time\":\"2024-01-02T03:09:10\""),
        "{sent:?}"
    );
    // UX-15, U-39
    bench.wait_ms(66_972_000 - 305_000).sent();
    let sent = bench.cmnd("State", "").sent();
    assert!(sent[0].contains(r#""Uptime":"0T18:36:12","UptimeSec":66972"#), "{sent:?}");
}

#[test]
fn any_tele_period_command_makes_state_appear() {
    let mut bench = reference();
    bench.wait_ms(5500).sent();
    // DX-10, U-34, U-36
    bench.cmnd("TelePeriod", "5").sends(&[r#"stat/sonoff/RESULT = {"TelePeriod":10}"#]);
    assert_eq!(bench.wait_ms(1000).sent().len(), 1);
    // UX-18
    bench.cmnd("TelePeriod", "0").wait_ms(2000).sent();
    bench.cmnd("TelePeriod", "").sends(&[r#"stat/sonoff/RESULT = {"TelePeriod":0}"#]);
    assert_eq!(bench.wait_ms(1000).sent().len(), 1);
    bench.wait_ms(10_000_000).sends(&[]);
    bench.cmnd("TelePeriod", "1").sends(&[r#"stat/sonoff/RESULT = {"TelePeriod":300}"#]);
}

#[test]
fn time_counts_from_1970_before_it_is_known() {
    // U-42, U-27
    let mut bench = Bench::sonoff(1);
    bench.wait_ms(1234).cmnd("State", "");
    assert!(bench.sent()[0].starts_with(r#"stat/sonoff/RESULT = {"Time":"1970-01-01T00:00:01","Uptime""#));
}

#[test]
fn a_long_text_keeps_its_length_while_counters_move() {
    // S-36: the text itself is one more lost message, and LostMessages appears with the first
    let mut bench = Bench::offline(1, |_| {}).buffer(320);
    for _ in 0..12 {
        let sent = bench.line("Status0").sent();
        assert!(sent[0].ends_with("}}"), "{sent:?}");
    }
}

#[test]
fn messages_lost_offline_are_counted() {
    // S-36, U-38: they are lost, and the status says how many
    let mut bench = Bench::sonoff(1);
    bench.lose(-3).press(1, 60).sent();
    bench.connect().sent();
    let sent = bench.cmnd("Status", "1").sent();
    assert!(sent[0].contains(r#""LostMessages":2"#), "{sent:?}");
}
