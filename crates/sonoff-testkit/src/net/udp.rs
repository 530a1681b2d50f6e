//! Datagrams: a socket gets what is sent to its port, and to the groups that it has joined.

use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll, Waker};

use edge_nal::{
    MulticastV4, MulticastV6, Readable, UdpBind, UdpReceive, UdpSend, UdpSplit, UdpSplitMulticast,
};
use embedded_io_async::ErrorType;

use super::{Net, NetError};

/// From where a socket that is bound to no address sends.
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 50));
/// The first port that is given to who asks for none.
const FIRST_PORT: u16 = 49_152;

/// What lies in a port.
#[derive(Default)]
pub(super) struct Port {
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
    reader: Option<Waker>,
    groups: BTreeSet<Ipv4Addr>,
}

/// A bound socket. Dropping it closes its port.
#[derive(Debug)]
pub struct UdpSocket {
    net: Net,
    local: SocketAddr,
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        self.net.0.borrow_mut().ports.remove(&self.local);
    }
}

impl Net {
    /// UDP sockets that are open.
    pub fn open_ports(&self) -> usize {
        self.0.borrow().ports.len()
    }

    fn free_port(&self, address: IpAddr) -> SocketAddr {
        let inner = self.0.borrow();
        let mut ports = (FIRST_PORT..).map(|port| SocketAddr::new(address, port));
        let free = ports.find(|at| !inner.ports.contains_key(at));
        free.unwrap_or(SocketAddr::new(address, 0))
    }

    fn half(&self, local: SocketAddr) -> UdpHalf {
        UdpHalf { net: self.clone(), local }
    }
}

impl UdpBind for Net {
    type Error = NetError;
    type Socket<'a> = UdpSocket;

    async fn bind(&self, local: SocketAddr) -> Result<UdpSocket, NetError> {
        if self.0.borrow().faults.no_datagrams {
            return Err(NetError::Refused);
        }
        let address = if local.ip().is_unspecified() { HOST } else { local.ip() };
        let local =
            if local.port() == 0 { self.free_port(address) } else { SocketAddr::new(address, local.port()) };
        self.0.borrow_mut().ports.insert(local, Port::default());
        Ok(UdpSocket { net: self.clone(), local })
    }
}

/// A socket without the right to close its port.
#[derive(Debug, Clone)]
pub struct UdpHalf {
    net: Net,
    local: SocketAddr,
}

impl UdpHalf {
    fn poll_receive(
        &self,
        context: &Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<(usize, SocketAddr), NetError>> {
        let mut inner = self.net.0.borrow_mut();
        let Some(port) = inner.ports.get_mut(&self.local) else { return Poll::Ready(Err(NetError::Reset)) };
        let Some((from, bytes)) = port.waiting.pop_front() else {
            port.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        for (place, byte) in buf.iter_mut().zip(&bytes) {
            *place = *byte;
        }
        Poll::Ready(Ok((bytes.len(), from)))
    }

    fn poll_readable(&self, context: &Context<'_>) -> Poll<Result<(), NetError>> {
        let mut inner = self.net.0.borrow_mut();
        let Some(port) = inner.ports.get_mut(&self.local) else { return Poll::Ready(Err(NetError::Reset)) };
        if port.waiting.is_empty() {
            port.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    /// A port that nobody has opened, and a black hole, swallow it.
    fn send(&self, remote: SocketAddr, data: &[u8]) {
        let mut inner = self.net.0.borrow_mut();
        inner.tally.datagrams += 1;
        if inner.faults.black_hole {
            return;
        }
        for (at, port) in &mut inner.ports {
            let hears = match remote.ip() {
                IpAddr::V4(ip) if ip.is_multicast() => *at != self.local && port.groups.contains(&ip),
                ip => at.ip() == ip,
            };
            if hears && at.port() == remote.port() {
                port.waiting.push_back((self.local, data.to_vec()));
                port.reader.take().into_iter().for_each(Waker::wake);
            }
        }
    }

    fn change_groups(&self, change: impl FnOnce(&mut BTreeSet<Ipv4Addr>) -> bool) -> Result<(), NetError> {
        let mut inner = self.net.0.borrow_mut();
        let is_deaf = inner.faults.no_multicast;
        let port = inner.ports.get_mut(&self.local).filter(|_| !is_deaf).ok_or(NetError::Reset)?;
        change(&mut port.groups);
        Ok(())
    }
}

impl ErrorType for UdpHalf {
    type Error = NetError;
}

impl UdpReceive for UdpHalf {
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), NetError> {
        poll_fn(|context| self.poll_receive(context, buffer)).await
    }
}

impl UdpSend for UdpHalf {
    async fn send(&mut self, remote: SocketAddr, data: &[u8]) -> Result<(), NetError> {
        UdpHalf::send(self, remote, data);
        Ok(())
    }
}

impl Readable for UdpHalf {
    async fn readable(&mut self) -> Result<(), NetError> {
        poll_fn(|context| self.poll_readable(context)).await
    }
}

impl MulticastV4 for UdpHalf {
    async fn join_v4(&mut self, group: Ipv4Addr, _: Ipv4Addr) -> Result<(), NetError> {
        self.change_groups(|groups| groups.insert(group))
    }

    async fn leave_v4(&mut self, group: Ipv4Addr, _: Ipv4Addr) -> Result<(), NetError> {
        self.change_groups(|groups| groups.remove(&group))
    }
}

impl MulticastV6 for UdpHalf {
    async fn join_v6(&mut self, _: Ipv6Addr, _: u32) -> Result<(), NetError> {
        Ok(())
    }

    async fn leave_v6(&mut self, _: Ipv6Addr, _: u32) -> Result<(), NetError> {
        Ok(())
    }
}

impl ErrorType for UdpSocket {
    type Error = NetError;
}

impl UdpReceive for UdpSocket {
    async fn receive(&mut self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), NetError> {
        self.net.half(self.local).receive(buffer).await
    }
}

impl UdpSend for UdpSocket {
    async fn send(&mut self, remote: SocketAddr, data: &[u8]) -> Result<(), NetError> {
        self.net.half(self.local).send(remote, data);
        Ok(())
    }
}

impl Readable for UdpSocket {
    async fn readable(&mut self) -> Result<(), NetError> {
        self.net.half(self.local).readable().await
    }
}

impl UdpSplit for UdpSocket {
    type Receive<'a> = UdpHalf;
    type Send<'a> = UdpHalf;

    fn split(&mut self) -> (UdpHalf, UdpHalf) {
        (self.net.half(self.local), self.net.half(self.local))
    }
}

impl UdpSplitMulticast for UdpSocket {
    type MulticastV4<'a> = UdpHalf;
    type MulticastV6<'a> = UdpHalf;

    fn split_multicast(&mut self) -> (UdpHalf, UdpHalf, UdpHalf, UdpHalf) {
        let half = self.net.half(self.local);
        (half.clone(), half.clone(), half.clone(), half)
    }
}

impl MulticastV4 for UdpSocket {
    async fn join_v4(&mut self, group: Ipv4Addr, interface: Ipv4Addr) -> Result<(), NetError> {
        self.net.half(self.local).join_v4(group, interface).await
    }

    async fn leave_v4(&mut self, group: Ipv4Addr, interface: Ipv4Addr) -> Result<(), NetError> {
        self.net.half(self.local).leave_v4(group, interface).await
    }
}

impl MulticastV6 for UdpSocket {
    async fn join_v6(&mut self, group: Ipv6Addr, interface: u32) -> Result<(), NetError> {
        self.net.half(self.local).join_v6(group, interface).await
    }

    async fn leave_v6(&mut self, group: Ipv6Addr, interface: u32) -> Result<(), NetError> {
        self.net.half(self.local).leave_v6(group, interface).await
    }
}
