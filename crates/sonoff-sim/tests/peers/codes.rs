//! `CONNECT FAILED` with each of its codes (S-34, S-42).

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use crate::broker::{Mosquitto, free_port};
use crate::device::Device;
use crate::installed;
use crate::tools;

/// Starts a device whose first attempt at this broker must fail with this code.
#[track_caller]
fn fails_with(at: &str, rc: &str) -> Device {
    let mut device = Device::on(&format!("mqtt://{at}"), &[]);
    logs_failure(&mut device, at, rc);
    device
}

#[track_caller]
fn logs_failure(device: &mut Device, at: &str, rc: &str) {
    device.logs("MQT: Attempting connection...");
    device.logs(&format!("MQTT: CONNECT FAILED {at}, rc {rc}. Retry in 10 seconds"));
}

/// A broker that has this one answer to a CONNECT.
fn answering(answer: &'static [u8]) -> (String, JoinHandle<TcpStream>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // Fixed header and body of a CONNECT that is shorter than 128 bytes.
        let mut header = [0; 2];
        stream.read_exact(&mut header).unwrap();
        stream.read_exact(&mut vec![0; usize::from(header[1])]).unwrap();
        stream.write_all(answer).unwrap();
        stream
    });
    (at, answering)
}

// S-42, SX-7
#[test]
fn no_broker_is_minus_2_and_the_device_comes_when_there_is_one() {
    let at = format!("127.0.0.1:{}", free_port());
    let mut device = fails_with(&at, "-2");
    device.type_line("power on");
    device.logs("RLY: 1 ON");
    if installed::mosquitto_clients().is_none() {
        return;
    }
    let Some(mut broker) = Mosquitto::start_at(at.rsplit_once(':').unwrap().1.parse().unwrap()) else {
        return;
    };
    let mut stat = tools::mosquitto_sub(broker.port, "-v -t tele/sonoff/LWT -t stat/sonoff/POWER");
    broker.logs("as DVES_123456");
    device.logs("MQT: Connected");
    stat.prints(&["tele/sonoff/LWT Online", "stat/sonoff/POWER ON"]);
}

// S-42, SX-8
#[test]
fn a_wrong_password_is_5_and_the_right_one_is_let_in() {
    let Some(mut broker) = Mosquitto::with_password("DVES_USER", "DVES_PASS") else { return };
    let mut wrong = Device::on(&format!("mqtt://DVES_USER:wrong@127.0.0.1:{}", broker.port), &[]);
    wrong.logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{}, rc 5. Retry in 10 seconds", broker.port));
    assert!(!wrong.has_logged("MQT: Connected"));

    let mut right = Device::on(&broker.url(), &["--mac", "02:00:00:00:00:01"]);
    right.logs("MQT: Connected");
    broker.logs("as DVES_000001 (p2, c1, k30, u'DVES_USER')");
}

#[test]
fn a_name_that_cannot_be_resolved_is_minus_5() {
    // RFC 6761: this one never can.
    fails_with("no-such-broker.invalid:1883", "-5");
}

#[test]
fn a_name_that_can_be_resolved_is_shown_as_its_address() {
    let port = free_port();
    let mut device = Device::on(&format!("mqtt://localhost:{port}"), &[]);
    device.logs(&format!("MQTT: CONNECT FAILED 127.0.0.1:{port}, rc -2. Retry in 10 seconds"));
}

#[test]
fn a_broker_that_says_nothing_is_minus_4() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    fails_with(&listener.local_addr().unwrap().to_string(), "-4");
}

#[test]
fn a_broker_that_hangs_up_is_minus_3() {
    let (at, answering) = answering(b"");
    let mut device = Device::on(&format!("mqtt://{at}"), &[]);
    drop(answering.join().unwrap());
    logs_failure(&mut device, &at, "-3");
}

#[test]
fn a_refusal_shows_its_code() {
    for (answer, rc) in [
        (b"\x20\x02\0\x01", "1"),
        (b"\x20\x02\0\x02", "2"),
        (b"\x20\x02\0\x03", "3"),
        (b"\x20\x02\0\x04", "4"),
        (b"\x20\x02\0\x05", "5"),
    ] {
        let (at, answering) = answering(answer);
        fails_with(&at, rc);
        drop(answering.join().unwrap());
    }
}

#[test]
fn an_answer_that_is_no_mqtt_is_minus_3() {
    let (at, answering) = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    fails_with(&at, "-3");
    drop(answering.join().unwrap());
}
