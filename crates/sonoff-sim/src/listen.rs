//! The built-in broker on real sockets.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, pending};
use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use async_executor::LocalExecutor;
use async_io::{Async, Timer};
use embassy_futures::select::{select, select3};
use futures_lite::AsyncWriteExt;
use futures_lite::future::yield_now;
use sonoff_testkit::broker::{Broker, ClientId};

use crate::notice::Notice;

/// Bytes that are written to a stream at once.
const CHUNK: usize = 64 * 1024;
/// How long a client that is sent away may take for its last bytes.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long the broker may take for its last bytes.
const DRAIN: Duration = Duration::from_millis(500);
/// It is quiet when nothing has happened in so many rounds of this length.
const QUIET_ROUNDS: u8 = 3;
const ROUND: Duration = Duration::from_millis(10);
/// How many ports are tried.
const PORTS: u16 = 100;

/// Opens the first free port from `first` on.
///
/// # Errors
/// When none of a hundred is free, or the address is not this machine's.
pub fn bind_from(first: SocketAddr) -> io::Result<TcpListener> {
    let mut at = first;
    loop {
        match TcpListener::bind(at) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && at.port() - first.port() < PORTS => {
                at.set_port(at.port().checked_add(1).ok_or(error)?);
            }
            opened => return opened,
        }
    }
}

/// Serves clients until `stop` is done; then what waits is sent, for half a second at most.
///
/// # Errors
/// When the listener cannot be watched.
pub async fn serve(listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    let listener = Async::new(listener)?;
    let executor = LocalExecutor::new();
    let front = Rc::new(Front::new());
    let work = async {
        select3(front.accept(&listener, &executor), front.keep_time(), stop).await;
        select(front.drained(), Timer::after(DRAIN)).await;
    };
    executor.run(work).await;
    Ok(())
}

/// The broker and the streams to its clients. Nothing is borrowed across an `await`.
struct Front {
    broker: RefCell<Broker>,
    start: Instant,
    streams: RefCell<HashMap<ClientId, Rc<Notice>>>,
    /// The deadline that [`Self::keep_time`] waits for.
    due: Cell<Option<u64>>,
    earlier: Notice,
    changes: Cell<u64>,
}

impl Front {
    fn new() -> Self {
        Self {
            broker: RefCell::default(),
            start: Instant::now(),
            streams: RefCell::default(),
            due: Cell::new(None),
            earlier: Notice::default(),
            changes: Cell::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn accept<'a>(self: &Rc<Self>, listener: &Async<TcpListener>, executor: &LocalExecutor<'a>) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => executor.spawn(self.clone().talk(stream)).detach(),
                // Out of sockets, or a client that has left already: the next one may do better.
                Err(_) => drop(Timer::after(Duration::from_millis(50)).await),
            }
        }
    }

    async fn talk(self: Rc<Self>, stream: Async<TcpStream>) {
        // Without it, small answers wait for acknowledgements; but they do arrive.
        let _ = stream.get_ref().set_nodelay(true);
        let id = self.change(Broker::connect);
        let notice = Rc::new(Notice::default());
        self.streams.borrow_mut().insert(id, notice.clone());
        select(self.read(id, &stream), self.write(id, &stream, &notice)).await;
        self.streams.borrow_mut().remove(&id);
        self.change(|broker| broker.closed(id));
    }

    async fn read(&self, id: ClientId, stream: &Async<TcpStream>) {
        while !self.broker.borrow().wants_close(id) {
            match self.read_now(id, stream) {
                Ok(0) => return,
                Ok(_) => yield_now().await,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if stream.readable().await.is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
        Timer::after(FAREWELL).await;
    }

    /// The buffer lives only here, so that a thousand quiet clients cost nothing.
    fn read_now(&self, id: ClientId, stream: &Async<TcpStream>) -> io::Result<usize> {
        let mut buf = [0; 16 * 1024];
        let len = stream.get_ref().read(&mut buf)?;
        let now = self.now();
        self.change(|broker| broker.receive(now, id, buf.get(..len).unwrap_or_default()));
        Ok(len)
    }

    async fn write(&self, id: ClientId, mut stream: &Async<TcpStream>, notice: &Notice) {
        loop {
            let mut out = Vec::new();
            self.broker.borrow_mut().poll_output(id, &mut out, CHUNK);
            if !out.is_empty() {
                if stream.write_all(&out).await.is_err() {
                    return;
                }
            } else if self.broker.borrow().wants_close(id) {
                return;
            } else {
                notice.wait().await;
            }
        }
    }

    /// Every change of the broker goes through here: whom it concerns is told.
    fn change<T>(&self, change: impl FnOnce(&mut Broker) -> T) -> T {
        self.changes.set(self.changes.get() + 1);
        let mut broker = self.broker.borrow_mut();
        let result = change(&mut broker);
        let streams = self.streams.borrow();
        while let Some(id) = broker.next_ready() {
            streams.get(&id).into_iter().for_each(|notice| notice.give(()));
        }
        if is_before(broker.next_deadline(), self.due.get()) {
            self.earlier.give(());
        }
        result
    }

    async fn keep_time(&self) {
        loop {
            let due = self.broker.borrow().next_deadline();
            self.due.set(due);
            select(self.wait_until(due), self.earlier.wait()).await;
            let now = self.now();
            self.change(|broker| broker.tick(now));
        }
    }

    async fn wait_until(&self, due: Option<u64>) {
        match due {
            // Times are cut to milliseconds: one more, and nobody is cut off too early.
            Some(at) => drop(Timer::at(self.start + Duration::from_millis(at.saturating_add(1))).await),
            None => pending().await,
        }
    }

    /// Waits until nothing is left to be sent and nothing has come for a while: the last words of a device may still
    /// lie in its socket when it is gone.
    async fn drained(&self) {
        let mut quiet = 0;
        while quiet < QUIET_ROUNDS {
            let before = self.changes.get();
            Timer::after(ROUND).await;
            let still = self.changes.get() == before && !self.broker.borrow().is_busy();
            quiet = if still { quiet + 1 } else { 0 };
        }
    }
}

fn is_before(at: Option<u64>, other: Option<u64>) -> bool {
    at.is_some_and(|at| other.is_none_or(|other| at < other))
}
