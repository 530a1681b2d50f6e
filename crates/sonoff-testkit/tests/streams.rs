//! Bytes, writes and endings: what the link loop does with a stream.

mod support;

use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::task::Poll;

use edge_nal::TcpConnect;
use embassy_futures::{block_on, poll_once};
use embedded_io_async::{ErrorType, Read, Write};
use sonoff_core::Profile;
use sonoff_core::settings::Text;
use sonoff_hal::conformance::dropped_read_loses_nothing;
use sonoff_testkit::net::{Net, NetError, Peer};
use sonoff_testkit::plug::Parts;
use sonoff_testkit::world::World;
use support::{accept, greet, messages, packets, publish};

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1883);

/// The server's end as a writer.
struct Sender(Peer);

impl ErrorType for Sender {
    type Error = NetError;
}

impl Write for Sender {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, NetError> {
        poll_fn(|_| match self.0.send(buf) {
            0 => Poll::Pending,
            count => Poll::Ready(Ok(count)),
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), NetError> {
        Ok(())
    }
}

#[test]
fn a_dropped_read_of_the_net_loses_nothing() {
    let net = Net::new();
    let mut socket = block_on(net.connect(ANYWHERE)).unwrap();
    let mut sender = Sender(net.next_touched().unwrap());
    assert_eq!(block_on(dropped_read_loses_nothing(&mut socket, &mut sender)), Ok(()));
}

#[test]
fn a_dropped_connect_of_the_net_leaves_no_socket() {
    let net = Net::new();
    net.break_it(|faults| faults.black_hole = true);
    {
        let mut dial = pin!(net.connect(ANYWHERE));
        assert!(poll_once(dial.as_mut()).is_pending());
        assert_eq!(net.dialling(), 1);
    }
    net.repair();
    assert_eq!((net.dialling(), net.open_sockets(), net.tally().accepted), (0, 0, 0));
}

#[test]
fn the_net_resets_a_stream_after_so_many_bytes() {
    let net = Net::new();
    net.break_it(|faults| faults.cut_after = Some(3));
    let mut socket = block_on(net.connect(ANYWHERE)).unwrap();
    let peer = net.next_touched().unwrap();
    assert_eq!(block_on(socket.write(b"ab")), Ok(2));
    peer.send(b"xyz");
    assert_eq!(block_on(socket.read(&mut [0; 8])), Ok(1));
    assert_eq!(block_on(socket.read(&mut [0; 8])), Err(NetError::Reset));
    assert_eq!(block_on(socket.write(b"c")), Err(NetError::Reset));
    assert!(peer.is_over());
}

// S-13: dialling ends after MqttTimeout, and its future with it
#[test]
fn a_dial_that_is_given_up_leaves_no_socket() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.net().break_it(|faults| faults.black_hole = true);
    world.run_for(3999);
    assert_eq!(world.net().dialling(), 1);
    world.run_for(1);
    assert_eq!((world.net().dialling(), world.net().open_sockets()), (0, 0));
    assert_eq!(plug.log.count("CONNECT FAILED 10.0.0.1:1883, rc -2. Retry in 10 seconds"), 1);
}

// The loop drops its read whenever anything else happens.
#[test]
fn reads_dropped_between_any_two_bytes_lose_nothing() {
    let mut world = World::without_broker();
    let plug = world.plug(Parts::default());
    let peer = greet(&mut world);
    for (index, byte) in publish("cmnd/sonoff/POWER", "ON").into_iter().enumerate() {
        assert_eq!(peer.send(&[byte]), 1);
        plug.pins.set(30, index % 2 == 0);
        plug.console.type_bytes(b"Status\n");
        world.run_for(10);
    }
    assert_eq!(plug.pins.output(12), Some(true));
}

// The answers of one message, and of many that came with one read, leave in one write.
#[test]
fn what_follows_from_one_read_leaves_in_one_write() {
    let mut world = World::without_broker();
    world.plug(Parts { tx: 8192, ..Parts::default() });
    let peer = greet(&mut world);
    world.run_for(6000);
    peer.take();
    for count in [1, 5, 20] {
        let before = world.net().tally();
        peer.send(&publish("cmnd/sonoff/POWER", "TOGGLE").repeat(count));
        world.settle();
        let after = world.net().tally();
        assert_eq!((after.reads - before.reads, after.writes - before.writes), (1, 1), "{count} messages");
        assert_eq!(messages(&peer.take()).len(), 3 * count);
    }
}

// A stream may take any part of a write and give any part of a packet.
#[test]
fn partial_reads_and_writes_change_nothing() {
    let talk = |most| {
        let mut world = World::without_broker();
        world.net().break_it(|faults| faults.most_per_call = most);
        world.plug(Parts::default());
        let peer = accept(&mut world);
        world.settle();
        peer.send(support::ACCEPT);
        for command in ["POWER", "Status", "Backlog"] {
            peer.send(&publish(&format!("cmnd/sonoff/{command}"), "0"));
        }
        world.run_for(20_000);
        packets(&peer.take())
    };
    let whole = talk(usize::MAX);
    assert!(whole.len() > 12, "{}", whole.len());
    for most in [1, 2, 3, 7, 100] {
        assert_eq!(talk(most), whole, "{most} bytes per call");
    }
}

// An answer that is longer than the transmit buffer comes whole (D-58).
#[test]
fn a_long_answer_comes_whole_through_a_small_buffer() {
    let settings = |settings: &mut sonoff_core::settings::Settings| {
        settings.set_nth_text(Text::MQTT_HOST, 1, "10.0.0.1").unwrap();
        settings.set_text(Text::FULL_TOPIC, &format!("%prefix%/{}/%topic%/", "x".repeat(70))).unwrap();
    };
    let own = format!("cmnd/{}/sonoff", "x".repeat(70));
    let talk = |tx| {
        let mut world = World::without_broker();
        world.plug(Parts { tx, settings, profile: Profile::with_relays(8), ..Parts::default() });
        let peer = greet(&mut world);
        peer.take();
        peer.send(&publish(&format!("{own}/Status"), "0"));
        peer.send(&publish(&format!("{own}/POWER8"), "TOGGLE"));
        world.settle();
        messages(&peer.take())
    };
    let whole = talk(16_384);
    assert!(whole.iter().any(|message| message.len() > 512), "{whole:?}");
    for tx in [512, 513, 600, 700, 1000, 1280] {
        assert_eq!(talk(tx), whole, "transmit buffer of {tx} bytes");
    }
}

// Both pipes are full and the peer does not read before it has written all: the device must read on meanwhile.
#[test]
fn a_peer_that_writes_before_it_reads_meets_no_deadlock() {
    let mut world = World::without_broker();
    let plug = world.plug(Parts::default());
    let peer = greet(&mut world);
    world.net().break_it(|faults| faults.window = 300);
    let burst = publish("cmnd/sonoff/POWER", "TOGGLE").repeat(40);
    let mut rest = &burst[..];
    for _ in 0..100 {
        rest = &rest[peer.send(rest)..];
        world.run_for(1);
    }
    assert!(rest.is_empty(), "{} bytes could not be sent", rest.len());
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.extend(peer.take());
        world.run_for(1);
    }
    assert_eq!(messages(&answers).len(), 3 * 40);
    assert_eq!(plug.log.count("CONNECT FAILED"), 0);
}

// Within one poll the link takes one read: the other loops have their turn between two.
#[test]
fn a_peer_that_always_has_more_leaves_the_other_loops_their_turn() {
    let mut world = World::without_broker();
    world.plug(Parts::default());
    let peer = greet(&mut world);
    peer.send(&publish("cmnd/sonoff/POWER", "TOGGLE").repeat(500));
    let mut turns = 0;
    loop {
        let before = world.net().tally().reads;
        if !world.step() {
            break;
        }
        turns += 1;
        let reads = world.net().tally().reads - before;
        assert!(reads <= 1, "{reads} reads in one turn");
    }
    assert!(turns > 10, "{turns}");
    assert_eq!(messages(&peer.take()).len(), 3 * 500);
}

// Every command gets its own answer, in order (D-57, D-58).
#[test]
fn a_flood_from_both_sides_loses_nothing() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.window = 512);
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    plug.log.take();
    plug.pins.take_edges();
    for _ in 0..1000 {
        world.publish("cmnd/sonoff/POWER", "TOGGLE");
        world.publish("cmnd/sonoff/Status", "");
        plug.console.type_bytes(b"TelePeriod\n");
    }
    world.run_for(1000);
    assert_eq!(plug.pins.take_edges_of(12).len(), 1000);
    assert_eq!(plug.log.count("stat/sonoff/RESULT = {\"POWER\""), 1000);
    assert_eq!(plug.log.count("stat/sonoff/STATUS = "), 1000);
    assert_eq!(plug.log.count("{\"TelePeriod\""), 1000);
}

// What was left of a write that was given up would make the next CONNECT unreadable.
#[test]
fn a_write_that_was_given_up_does_not_reach_the_next_connection() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    world.net().break_it(|faults| (faults.stalled, faults.window) = (true, 100));
    plug.console.type_bytes(b"Status 0\n");
    world.run_for(9_999);
    assert!(world.broker().is_connected("DVES_123456"));
    world.run_until(|world| world.net().open_sockets() == 0, 10);
    world.net().repair();
    world.run_for(1001);
    assert!(world.broker().is_connected("DVES_123456"));
    assert_eq!(world.net().tally().dials, 2);
}

// While an interlock pause runs, commands wait with whoever brings them.
#[test]
fn a_message_waits_for_the_end_of_an_interlock_pause() {
    let mut world = World::without_broker();
    world.plug(Parts { profile: Profile::with_relays(2), ..Parts::default() });
    let peer = greet(&mut world);
    peer.send(&publish("cmnd/sonoff/Interlock", "1,2"));
    peer.send(&publish("cmnd/sonoff/Interlock", "1"));
    peer.send(&publish("cmnd/sonoff/POWER1", "1"));
    world.run_for(200);
    peer.take();
    peer.send(&[publish("cmnd/sonoff/POWER2", "1"), publish("cmnd/sonoff/TelePeriod", "")].concat());
    world.run_for(40);
    let before = messages(&peer.take());
    world.run_for(20);
    let after = messages(&peer.take());
    let asked = |messages: &[String]| messages.iter().any(|message| message.contains("TelePeriod"));
    assert_eq!((asked(&before), asked(&after)), (false, true), "{before:?} {after:?}");
}

// S-15, T-34: a packet that is larger than the buffer is lost, the next one is not
#[test]
fn a_packet_larger_than_the_buffer_is_skipped() {
    let mut world = World::new();
    let plug = world.plug(Parts { rx: 512, ..Parts::default() });
    world.run_for(1000);
    world.publish("cmnd/sonoff/Topic", &"x".repeat(5000));
    world.publish("cmnd/sonoff/POWER", "ON");
    world.run_for(100);
    assert_eq!(plug.pins.output(12), Some(true));
    assert_eq!(plug.log.count("CONNECT FAILED"), 0);
}

// S-36, P-43 of section 7: LWT Offline, then DISCONNECT, and the peer has it before the stream ends. The mock socket
// loses what was not flushed when it is dropped.
#[test]
fn a_shutdown_says_goodbye_before_it_drops_the_stream() {
    let mut world = World::without_broker();
    let plug = world.plug(Parts::default());
    let peer = greet(&mut world);
    world.net().break_it(|faults| faults.stalled = true);
    plug.remote.shut_down();
    world.run_for(500);
    assert!(!peer.is_over());
    assert!(world.is_running(plug.task));
    world.net().repair();
    let said = packets(&peer.take());
    let [.., offline, goodbye] = &said[..] else { panic!("{said:?}") };
    assert_eq!(&offline[..], b"\x31\x18\x00\x0ftele/sonoff/LWTOffline");
    assert_eq!(&goodbye[..], b"\xE0\x00");
    world.run_for(2000);
    assert!(peer.is_over());
    assert!(!world.is_running(plug.task));
    assert_eq!(world.net().open_sockets(), 0);
}

// S-57: what nobody has read is answered by a reset, which may overtake the goodbye.
#[test]
fn behind_its_goodbye_the_stream_is_read_to_its_end() {
    let mut world = World::without_broker();
    let plug = world.plug(Parts::default());
    let peer = greet(&mut world);
    plug.remote.shut_down();
    world.run_for(100);
    assert!(peer.take().ends_with(b"\xE0\x00"));
    let mut left = 100_000;
    while left > 0 {
        let sent = peer.send(&vec![0; left]);
        assert!(sent > 0, "{left} bytes are not read");
        left -= sent;
        world.settle();
    }
    assert!(world.is_running(plug.task));
    peer.close();
    world.run_for(100);
    assert!(!world.is_running(plug.task));
}

#[test]
fn a_shutdown_does_not_wait_for_a_broker_that_reads_nothing() {
    let mut world = World::without_broker();
    let plug = world.plug(Parts::default());
    greet(&mut world);
    world.net().break_it(|faults| faults.stalled = true);
    plug.remote.shut_down();
    world.run_for(2500);
    assert!(!world.is_running(plug.task));
}

// S-36
// S-2
#[test]
fn a_network_that_goes_and_comes_ends_and_begins_a_session() {
    let mut world = World::new();
    let plug = world.plug(Parts::default());
    world.run_for(1000);
    assert!(world.broker().is_connected("DVES_123456"));
    plug.station.set_up(false);
    world.run_for(60_000);
    assert!(!world.broker().is_connected("DVES_123456"));
    assert_eq!(world.net().tally().dials, 1);
    plug.station.set_up(true);
    world.run_for(1000);
    assert!(world.broker().is_connected("DVES_123456"));
    assert_eq!(plug.restarts.get(), 0);
}

// S-41
#[test]
fn mqtt_retry_ends_a_wait_that_runs() {
    let mut world = World::new();
    world.net().break_it(|faults| faults.refuse = true);
    let plug = world.plug(Parts::default());
    world.run_for(31_000);
    let dials = world.net().tally().dials;
    plug.console.type_bytes(b"MqttRetry 12\n");
    world.run_for(11_999);
    assert_eq!(world.net().tally().dials, dials);
    world.run_for(1);
    assert_eq!(world.net().tally().dials, dials + 1);
}

// S-42, S-43
#[test]
fn a_name_is_resolved_at_every_attempt_and_blamed_when_it_is_not() {
    let settings = |settings: &mut sonoff_core::settings::Settings| {
        settings.set_nth_text(Text::MQTT_HOST, 1, "broker.example").unwrap();
    };
    let mut world = World::new();
    let plug = world.plug(Parts { settings, ..Parts::default() });
    world.settle();
    assert_eq!(plug.log.count("CONNECT FAILED broker.example:1883, rc -5. Retry in 10 seconds"), 1);
    world.net().break_it(|faults| faults.silent_names = true);
    world.run_for(14_000);
    assert_eq!(plug.log.count("CONNECT FAILED broker.example:1883, rc -5. Retry in 20 seconds"), 1);
    world.net().repair();
    world.net().name("broker.example", Ipv4Addr::new(10, 0, 0, 7));
    world.run_for(23_000);
    assert!(world.broker().is_connected("DVES_123456"));
    world.net().break_it(|faults| faults.refuse = true);
    world.net().cut_all();
    world.run_for(2000);
    assert_eq!(plug.log.count("CONNECT FAILED 10.0.0.7:1883, rc -3. Retry in 1 seconds"), 1);
    assert_eq!(plug.log.count("CONNECT FAILED 10.0.0.7:1883, rc -2. Retry in 10 seconds"), 1);
}
