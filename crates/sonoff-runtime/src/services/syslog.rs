//! The syslog loop: sends log lines to the log server. Nothing waits for it, and what cannot be sent is left out.

use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};

use edge_nal::{Dns, UdpBind, UdpSend};
use embassy_futures::select::{Either, select};
use sonoff_hal::{Clock, Pins, System};

use crate::dial::Target;
use crate::shared::Shared;

/// Most bytes of a datagram: a line with its header.
pub(crate) const LINE: usize = 320;
/// Lines that leave through one socket.
const BATCH: usize = 16;
/// The longest wait for a name, a socket and a batch, milliseconds.
const SEND_MS: u64 = 5000;
/// A name is resolved again so long after it was, since a datagram to where nobody is tells nothing; milliseconds.
const NAME_MS: u64 = 600_000;
/// The rest after a failure, milliseconds.
const REST_MS: u64 = 10_000;

/// Sends what waits while there is a network.
pub(crate) async fn syslog<P: Pins, C: Clock, Y: System, N: UdpBind + Dns>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    line: &mut [u8],
) -> Infallible {
    let mut server = None;
    let mut failed = false;
    loop {
        shared.due.syslog.wait().await;
        while shared.has_lines() {
            let until = shared.clock.now().saturating_add(SEND_MS);
            let sent = select(send(shared, net, &mut server, line), shared.clock.wait_until(until)).await;
            if let Either::First(Ok(())) = sent {
                failed = false;
                continue;
            }
            if !core::mem::replace(&mut failed, true) {
                shared.error(format_args!("LOG: Log server cannot be reached"));
            }
            shared.clock.wait_until(shared.clock.now().saturating_add(REST_MS)).await;
        }
    }
}

/// Nothing can be done about a failure but to try again later.
struct Unsent;

/// Sends some lines. Dropping the future loses no line; one may leave twice.
async fn send<P: Pins, C: Clock, Y: System, N: UdpBind + Dns>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
    server: &mut Option<(Target, u64)>,
    line: &mut [u8],
) -> Result<(), Unsent> {
    let Some(wanted) = shared.look(|device| device.log_server().map(|(host, port)| Target::new(host, port)))
    else {
        shared.lines.borrow_mut().clear();
        return Ok(());
    };
    let now = shared.clock.now();
    let is_fresh = |(known, until): &(Target, u64)| known.is_same(&wanted) && now < *until;
    if !server.as_ref().is_some_and(is_fresh) {
        *server = None;
    }
    let (server, _) = server.get_or_insert((wanted, now.saturating_add(NAME_MS)));
    let to = server.address(net).await.map_err(|_| Unsent)?;
    let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
    let mut socket = net.bind(any).await.map_err(|_| Unsent)?;
    for _ in 0..BATCH {
        let Some(line) = shared.lines.borrow().copy_first(line) else { break };
        socket.send(to, line).await.map_err(|_| Unsent)?;
        shared.lines.borrow_mut().drop_first();
    }
    Ok(())
}
