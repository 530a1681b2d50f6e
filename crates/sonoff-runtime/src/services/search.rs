//! The search for a broker, and for hosts whose names end in `.local`: a question to all, and the answers of a moment.

use core::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use core::pin::pin;

use edge_nal::{MulticastV4, UdpBind, UdpReceive, UdpSend};
use embassy_futures::select::{Either, select};
use sonoff_hal::{Clock, Pins, System};

use crate::mdns::{Answer, Findings, GROUP, PORT, QUESTION, Question, labels};
use crate::shared::Shared;

/// From which port is asked, and how long answers are waited for, milliseconds (S-84). At a port of its own the device
/// gets answers of its own; who does not know that way of asking answers all, at the common port.
const ROUNDS: [(u16, u32); 2] = [(0, 1000), (PORT, 2000)];
/// Those who were switched on together do not ask together: a wait of so much, and up to as much more, milliseconds.
const LATE_MS: u32 = 20;
const SPREAD_MS: u32 = 100;
/// Questions that the answers of one round may lead to.
const FOLLOW_UPS: u8 = 4;

/// Looks for a broker, for at most four seconds. `room` takes questions and answers, at best 700 bytes.
pub(crate) async fn broker<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    room: &mut [u8],
) -> Option<SocketAddrV4> {
    wait(shared, LATE_MS + shared.random() % SPREAD_MS).await;
    let mut search = Search::new(shared, net, Question::Brokers, room)?;
    search.run().await;
    let Findings { places, name } = &search.findings;
    shared.info(format_args!("mDN: Query done. MQTT services found {}", places.len()));
    let at = *places.first()?;
    let (ip, port) = (at.ip(), at.port());
    shared.info(format_args!("mDN: MQTT service found on {name}, IP address {ip}, Port {port}"));
    Some(at)
}

/// The address of a host whose name ends in `.local`; `None` for every other name, too.
pub(crate) async fn host<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    name: &str,
    room: &mut [u8],
) -> Option<Ipv4Addr> {
    labels(name)?;
    let mut search = Search::new(shared, net, Question::Host(name), room)?;
    search.run().await;
    search.findings.places.first().map(|at| *at.ip())
}

async fn wait<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, ms: u32) {
    shared.clock.wait_until(shared.clock.now().saturating_add(u64::from(ms))).await;
}

/// One question, and what has been learnt.
struct Search<'s, 'a, P, C, Y, N> {
    shared: &'s Shared<'a, P, C, Y>,
    net: &'s N,
    question: Question<'s>,
    text: &'s mut [u8],
    room: &'s mut [u8],
    findings: Findings,
}

impl<'s, 'a, P: Pins, C: Clock, Y: System, N: UdpBind> Search<'s, 'a, P, C, Y, N> {
    fn new(
        shared: &'s Shared<'a, P, C, Y>,
        net: &'s N,
        question: Question<'s>,
        room: &'s mut [u8],
    ) -> Option<Self> {
        let (text, room) = room.split_at_mut_checked(QUESTION)?;
        Some(Self { shared, net, question, text, room, findings: Findings::default() })
    }

    /// Asks in rounds until one has brought something.
    async fn run(&mut self) {
        let shared = self.shared;
        for (port, ms) in ROUNDS {
            let _turn = if port == PORT { Some(shared.due.common_port.take().await) } else { None };
            let mut over = pin!(wait(self.shared, ms));
            let asked = select(self.round(port), over.as_mut()).await;
            if !self.findings.places.is_empty() {
                return;
            }
            if let Either::First(_) = asked {
                // There was no socket for it; there may be one in a moment.
                over.await;
            }
        }
    }

    /// Ends when nothing better can come, or when it cannot be asked.
    async fn round(&mut self, port: u16) -> Option<()> {
        let [low, high, ..] = self.shared.random().to_le_bytes();
        let id = u16::from_le_bytes([low, high]);
        let (mut socket, is_common) = open(self.net, port).await?;
        let to_all = SocketAddr::new(GROUP.into(), PORT);
        let mut to_ask = self.question.write(id, self.text);
        let mut follow_ups = FOLLOW_UPS;
        while !self.findings.are_enough(self.question) {
            if let Some(question) = to_ask.take().and_then(|len| self.text.get(..len)) {
                socket.send(to_all, question).await.ok()?;
            }
            let (len, from) = socket.receive(self.room).await.ok()?;
            let answer = self.room.get(..len).and_then(|bytes| Answer::new(bytes, from));
            // At the common port it was said to all, whatever its number.
            let Some(answer) = answer.filter(|it| is_common || it.id() == id) else { continue };
            self.findings.take(self.question, &answer);
            if follow_ups > 0 {
                to_ask = answer.follow_up(id, self.text);
                follow_ups -= u8::from(to_ask.is_some());
            }
        }
        Some(())
    }
}

/// A socket at this port that hears what is said to all, and true; where there is none, one at any port.
async fn open<N: UdpBind>(net: &N, mut port: u16) -> Option<(N::Socket<'_>, bool)> {
    loop {
        let socket = net.bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)).await.ok();
        if port == 0 {
            return socket.map(|socket| (socket, false));
        }
        if let Some(mut socket) = socket
            && socket.join_v4(GROUP, Ipv4Addr::UNSPECIFIED).await.is_ok()
        {
            return Some((socket, true));
        }
        port = 0;
    }
}
