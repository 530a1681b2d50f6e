//! Very many devices in one program.

use std::collections::HashSet;

use crate::broker::Mosquitto;
use crate::device::Device;
use crate::installed;
use crate::tools::{self, Subscriber};

const COUNT: usize = 1_000;

/// Waits until each device has sent this payload to its own topic of this form.
#[track_caller]
fn all_send(subscriber: &mut Subscriber, wanted: impl Fn(usize) -> String) {
    let mut missing: HashSet<String> = (1..=COUNT).map(wanted).collect();
    while !missing.is_empty() {
        missing.remove(&subscriber.next());
    }
}

#[cfg(unix)]
#[test]
fn a_thousand_devices_answer_one_group_command_and_say_goodbye() {
    if installed::mosquitto_clients().is_none() {
        return;
    }
    let Some(broker) = Mosquitto::start() else { return };
    let mut online = tools::mosquitto_sub(broker.port, "-v -t tele/+/LWT");
    let mut power = tools::mosquitto_sub(broker.port, "-v -t stat/+/POWER");
    let mut devices =
        Device::on(&broker.url(), &["--topic", "lamp", "--count", &COUNT.to_string(), "--quiet"]);
    all_send(&mut online, |number| format!("tele/lamp-{number}/LWT Online"));
    all_send(&mut power, |number| format!("stat/lamp-{number}/POWER OFF"));
    for (word, state) in [("on", "ON"), ("toggle", "OFF")] {
        tools::mosquitto_pub(broker.port, &format!("-t cmnd/sonoffs/power -m {word}"));
        all_send(&mut power, |number| format!("stat/lamp-{number}/POWER {state}"));
    }
    assert_eq!(devices.terminate().code(), Some(0));
    all_send(&mut online, |number| format!("tele/lamp-{number}/LWT Offline"));
}
