//! The announcement of pages: it is said to all when they can be seen, and to whoever asks for them later.

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};

use edge_nal::{MulticastV4, UdpBind, UdpReceive, UdpSend};
use embassy_futures::select::select;
use sonoff_hal::{Clock, Pins, System};

use crate::announcement::{Host, ROOM, Reply};
use crate::mdns::{GROUP, PORT};
use crate::shared::Shared;

/// What is said to all waits for so long, and up to as much more, milliseconds: others may say the same.
const LATE_MS: u32 = 20;
const SPREAD_MS: u32 = 100;
/// How often it is said unasked, and the time between, milliseconds (RFC 6762, 8.3).
const TIMES: u8 = 2;
const BETWEEN_MS: u32 = 1000;
/// The rest after the common port could not be had, milliseconds.
const REST_MS: u32 = 10_000;

/// Announces pages at this port until it is dropped. It leaves the common port to a search that needs it.
pub(crate) async fn announce<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    port: u16,
) -> Infallible {
    let mut room = [0; ROOM];
    loop {
        shared.due.common_port.until_taken(false).await;
        let voice = async {
            listen(shared, net, port, &mut room).await;
            wait(shared, REST_MS).await;
        };
        select(voice, shared.due.common_port.until_taken(true)).await;
    }
}

/// Ends when the socket cannot be had or used.
async fn listen<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    port: u16,
    room: &mut [u8],
) -> Option<()> {
    let own = shared.look(|device| Host::of(device, port).map(|host| host.ip))?;
    let mut socket = net.bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), PORT)).await.ok()?;
    socket.join_v4(GROUP, own).await.ok()?;
    for _ in 0..TIMES {
        say(shared, &mut socket, port, &Reply::NEWS, room).await;
        select(answer(shared, &mut socket, port, room), wait(shared, BETWEEN_MS)).await;
    }
    answer(shared, &mut socket, port, room).await
}

/// Answers until nothing can be heard or said any more.
async fn answer<P: Pins, C: Clock, Y: System, S: UdpReceive + UdpSend>(
    shared: &Shared<'_, P, C, Y>,
    socket: &mut S,
    port: u16,
    room: &mut [u8],
) -> Option<()> {
    loop {
        let (len, from) = socket.receive(room).await.ok()?;
        let asked = room.get(..len).unwrap_or_default();
        let reply = shared.look(|device| Some(Host::of(device, port)?.hears(asked, from)))?;
        if let Some(reply) = reply {
            say(shared, socket, port, &reply, room).await;
        }
    }
}

/// What cannot be said now is asked for again.
async fn say<P: Pins, C: Clock, Y: System, S: UdpSend>(
    shared: &Shared<'_, P, C, Y>,
    socket: &mut S,
    port: u16,
    reply: &Reply,
    room: &mut [u8],
) {
    if reply.is_to_all() {
        wait(shared, LATE_MS + shared.random() % SPREAD_MS).await;
    }
    let len = shared.look(|device| Host::of(device, port)?.write(reply, room));
    if let Some(said) = len.and_then(|len| room.get(..len)) {
        let _ = socket.send(reply.to, said).await;
    }
}

async fn wait<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, ms: u32) {
    shared.clock.wait_until(shared.clock.now().saturating_add(u64::from(ms))).await;
}
