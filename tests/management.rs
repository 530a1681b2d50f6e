//! Names for people and networks, SaveData and Reset.

use sonoff_core::Profile;
use sonoff_core::io::Restart;
use sonoff_core::settings::{Number, Text};
use sonoff_testkit::bench::Bench;

#[test]
fn friendly_names_have_one_answer_for_both_words() {
    let mut bench = Bench::sonoff(2);
    bench.cmnd("FriendlyName", "Kitchen").sends(&[r#"stat/sonoff/RESULT = {"FriendlyName1":"Kitchen"}"#]);
    bench.cmnd("FN2", "Fan").sends(&[r#"stat/sonoff/RESULT = {"FriendlyName2":"Fan"}"#]);
    let all = bench.cmnd("FriendlyName", "").sent();
    assert!(all[0].starts_with(
        r#"stat/sonoff/RESULT = {"FriendlyName1":"Kitchen","FriendlyName2":"Fan","FriendlyName3":"Sonoff3""#
    ));
    bench.cmnd("fn9", "x").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
    bench.cmnd("fn2", "\"").sends(&[r#"stat/sonoff/RESULT = {"FriendlyName2":""}"#]);
    bench.cmnd("fn2", "1").sends(&[r#"stat/sonoff/RESULT = {"FriendlyName2":"Sonoff2"}"#]);
    // A text that is too long changes nothing.
    bench.cmnd("fn2", &"x".repeat(33)).sends(&[r#"stat/sonoff/RESULT = {"FriendlyName2":"Sonoff2"}"#]);
    // U-8
    let status = bench.cmnd("Status", "").sent();
    assert!(status[0].contains(r#""FriendlyName":["Kitchen","Sonoff2"]"#), "{status:?}");
}

#[test]
fn the_device_name_is_not_taken_from_a_group() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("DeviceName", "\"").sends(&[r#"stat/sonoff/RESULT = {"DeviceName":""}"#]);
    bench.cmnd("fn", "Lamp").cmnd("DeviceName", "1").sent();
    bench.cmnd("DeviceName", "").sends(&[r#"stat/sonoff/RESULT = {"DeviceName":"Lamp"}"#]);
    // T-26
    bench.publish("cmnd/sonoffs/DeviceName", "All").sends(&[r#"stat/sonoff/RESULT = {"DeviceName":"Lamp"}"#]);
    let status = bench.cmnd("Status", "").sent();
    assert!(status[0].contains(r#""DeviceName":"Lamp""#), "{status:?}");
}

#[test]
fn the_host_name_is_in_force_after_the_restart() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("Hostname", "").sends(&[r#"stat/sonoff/RESULT = {"Hostname":"%s-%04d"}"#]);
    // T-26
    bench.publish("cmnd/sonoffs/Hostname", "all").sends(&[r#"stat/sonoff/RESULT = {"Hostname":"%s-%04d"}"#]);
    bench.cmnd("Hostname", "my lamp").sends(&[r#"stat/sonoff/RESULT = {"Hostname":"my lamp"}"#]);
    bench.wait_ms(2000).lose(-1).restarts(&[Restart::Commanded]);
    bench.reboot(false).connect().sent();
    let status = bench.cmnd("Status", "5").sent();
    assert!(status[0].contains(r#""Hostname":"my-lamp""#), "{status:?}");
    // T-24: a text with a percent sign is the factory's pattern
    bench.cmnd("Hostname", "lamp-%d").sends(&[r#"stat/sonoff/RESULT = {"Hostname":"%s-%04d"}"#]);
}

#[test]
fn save_data_is_a_pace() {
    let mut bench = Bench::sonoff(1);
    // DX-28
    bench.cmnd("SaveData", "30").sends(&[r#"stat/sonoff/RESULT = {"SaveData":"Every 30 sec"}"#]);
    bench.cmnd("SaveData", "4000").sends(&[r#"stat/sonoff/RESULT = {"SaveData":"Every 30 sec"}"#]);
    bench.cmnd("TelePeriod", "60").sent();
    assert_eq!(bench.wait_ms(29_000).reboot(true).device().settings().number(Number::TELE_PERIOD), 300);
    bench.connect().cmnd("TelePeriod", "60").sent();
    assert_eq!(bench.wait_ms(30_000).reboot(true).device().settings().number(Number::TELE_PERIOD), 60);
    let status = bench.connect().cmnd("Status", "").sent();
    assert!(status.last().unwrap().contains(r#""SaveData":30"#), "{status:?}");
}

#[test]
fn save_data_0_saves_before_a_restart_only() {
    let mut bench = Bench::sonoff(1);
    bench.cmnd("SaveData", "0").sends(&[r#"stat/sonoff/RESULT = {"SaveData":"OFF"}"#]);
    bench.cmnd("TelePeriod", "60").wait_ms(10_000_000).reboot(true);
    assert_eq!(bench.device().settings().number(Number::TELE_PERIOD), 300);
    bench.connect().cmnd("TelePeriod", "60").cmnd("Restart", "1").wait_ms(2000).lose(-1).reboot(false);
    assert_eq!(bench.device().settings().number(Number::TELE_PERIOD), 60);
    // The command itself saves at once.
    bench.connect().cmnd("TelePeriod", "70").cmnd("SaveData", "1").reboot(true);
    assert_eq!(bench.device().settings().number(Number::TELE_PERIOD), 70);
}

/// A device in use, as the table of resets has it.
fn in_use() -> Bench {
    let mut bench = Bench::of(Profile::BASIC, |settings| {
        settings.set_number(Number::GROUP_STATE, 0).unwrap();
        settings.set_text(Text::TOPIC, "hall").unwrap();
        settings.set_nth_text(Text::MQTT_HOST, 1, "10.0.0.2").unwrap();
        settings.set_text(Text::MQTT_CLIENT, "cli1").unwrap();
        settings.set_number(Number::POWER_ON_STATE, 1).unwrap();
    });
    bench.connect().wait_ms(11_000).sent();
    bench
}

/// Resets, and gives Topic, MqttHost, MqttClient and PowerOnState of the next run.
#[track_caller]
fn after(payload: &str, answer: &str) -> [String; 4] {
    let mut bench = in_use();
    bench.publish("cmnd/hall/Reset", payload);
    bench.sends(&[&format!(r#"stat/hall/RESULT = {{"Reset":"{answer}"}}"#)]);
    // The goodbye goes where the broker knows the device.
    bench.wait_ms(2000).sends(&["tele/hall/LWT = Offline (r)", "DISCONNECT"]);
    bench.lose(-1).restarts(&[Restart::Commanded]);
    let settings = bench.reboot(false).device().settings().clone();
    [
        settings.text(Text::TOPIC).to_string(),
        settings.nth_text(Text::MQTT_HOST, 1).to_string(),
        settings.text(Text::MQTT_CLIENT).to_string(),
        settings.number(Number::POWER_ON_STATE).to_string(),
    ]
}

#[test]
fn each_reset_keeps_what_its_row_says() {
    // CX-107, CX-108, CX-109, CX-110, C-37
    let erase = "Erase, Reset and Restarting";
    let factory = ["sonoff", "", "DVES_%06X", "3"];
    assert_eq!(after("1", "Reset and Restarting"), factory);
    assert_eq!(after("2", erase), factory);
    assert_eq!(after("3", erase), ["hall", "10.0.0.2", "cli1", "1"]);
    assert_eq!(after("4", erase), factory);
    assert_eq!(after("5", erase), factory);
    assert_eq!(after("6", erase), ["hall", "10.0.0.2", "DVES_%06X", "3"]);
}

#[test]
fn reset_99_is_about_the_boot_count_alone() {
    // CX-111
    let mut bench = in_use();
    bench.clock(1_704_164_645).publish("cmnd/hall/Reset", "99");
    bench.sends(&[r#"stat/hall/RESULT = {"Reset":"Done"}"#]).wait_ms(5000).restarts(&[]);
    bench.reboot(true).connect().sent();
    let status = bench.publish("cmnd/hall/Status", "1").sent();
    assert!(status[0].contains(r#""BootCount":1,"BCResetTime":"2024-01-02T03:04:05""#), "{status:?}");
}

#[test]
fn anything_else_resets_nothing() {
    let mut bench = Bench::sonoff(1);
    for payload in ["", "0", "7", "now"] {
        bench.cmnd("Reset", payload).sends(&[r#"stat/sonoff/RESULT = {"Reset":"1 to reset"}"#]);
    }
    // D-52
    bench.retained("cmnd/sonoff/Reset", "1").sends(&[]).wait_ms(5000).restarts(&[]);
}

#[test]
fn a_reset_forgets_the_saved_power_state() {
    let mut bench = in_use();
    bench.publish("cmnd/hall/Power", "1").publish("cmnd/hall/Reset", "1").wait_ms(2000).lose(-1);
    bench.reboot(false);
    assert_eq!(bench.device().power().mask(), 0);
}

#[test]
fn options_that_are_another_commands_setting() {
    let mut bench = Bench::sonoff(2);
    // D-31, DX-15
    for number in [5, 6, 7, 9, 14] {
        let word = format!("SetOption{number}");
        bench.cmnd(&word, "1").sends(&[r#"stat/sonoff/RESULT = {"Command":"Error"}"#]);
        bench.cmnd(&word, "").sends(&[&format!(r#"stat/sonoff/RESULT = {{"SetOption{number}":"OFF"}}"#)]);
    }
    bench.cmnd("PowerRetain", "1").cmnd("SensorRetain", "1").cmnd("Interlock", "1").sent();
    let status = bench.cmnd("Status", "3").sent();
    assert!(status[0].contains(r#""SetOption":["00004229""#), "{status:?}");
    // S-64, S-65, S-66: off clears what the broker keeps.
    bench.cmnd("SetOption121", "1").cmnd("SetOption121", "0");
    let sent = bench.sent();
    assert!(sent.contains(&"tele/sonoff/STATE =  (r)".to_owned()), "{sent:?}");
    bench.cmnd("StatusRetain", "1").sent();
    bench.cmnd("SetOption145", "").sends(&[r#"stat/sonoff/RESULT = {"SetOption145":"ON"}"#]);
}
