//! The built-in broker on real sockets, with raw bytes and with the mosquitto clients.
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::{Client, Served, field, line, mosquitto_clients, publish};
use sonoff_sim::listen;

#[test]
fn a_message_passes_and_the_stream_ends_after_disconnect() {
    let served = Served::start();
    let mut reader = served.client("r");
    reader.subscribe("stat/+/POWER");
    let mut sender = served.client("s");
    sender.send(&[publish("stat/sonoff/POWER", "ON", false), vec![0xe0, 0]].concat());
    reader.expect(&publish("stat/sonoff/POWER", "ON", false));
    sender.ends();
}

#[test]
fn level_5_is_told_so_and_sent_away() {
    let served = Served::start();
    let mut client = Client(TcpStream::connect(served.at).unwrap());
    client.send(b"\x10\x11\0\x04MQTT\x05\x02\0\x3c\0\0\x04five");
    client.expect(&[0x20, 2, 0, 1]);
    client.ends();
}

#[test]
fn a_lost_stream_fires_the_will() {
    let served = Served::start();
    let mut reader = served.client("r");
    reader.subscribe("#");
    let mut mortal = Client(TcpStream::connect(served.at).unwrap());
    mortal.send(&[b"\x10\x15\0\x04MQTT\x04\x06\0\0", &field("m")[..], &field("w"), &field("gon")].concat());
    mortal.expect(&[0x20, 2, 0, 0]);
    drop(mortal);
    reader.expect(&publish("w", "gon", false));
}

#[test]
fn silence_beyond_the_keep_alive_interval_ends_the_stream() {
    let served = Served::start();
    let mut client = Client(TcpStream::connect(served.at).unwrap());
    let begin = Instant::now();
    client.send(b"\x10\x0d\0\x04MQTT\x04\x02\0\x01\0\x01a");
    client.expect(&[0x20, 2, 0, 0]);
    client.ends();
    assert!(begin.elapsed() >= Duration::from_millis(1_500));
}

#[test]
fn a_client_that_reads_late_gets_everything() {
    let served = Served::start();
    let (mut reader, mut sender) = (served.client("r"), served.client("s"));
    reader.subscribe("bulk");
    let payload = "x".repeat(100);
    let one = publish("bulk", &payload, false);
    let many = one.repeat(50_000);
    sender.send(&[many.clone(), vec![0xe0, 0]].concat());
    sender.ends();
    reader.expect(&many);
}

#[test]
fn what_waits_is_sent_before_the_broker_stops() {
    let served = Served::start();
    let (mut reader, mut sender) = (served.client("r"), served.client("s"));
    reader.subscribe("#");
    sender.send(&[publish("tele/sonoff/LWT", "Offline", false), vec![0xe0, 0]].concat());
    sender.ends();
    drop(served);
    reader.expect(&publish("tele/sonoff/LWT", "Offline", false));
    reader.ends();
}

#[test]
fn the_next_free_port_is_taken() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let first = taken.local_addr().unwrap();
    let next = listen::bind_from(first).unwrap().local_addr().unwrap();
    assert!(next.port() > first.port() && next.ip() == first.ip());
}

#[test]
fn three_hundred_clients_at_once() {
    let served = Served::start();
    let mut clients: Vec<_> = (0..300).map(|n| served.client(&format!("c{n}"))).collect();
    clients.iter_mut().for_each(|client| client.subscribe("cmnd/sonoffs/#"));
    let message = publish("cmnd/sonoffs/POWER", "ON", false);
    served.client("s").send(&message);
    clients.iter_mut().for_each(|client| client.expect(&message));
}

#[test]
fn mosquitto_clients_switch_and_listen() {
    if !mosquitto_clients() {
        return;
    }
    let served = Served::start();
    let (mut child, mut lines) = served.subscriber("cmnd/#");
    for (arguments, wanted) in [
        (&["-t", "cmnd/sonoff/power", "-m", "on"][..], "cmnd/sonoff/power on"),
        (&["-t", "cmnd/sonoff/status", "-n"], "cmnd/sonoff/status (null)"),
        (&["-t", "cmnd/sonoff/power", "-m", "1", "-q", "1"], "cmnd/sonoff/power 1"),
        (&["-t", "cmnd/sonoff/power", "-m", "2", "-q", "2"], "cmnd/sonoff/power 2"),
        (&["-t", "cmnd/sonoff/power", "-m", "3", "-V", "mqttv31"], "cmnd/sonoff/power 3"),
    ] {
        assert!(served.command("mosquitto_pub").args(arguments).status().unwrap().success(), "{wanted}");
        assert_eq!(line(&mut lines), wanted);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn mosquitto_sub_gets_fifteen_hundred_kept_messages() {
    if !mosquitto_clients() {
        return;
    }
    let served = Served::start();
    let mut sender = served.client("s");
    (0..1_500).for_each(|n| sender.send(&publish(&format!("many/{n}"), "x", true)));
    sender.send(&[0xe0, 0]);
    sender.ends();
    for qos in ["0", "1"] {
        let mut command = served.command("mosquitto_sub");
        command.args(["-t", "many/#", "-q", qos, "-C", "1500", "-W", "20"]);
        let output = command.output().unwrap();
        assert!(output.status.success());
        assert_eq!(output.stdout.iter().filter(|&&byte| byte == b'\n').count(), 1_500);
    }
}

#[test]
fn an_mqtt_5_client_of_mosquitto_is_refused_and_goes() {
    if !mosquitto_clients() {
        return;
    }
    let served = Served::start();
    let status = served.command("mosquitto_pub").args(["-V", "5", "-t", "a", "-m", "b"]).output().unwrap();
    assert!(!status.status.success());
}
