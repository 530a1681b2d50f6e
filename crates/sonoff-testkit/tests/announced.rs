//! What a device with pages says of itself by multicast DNS: rules W-18 to W-20, in virtual time.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use edge_nal::{MulticastV4, UdpBind, UdpReceive, UdpSend, UdpSplit};
use proptest::prelude::*;
use sonoff_core::Profile;
use sonoff_core::profile::Part;
use sonoff_core::settings::{Settings, Text};
use sonoff_hal::Clock;
use sonoff_testkit::mdns::{GROUP, PORT, Service};
use sonoff_testkit::net::{Faults, UdpHalf};
use sonoff_testkit::plug::{HTTP, Parts, Plug};
use sonoff_testkit::world::World;

const PROFILE: Profile = Profile { parts: &[Part::Radio, Part::Pages], ..Profile::BASIC };
const DEVICE: &str = "192.168.1.50:5353";
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 9);
/// `sonoff-5206.local`
const HOST: &[u8] = b"\x0Bsonoff-5206\x05local\0";
const PAGES: &[u8] = b"\x05_http\x04_tcp\x05local\0";
/// Type and class of a question for an address, and for services.
const A: &[u8] = &[0, 1, 0, 1];
const PTR: &[u8] = &[0, 12, 0, 1];
/// The device's address as a record of its own.
const ADDRESS: &[u8] = &[0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 192, 168, 1, 50];
/// Where its pages are, but for the host's name.
const PLACE: &[u8] = &[0, 33, 0x80, 1, 0, 0, 0, 120, 0, 25, 0, 0, 0, 0, 0, 80];

/// What came from the device, and when.
type Heard = Rc<RefCell<Vec<(u64, Vec<u8>)>>>;

/// Somebody in the same network, at a port.
struct Neighbour {
    voice: Rc<RefCell<Option<UdpHalf>>>,
    heard: Heard,
}

impl Neighbour {
    fn new(world: &mut World, port: u16) -> Self {
        let it = Self { voice: Rc::default(), heard: Rc::default() };
        let (voice, heard) = (it.voice.clone(), it.heard.clone());
        let (net, clock) = (world.net().clone(), world.clock().clone());
        world.spawn(async move {
            let mut socket = net.bind(SocketAddr::new(NEIGHBOUR.into(), port)).await.unwrap();
            socket.join_v4(GROUP, NEIGHBOUR).await.unwrap();
            voice.replace(Some(socket.split().1));
            let mut room = [0; 1500];
            while let Ok((len, from)) = socket.receive(&mut room).await {
                if from == DEVICE.parse().unwrap() {
                    heard.borrow_mut().push((clock.now(), room[..len].to_vec()));
                }
            }
        });
        world.settle();
        it
    }

    /// Says this to all; what comes back within two seconds, and after how many milliseconds.
    fn says(&self, world: &mut World, bytes: Vec<u8>) -> Vec<(u64, Vec<u8>)> {
        self.heard.take();
        let (began, mut voice) = (world.now(), self.voice.borrow().clone().unwrap());
        world.spawn(async move {
            let to_all = SocketAddr::new(GROUP.into(), PORT);
            voice.send(to_all, &bytes).await.unwrap();
        });
        world.run_for(2000);
        self.heard.take().into_iter().map(|(at, bytes)| (at - began, bytes)).collect()
    }

    fn asks(&self, world: &mut World, name: &[u8], kind: &[u8]) -> Vec<(u64, Vec<u8>)> {
        self.says(world, [&[0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], name, kind].concat())
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn set_up(settings: &mut Settings) {
    settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
}

/// A device with pages, and a neighbour who listens at the common port.
fn house(settings: fn(&mut Settings)) -> (World, Plug, Neighbour) {
    let mut world = World::new();
    let neighbour = Neighbour::new(&mut world, PORT);
    let plug = world.plug(Parts { profile: PROFILE, settings, ..Parts::default() });
    (world, plug, neighbour)
}

fn type_line(world: &mut World, plug: &Plug, line: &str) {
    plug.console.type_bytes(line.as_bytes());
    plug.console.type_bytes(b"\n");
    world.run_for(5000);
}

// W-18, WX-14
#[test]
fn wx_14_pages_are_announced_twice_and_then_when_asked() {
    let (mut world, plug, neighbour) = house(set_up);
    world.run_for(5000);
    let heard = neighbour.heard.take();
    let [(first, news), (second, again)] = &heard[..] else { panic!("{heard:?}") };
    assert!((20..200).contains(first) && (1000..=1200).contains(&(second - first)), "{first} {second}");
    assert!(news == again && has(news, ADDRESS) && has(news, PLACE));
    world.run_for(3_600_000);
    assert!(neighbour.heard.take().is_empty(), "nobody has asked");

    plug.station.set_up(false);
    world.run_for(5000);
    assert!(neighbour.asks(&mut world, HOST, A).is_empty());
    plug.station.set_up(true);
    world.run_for(5000);
    assert_eq!(neighbour.heard.take().len(), 2, "the network is back");
}

// W-19, WX-15
#[test]
fn wx_15_who_asks_is_answered_in_his_way() {
    let (mut world, _plug, neighbour) = house(set_up);
    let other = Neighbour::new(&mut world, 40_000);
    world.run_for(5000);
    let told = neighbour.asks(&mut world, PAGES, PTR);
    let [(after, answer)] = &told[..] else { panic!("{told:?}") };
    assert!((20..120).contains(after) && answer[..2] == [0, 0] && has(answer, PLACE) && has(answer, ADDRESS));

    neighbour.heard.take();
    let told = other.asks(&mut world, HOST, A);
    let [(after, answer)] = &told[..] else { panic!("{told:?}") };
    assert!(*after == 0 && answer[..2] == [0, 7] && has(answer, &[HOST, A].concat()), "{answer:?}");
    assert!(neighbour.heard.take().is_empty(), "nobody else hears that");
    assert!(neighbour.asks(&mut world, b"\x05_mqtt\x04_tcp\x05local\0", PTR).is_empty());
}

// W-18
#[test]
fn what_is_not_announced_has_no_open_port() {
    for (line, name) in
        [("SetOption55 0", HOST), ("Webserver 0", HOST), ("Hostname two.words", b"\x09two.words\x05local\0")]
    {
        let (mut world, plug, neighbour) = house(set_up);
        world.run_for(5000);
        assert_eq!(neighbour.asks(&mut world, HOST, A).len(), 1, "before {line}");
        type_line(&mut world, &plug, line);
        assert!(neighbour.asks(&mut world, name, A).is_empty(), "{line}");
        assert_eq!(world.net().open_ports(), 1, "the neighbour's alone: {line}");
    }
}

// S-84, W-20: two sockets at one port would take each other's answers
#[test]
fn a_search_has_the_common_port_for_itself() {
    let mut world = World::new();
    let hub = Ipv4Addr::new(10, 0, 0, 9);
    let responder = world.responder(hub);
    responder.be_deaf_to_one_shots();
    let service = Service { name: "house".into(), host: "hub.local".into(), ip: hub, port: 1884 };
    responder.announce(&[service]);
    let neighbour = Neighbour::new(&mut world, PORT);
    let plug = world.plug(Parts { profile: PROFILE, settings: |_| (), ..Parts::default() });
    let found = world.run_until(|_| plug.log.count("MQT: Connected") > 0, 5000);
    assert!(found, "{:?}", plug.log.take());
    world.run_for(5000);
    assert_eq!(neighbour.asks(&mut world, HOST, A).len(), 1, "and answers again");
}

// W-18
#[test]
fn without_a_socket_or_group_pages_are_served_and_it_is_tried_again() {
    let deaf: fn(&mut Faults) = |faults| faults.no_datagrams = true;
    let alone: fn(&mut Faults) = |faults| faults.no_multicast = true;
    for broken in [deaf, alone] {
        let mut world = World::new();
        let neighbour = Neighbour::new(&mut world, PORT);
        world.net().break_it(broken);
        world.plug(Parts { profile: PROFILE, settings: set_up, ..Parts::default() });
        world.run_for(15_000);
        assert!(neighbour.heard.take().is_empty());
        assert!(world.net().dial(HTTP).is_some(), "pages are served");
        world.net().repair();
        world.run_for(12_000);
        assert_eq!(neighbour.heard.take().len(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    // W-19
    #[test]
    fn no_bytes_break_it(noise in proptest::collection::vec(any::<u8>(), 0..80), is_question in any::<bool>()) {
        let (mut world, _plug, neighbour) = house(set_up);
        world.run_for(5000);
        let head: &[u8] = if is_question { &[0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0] } else { &[] };
        neighbour.says(&mut world, [head, &noise].concat());
        prop_assert_eq!(neighbour.asks(&mut world, HOST, A).len(), 1);
    }
}
