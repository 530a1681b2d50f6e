//! The search for a broker, and names that end in `.local`: rules S-43 to S-48, S-73, S-84 to S-86, in virtual time.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddr};

use proptest::prelude::*;
use sonoff_core::settings::{Number, Settings, Text};
use sonoff_testkit::mdns::{GROUP, Message, PORT, Question, Responder, Service};
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

const HUB: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const INSTANCE: &str = "house._mqtt._tcp.local";
const SERVICE: &str = "_mqtt._tcp.local";

fn house(ip: Ipv4Addr, port: u16) -> Service {
    Service { name: "house".to_owned(), host: "hub.local".to_owned(), ip, port }
}

fn at(ip: Ipv4Addr, port: u16) -> Option<SocketAddr> {
    Some(SocketAddr::new(ip.into(), port))
}

/// A device from the factory.
fn plug(world: &mut World) -> Plug {
    plug_with(world, |_| ())
}

fn plug_with(world: &mut World, settings: fn(&mut Settings)) -> Plug {
    world.plug(Parts { settings, ..Parts::default() })
}

fn world_with(services: &[Service]) -> (World, Responder) {
    let mut world = World::new();
    let responder = world.responder(HUB);
    responder.announce(services);
    (world, responder)
}

/// Runs until the device has connected anew; how long that took.
fn connects(world: &mut World, plug: &Plug, limit: u64) -> Option<u64> {
    let before = world.now();
    plug.log.take();
    world.run_until(|_| plug.log.count("MQT: Connected") > 0, limit).then(|| world.now() - before)
}

/// Log lines of the search, without their stamps.
fn told(plug: &Plug) -> Vec<String> {
    let lines = plug.log.take().into_iter().filter(|line| line.contains("mDN: "));
    lines.map(|line| line[line.find("mDN: ").unwrap()..].to_owned()).collect()
}

// SX-20, S-44, S-46, S-47
#[test]
fn sx_20_a_device_from_the_factory_finds_the_broker_and_stores_nothing() {
    let (mut world, responder) = world_with(&[house(HUB, 1884)]);
    let plug = plug(&mut world);
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!((1000..1200).contains(&took), "{took}");
    assert_eq!(world.net().dialled(), at(HUB, 1884));
    let found = "mDN: MQTT service found on hub.local, IP address 10.0.0.9, Port 1884";
    assert_eq!(told(&plug), ["mDN: Query done. MQTT services found 1", found]);
    let [Question { from, wanted, .. }] = &responder.take_questions()[..] else { panic!("one question") };
    assert_ne!(from.port(), PORT, "a one-shot question");
    assert_eq!(*wanted, [(SERVICE.to_owned(), 12)]);
    plug.console.type_bytes(b"MqttHost\nMqttPort\n");
    world.run_for(100);
    let lines = plug.log.take();
    for answer in [r#"{"MqttHost":""}"#, r#"{"MqttPort":1883}"#] {
        assert!(lines.iter().any(|line| line.ends_with(answer)), "{lines:?}");
    }
    // No socket stays open for it, but the responder's and the time client's.
    world.run_for(10_000);
    assert_eq!(world.net().open_ports(), 1);
}

// SX-35, S-45, S-46
#[test]
fn sx_35_a_broker_that_moves_is_followed() {
    let (mut world, responder) = world_with(&[house(HUB, 1883)]);
    let plug = plug(&mut world);
    connects(&mut world, &plug, 10_000).unwrap();
    let elsewhere = Ipv4Addr::new(10, 0, 0, 77);
    responder.announce(&[house(elsewhere, 1999)]);
    world.net().break_it(|faults| faults.refused = vec![HUB]);
    world.net().cut_all();
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!(took < 2200, "{took}");
    assert_eq!(world.net().dialled(), at(elsewhere, 1999));
    assert_eq!(plug.restarts.get(), 0);
}

// S-45: each attempt asks anew, so that one that failed is no reason to stay with it.
#[test]
fn a_broker_that_refuses_is_asked_for_again_before_each_attempt() {
    let (mut world, responder) = world_with(&[house(HUB, 1883)]);
    world.net().break_it(|faults| faults.refuse = true);
    let plug = plug(&mut world);
    world.run_for(12_000);
    assert_eq!((responder.take_questions().len(), world.net().tally().dials), (2, 1));
    assert_eq!(plug.log.count("MQTT: CONNECT FAILED 10.0.0.9:1883, rc -2. Retry in 10 seconds"), 1);
    world.net().repair();
    connects(&mut world, &plug, 10_000).unwrap();
}

// SX-36, S-48, S-82
#[test]
fn sx_36_where_there_is_none_it_is_asked_for_again_and_nothing_waits() {
    let (mut world, responder) = world_with(&[]);
    let plug = plug(&mut world);
    world.run_for(3_600_000);
    assert_eq!((world.net().tally().dials, plug.restarts.get()), (0, 0));
    let lines = told(&plug);
    assert!((270..=280).contains(&lines.len()), "{} queries in an hour", lines.len());
    assert!(lines.iter().all(|line| line == "mDN: Query done. MQTT services found 0"), "{lines:?}");
    plug.console.type_bytes(b"power on\n");
    world.run_for(10);
    assert_eq!(plug.pins.output(12), Some(true));
    responder.announce(&[house(HUB, 1883)]);
    connects(&mut world, &plug, 15_000).unwrap();
}

// S-48
#[test]
fn the_next_query_comes_after_mqtt_retry() {
    let (mut world, _) = world_with(&[]);
    let plug = plug(&mut world);
    world.run_until(|_| plug.log.count("found 0") == 1, 10_000);
    plug.console.type_bytes(b"MqttRetry 60\n");
    world.run_for(59_000);
    assert_eq!(plug.log.count("found 0"), 1);
    world.run_for(5_000);
    assert_eq!(plug.log.count("found 0"), 2);
}

// SX-37, S-44, S-73, S-1
#[test]
fn sx_37_nobody_is_asked_where_it_is_not_wanted() {
    let settings: [fn(&mut Settings); 5] = [
        |settings| settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap(),
        |settings| settings.set_nth_text(Text::MQTT_HOST, 3, "10.0.0.1").unwrap(),
        |settings| settings.set_option(55, false),
        |settings| settings.set_option(3, false),
        |settings| settings.set_nth_number(Number::MQTT_PORT, 1, 0).unwrap(),
    ];
    for settings in settings {
        let (mut world, responder) = world_with(&[house(HUB, 1883)]);
        let plug = plug_with(&mut world, settings);
        world.run_for(60_000);
        assert_eq!((responder.take_questions().len(), told(&plug).len()), (0, 0));
    }
}

// S-44: no restart.
#[test]
fn set_option_55_acts_at_once() {
    let (mut world, _) = world_with(&[house(HUB, 1883)]);
    let plug = plug_with(&mut world, |settings| settings.set_option(55, false));
    world.run_for(60_000);
    plug.console.type_bytes(b"SetOption55 1\n");
    assert!(connects(&mut world, &plug, 2000).is_some());
    assert_eq!(plug.restarts.get(), 0);
}

// S-44: the first one found; S-47: but all are counted.
#[test]
fn of_several_the_first_that_answers_is_taken() {
    let mut second = house(Ipv4Addr::new(10, 0, 0, 10), 1885);
    second.name = "barn".to_owned();
    second.host = "barn.local".to_owned();
    let (mut world, _) = world_with(&[house(HUB, 1884), second]);
    let plug = plug(&mut world);
    connects(&mut world, &plug, 10_000).unwrap();
    assert_eq!(world.net().dialled(), at(HUB, 1884));
    assert_eq!(told(&plug)[0], "mDN: Query done. MQTT services found 2");
}

// S-84
#[test]
fn who_does_not_know_one_shot_questions_hears_the_second_one() {
    let (mut world, responder) = world_with(&[house(HUB, 1884)]);
    responder.be_deaf_to_one_shots();
    let plug = plug(&mut world);
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!((3000..3200).contains(&took), "{took}");
    let ports: Vec<u16> = responder.take_questions().iter().map(|question| question.from.port()).collect();
    assert_eq!((ports.len(), ports[1]), (2, PORT));
}

// S-84
#[test]
fn where_no_group_can_be_joined_one_shot_questions_do() {
    let (mut world, responder) = world_with(&[]);
    world.settle();
    world.net().break_it(|faults| faults.no_multicast = true);
    let plug = plug(&mut world);
    world.run_for(4000);
    let ports: Vec<u16> = responder.take_questions().iter().map(|question| question.from.port()).collect();
    assert!(ports.len() == 2 && !ports.contains(&PORT), "{ports:?}");
    responder.announce(&[house(HUB, 1884)]);
    connects(&mut world, &plug, 15_000).unwrap();
}

// S-85
#[test]
fn what_an_answer_lacks_is_asked_for() {
    let (mut world, responder) = world_with(&[house(HUB, 1884)]);
    responder.be_terse();
    let plug = plug(&mut world);
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!(took < 1200, "{took}");
    assert_eq!(world.net().dialled(), at(HUB, 1884));
    let asked: Vec<_> = responder.take_questions().into_iter().map(|question| question.wanted).collect();
    let instance = (INSTANCE.to_owned(), 33);
    assert_eq!(
        asked,
        [vec![(SERVICE.to_owned(), 12)], vec![instance.clone()], vec![instance, ("hub.local".to_owned(), 1)]]
    );
}

// S-36, S-82: a network that goes while somebody is asked.
#[test]
fn a_network_that_goes_and_comes_is_asked_anew() {
    let (mut world, responder) = world_with(&[]);
    let plug = plug(&mut world);
    world.run_for(500);
    plug.station.set_up(false);
    world.run_for(60_000);
    assert_eq!((responder.take_questions().len() <= 2, world.net().tally().dials), (true, 0));
    responder.announce(&[house(HUB, 1884)]);
    plug.station.set_up(true);
    connects(&mut world, &plug, 15_000).unwrap();
}

// S-48: as if nobody had answered.
#[test]
fn without_a_socket_it_is_tried_again() {
    let (mut world, _) = world_with(&[house(HUB, 1884)]);
    world.settle();
    world.net().break_it(|faults| faults.no_datagrams = true);
    let plug = plug(&mut world);
    world.run_for(30_000);
    assert!((2..=4).contains(&plug.log.count("found 0")));
    world.net().repair();
    connects(&mut world, &plug, 15_000).unwrap();
}

// SX-38, S-43, S-86
#[test]
fn sx_38_a_local_name_is_asked_for_by_multicast() {
    let (mut world, responder) = world_with(&[house(HUB, 1)]);
    let plug = plug_with(&mut world, |settings| settings.set_text(Text::MQTT_HOST, "Hub.local").unwrap());
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!(took < 100, "{took}");
    assert_eq!(world.net().dialled(), at(HUB, 1883));
    assert_eq!(responder.take_questions()[0].wanted, [("Hub.local".to_owned(), 1)]);
}

// S-86: some networks have such names in their name servers.
#[test]
fn a_local_name_that_nobody_answers_to_is_left_to_name_servers() {
    let (mut world, _) = world_with(&[]);
    world.net().name("hub.local", HUB);
    let plug = plug_with(&mut world, |settings| settings.set_text(Text::MQTT_HOST, "hub.local").unwrap());
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!((3000..4000).contains(&took), "{took}");
    let log = |plug: &Plug| plug.log.count("MQTT: CONNECT FAILED hub.local:1883, rc -5");
    assert_eq!(log(&plug), 0);
}

// S-86, S-42
#[test]
fn a_local_name_that_nobody_knows_is_not_resolved() {
    let (mut world, _) = world_with(&[]);
    let plug = plug_with(&mut world, |settings| settings.set_text(Text::MQTT_HOST, "hub.local").unwrap());
    world.run_for(5000);
    assert_eq!(plug.log.count("MQTT: CONNECT FAILED hub.local:1883, rc -5. Retry in 10 seconds"), 1);
}

// S-47, S-85: what anybody may have written does not get into the log as it is.
#[test]
fn a_strange_name_is_shown_as_text() {
    let mut world = World::new();
    let long = format!("\x1b[2J\n\u{e9}.{}", "x".repeat(63));
    world.answer_questions(HUB, move |question| {
        let all = Message::answer(question.id).srv(INSTANCE, 1884, &long).a(&long, HUB);
        vec![(question.from, all.bytes())]
    });
    let plug = plug(&mut world);
    connects(&mut world, &plug, 10_000).unwrap();
    let name = format!("?[2J???.{}", "x".repeat(40));
    assert_eq!(told(&plug)[1], format!("mDN: MQTT service found on {name}, IP address 10.0.0.9, Port 1884"));
}

/// A device and somebody who answers like this, to whom it may not listen.
fn is_heard(answer: impl Fn(&Question) -> Vec<u8> + 'static) -> bool {
    let mut world = World::new();
    world.answer_questions(HUB, move |question| vec![(question.from, answer(question))]);
    let plug = plug(&mut world);
    world.run_for(20_000);
    assert!(plug.log.count("found ") >= 2 || world.net().tally().dials > 0, "it goes on");
    world.net().tally().dials > 0
}

fn whole(question: &Question) -> Message {
    Message::answer(question.id).ptr(SERVICE, INSTANCE).srv(INSTANCE, 1884, "hub.local")
}

// S-85
#[test]
fn what_is_no_good_answer_is_passed_over() {
    assert!(is_heard(|question| whole(question).a("hub.local", HUB).bytes()), "a good one is heard");
    assert!(is_heard(|question| Message::answer(question.id).srv(INSTANCE, 1, "h").a("h", HUB).bytes()));
    let bad: [fn(&Question) -> Vec<u8>; 11] = [
        |question| whole(question).bytes(),
        |question| whole(question).a("other.local", HUB).bytes(),
        |question| whole(question).a("hub.local", Ipv4Addr::UNSPECIFIED).bytes(),
        |question| whole(question).a("hub.local", Ipv4Addr::BROADCAST).bytes(),
        |question| whole(question).a("hub.local", GROUP).bytes(),
        |question| whole(question).ttl(0).a("hub.local", HUB).bytes(),
        |question| Message::answer(question.id).ttl(0).srv(INSTANCE, 1884, "h").ttl(9).a("h", HUB).bytes(),
        |question| Message::answer(question.id).srv(INSTANCE, 0, "h").a("h", HUB).bytes(),
        |question| Message::answer(question.id).srv("x._http._tcp.local", 80, "h").a("h", HUB).bytes(),
        |question| Message::answer(question.id).srv("x.y._mqtt._tcp.local", 80, "h").a("h", HUB).bytes(),
        |question| {
            let mut bytes = whole(question).a("hub.local", HUB).bytes();
            bytes[2] = 0; // It is a question, too.
            bytes
        },
    ];
    for (at, bad) in bad.into_iter().enumerate() {
        assert!(!is_heard(bad), "number {at}");
    }
}

// S-85
#[test]
fn an_answer_to_another_question_is_passed_over() {
    let (mut world, ids) = (World::new(), [1, 0]);
    let mut ids = ids.into_iter();
    world.answer_questions(HUB, move |question| {
        let id = question.id ^ ids.next().unwrap_or(0);
        let answer = Message::answer(id).srv(INSTANCE, 1884, "h").a("h", HUB).bytes();
        vec![(question.from, answer)]
    });
    world.settle();
    world.net().break_it(|faults| faults.no_multicast = true);
    let plug = plug(&mut world);
    let took = connects(&mut world, &plug, 10_000).unwrap();
    assert!((3000..3200).contains(&took), "by the second answer: {took}");
}

// S-85: a host with several addresses, of which only one leads to it from here.
#[test]
fn of_several_addresses_the_one_that_answered_is_taken() {
    let mut world = World::new();
    let inner = Ipv4Addr::new(172, 17, 0, 1);
    world.answer_questions(HUB, move |question| {
        let all = whole(question).a("hub.local", inner).a("hub.local", HUB).a("hub.local", inner);
        vec![(question.from, all.bytes())]
    });
    let plug = plug(&mut world);
    connects(&mut world, &plug, 10_000).unwrap();
    assert_eq!(world.net().dialled(), at(HUB, 1884));
}

// S-85: an answer of the usual responder of Linux, whose names point to each other.
#[test]
fn names_that_point_to_others_are_followed() {
    assert!(is_heard(|question| {
        let mut bytes = Message::answer(question.id).bytes();
        bytes.splice(4..12, [0, 0, 0, 1, 0, 0, 0, 2]);
        bytes.extend(
            b"\x05_mqtt\x04_tcp\x05local\x00\x00\x0c\x00\x01\x00\x00\x00\x0a\x00\x08\x05house\xc0\x0c",
        );
        bytes.extend(
            b"\xc0\x28\x00\x21\x80\x01\x00\x00\x00\x0a\x00\x0c\x00\x00\x00\x00\x07\x5b\x03hub\xc0\x17",
        );
        bytes.extend(b"\xc0\x42\x00\x01\x80\x01\x00\x00\x00\x0a\x00\x04\x0a\x00\x00\x09");
        bytes
    }));
}

// S-85
#[test]
fn names_that_point_in_circles_end() {
    for loops in [&b"\xc0\x0c"[..], b"\xc0\x0e\xc0\x0c", b"\x01a\xc0\x0c", b"\xff\xff", b"\x40", b"\x3f"] {
        assert!(!is_heard(move |question| {
            let mut bytes = Message::answer(question.id).bytes();
            bytes[7] = 200;
            bytes[11] = 200;
            (0..30).for_each(|_| {
                bytes.extend(loops);
                bytes.extend(b"\x00\x21\x80\x01\x00\x00\x00\x0a\x00\x08\x00\x00\x00\x00\x07\x5b");
                bytes.extend(loops);
            });
            bytes
        }));
    }
}

// S-85: a flood of answers that lead to more questions is not answered for ever.
#[test]
fn a_flood_leads_to_few_questions() {
    let (mut world, questions) = (World::new(), std::rc::Rc::new(std::cell::Cell::new(0)));
    let asked = questions.clone();
    world.answer_questions(HUB, move |question| {
        asked.set(asked.get() + 1);
        let more = Message::answer(question.id).ptr(SERVICE, INSTANCE).bytes();
        (0..50).map(|_| (question.from, more.clone())).collect()
    });
    let plug = plug(&mut world);
    world.run_until(|_| plug.log.count("found 0") == 1, 10_000);
    assert!((2..=10).contains(&questions.get()), "{}", questions.get());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // S-85: whatever comes, the device goes on, and asks again.
    #[test]
    fn any_bytes_stop_nothing(
        junk in proptest::collection::vec(any::<u8>(), 0..700),
        changes in proptest::collection::vec((0usize..120, any::<u8>()), 0..6),
        cut in 0usize..150,
    ) {
        let mut world = World::new();
        world.answer_questions(HUB, move |question| {
            let mut bytes = whole(question).a("hub.local", HUB).bytes();
            for (at, byte) in &changes {
                if let Some(place) = bytes.get_mut(*at) {
                    *place = *byte;
                }
            }
            bytes.truncate(cut);
            let mut both = bytes.clone();
            both.extend(&junk);
            [bytes, junk.clone(), both].map(|bytes| (question.from, bytes)).to_vec()
        });
        let plug = plug(&mut world);
        world.run_for(30_000);
        prop_assert!(plug.log.count("mDN: Query done") >= 1);
        plug.console.type_bytes(b"power on\n");
        world.run_for(10);
        prop_assert_eq!(plug.pins.output(12), Some(true));
    }
}
