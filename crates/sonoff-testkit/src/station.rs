//! A radio that joins, or does not, as a test says.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::task::{Poll, Waker};

use sonoff_hal::{Access, FixedAddress, JoinError, NetworkFacts, RadioFacts, Seen, Station};

/// How an attempt to join ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joins {
    /// The device is taken.
    Well,
    /// It is not.
    Badly(JoinError),
    /// Nothing ever comes of it.
    Never,
}

/// What an attempt to join wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Name of the access point.
    pub ssid: String,
    /// Its password.
    pub password: Option<String>,
    /// The address to take there.
    pub address: Option<FixedAddress>,
}

impl Asked {
    fn new(access: &Access<'_>) -> Self {
        let (ssid, password) = (access.ssid().to_owned(), access.password().map(str::to_owned));
        Self { ssid, password, address: access.address() }
    }
}

#[derive(Debug, Default)]
struct Radio {
    up: Cell<bool>,
    moved: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    script: RefCell<VecDeque<Joins>>,
    asked: RefCell<Vec<Asked>>,
    joined: RefCell<Option<Asked>>,
    slept: RefCell<Vec<u8>>,
    opens: RefCell<VecDeque<Joins>>,
    own: RefCell<Option<Asked>>,
    air: RefCell<Vec<Seen<'static>>>,
}

/// A station that a test takes down and up, and whose attempts to join follow a script. Clones are the same.
///
/// Until it joins something it is a wire.
#[derive(Debug, Clone, Default)]
pub struct MockStation(Rc<Radio>);

impl MockStation {
    /// Takes the network up or down.
    pub fn set_up(&self, up: bool) {
        self.0.up.set(up);
        self.0.moved.set(true);
        self.0.waker.borrow_mut().take().into_iter().for_each(Waker::wake);
    }

    /// The next attempts to join end so; those after them, well.
    pub fn joins(&self, script: &[Joins]) {
        *self.0.script.borrow_mut() = script.iter().copied().collect();
    }

    /// The attempts to join since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.0.asked.borrow_mut())
    }

    /// The names of the access points that were tried since the last call.
    pub fn tried(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.ssid).collect()
    }

    /// The next attempts to be an access point end so; those after them, well.
    pub fn opens(&self, script: &[Joins]) {
        *self.0.opens.borrow_mut() = script.iter().copied().collect();
    }

    /// The access point that the device is itself.
    pub fn own(&self) -> Option<Asked> {
        self.0.own.borrow().clone()
    }

    /// These access points are in the air from now on.
    pub fn air(&self, seen: &[Seen<'static>]) {
        self.0.air.replace(seen.to_vec());
    }

    /// How long the radio was told to sleep, since the last call.
    pub fn slept(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.slept.borrow_mut())
    }
}

impl Station for MockStation {
    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError> {
        self.set_up(false);
        *self.0.own.borrow_mut() = None;
        let asked = Asked::new(access);
        self.0.asked.borrow_mut().push(asked.clone());
        let next = self.0.script.borrow_mut().pop_front();
        match next.unwrap_or(Joins::Well) {
            Joins::Well => {
                *self.0.joined.borrow_mut() = Some(asked);
                self.set_up(true);
                Ok(())
            }
            Joins::Badly(why) => Err(why),
            Joins::Never => pending().await,
        }
    }

    fn facts(&self) -> Option<NetworkFacts> {
        let joined = self.0.joined.borrow();
        let radio = joined.as_ref().map(|asked| RadioFacts {
            ssid: asked.ssid.parse().unwrap_or_default(),
            bssid: [0x02, 0, 0, 0, 0, 1],
            channel: 6,
            dbm: -60,
        });
        let [ip, mask, gateway] =
            [[192, 168, 1, 50], [255, 255, 255, 0], [192, 168, 1, 1]].map(Ipv4Addr::from);
        let dhcp = FixedAddress { ip, mask, gateway, dns: [gateway, Ipv4Addr::UNSPECIFIED] };
        let FixedAddress { ip, mask, gateway, dns } =
            joined.as_ref().and_then(|asked| asked.address).unwrap_or(dhcp);
        self.0.up.get().then_some(NetworkFacts { ip, mask, gateway, dns, radio })
    }

    async fn changed(&mut self) {
        poll_fn(|context| {
            if self.0.moved.take() {
                return Poll::Ready(());
            }
            *self.0.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    async fn scan(&mut self, seen: &mut dyn FnMut(Seen<'_>)) {
        self.0.air.borrow().iter().for_each(|point| seen(*point));
    }

    fn sleep(&mut self, ms: u8) {
        self.0.slept.borrow_mut().push(ms);
    }

    async fn open(&mut self, own: &Access<'_>) -> Result<(), JoinError> {
        self.set_up(false);
        let next = self.0.opens.borrow_mut().pop_front();
        match next.unwrap_or(Joins::Well) {
            Joins::Well => {
                *self.0.own.borrow_mut() = Some(Asked::new(own));
                Ok(())
            }
            Joins::Badly(why) => Err(why),
            Joins::Never => pending().await,
        }
    }

    async fn close(&mut self) {
        *self.0.own.borrow_mut() = None;
    }
}
