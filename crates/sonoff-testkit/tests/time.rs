//! The time of day from time servers: rules U-75 to U-78, in virtual time.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use edge_nal::{UdpBind, UdpReceive, UdpSend};
use proptest::prelude::*;
use sonoff_core::settings::{Settings, Text};
use sonoff_hal::{Clock, TimeSource};
use sonoff_runtime::Sntp;
use sonoff_testkit::net::Net;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

/// 2024-01-02T03:04:05Z
const THEN: u64 = 1_704_164_645;
/// From 1900, where the protocol's seconds begin, to 1970.
const TO_1970: u64 = 2_208_988_800;
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

/// What a server does with a question: the answer, or silence.
type Manner = fn(&[u8], u64) -> Vec<Vec<u8>>;

/// A timestamp of the protocol: seconds, then their fraction.
fn stamp(unix_ms: u64) -> [u8; 8] {
    let seconds = u32::try_from((unix_ms / 1000 + TO_1970) & u64::from(u32::MAX)).unwrap();
    let fraction = u32::try_from(((unix_ms % 1000) << 32) / 1000).unwrap();
    let [a, b, c, d] = seconds.to_be_bytes();
    let [e, f, g, h] = fraction.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}

/// An answer of a good server (RFC 5905, 7.3): mode 4, version 4, stratum 2, and the question's time sent back.
fn good(question: &[u8], unix_ms: u64) -> Vec<u8> {
    let mut answer = vec![0; 48];
    answer[..4].copy_from_slice(&[0x24, 2, 6, 0xEC]);
    answer[12..16].copy_from_slice(&[10, 0, 0, 1]);
    answer[16..24].copy_from_slice(&stamp(unix_ms));
    answer[24..32].copy_from_slice(&question[40..48]);
    answer[32..40].copy_from_slice(&stamp(unix_ms));
    answer[40..48].copy_from_slice(&stamp(unix_ms));
    answer
}

/// Questions that a server got, by its last octet.
type Asked = Rc<RefCell<Vec<(u64, u8)>>>;

/// A server at this address, which knows the world's time to be `THEN` at its beginning.
fn serve(world: &mut World, address: Ipv4Addr, manner: Manner) -> Asked {
    let (net, clock, asked) = (world.net().clone(), world.clock().clone(), Asked::default());
    let seen = asked.clone();
    world.spawn(async move {
        let mut socket = net.bind(SocketAddr::new(address.into(), 123)).await.unwrap();
        let mut buf = [0; 64];
        loop {
            let (len, from) = socket.receive(&mut buf).await.unwrap();
            assert_eq!((len, buf[0] & 0x3F), (48, 0x23), "a client's question of version 4");
            seen.borrow_mut().push((clock.now(), address.octets()[3]));
            clock.wait_until(clock.now() + 40).await;
            for answer in manner(&buf[..len], THEN * 1000 + clock.now()) {
                socket.send(from, &answer).await.unwrap();
            }
        }
    });
    asked
}

fn honest(question: &[u8], unix_ms: u64) -> Vec<Vec<u8>> {
    vec![good(question, unix_ms)]
}

fn silent(_: &[u8], _: u64) -> Vec<Vec<u8>> {
    Vec::new()
}

fn plug(world: &mut World, settings: fn(&mut Settings)) -> Plug {
    world.plug(Parts { settings, ..Parts::default() })
}

fn servers(settings: &mut Settings, names: [&str; 3]) {
    // Nobody looks for a broker meanwhile.
    settings.set_option(55, false);
    for (n, name) in (1..).zip(names) {
        settings.set_nth_text(Text::NTP_SERVER, n, name).unwrap();
    }
}

fn one_server(settings: &mut Settings) {
    servers(settings, ["10.0.0.9", "", ""]);
}

fn three_servers(settings: &mut Settings) {
    servers(settings, ["10.0.0.7", "clock.example", "10.0.0.9"]);
}

/// The device's answer to `Time 4`, without the date.
fn time_of_day(world: &mut World, plug: &Plug) -> String {
    plug.log.take();
    plug.console.type_bytes(b"Time 4\n");
    world.run_for(0);
    let lines = plug.log.take();
    let answer =
        lines.iter().find_map(|line| line.split_once(r#""Time":""#)).unwrap_or_else(|| panic!("{lines:?}"));
    answer.1.trim_end_matches("\"}").to_owned()
}

#[test]
fn u_77_the_time_is_known_soon_and_asked_for_every_hour() {
    let mut world = World::new();
    let asked = serve(&mut world, HOST, honest);
    let plug = plug(&mut world, one_server);
    world.run_for(100);
    // The answer was 40 ms old, of which half is taken for the way
    assert_eq!(time_of_day(&mut world, &plug), "2024-01-02T03:04:05.120");
    world.run_for(3 * 3_600_000 + 60_000);
    let times: Vec<u64> = asked.borrow().iter().map(|(at, _)| at / 60_000).collect();
    assert_eq!(times, [0, 60, 120, 180]);
    assert_eq!(world.net().open_ports(), 1, "the server's own");
}

#[test]
fn u_77_servers_are_asked_in_order_for_five_seconds_each() {
    let mut world = World::new();
    world.net().name("clock.example", Ipv4Addr::new(10, 0, 0, 8));
    let servers = [7, 8, 9].map(|last| {
        serve(&mut world, Ipv4Addr::new(10, 0, 0, last), if last == 7 { silent } else { honest })
    });
    plug(&mut world, three_servers);
    world.run_for(20_000);
    let asked: Vec<_> = servers.iter().flat_map(|asked| asked.borrow().clone()).collect();
    assert_eq!(asked, [(0, 7), (5000, 8)]);
}

#[test]
fn u_77_a_silent_name_server_delays_nothing_but_the_time() {
    let mut world = World::new();
    let asked = serve(&mut world, HOST, honest);
    world.net().break_it(|faults| faults.silent_names = true);
    let plug = plug(&mut world, |settings| {
        settings.set_nth_text(Text::MQTT_HOST, 1, "10.0.0.1").unwrap();
        settings.set_nth_text(Text::NTP_SERVER, 3, "10.0.0.9").unwrap();
    });
    world.run_for(1000);
    assert_eq!(plug.log.count("MQT: Connected"), 1);
    plug.console.type_bytes(b"Power 1\n");
    world.run_for(0);
    assert_eq!(plug.log.count("stat/sonoff/POWER = ON"), 1);
    world.run_for(20_000);
    assert_eq!(*asked.borrow(), [(10_000, 9)]);
}

#[test]
fn u_77_without_an_answer_it_is_asked_again_later() {
    let mut world = World::new();
    let asked = serve(&mut world, HOST, silent);
    plug(&mut world, one_server);
    world.run_for(86_400_000);
    let minutes: Vec<u64> = asked.borrow().iter().map(|(at, _)| at / 60_000).collect();
    assert_eq!(minutes[..8], [0, 1, 3, 7, 15, 31, 63, 123]);
    assert_eq!(minutes.len(), 7 + 22);
}

#[test]
fn u_75_a_new_server_is_asked_at_once_and_none_while_the_network_is_down() {
    let mut world = World::new();
    let (first, second) =
        (serve(&mut world, HOST, honest), serve(&mut world, Ipv4Addr::new(10, 0, 0, 8), honest));
    let plug = plug(&mut world, one_server);
    plug.station.set_up(false);
    world.run_for(10_000);
    assert_eq!((first.borrow().len(), second.borrow().len()), (0, 0));
    plug.station.set_up(true);
    world.run_for(10_000);
    plug.console.type_bytes(b"NtpServer1 10,0,0,8\n");
    world.run_for(10_000);
    assert_eq!((first.borrow().clone(), second.borrow().clone()), (vec![(10_000, 9)], vec![(20_000, 8)]));
}

/// Answers that are none, and then the good one or nothing.
fn after(strange: impl Fn(&mut Vec<u8>), question: &[u8], unix_ms: u64, good_too: bool) -> Vec<Vec<u8>> {
    let mut first = good(question, unix_ms);
    strange(&mut first);
    if good_too { vec![first, good(question, unix_ms)] } else { vec![first] }
}

#[test]
fn u_78_an_answer_to_another_question_is_passed_over() {
    let mut world = World::new();
    serve(&mut world, HOST, |question, at| after(|answer| answer[31] ^= 1, question, at, true));
    let plug = plug(&mut world, one_server);
    world.run_for(100);
    assert_eq!(time_of_day(&mut world, &plug), "2024-01-02T03:04:05.120");
}

#[test]
fn u_78_an_answer_that_cannot_be_is_none() {
    let manners: &[(&str, Manner)] = &[
        ("too short", |question, at| after(|answer| answer.truncate(47), question, at, false)),
        ("a broadcast", |question, at| after(|answer| answer[0] = 0x25, question, at, false)),
        ("not synchronized", |question, at| after(|answer| answer[0] = 0xE4, question, at, false)),
        ("go away", |question, at| after(|answer| answer[1] = 0, question, at, false)),
        ("stratum 16", |question, at| after(|answer| answer[1] = 16, question, at, false)),
        ("no time", |question, at| after(|answer| answer[40..48].fill(0), question, at, false)),
        ("another question", |question, at| after(|answer| answer[24..32].fill(0), question, at, false)),
        ("2015", |question, _| vec![good(question, 1_451_606_300_000)]),
        ("2106", |question, _| vec![good(question, u64::from(u32::MAX) * 1000 + 1000)]),
    ];
    for (name, manner) in manners {
        let mut world = World::new();
        let asked = serve(&mut world, HOST, *manner);
        let plug = plug(&mut world, one_server);
        world.run_for(10_000);
        assert_eq!(time_of_day(&mut world, &plug), "1970-01-01T00:00:10.000", "{name}");
        assert_eq!(asked.borrow().len(), 1);
    }
}

#[test]
fn u_78_the_seconds_of_the_protocol_begin_anew_in_2036() {
    let mut world = World::new();
    // 2040-01-01T00:00:00Z
    serve(&mut world, HOST, |question, _| vec![good(question, 2_208_988_800_000)]);
    let plug = plug(&mut world, one_server);
    world.run_for(40);
    assert_eq!(time_of_day(&mut world, &plug), "2040-01-01T00:00:00.020");
}

#[test]
fn u_77_a_socket_that_is_given_up_is_closed() {
    let mut world = World::new();
    serve(&mut world, HOST, silent);
    let plug = plug(&mut world, one_server);
    world.run_for(1000);
    assert_eq!(world.net().open_ports(), 2);
    world.cut(plug.task);
    assert_eq!(world.net().open_ports(), 1);
}

/// Asks a server that answers with these bytes, the question's time put in its place.
fn ask_for(bytes: &[u8], nonce: u32) -> Option<u64> {
    let mut world = World::without_broker();
    let (net, clock, answer): (Net, _, _) = (world.net().clone(), world.clock().clone(), bytes.to_vec());
    let server = net.clone();
    world.spawn(async move {
        let mut socket = server.bind(SocketAddr::new(HOST.into(), 123)).await.unwrap();
        let mut buf = [0; 64];
        let (_, from) = socket.receive(&mut buf).await.unwrap();
        let mut answer = answer;
        if let Some(origin) = answer.get_mut(24..32) {
            origin.copy_from_slice(&buf[40..48]);
        }
        socket.send(from, &answer).await.unwrap();
    });
    let told = Rc::new(RefCell::new(None));
    let (tell, mut client) = (told.clone(), Sntp::new(net, clock));
    world.spawn(async move { *tell.borrow_mut() = client.ask("10.0.0.9", nonce).await });
    world.run_for(10);
    told.take()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn u_78_no_answer_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..64), good_head: bool, nonce: u32) {
        let mut bytes = bytes;
        if good_head && bytes.len() > 16 {
            bytes[..2].copy_from_slice(&[0x24, 2]);
            bytes[4..12].fill(0);
        }
        let _ = ask_for(&bytes, nonce);
    }
}
