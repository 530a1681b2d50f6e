//! Ports on which a device listens.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::task::{Poll, Waker};

use edge_nal::{TcpAccept, TcpBind};

use super::{Net, NetError, Peer, Socket, Stream};

/// Streams that nobody has accepted yet.
#[derive(Default)]
pub(super) struct Waiting {
    streams: VecDeque<u64>,
    accepting: Vec<Waker>,
}

/// A port on which a device listens, until it is dropped.
#[derive(Debug)]
pub struct Door {
    net: Net,
    port: u16,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.net.0.borrow_mut().doors.remove(&self.port);
    }
}

impl Net {
    /// Opens a stream to a device that listens on this port; the test is at its far end. `None`: nobody listens.
    pub fn dial(&self, port: u16) -> Option<Peer> {
        let mut inner = self.0.borrow_mut();
        let id = inner.last + 1;
        let door = inner.doors.get_mut(&port)?;
        door.streams.push_back(id);
        door.accepting.drain(..).for_each(Waker::wake);
        inner.last = id;
        inner.streams.insert(id, Stream { inbound: true, ..Stream::default() });
        Some(Peer { net: self.clone(), id })
    }

    /// The ports on which devices listen.
    pub fn listening(&self) -> Vec<u16> {
        self.0.borrow().doors.keys().copied().collect()
    }
}

impl TcpBind for Net {
    type Error = NetError;
    type Accept<'a> = Door;

    async fn bind(&self, local: SocketAddr) -> Result<Door, NetError> {
        let mut inner = self.0.borrow_mut();
        if inner.faults.refuse || inner.doors.contains_key(&local.port()) {
            return Err(NetError::Refused);
        }
        inner.doors.insert(local.port(), Waiting::default());
        Ok(Door { net: self.clone(), port: local.port() })
    }
}

impl TcpAccept for Door {
    type Error = NetError;
    type Socket<'a> = Socket;

    async fn accept(&self) -> Result<(SocketAddr, Socket), NetError> {
        poll_fn(|context| {
            let mut inner = self.net.0.borrow_mut();
            let Some(door) = inner.doors.get_mut(&self.port) else {
                return Poll::Ready(Err(NetError::Refused));
            };
            let Some(id) = door.streams.pop_front() else {
                door.accepting.push(context.waker().clone());
                return Poll::Pending;
            };
            let from = SocketAddr::new(Ipv4Addr::new(10, 0, 0, 77).into(), 40_000);
            Poll::Ready(Ok((from, Socket { net: self.net.clone(), id })))
        })
        .await
    }
}
