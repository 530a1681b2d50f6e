//! The network as a device sees it, over two real stacks.
// The helpers of a test may fail as it may.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod cable;

use core::net::{Ipv4Addr, SocketAddr};
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Waker};
use std::sync::Arc;
use std::task::Wake;

use cable::{FAR, NEAR, fixed_v4, over_a_cable};
use edge_nal::{
    Close, Dns, MulticastV4, TcpAccept, TcpBind, TcpConnect, TcpShutdown, UdpBind, UdpReceive, UdpSend,
};
use embassy_futures::join::join;
use embassy_net_driver_channel::driver::LinkState;
use embedded_io_async::{Read, Write};
use sonoff_embassy::Wire;
use sonoff_hal::conformance::dropped_read_loses_nothing;
use sonoff_hal::{Access, FixedAddress, Station};

const AT: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(FAR), 1883);

/// Whether a future is still waiting after one look.
fn waits(future: impl Future) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[test]
fn connect_waits_for_the_stack_and_then_bytes_flow() {
    over_a_cable(|near, far| async move {
        let far_net = far.brought();
        let listener = TcpBind::bind(&far_net, AT).await.unwrap();
        let net = near.uplink;
        let client = async {
            let mut socket = net.connect(AT).await.unwrap();
            socket.write_all(b"hello").await.unwrap();
            let mut answer = [0; 5];
            socket.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"there");
        };
        let server = async {
            assert!(waits(net.connect(AT)));
            near.uplink.bring(near.stack);
            let (_, mut socket) = listener.accept().await.unwrap();
            let mut question = [0; 5];
            socket.read_exact(&mut question).await.unwrap();
            assert_eq!(&question, b"hello");
            socket.write_all(b"there").await.unwrap();
            socket.flush().await.unwrap();
        };
        join(client, server).await;
    });
}

#[test]
fn a_read_that_is_dropped_loses_nothing() {
    over_a_cable(|near, far| async move {
        let (net, far_net) = (near.brought(), far.brought());
        let listener = TcpBind::bind(&far_net, AT).await.unwrap();
        let (client, server) = join(net.connect(AT), listener.accept()).await;
        let (mut client, (_, mut server)) = (client.unwrap(), server.unwrap());
        assert_eq!(dropped_read_loses_nothing(&mut client, &mut server).await, Ok(()));
    });
}

// S-105
#[test]
fn on_an_access_point_of_its_own_it_has_the_address_that_it_is_told() {
    over_a_cable(|near, _far| async move {
        let mut wire = Wire::new(near.brought());
        wire.join(&Access::new("any", "").unwrap()).await.unwrap();
        assert_eq!(wire.facts().unwrap().ip, NEAR);
        let (ip, mask) = (Ipv4Addr::new(192, 168, 4, 1), Ipv4Addr::new(255, 255, 255, 0));
        let none = Ipv4Addr::UNSPECIFIED;
        let address = Some(FixedAddress { ip, mask, gateway: none, dns: [none; 2] });
        let own = Access::new("sonoff-123456-5206", "abcdefgh2345").unwrap().with_address(address);
        assert_eq!(wire.open(&own).await, Ok(()));
        let facts = wire.facts().unwrap();
        assert_eq!((facts.ip, facts.mask, facts.gateway), (ip, mask, none));
        wire.close().await;
        assert!(wire.facts().is_none(), "nobody has given it an address yet");
    });
}

#[test]
fn a_connect_that_is_dropped_leaves_no_socket() {
    over_a_cable(|near, _far| async move {
        let net = near.brought();
        // The pool has four.
        for _ in 0..9 {
            assert!(waits(net.connect(AT)));
        }
    });
}

// Without it the broker would publish the will.
#[test]
fn closing_tells_the_peer_that_the_stream_is_over() {
    over_a_cable(|near, far| async move {
        let (net, far_net) = (near.brought(), far.brought());
        let listener = TcpBind::bind(&far_net, AT).await.unwrap();
        let (client, server) = join(net.connect(AT), listener.accept()).await;
        let (mut client, (_, mut server)) = (client.unwrap(), server.unwrap());
        client.write_all(b"bye").await.unwrap();
        let close = async {
            client.close(Close::Write).await.unwrap();
            drop(client);
        };
        let end = async {
            let mut last = [0; 3];
            server.read_exact(&mut last).await.unwrap();
            assert_eq!(server.read(&mut last).await.unwrap(), 0, "the end, in order");
        };
        join(close, end).await;
    });
}

#[test]
fn a_peer_that_refuses_is_an_error_at_once() {
    over_a_cable(|near, _far| async move {
        let net = near.brought();
        assert!(net.connect(AT).await.is_err());
    });
}

#[test]
fn datagrams_flow() {
    over_a_cable(|near, far| async move {
        let far_net = far.brought();
        let mut server = UdpBind::bind(&far_net, SocketAddr::new(FAR.into(), 123)).await.unwrap();
        let net = near.uplink;
        assert!(waits(UdpBind::bind(&net, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0))));
        near.uplink.bring(near.stack);
        let mut client = UdpBind::bind(&net, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0)).await.unwrap();
        client.send(SocketAddr::new(FAR.into(), 123), b"time?").await.unwrap();
        let mut room = [0; 16];
        let (len, from) = server.receive(&mut room).await.unwrap();
        assert_eq!((&room[..len], from.ip()), (&b"time?"[..], NEAR.into()));
    });
}

// As a device asks for a broker: it has joined no group and gets the answer at a port of its own.
#[test]
fn a_question_to_all_is_heard_and_its_answer_comes() {
    let (group, port) = (Ipv4Addr::new(224, 0, 0, 251), 5353);
    over_a_cable(|near, far| async move {
        let (net, far_net) = (near.brought(), far.brought());
        let any = |port| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
        let mut responder = UdpBind::bind(&far_net, any(port)).await.unwrap();
        responder.join_v4(group, Ipv4Addr::UNSPECIFIED).await.unwrap();
        let mut client = UdpBind::bind(&net, any(0)).await.unwrap();
        client.send(SocketAddr::new(group.into(), port), b"who?").await.unwrap();
        let mut room = [0; 16];
        let (len, from) = responder.receive(&mut room).await.unwrap();
        assert_eq!((&room[..len], from.ip()), (&b"who?"[..], NEAR.into()));
        responder.send(from, b"I").await.unwrap();
        let (len, from) = client.receive(&mut room).await.unwrap();
        assert_eq!((&room[..len], from), (&b"I"[..], SocketAddr::new(FAR.into(), port)));
    });
}

#[test]
fn an_address_is_its_own_name_and_has_no_other() {
    over_a_cable(|near, _far| async move {
        let net = near.brought();
        let found = net.get_host_by_name("10.0.0.9", edge_nal::AddrType::IPv4).await;
        assert_eq!(found, Ok(Ipv4Addr::new(10, 0, 0, 9).into()));
        assert!(net.get_host_by_address(FAR.into(), &mut [0; 8]).await.is_err());
    });
}

#[test]
fn a_wire_tells_of_stack_link_and_address() {
    over_a_cable(|near, _far| async move {
        let mut wire = Wire::new(near.uplink);
        assert_eq!(wire.facts(), None);
        assert!(waits(wire.changed()), "no stack");
        near.uplink.bring(near.stack);
        wire.changed().await;
        let facts = wire.facts().unwrap();
        assert_eq!((facts.ip, facts.gateway, facts.mask), (NEAR, FAR, Ipv4Addr::new(255, 255, 255, 0)));
        assert!(waits(wire.changed()), "nothing new");

        near.plug.set_link_state(LinkState::Down);
        wire.changed().await;
        assert_eq!(wire.facts(), None);
        near.plug.set_link_state(LinkState::Up);
        wire.changed().await;
        assert_eq!(wire.facts().unwrap().ip, NEAR);

        let other = Ipv4Addr::new(10, 0, 0, 77);
        near.stack.set_config_v4(fixed_v4(other));
        wire.changed().await;
        assert_eq!(wire.facts().unwrap().ip, other, "from one address to the next");
    });
}

/// Counts how often whoever waits is woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn stack_and_change_wake_who_waits_for_them() {
    over_a_cable(|near, _far| async move {
        let bell = Arc::new(Bell::default());
        let rung = || bell.0.swap(0, Ordering::Relaxed) > 0;
        let waker = Waker::from(bell.clone());
        let mut context = Context::from_waker(&waker);
        let mut wire = Wire::new(near.uplink);

        let mut changed = Box::pin(wire.changed());
        assert!(changed.as_mut().poll(&mut context).is_pending() && !rung());
        near.uplink.bring(near.stack);
        assert!(rung(), "the stack came");
        drop(changed);

        near.stack.wait_link_up().await;
        assert!(wire.facts().is_some());
        let mut changed = Box::pin(wire.changed());
        assert!(changed.as_mut().poll(&mut context).is_pending() && !rung());
        near.stack.set_config_v4(fixed_v4(Ipv4Addr::new(10, 0, 0, 77)));
        assert!(rung() && changed.as_mut().poll(&mut context).is_ready(), "another address");
    });
}

// Some stations join before anything else: the wire waits for its address then.
#[test]
fn joining_a_wire_waits_for_its_address() {
    over_a_cable(|near, _far| async move {
        let mut wire = Wire::new(near.uplink);
        let access = Access::new("any", "").unwrap();
        assert!(waits(wire.join(&access)));
        near.brought();
        assert_eq!(wire.join(&access).await, Ok(()));
        assert_eq!(wire.facts().unwrap().ip, NEAR);
    });
}
