//! The host's network behind virtual access points, with a plug that can be pulled.

use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::rc::Rc;

use async_io::Async;
use edge_nal::{AddrType, Dns, TcpAccept, TcpBind, TcpConnect, UdpBind};
use edge_nal_std::{Stack, TcpSocket, UdpSocket};
use sonoff_hal::{Access, FixedAddress, JoinError, NetworkFacts, RadioFacts, Seen, Station};

use crate::notice::Notice;

/// The access point that a new device joins.
pub const SSID: &str = "virtual";
/// The access points in the air, and their passwords; one is open.
const AIR: [(&str, Option<&str>); 2] = [(SSID, None), ("guest", Some("welcome1"))];
/// Where phones look for pages.
const HTTP: u16 = 80;
/// More that can be seen: a neighbour's, and names that somebody gives who wants to break a page.
const NEIGHBOURS: [&str; 3] =
    ["Anna's & Ben's", "<img src=x onerror=alert(1)>", "</b><script>alert(2)</script>"];
/// What an access point gives to who asks: the host's own network.
const DHCP: FixedAddress = FixedAddress {
    ip: Ipv4Addr::LOCALHOST,
    mask: Ipv4Addr::UNSPECIFIED,
    gateway: Ipv4Addr::UNSPECIFIED,
    dns: [Ipv4Addr::UNSPECIFIED; 2],
};

/// The plug between one device and the host's network. Clones are the same plug.
#[derive(Debug, Clone, Default)]
pub struct Plug(Rc<State>);

#[derive(Debug, Default)]
struct State {
    /// Where the device may listen.
    port: Option<SocketAddr>,
    /// The port as it was opened for the device, until it listens itself.
    opened: RefCell<Option<TcpListener>>,
    pulled: Cell<bool>,
    place: RefCell<Place>,
    notice: Notice,
}

/// Where the radio is.
#[derive(Debug, Default)]
enum Place {
    /// Nobody has told it what to join: it is at the first access point.
    #[default]
    First,
    /// Nowhere: the last attempt failed.
    Nowhere,
    /// It is an access point itself.
    Own,
    /// At this access point, with this address.
    At(&'static str, FixedAddress),
}

impl Plug {
    /// A plug of a device that listens where this does; one that is new is nowhere.
    ///
    /// # Errors
    /// When the socket has no address.
    pub fn new(listener: Option<TcpListener>, is_new: bool) -> io::Result<Self> {
        let port = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let place = RefCell::new(if is_new { Place::Nowhere } else { Place::First });
        Ok(Self(Rc::new(State { port, opened: RefCell::new(listener), place, ..State::default() })))
    }

    /// Where the device's pages are.
    pub fn pages(&self) -> Option<SocketAddr> {
        self.0.port
    }

    /// What an access point gives to who asks: where the pages are, that address.
    fn dhcp(&self) -> FixedAddress {
        match self.0.port.map(|at| at.ip()) {
            Some(IpAddr::V4(ip)) if !ip.is_unspecified() => FixedAddress { ip, ..DHCP },
            _ => DHCP,
        }
    }

    /// Puts the plug in or pulls it.
    pub fn set(&self, up: bool) {
        self.0.pulled.set(!up);
        self.0.notice.give(());
    }

    fn is_up(&self) -> bool {
        !self.0.pulled.get() && !matches!(*self.0.place.borrow(), Place::Nowhere | Place::Own)
    }

    fn is_own(&self) -> bool {
        !self.0.pulled.get() && matches!(*self.0.place.borrow(), Place::Own)
    }
}

/// What is in the air under this name, for who has the password.
fn look_up(access: &Access<'_>) -> Result<&'static str, JoinError> {
    let (ssid, password) =
        AIR.into_iter().find(|(ssid, _)| *ssid == access.ssid()).ok_or(JoinError::NotFound)?;
    let welcome = password.is_none() || password == access.password();
    welcome.then_some(ssid).ok_or(JoinError::Refused)
}

/// The host's network as a device sees it that has a radio: clients look for its facts.
impl Station for Plug {
    /// While the plug is pulled nothing is in the air, and the radio stays at what it will find again.
    async fn join(&mut self, access: &Access<'_>) -> Result<(), JoinError> {
        if self.0.pulled.get() {
            return Err(JoinError::NotFound);
        }
        let found = look_up(access);
        let at = |ssid| Place::At(ssid, access.address().unwrap_or(self.dhcp()));
        *self.0.place.borrow_mut() = found.map_or(Place::Nowhere, at);
        found.map(|_| ())
    }

    fn facts(&self) -> Option<NetworkFacts> {
        let (ssid, address) = match *self.0.place.borrow() {
            Place::First => (SSID, self.dhcp()),
            Place::Nowhere | Place::Own => return None,
            Place::At(ssid, address) => (ssid, address),
        };
        let radio = RadioFacts {
            ssid: ssid.try_into().unwrap_or_default(),
            bssid: [0x02, 0x53, 0x4F, 0x4E, 0x4F, 0x46],
            channel: 6,
            dbm: -50,
        };
        let FixedAddress { ip, mask, gateway, dns } = address;
        self.is_up().then_some(NetworkFacts { ip, mask, gateway, dns, radio: Some(radio) })
    }

    async fn scan(&mut self, seen: &mut dyn FnMut(Seen<'_>)) {
        let own = AIR.into_iter().map(|(ssid, password)| (ssid, password.is_none()));
        let all = own.chain(NEIGHBOURS.into_iter().map(|ssid| (ssid, false)));
        for ((ssid, is_open), dbm) in all.zip((-90..=-50).rev().step_by(10)).filter(|_| !self.0.pulled.get())
        {
            seen(Seen { ssid, channel: 6, dbm, is_open });
        }
    }

    async fn changed(&mut self) {
        self.0.notice.wait().await;
    }

    async fn open(&mut self, _: &Access<'_>) -> Result<(), JoinError> {
        *self.0.place.borrow_mut() = Place::Own;
        Ok(())
    }

    async fn close(&mut self) {
        *self.0.place.borrow_mut() = Place::Nowhere;
    }
}

/// Whether this machine is where a device is on its own access point. On another network it must give no addresses.
fn is_access_point() -> bool {
    std::net::UdpSocket::bind((sonoff_setup::IP, 0)).is_ok()
}

impl TcpConnect for Plug {
    type Error = io::Error;
    type Socket<'a> = TcpSocket;

    async fn connect(&self, remote: SocketAddr) -> io::Result<TcpSocket> {
        if !self.is_up() {
            return Err(ErrorKind::NetworkUnreachable.into());
        }
        let socket = Stack::new().connect(remote).await?;
        // A command and its answer are small: waiting for more to send would only delay them.
        socket.get_ref().set_nodelay(true)?;
        Ok(socket)
    }
}

impl UdpBind for Plug {
    type Error = io::Error;
    type Socket<'a> = UdpSocket;

    async fn bind(&self, local: SocketAddr) -> io::Result<UdpSocket> {
        let is_somewhere = self.is_up() || (self.is_own() && is_access_point());
        if !is_somewhere {
            return Err(ErrorKind::NetworkUnreachable.into());
        }
        UdpBind::bind(&Stack::new(), local).await
    }
}

/// Whatever port the device wants, it gets the one that was opened for it, but on an access point of its own.
impl TcpBind for Plug {
    type Error = io::Error;
    type Accept<'a> = Door;

    async fn bind(&self, _: SocketAddr) -> io::Result<Door> {
        if self.is_own() && is_access_point() {
            return Async::<TcpListener>::bind((sonoff_setup::IP, HTTP)).map(Door);
        }
        let is_somewhere = self.is_up() || self.is_own();
        let port = self.0.port.filter(|_| is_somewhere).ok_or(ErrorKind::AddrNotAvailable)?;
        let listener = self.0.opened.borrow_mut().take().map_or_else(|| TcpListener::bind(port), Ok)?;
        Async::new(listener).map(Door)
    }
}

/// A port on which the device listens, until it is dropped.
#[derive(Debug)]
pub struct Door(Async<TcpListener>);

impl TcpAccept for Door {
    type Error = io::Error;
    type Socket<'a> = TcpSocket;

    async fn accept(&self) -> io::Result<(SocketAddr, TcpSocket)> {
        let (socket, from) = self.0.accept().await?;
        socket.get_ref().set_nodelay(true)?;
        Ok((from, TcpSocket::new(socket)))
    }
}

/// Names are resolved in another thread: the host's resolver blocks, and a device must not.
impl Dns for Plug {
    type Error = io::Error;

    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> io::Result<IpAddr> {
        let host = host.to_owned();
        blocking::unblock(move || resolve(&host, kind)).await
    }

    async fn get_host_by_address(&self, _addr: IpAddr, _result: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::Unsupported.into())
    }
}

fn resolve(host: &str, kind: AddrType) -> io::Result<IpAddr> {
    let wanted = |ip: &IpAddr| match kind {
        AddrType::IPv4 => ip.is_ipv4(),
        AddrType::IPv6 => ip.is_ipv6(),
        AddrType::Either => true,
    };
    // An address is what it is, whatever kind was asked for.
    let literal = host.parse::<IpAddr>().ok();
    let found = || (host, 0).to_socket_addrs().ok()?.map(|at| at.ip()).find(wanted);
    literal.or_else(found).ok_or_else(|| ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn a_pulled_plug_has_no_facts_and_connects_nowhere() {
        let (plug, mut station) = (Plug::default(), Plug::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        assert!(block_on(plug.connect(at)).is_ok());
        station.clone_from(&plug);
        assert_eq!(block_on(poll_once(station.changed())), None);
        plug.set(false);
        assert_eq!(block_on(poll_once(station.changed())), Some(()));
        assert!(station.facts().is_none() && block_on(plug.connect(at)).is_err());
        plug.set(true);
        assert!(station.facts().is_some() && block_on(plug.connect(at)).is_ok());
    }

    #[test]
    fn the_air_has_an_open_access_point_and_one_with_a_password() {
        let mut plug = Plug::default();
        let mut join = |ssid, password| block_on(plug.join(&Access::new(ssid, password).unwrap()));
        assert_eq!(join("guest", "welcome1"), Ok(()));
        assert_eq!(join("guest", "12345678"), Err(JoinError::Refused));
        assert_eq!(join("elsewhere", ""), Err(JoinError::NotFound));
        assert!(plug.facts().is_none());
        assert_eq!(block_on(plug.join(&Access::new("virtual", "").unwrap())), Ok(()));
        assert_eq!(plug.facts().unwrap().radio.unwrap().ssid, "virtual");
    }

    #[test]
    fn a_fixed_address_is_told_and_a_pulled_plug_changes_nothing() {
        let (mut plug, ip) = (Plug::default(), Ipv4Addr::new(10, 0, 0, 9));
        let fixed = FixedAddress { ip, ..DHCP };
        let access = Access::new("guest", "welcome1").unwrap().with_address(Some(fixed));
        assert_eq!(block_on(plug.join(&access)), Ok(()));
        plug.set(false);
        assert_eq!(block_on(plug.join(&Access::new("virtual", "").unwrap())), Err(JoinError::NotFound));
        assert!(plug.facts().is_none());
        plug.set(true);
        let facts = plug.facts().unwrap();
        assert_eq!((facts.ip, facts.radio.unwrap().ssid.as_str()), (ip, "guest"));
    }

    #[test]
    fn a_device_listens_where_it_was_told_and_closes_its_port() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let plug = Plug::new(Some(listener), false).unwrap();
        for _ in 0..2 {
            let door = block_on(TcpBind::bind(&plug, at)).unwrap();
            let client = std::net::TcpStream::connect(at).unwrap();
            assert_eq!(block_on(door.accept()).unwrap().0, client.local_addr().unwrap());
            drop(door);
            assert!(std::net::TcpStream::connect(at).is_err(), "the port is closed");
        }
        plug.set(false);
        assert!(
            block_on(TcpBind::bind(&plug, at)).is_err()
                && block_on(TcpBind::bind(&Plug::default(), at)).is_err()
        );
    }

    #[test]
    fn a_new_device_is_nowhere_and_where_it_is_an_access_point_it_listens() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let mut plug = Plug::new(Some(listener), true).unwrap();
        assert!(plug.facts().is_none() && block_on(TcpBind::bind(&plug, at)).is_err());
        let own = Access::new("sonoff-123456-5206", "abcdefgh2345").unwrap();
        assert_eq!(block_on(plug.open(&own)), Ok(()));
        assert!(plug.facts().is_none() && block_on(plug.connect(at)).is_err());
        // Whoever runs this has no such address.
        assert!(block_on(TcpBind::bind(&plug, at)).is_ok() && block_on(UdpBind::bind(&plug, at)).is_err());
        block_on(plug.close());
        assert!(block_on(TcpBind::bind(&plug, at)).is_err());
        assert_eq!(block_on(plug.join(&Access::new("guest", "welcome1").unwrap())), Ok(()));
        assert_eq!(plug.facts().unwrap().radio.unwrap().ssid, "guest");
    }

    #[test]
    fn sockets_send_at_once() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let socket = block_on(Plug::default().connect(listener.local_addr().unwrap())).unwrap();
        assert!(socket.get_ref().nodelay().unwrap());
    }

    #[test]
    fn names_and_addresses_are_resolved() {
        let ask = |host, kind| block_on(Plug::default().get_host_by_name(host, kind));
        assert_eq!(ask("localhost", AddrType::IPv4).unwrap(), Ipv4Addr::LOCALHOST);
        assert!(ask("::1", AddrType::IPv4).unwrap().is_ipv6());
        assert!(ask("no such name", AddrType::Either).is_err());
    }
}
