//! The link loop: one connection to the broker after another.

use core::convert::Infallible;
use core::pin::pin;

use edge_nal::{Close, Dns, TcpConnect, TcpShutdown, UdpBind};
use embassy_futures::select::{Either, select};
use embedded_io_async::Read;
use sonoff_core::Device;
use sonoff_core::io::Broker;
use sonoff_core::profile::FailureLine;
use sonoff_hal::tls::Tls;
use sonoff_hal::{Clock, Pins, System};
use sonoff_mqtt::{Inbox, Rc, Session, Todo};

use crate::alarm::Alarm;
use crate::dial::Target;
use crate::environment;
use crate::outbox::Outbox;
use crate::secure;
use crate::services::search;
use crate::shared::Shared;
use crate::talk::Talk;

/// How long the end of a connection may take.
pub(crate) const CLOSE_MS: u64 = 1000;

/// Dials, talks, and waits for the next attempt, for ever.
///
/// What is dropped half-way here: a name's resolution or `connect`, when the time is up; a `read`; a timer.
pub(crate) async fn link<P: Pins, C: Clock, Y: System, N: TcpConnect + UdpBind + Dns, L: Tls>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    tls: &mut L,
    rx: &mut [u8],
    tx: &mut [u8],
) -> Infallible {
    const { assert!(environment::suits(L::IS_THERE), "SONOFF_MQTT_CA is for firmware with TLS") };
    let mut session = Session::new(shared.clock.now());
    let mut inbox = Inbox::new(rx);
    let mut outbox = Outbox::new(tx);
    loop {
        inbox.clear();
        let target = next_target(shared, net, &mut session, inbox.spare()).await;
        shared.info(format_args!("MQT: Attempting connection..."));
        session.dialling(shared.clock.now(), &shared.timing());
        let rc = match open(shared, net, &mut session, &target).await {
            Ok(mut socket) => {
                inbox.clear();
                outbox.clear();
                let talk = Talk { shared, session: &mut session, inbox: &mut inbox, outbox: &mut outbox };
                let rc = secure::talk(talk, &mut socket, tls, &target).await;
                close(shared, socket, rc).await;
                rc
            }
            Err(rc) => target.blame(rc),
        };
        ended(shared, &mut session, &target, rc);
    }
}

/// Waits until an attempt is due, the network is there and a broker is known.
async fn next_target<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    session: &mut Session,
    room: &mut [u8],
) -> Target {
    let ring = |at| shared.clock.wait_until(at);
    let never = pin!(ring(u64::MAX));
    let mut alarm = Alarm::new(ring, never);
    loop {
        let now = shared.clock.now();
        if let Some(seconds) = shared.take_retry_in() {
            session.retry_now_in(now, seconds);
        }
        let mut until = u64::MAX;
        match session.poll(now, &shared.timing()) {
            Todo::Dial { broker } => {
                if let Some(target) = find(shared, net, session, broker, room).await {
                    return target;
                }
            }
            Todo::Wait(at) => until = at.unwrap_or(u64::MAX),
            // Not between two connections.
            Todo::Ping | Todo::Lost(_) => {}
        }
        select(shared.due.link.wait(), alarm.until(until)).await;
    }
}

/// Where to dial: the broker of this place in the list, or one that nobody has named.
async fn find<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    session: &mut Session,
    broker: u8,
    room: &mut [u8],
) -> Option<Target> {
    let target = match target(shared, broker) {
        Some(target) => {
            target.is_at(search::host(shared, net, target.host(), room).await);
            Some(target)
        }
        None => look_around(shared, net, session, room).await,
    };
    target.filter(|_| shared.has_network())
}

/// The broker of this place in the list; the first one if the list has become shorter.
fn target<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>, broker: u8) -> Option<Target> {
    if !shared.has_network() {
        return None;
    }
    let new = |broker: Broker<'_>| Target::new(broker.host, broker.port);
    shared.look(|device| device.broker(broker).or_else(|| device.broker(0)).map(new))
}

/// A broker that nobody has named (S-44). Where there is none, the next attempt is put off (S-48).
async fn look_around<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    session: &mut Session,
    room: &mut [u8],
) -> Option<Target> {
    let wanted = || shared.has_network() && shared.look(Device::looks_for_broker);
    if !wanted() {
        return None;
    }
    let found = search::broker(shared, net, room).await;
    if found.is_none() && wanted() {
        session.retry_now_in(shared.clock.now(), shared.timing().retry_s);
    }
    found.filter(|_| wanted()).map(Target::at)
}

/// Opens TCP within the time allowed, and while there is a network.
async fn open<'n, P: Pins, C: Clock, Y: System, N: TcpConnect + Dns>(
    shared: &Shared<'_, P, C, Y>,
    net: &'n N,
    session: &mut Session,
    target: &Target,
) -> Result<N::Socket<'n>, Rc> {
    match select(target.open(net), give_up(shared, session)).await {
        Either::First(socket) => socket,
        Either::Second(rc) => Err(rc),
    }
}

/// Waits until an attempt is hopeless.
pub(crate) async fn give_up<P: Pins, C: Clock, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    session: &mut Session,
) -> Rc {
    let ring = |at| shared.clock.wait_until(at);
    let never = pin!(ring(u64::MAX));
    let mut alarm = Alarm::new(ring, never);
    loop {
        let until = match session.poll(shared.clock.now(), &shared.timing()) {
            Todo::Wait(at) => at.unwrap_or(u64::MAX),
            Todo::Lost(rc) => return rc,
            Todo::Dial { .. } | Todo::Ping => return Rc::ConnectFailed,
        };
        if !shared.has_network() {
            return Rc::ConnectFailed;
        }
        select(shared.due.link.wait(), alarm.until(until)).await;
    }
}

/// Ends TCP: in order after a goodbye, since a stream that is merely dropped may say nothing to its peer.
async fn close<P: Pins, C: Clock, Y: System, S: Read + TcpShutdown>(
    shared: &Shared<'_, P, C, Y>,
    mut socket: S,
    rc: Rc,
) {
    let until = shared.clock.now().saturating_add(CLOSE_MS);
    let end = async {
        // Nothing can be done about a stream that does not even end.
        let _ = match rc {
            Rc::Disconnected => goodbye(&mut socket).await,
            _ => socket.abort().await,
        };
    };
    select(end, shared.clock.wait_until(until)).await;
}

/// Hears the peer out: a stack answers what nobody has read by a reset (RFC 2525, 2.17), which may reach the peer before it
/// has read what was said last.
async fn goodbye<S: Read + TcpShutdown>(socket: &mut S) -> Result<(), S::Error> {
    socket.close(Close::Write).await?;
    while socket.read(&mut [0; 16]).await? > 0 {}
    Ok(())
}

/// Logs the end of a connection or attempt (S-34), sets the next one, and tells the device.
fn ended<P: Pins, C: Clock, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    session: &mut Session,
    target: &Target,
    rc: Rc,
) {
    let now = shared.clock.now();
    if rc == Rc::Disconnected {
        session.hang_up(now);
    } else {
        // One that was found by itself counts, too.
        let brokers = if shared.has_network() { shared.brokers().max(1) } else { 0 };
        let retry = session.lost(now, rc, &shared.timing(), brokers, shared.random());
        log_failure(shared, target, rc, retry.seconds);
        if retry.is_pushed_out {
            shared.info(format_args!(
                "MQT: Pushed out again and again. Does another client have this MqttClient?"
            ));
        }
    }
    shared.lost(rc);
}

/// In the profile's words (S-33, S-34).
fn log_failure<P: Pins, C: Clock, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    target: &Target,
    rc: Rc,
    seconds: u32,
) {
    match shared.look(|device| device.profile().failure_line) {
        FailureLine::Modern => {
            shared.info(format_args!("MQT: Connect failed to {target}, rc {rc}. Retry in {seconds} sec"));
        }
        FailureLine::Classic => {
            shared.info(format_args!("MQTT: CONNECT FAILED {target}, rc {rc}. Retry in {seconds} seconds"));
        }
    }
}
