//! A network in memory: TCP streams and names, with everything that can go wrong.

mod door;
mod peer;
mod socket;
mod udp;

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::future::{pending, poll_fn};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use edge_nal::{AddrType, Dns, TcpConnect};
use embedded_io_async::{Error, ErrorKind};

pub use door::Door;
pub use peer::Peer;
pub use socket::Socket;
pub use udp::{UdpHalf, UdpSocket};

/// What goes wrong. It may be changed at any time and acts on what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// TCP is refused at once.
    pub refuse: bool,
    /// Hosts that refuse TCP.
    pub refused: Vec<Ipv4Addr>,
    /// TCP never answers: neither accepted nor refused.
    pub black_hole: bool,
    /// No name can be resolved.
    pub unknown_names: bool,
    /// Nobody can join a group.
    pub no_multicast: bool,
    /// No socket for datagrams can be had.
    pub no_datagrams: bool,
    /// Name servers never answer.
    pub silent_names: bool,
    /// The peer does not read: what is written stays in the window until it is full.
    pub stalled: bool,
    /// Nothing that the peer sends arrives.
    pub mute: bool,
    /// A connection is reset after so many bytes, both directions counted together.
    pub cut_after: Option<u64>,
    /// The most bytes that one read or write moves.
    pub most_per_call: usize,
    /// Bytes that may be on their way in each direction.
    pub window: usize,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            refuse: false,
            refused: Vec::new(),
            black_hole: false,
            unknown_names: false,
            no_multicast: false,
            no_datagrams: false,
            silent_names: false,
            stalled: false,
            mute: false,
            cut_after: None,
            most_per_call: usize::MAX,
            window: 64 * 1024,
        }
    }
}

/// How often something happened on a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls of `connect`.
    pub dials: u64,
    /// Connections made.
    pub accepted: u64,
    /// Reads that gave bytes.
    pub reads: u64,
    /// Writes that took bytes.
    pub writes: u64,
    /// Bytes read by clients.
    pub bytes_read: u64,
    /// Bytes written by clients.
    pub bytes_written: u64,
    /// Datagrams sent by anyone.
    pub datagrams: u64,
}

/// Why a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetError {
    /// TCP was refused.
    Refused,
    /// The connection was reset.
    Reset,
    /// No such name.
    UnknownName,
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::UnknownName => "unknown name",
        })
    }
}

impl std::error::Error for NetError {}

impl Error for NetError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused => ErrorKind::ConnectionRefused,
            Self::Reset => ErrorKind::ConnectionReset,
            Self::UnknownName => ErrorKind::NotFound,
        }
    }
}

/// One direction of a stream.
#[derive(Default)]
struct Lane {
    bytes: VecDeque<u8>,
    /// The writer has said that nothing more comes.
    ended: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Lane {
    fn wake(&mut self) {
        self.reader.take().into_iter().chain(self.writer.take()).for_each(Waker::wake);
    }
}

/// A stream: `up` from the client, `down` to it.
#[derive(Default)]
struct Stream {
    up: Lane,
    down: Lane,
    reset: bool,
    client_gone: bool,
    /// A test opened it to a device that listens: no server has to do with it.
    inbound: bool,
    moved: u64,
}

impl Stream {
    fn reset(&mut self) {
        self.reset = true;
        self.up.wake();
        self.down.wake();
    }
}

#[derive(Default)]
struct Inner {
    faults: Faults,
    tally: Tally,
    names: BTreeMap<String, IpAddr>,
    ports: BTreeMap<SocketAddr, udp::Port>,
    streams: BTreeMap<u64, Stream>,
    /// Ports on which devices listen, with the streams that wait there.
    doors: BTreeMap<u16, door::Waiting>,
    last: u64,
    /// Streams in which something happened since they were last looked at.
    touched: BTreeSet<u64>,
    dialling: usize,
    /// Where the last dial went.
    dialled: Option<SocketAddr>,
    waiting: Vec<Waker>,
}

/// Hears what one client's streams carry. It must not touch the network.
pub trait Tap {
    /// TCP is asked for.
    fn dialled(&self);
    /// The client read these bytes.
    fn read(&self, stream: u64, bytes: &[u8]);
    /// The client wrote these bytes.
    fn written(&self, stream: u64, bytes: &[u8]);
    /// The client has let go of the stream.
    fn dropped(&self, stream: u64);
}

/// A network in memory. Clones are the same network.
#[derive(Clone, Default)]
pub struct Net(Rc<RefCell<Inner>>, Option<Rc<dyn Tap>>);

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("faults", &self.0.borrow().faults).finish_non_exhaustive()
    }
}

impl Net {
    /// A network on which everything works and no name is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same network, with somebody who hears what goes through this clone's streams.
    #[must_use]
    pub fn tapped(&self, tap: Rc<dyn Tap>) -> Self {
        Self(self.0.clone(), Some(tap))
    }

    fn tell(&self, tell: impl FnOnce(&dyn Tap)) {
        if let Some(tap) = &self.1 {
            tell(tap.as_ref());
        }
    }

    /// Gives a host a name.
    pub fn name(&self, name: &str, address: Ipv4Addr) {
        self.0.borrow_mut().names.insert(name.to_owned(), IpAddr::V4(address));
    }

    /// Changes what goes wrong from now on.
    pub fn break_it(&self, change: impl FnOnce(&mut Faults)) {
        let mut inner = self.0.borrow_mut();
        change(&mut inner.faults);
        // Whoever waits looks again.
        inner.waiting.drain(..).for_each(Waker::wake);
        let all: Vec<u64> = inner.streams.keys().copied().collect();
        inner.touched.extend(all);
        for stream in inner.streams.values_mut() {
            stream.up.wake();
            stream.down.wake();
        }
    }

    /// Makes everything work again; streams that were reset stay so.
    pub fn repair(&self) {
        self.break_it(|faults| *faults = Faults::default());
    }

    /// Resets all streams, as a router does that restarts.
    pub fn cut_all(&self) {
        let mut inner = self.0.borrow_mut();
        let all: Vec<u64> = inner.streams.keys().copied().collect();
        inner.touched.extend(all);
        inner.streams.values_mut().for_each(Stream::reset);
    }

    /// What happened so far.
    pub fn tally(&self) -> Tally {
        self.0.borrow().tally
    }

    /// Sockets that a client holds.
    pub fn open_sockets(&self) -> usize {
        self.0.borrow().streams.values().filter(|stream| !stream.client_gone).count()
    }

    /// Where the last call of `connect` went.
    pub fn dialled(&self) -> Option<SocketAddr> {
        self.0.borrow().dialled
    }

    /// Calls of `connect` that wait.
    pub fn dialling(&self) -> usize {
        self.0.borrow().dialling
    }

    /// The server's end of a stream in which something happened since it was last given here.
    pub fn next_touched(&self) -> Option<Peer> {
        let mut inner = self.0.borrow_mut();
        loop {
            let id = inner.touched.pop_first()?;
            if !inner.streams.get(&id).is_some_and(|stream| stream.inbound) {
                return Some(Peer { net: self.clone(), id });
            }
        }
    }

    fn stream(&self, id: u64) -> Option<RefMut<'_, Stream>> {
        RefMut::filter_map(self.0.borrow_mut(), |inner| inner.streams.get_mut(&id)).ok()
    }

    fn open(&self) -> Socket {
        let mut inner = self.0.borrow_mut();
        inner.last += 1;
        inner.tally.accepted += 1;
        let id = inner.last;
        inner.streams.insert(id, Stream::default());
        inner.touched.insert(id);
        Socket { net: self.clone(), id }
    }

    fn poll_dial(&self, context: &Context<'_>, to: IpAddr) -> Poll<Result<(), NetError>> {
        let mut inner = self.0.borrow_mut();
        if inner.faults.refuse || inner.faults.refused.iter().any(|host| IpAddr::V4(*host) == to) {
            return Poll::Ready(Err(NetError::Refused));
        }
        if inner.faults.black_hole {
            inner.waiting.push(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

/// Counts a dial for as long as its future lives.
struct Dial<'n>(&'n Net);

impl<'n> Dial<'n> {
    fn new(net: &'n Net) -> Self {
        let mut inner = net.0.borrow_mut();
        inner.tally.dials += 1;
        inner.dialling += 1;
        drop(inner);
        Self(net)
    }
}

impl Drop for Dial<'_> {
    fn drop(&mut self) {
        self.0.0.borrow_mut().dialling -= 1;
    }
}

impl TcpConnect for Net {
    type Error = NetError;
    type Socket<'a> = Socket;

    async fn connect(&self, remote: SocketAddr) -> Result<Socket, NetError> {
        let _dial = Dial::new(self);
        self.tell(|tap| tap.dialled());
        self.0.borrow_mut().dialled = Some(remote);
        poll_fn(|context| self.poll_dial(context, remote.ip())).await?;
        Ok(self.open())
    }
}

impl Dns for Net {
    type Error = NetError;

    async fn get_host_by_name(&self, host: &str, _kind: AddrType) -> Result<IpAddr, NetError> {
        if self.0.borrow().faults.silent_names {
            return pending().await;
        }
        let inner = self.0.borrow();
        let known = inner.names.get(host).filter(|_| !inner.faults.unknown_names);
        known.copied().ok_or(NetError::UnknownName)
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, NetError> {
        Err(NetError::UnknownName)
    }
}
