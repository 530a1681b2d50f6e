//! The program without `--broker`: it brings a broker of its own.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::broker::free_port;
use crate::device::Device;
use crate::installed;
use crate::tools;

/// The port that the banner tells.
#[track_caller]
fn port(device: &mut Device) -> u16 {
    let line = device.logs("broker: 127.0.0.1:");
    assert!(line.contains("(built in, this machine only"), "{line}");
    let rest = line.split_once("127.0.0.1:").unwrap().1;
    rest.split(' ').next().unwrap().parse().unwrap()
}

/// While this lives, port 1883 is taken: by this test, or by another program that had it before.
struct Taken {
    _listener: Option<TcpListener>,
    _alone: MutexGuard<'static, ()>,
}

impl Taken {
    fn take() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 1883)).ok(), _alone: alone }
    }
}

/// Lines typed, as somebody does who has nothing but this program.
#[test]
fn it_is_tried_with_no_mqtt_tool_at_all() {
    let mut device = Device::start(&["--listen", &format!("127.0.0.1:{}", free_port())]);
    device.logs("here    type: power toggle | status 6 | !press 1        stop: Ctrl-C");
    device.logs("MQT: Connected");
    device.type_line("power toggle");
    device.logs("CMD: power toggle");
    device.logs("RLY: 1 ON");
    device.logs(r#"MQT: stat/sonoff/RESULT = {"POWER":"ON"}"#);
    device.logs("MQT: stat/sonoff/POWER = ON");
    device.type_line("status 6");
    device.logs(r#"MQT: stat/sonoff/STATUS6 = {"StatusMQT":{"#);
    device.type_line("!press 1");
    device.logs("RLY: 1 OFF");
    device.type_line("!dance");
    device.logs("!dance");
    device.close_input();
    // The end of its input is not its own end.
    device.logs("MQT: tele/sonoff/STATE = {");
}

#[test]
fn two_at_a_time_take_two_ports_and_clients_reach_each() {
    if installed::mosquitto_clients().is_none() {
        return;
    }
    let _taken = Taken::take();
    let (mut one, mut two) = (Device::start(&["--topic", "one"]), Device::start(&["--topic", "two"]));
    let ports = [port(&mut one), port(&mut two)];
    assert!(ports[0] > 1883 && ports[1] > 1883 && ports[0] != ports[1], "{ports:?}");
    for (device, name, port) in [(&mut one, "one", ports[0]), (&mut two, "two", ports[1])] {
        device.logs(&format!("mosquitto_pub -h 127.0.0.1 -p {port} -t cmnd/{name}/power -m on"));
        device.logs(&format!("MQT: stat/{name}/POWER = OFF"));
        let mut all = tools::mosquitto_sub(port, "-v -t stat/+/POWER -t tele/+/LWT");
        all.prints(&[&format!("tele/{name}/LWT Online")]);
        tools::mosquitto_pub(port, &format!("-t cmnd/{name}/power -m on"));
        all.comes_to(&format!("stat/{name}/POWER ON"));
        tools::mosquitto_pub(port, &format!("-t cmnd/{name}/power -n"));
        all.comes_to(&format!("stat/{name}/POWER ON"));
        device.logs("RLY: 1 ON");
    }
}

#[test]
fn a_taken_port_is_told() {
    let _taken = Taken::take();
    let mut device = Device::start(&[]);
    let line = device.logs("broker: 127.0.0.1:");
    assert!(line.ends_with("(built in, this machine only; port 1883 is taken)"), "{line}");
    device.logs("MQT: Connected");
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_ends_the_program() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let mut device = Device::start(&["--listen", &at]);
    device.logs(&format!("sonoff-sim: {at}: "));
    assert_eq!(device.end().code(), Some(1));
}

#[cfg(unix)]
#[test]
fn its_end_is_seen_by_those_who_watch() {
    if installed::mosquitto_clients().is_none() {
        return;
    }
    let free = free_port();
    let mut device = Device::start(&["--listen", &format!("127.0.0.1:{free}")]);
    device.logs("MQT: Connected");
    let mut lwt = tools::mosquitto_sub(free, "-v -t tele/sonoff/LWT");
    lwt.prints(&["tele/sonoff/LWT Online"]);
    assert_eq!(device.terminate().code(), Some(0));
    lwt.prints(&["tele/sonoff/LWT Offline"]);
    let late = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, free));
    assert!(late.is_err(), "the broker ends with the program");
}
