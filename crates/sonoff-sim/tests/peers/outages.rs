//! Power cuts, clean ends, restarts, and brokers that go away.

use crate::broker::Mosquitto;
use crate::device::Device;
use crate::folder::Folder;
use crate::home::Home;
use crate::installed;
use crate::tools;

// S-9, S-10, S-11, SX-11
#[test]
fn the_broker_says_offline_for_a_device_that_is_killed() {
    let Some(mut home) = Home::start(&[]) else { return };
    let mut lwt = home.mosquitto_sub("-v -t tele/sonoff/LWT");
    lwt.prints(&["tele/sonoff/LWT Online"]);
    home.device.kill();
    lwt.prints(&["tele/sonoff/LWT Offline"]);
    // It is kept for those who come later.
    home.mosquitto_sub("-v -t tele/sonoff/LWT").prints(&["tele/sonoff/LWT Offline"]);
}

#[cfg(unix)]
#[test]
fn a_device_that_is_ended_in_order_says_offline_itself_and_takes_its_leave() {
    let Some(mut home) = Home::start(&[]) else { return };
    let mut lwt = home.mosquitto_sub("-v -t tele/sonoff/LWT");
    lwt.prints(&["tele/sonoff/LWT Online"]);
    let status = home.device.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(home.device.has_logged("MQT: tele/sonoff/LWT = Offline (retained)"));
    lwt.prints(&["tele/sonoff/LWT Offline"]);
    home.mosquitto_sub("-v -t tele/sonoff/LWT").prints(&["tele/sonoff/LWT Offline"]);
    // Not "closed its connection", which would have fired the will.
    assert_eq!(home.broker.logs("Client DVES_123456 "), "Client DVES_123456 disconnected.");
}

#[cfg(unix)]
#[test]
fn a_device_ends_in_order_without_a_broker_too() {
    let mut device = Device::on(&format!("mqtt://127.0.0.1:{}", crate::broker::free_port()), &[]);
    device.logs("rc -2");
    assert_eq!(device.terminate().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn settings_and_relay_survive_a_new_start_with_the_same_folder() {
    let folder = Folder::new();
    let state_dir = ["--state-dir", folder.path().to_str().unwrap()];
    let Some(mut home) = Home::start(&state_dir) else { return };
    let mut stat = home.mosquitto_sub("-v -t stat/sonoff/RESULT");
    for (command, argument, answer) in [
        ("teleperiod", "77", r#"{"TelePeriod":77}"#),
        ("mqttretry", "33", r#"{"MqttRetry":33}"#),
        ("power", "on", r#"{"POWER":"ON"}"#),
        ("topic", "porch", r#"{"Topic":"porch"}"#),
    ] {
        home.mosquitto_pub(&format!("-t cmnd/sonoff/{command} -m {argument}"));
        stat.comes_to(&format!("stat/sonoff/RESULT {answer}"));
    }
    assert_eq!(home.device.terminate().code(), Some(0));

    let mut later = home.mosquitto_sub("-v -t stat/porch/+");
    home.device = Device::on(&home.broker.url(), &state_dir);
    home.device.logs(r#"Topic "porch""#);
    home.device.logs("RLY: 1 ON");
    later.prints(&[r#"stat/porch/RESULT {"POWER":"ON"}"#, "stat/porch/POWER ON"]);
    home.mosquitto_pub("-t cmnd/porch/teleperiod -n");
    home.mosquitto_pub("-t cmnd/porch/mqttretry -n");
    later.prints(&[r#"stat/porch/RESULT {"TelePeriod":77}"#, r#"stat/porch/RESULT {"MqttRetry":33}"#]);
}

#[test]
fn what_was_saved_survives_a_power_cut() {
    let folder = Folder::new();
    let state_dir = ["--state-dir", folder.path().to_str().unwrap()];
    let Some(mut home) = Home::start(&state_dir) else { return };
    let mut lwt = home.mosquitto_sub("-v -t tele/sonoff/LWT");
    lwt.prints(&["tele/sonoff/LWT Online"]);
    home.mosquitto_pub("-t cmnd/sonoff/teleperiod -m 77");
    // A restart saves first: it tells when.
    home.mosquitto_pub("-t cmnd/sonoff/restart -m 1");
    lwt.prints(&["tele/sonoff/LWT Offline", "tele/sonoff/LWT Online"]);
    home.device.kill();
    lwt.prints(&["tele/sonoff/LWT Offline"]);

    home.device = Device::on(&home.broker.url(), &state_dir);
    lwt.prints(&["tele/sonoff/LWT Online"]);
    let mut stat = home.mosquitto_sub("-v -t stat/sonoff/RESULT");
    home.mosquitto_pub("-t cmnd/sonoff/teleperiod -n");
    stat.comes_to(r#"stat/sonoff/RESULT {"TelePeriod":77}"#);
}

// S-57 as changed: LWT Offline, then DISCONNECT; S-58, S-59, SX-12
#[test]
fn a_restart_on_command_is_seen_as_offline_and_online() {
    let Some(mut home) = Home::start(&[]) else { return };
    let mut all = home.mosquitto_sub("-v -t stat/sonoff/+ -t tele/sonoff/LWT -t tele/sonoff/INFO3");
    all.prints(&["tele/sonoff/LWT Online"]);
    home.mosquitto_pub("-t cmnd/sonoff/restart -m 1");
    all.prints(&[
        r#"stat/sonoff/RESULT {"Restart":"Restarting"}"#,
        "tele/sonoff/LWT Offline",
        "tele/sonoff/LWT Online",
    ]);
    assert!(all.next().contains(r#""RestartReason":"Software/System restart""#));
    all.prints(&[r#"stat/sonoff/RESULT {"POWER":"OFF"}"#, "stat/sonoff/POWER OFF"]);
    assert_eq!(home.broker.logs("Client DVES_123456 "), "Client DVES_123456 disconnected.");
}

// S-32, S-38; every session start is announced whole
#[test]
fn a_session_is_made_anew_when_the_broker_comes_back() {
    let Some(mut home) = Home::start(&[]) else { return };
    home.mosquitto_pub("-t cmnd/sonoff/power -m on");
    home.device.logs("stat/sonoff/POWER = ON");
    home.broker.stop();
    home.device
        .logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{}, rc -3. Retry in 1 seconds", home.broker.port));
    home.device.type_line("power off");
    home.device.logs("RSL: POWER = OFF");

    home.broker.resume();
    let mut all = home.mosquitto_sub("-v -t tele/sonoff/LWT -t stat/sonoff/+");
    all.comes_to("stat/sonoff/POWER OFF");
    home.device.logs("MQT: Connected");
    home.mosquitto_pub("-t cmnd/sonoff/power -m on");
    all.comes_to("stat/sonoff/POWER ON");
    home.mosquitto_pub("-t cmnd/sonoff/status -m 6");
    assert!(all.finds("stat/sonoff/STATUS6 ").contains(r#""MqttCount":2"#));
}

#[test]
fn the_second_broker_takes_over_and_the_first_is_tried_first_again() {
    if installed::mosquitto_clients().is_none() {
        return;
    }
    let Some((mut first, mut second)) = Mosquitto::start().zip(Mosquitto::start()) else { return };
    let mut device = Device::on(&first.url(), &["--broker", &second.url()]);
    first.logs("as DVES_123456");
    device.logs("MQT: Connected");

    let mut on_second = tools::mosquitto_sub(second.port, "-v -t tele/sonoff/LWT -t stat/sonoff/POWER");
    first.stop();
    device.logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{}, rc -3. Retry in 1 seconds", first.port));
    device.logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{}, rc -2. Retry in 1 seconds", first.port));
    on_second.prints(&["tele/sonoff/LWT Online", "stat/sonoff/POWER OFF"]);
    tools::mosquitto_pub(second.port, "-t cmnd/sonoff/power -m on");
    on_second.prints(&["stat/sonoff/POWER ON"]);

    first.resume();
    second.stop();
    first.logs("as DVES_123456");
    let mut on_first = tools::mosquitto_sub(first.port, "-v -t stat/sonoff/POWER");
    tools::mosquitto_pub(first.port, "-t cmnd/sonoff/power -m off");
    on_first.comes_to("stat/sonoff/POWER OFF");
}

#[test]
fn a_pulled_network_plug_is_a_lost_device_until_it_is_put_in_again() {
    let Some(mut home) = Home::start(&[]) else { return };
    let mut lwt = home.mosquitto_sub("-v -t tele/sonoff/LWT");
    lwt.prints(&["tele/sonoff/LWT Online"]);
    home.device.type_line("!net down");
    lwt.prints(&["tele/sonoff/LWT Offline"]);
    home.device.type_line("!press 1");
    home.device.logs("RLY: 1 ON");
    home.device.type_line("!net up");
    lwt.prints(&["tele/sonoff/LWT Online"]);
}
