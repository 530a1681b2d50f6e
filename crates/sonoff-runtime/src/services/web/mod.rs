//! The web loop: serves pages and the HTTP interface. Nothing waits for it, and nobody who is slow keeps others out for
//! longer than a request may take.

mod ask;
pub(crate) mod log;
pub(crate) mod scan;
mod visit;

use core::cell::RefCell;
use core::convert::Infallible;
use core::net::{Ipv4Addr, SocketAddr};

use edge_nal::{TcpAccept, TcpBind, UdpBind};
use embassy_futures::join::{join, join3};
use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use sonoff_hal::{Clock, Pins, System};
use sonoff_web::{Journal, Rooms, Site};

use crate::beside::Beside;
use crate::services::announce::announce;
use crate::services::setup::setup;
use crate::shared::Shared;

/// The rest after a port could not be opened, milliseconds.
const REST_MS: u64 = 10_000;
/// The rest after a connection that failed before it was one, milliseconds.
const ACCEPT_REST_MS: u64 = 100;

/// Where pages are served, and with what memory.
#[derive(Debug)]
pub struct Pages<'b> {
    /// The TCP port at which browsers come in; 80 is what they look for.
    pub port: u16,
    /// They are announced in the network by multicast DNS, where the feature `search` is (W-18).
    pub announced: bool,
    /// The parts of a [`sonoff_web::Memory`].
    pub rooms: Rooms<'b>,
}

impl<'b> Pages<'b> {
    pub(crate) fn split(self) -> (Unlogged<'b>, Journal<'b>) {
        let Self { port, announced, rooms: Rooms { request, window, log } } = self;
        (Unlogged { port, announced, desk: Desk { request, window } }, Journal::new(log))
    }
}

/// A service before it knows the log.
pub(crate) struct Unlogged<'b> {
    port: u16,
    announced: bool,
    desk: Desk<'b>,
}

impl<'b> Unlogged<'b> {
    pub fn with<'l>(self, journal: &'l RefCell<Journal<'b>>) -> Web<'l, 'b> {
        let Self { port, announced, desk } = self;
        Web { port, announced, desk, journal }
    }
}

/// The service.
pub(crate) struct Web<'l, 'b> {
    port: u16,
    announced: bool,
    desk: Desk<'b>,
    journal: &'l RefCell<Journal<'b>>,
}

/// The memory with which one request at a time is served.
pub(super) struct Desk<'b> {
    request: &'b mut [u8],
    window: &'b mut [u8],
}

/// What all visits share.
pub(super) struct Server<'s, 'a, 'l, 'b, P, C, Y> {
    shared: &'s Shared<'a, P, C, Y>,
    site: RefCell<Site>,
    journal: &'l RefCell<Journal<'b>>,
    desk: Mutex<NoopRawMutex, Desk<'b>>,
}

impl<N: TcpBind + UdpBind> Beside<N> for Web<'_, '_> {
    async fn serve<P: Pins, C: Clock, Y: System>(self, shared: &Shared<'_, P, C, Y>, net: &N) -> Infallible {
        join(self.pages(shared, net), setup(shared, net)).await.0
    }
}

impl Web<'_, '_> {
    async fn pages<P: Pins, C: Clock, Y: System, N: TcpBind + UdpBind>(
        self,
        shared: &Shared<'_, P, C, Y>,
        net: &N,
    ) -> Infallible {
        let site = RefCell::new(Site::new([shared.random(), shared.random()]));
        let server = Server { shared, site, journal: self.journal, desk: Mutex::new(self.desk) };
        let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), self.port);
        loop {
            shared.until_pages(true).await;
            match TcpBind::bind(net, any).await {
                Ok(door) => {
                    let voice = async {
                        if self.announced {
                            announce(shared, net, self.port).await;
                        }
                    };
                    select(join(server.open(&door), voice), shared.until_pages(false)).await;
                }
                Err(_) => {
                    shared.error(format_args!("WEB: Port {} cannot be opened", self.port));
                    shared.clock.wait_until(shared.clock.now().saturating_add(REST_MS)).await;
                }
            }
        }
    }
}

impl<P: Pins, C: Clock, Y: System> Server<'_, '_, '_, '_, P, C, Y> {
    /// Three may come at once: browsers open connections that they do not need yet.
    async fn open<A: TcpAccept>(&self, door: &A) -> Infallible {
        join3(self.attend(door), self.attend(door), self.attend(door)).await.0
    }

    async fn attend<A: TcpAccept>(&self, door: &A) -> Infallible {
        loop {
            match door.accept().await {
                Ok((_, mut socket)) => self.visit(&mut socket).await,
                Err(_) => self.shared.clock.wait_until(self.in_ms(ACCEPT_REST_MS)).await,
            }
        }
    }

    fn in_ms(&self, ms: u64) -> u64 {
        self.shared.clock.now().saturating_add(ms)
    }
}
