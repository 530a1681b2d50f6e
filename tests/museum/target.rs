//! The device that every exhibit attacks: a Sonoff Basic with its relay on, whose broker is the attacker.

use sonoff_testkit::broker::wire::Qos;
use sonoff_testkit::broker::write::{self, PublishHead};
use sonoff_testkit::net::Peer;
use sonoff_testkit::pins::Edge;
use sonoff_testkit::plug::{Parts, Plug};
use sonoff_testkit::world::World;

const RELAY: u8 = 12;
const ACCEPT: &[u8] = &[0x20, 2, 0, 0];
/// Longer than the longest wait between two attempts to connect, and a ping that is not answered.
const PATIENCE_MS: u64 = 200_000;

/// The device and the attacker's end of its connection.
pub struct Target {
    world: World,
    plug: Plug,
    peer: Peer,
}

impl Target {
    /// One that is connected.
    pub fn new() -> Self {
        let mut target = Self::greeting();
        target.be_accepted();
        target
    }

    /// One that has said CONNECT and waits for the answer.
    pub fn greeting() -> Self {
        let mut world = World::without_broker();
        let plug = world.plug(Parts::default());
        plug.console.type_bytes(b"power on\n");
        let peer = next_connection(&mut world);
        plug.pins.take_edges();
        Self { world, plug, peer }
    }

    fn be_accepted(&mut self) {
        assert_eq!(self.peer.take().first(), Some(&0x10), "CONNECT");
        self.peer.send(ACCEPT);
        self.world.settle();
        self.peer.take();
    }

    /// The attacker sends these bytes, as fast as they are taken.
    pub fn gets(&mut self, mut bytes: &[u8]) -> &mut Self {
        let mut stuck = 0;
        while !bytes.is_empty() && !self.peer.is_over() {
            let sent = self.peer.send(bytes);
            bytes = &bytes[sent..];
            stuck = if sent == 0 { stuck + 1 } else { 0 };
            assert!(stuck < 100, "it takes no more, with {} bytes left", bytes.len());
            self.world.settle();
            self.peer.take();
        }
        self
    }

    /// Time passes.
    pub fn waits_ms(&mut self, ms: u64) -> &mut Self {
        self.world.run_for(ms);
        self
    }

    /// The device has ended the connection.
    #[track_caller]
    pub fn hangs_up(&mut self) -> &mut Self {
        assert!(self.peer.is_over(), "the connection goes on");
        self
    }

    /// The connection goes on.
    #[track_caller]
    pub fn holds_the_line(&mut self) -> &mut Self {
        assert!(!self.peer.is_over(), "the connection is over");
        self
    }

    /// It has not restarted, its relay has not moved, and it still does what it is told, if need be in a new connection.
    #[track_caller]
    pub fn is_unharmed(&mut self) {
        assert_eq!(self.plug.restarts.get(), 0, "restarts");
        assert_eq!(self.plug.pins.take_edges_of(RELAY), []);
        if self.peer.is_over() {
            self.peer.forget();
            self.peer = next_connection(&mut self.world);
            self.be_accepted();
        }
        self.switches(false);
        self.switches(true);
    }

    #[track_caller]
    fn switches(&mut self, on: bool) {
        self.gets(&message("cmnd/sonoff/POWER", if on { b"ON" } else { b"OFF" }));
        let edges = self.plug.pins.take_edges_of(RELAY);
        assert!(matches!(edges[..], [Edge { high, .. }] if high == on), "{edges:?}");
    }
}

/// The device connects and says CONNECT.
#[track_caller]
fn next_connection(world: &mut World) -> Peer {
    let mut peer = None;
    let connects = |world: &mut World| {
        peer = world.net().next_touched().filter(|peer| !peer.is_over());
        peer.is_some()
    };
    assert!(world.run_until(connects, PATIENCE_MS), "no new connection");
    world.settle();
    peer.unwrap()
}

/// A PUBLISH packet at QoS 0.
pub fn message(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let head = PublishHead { qos: Qos::Zero, retain: false, dup: false, id: 0 };
    write::publish(&mut packet, head, topic, payload);
    packet
}
