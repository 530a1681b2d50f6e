//! No secret leaves a whole device but in CONNECT (D-54): not to the broker, not to the serial port, the page of the log or
//! the log server, whatever is typed or sent. What commands answer is in `tests/secrets.rs` of the repository.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use edge_nal::{UdpBind, UdpReceive};
use sonoff_core::Profile;
use sonoff_core::command::TABLES;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_hal::Slot;
use sonoff_testkit::broker::wire::{Level, Packet, read};
use sonoff_testkit::net::Peer;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;
use support::{ACCEPT, packets, publish};

/// In every word that is to stay secret, and in no other.
const CANARY: &str = "kanari";
/// The log server.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const PINGREQ: u8 = 0xC0;
const PINGRESP: &[u8] = &[0xD0, 0];

fn planted(settings: &mut Settings) {
    let secrets = Text::ALL.into_iter().filter(|text| text.is_secret());
    for (at, (text, n)) in secrets.flat_map(|text| (1..=text.count()).map(move |n| (text, n))).enumerate() {
        settings.set_nth_text(text, n, &format!("{CANARY}-planted-{at}")).unwrap();
    }
    settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
    settings.set_text(Text::LOG_HOST, "10.0.0.2").unwrap();
    for level in [Number::SERIAL_LOG, Number::MQTT_LOG, Number::WEB_LOG, Number::SYS_LOG] {
        settings.set_number(level, 4).unwrap();
    }
}

/// A device with all its channels in the test's hands.
struct Watched {
    world: World,
    plug: Plug,
    peers: BTreeMap<u64, Peer>,
    /// Everything that came over UDP.
    datagrams: Rc<RefCell<Vec<Vec<u8>>>>,
    /// Packets looked at, those of CONNECT apart.
    looked_at: usize,
    connects: usize,
}

impl Watched {
    fn new() -> Self {
        let parts: &[Part] = &[Part::Radio, Part::Serial, Part::Syslog, Part::Pages];
        let profile = Profile { parts, ..Profile::BASIC };
        let mut world = World::without_broker();
        let datagrams = listen(&mut world);
        let plug = world.plug(Parts { profile, settings: planted, ..Parts::default() });
        let mut watched = Self { world, plug, peers: BTreeMap::new(), datagrams, looked_at: 0, connects: 0 };
        watched.run(20_000);
        watched
    }

    /// Lets time pass and looks at all that leaves.
    fn run(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(500) {
            self.world.run_for(500);
            while let Some(peer) = self.world.net().next_touched() {
                self.serve(peer);
                self.world.settle();
            }
        }
        for line in [self.plug.log.take(), self.plug.log.take_page()].concat() {
            assert!(!line.contains(CANARY), "{line}");
        }
        for datagram in self.datagrams.take() {
            hides(&datagram);
        }
    }

    /// Does what a broker does.
    fn serve(&mut self, peer: Peer) {
        for packet in packets(&peer.take()) {
            match packet[0] {
                0x10 => {
                    self.connects += 1;
                    carries_the_password_alone(&packet);
                    peer.send(ACCEPT);
                }
                PINGREQ => drop(peer.send(PINGRESP)),
                _ => hides(&packet),
            }
            self.looked_at += 1;
        }
        match peer.is_over() {
            true => drop(self.peers.remove(&peer.id())),
            false => drop(self.peers.insert(peer.id(), peer)),
        }
    }

    fn types(&mut self, line: &str) {
        self.plug.console.type_bytes(format!("{line}\n").as_bytes());
        self.run(500);
    }

    fn sends(&mut self, word: &str, payload: &str) {
        for peer in self.peers.values() {
            peer.send(&publish(&format!("cmnd/sonoff/{word}"), payload));
        }
        self.run(500);
    }
}

fn listen(world: &mut World) -> Rc<RefCell<Vec<Vec<u8>>>> {
    let (net, heard) = (world.net().clone(), Rc::<RefCell<Vec<Vec<u8>>>>::default());
    let datagrams = heard.clone();
    world.spawn(async move {
        let mut socket = net.bind(SocketAddr::new(SERVER.into(), 514)).await.unwrap();
        let mut buf = [0; 1500];
        loop {
            let (len, _) = socket.receive(&mut buf).await.unwrap();
            datagrams.borrow_mut().push(buf[..len].to_vec());
        }
    });
    heard
}

#[track_caller]
fn hides(bytes: &[u8]) {
    assert_eq!(canaries(bytes), 0, "{}", String::from_utf8_lossy(bytes));
}

fn canaries(bytes: &[u8]) -> usize {
    bytes.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count()
}

fn carries_the_password_alone(packet: &[u8]) {
    let Ok(Packet::Connect(connect)) = read(packet, Level::V311) else { panic!("{packet:?}") };
    let password = connect.password.unwrap_or_default();
    assert_eq!(canaries(packet), canaries(password), "{}", String::from_utf8_lossy(packet));
}

/// Words that end the run or take the broker away.
const APART: &[&str] = &["Restart", "Reset", "Publish"];

#[test]
fn questions_and_what_happens_by_itself() {
    let mut device = Watched::new();
    let commands = TABLES.iter().flat_map(|table| table.iter()).map(|command| command.name);
    for word in commands.filter(|word| !APART.contains(word)) {
        device.types(word);
        device.sends(word, "");
    }
    for number in 0..=14 {
        device.types(&format!("Status {number}"));
        device.sends("Status", &number.to_string());
    }
    device.types("Status0");
    for line in ["nothing", "Power9 1", "SetOption200", "?", "p\t", "mqttp?", "MqttPassword?", "Reset 99"] {
        device.types(line);
    }
    device.run(320_000);
    device.world.net().cut_all();
    device.run(30_000);
    device.plug.station.set_up(false);
    device.run(30_000);
    device.plug.station.set_up(true);
    device.run(60_000);
    for line in ["Restart 1", "Reset 6"] {
        device.types(line);
        device.run(30_000);
    }
    assert!(device.looked_at > 500 && device.connects > 4, "{} {}", device.looked_at, device.connects);
    assert_eq!(device.plug.restarts.get(), 2);
}

#[test]
fn whatever_is_set_by_whatever_way() {
    let mut device = Watched::new();
    let commands = TABLES.iter().flat_map(|table| table.iter()).map(|command| command.name);
    for name in commands.filter(|name| name.to_lowercase().contains("password")) {
        for word in [name.to_owned(), format!("{name}1"), format!("{name}2"), format!("_{name}")] {
            device.sends(&word, &format!("{CANARY}-sent-{word}"));
            let new = format!("{CANARY}-typed {word}");
            for line in [
                format!("{word} {new}"),
                format!("  cmnd/sonoff/{word}   {new}"),
                format!("{} {new}", word.to_uppercase()),
                format!("Backlog Status 6; {word} {new}; {word} {new}"),
                format!("{word} {new}?"),
                format!("{word} {}", new.repeat(40)),
                format!("{word} {}", new.repeat(3)),
                format!("{word} {new}\t"),
            ] {
                device.types(&line);
            }
            device.sends("Backlog", &format!("{word} {CANARY}; Status 5"));
            // Settings of the link take a restart.
            device.run(10_000);
        }
    }
    let settings = device.plug.store.blob(Slot::Settings).unwrap_or_default();
    assert!(canaries(&settings) >= 2, "nothing was set");
    assert!(device.plug.restarts.get() > 4 && device.connects > 4);
}
