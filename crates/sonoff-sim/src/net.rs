//! The host's network, with a plug that can be pulled.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::rc::Rc;

use edge_nal::{AddrType, Dns, TcpConnect};
use edge_nal_std::{Stack, TcpSocket};
use sonoff_hal::{Access, JoinError, NetworkFacts, RadioFacts, Station};

use crate::notice::Notice;

/// The access point that there would be.
const SSID: &str = "virtual";

/// The plug between one device and the host's network. Clones are the same plug.
#[derive(Debug, Clone, Default)]
pub struct Plug(Rc<State>);

#[derive(Debug, Default)]
struct State {
    pulled: Cell<bool>,
    notice: Notice,
}

impl Plug {
    /// Puts the plug in or pulls it.
    pub fn set(&self, up: bool) {
        self.0.pulled.set(!up);
        self.0.notice.give(());
    }

    fn is_up(&self) -> bool {
        !self.0.pulled.get()
    }
}

/// The host's network as a device sees it that has a radio: clients look for its facts.
impl Station for Plug {
    async fn join(&mut self, _access: &Access<'_>) -> Result<(), JoinError> {
        Ok(())
    }

    fn facts(&self) -> Option<NetworkFacts> {
        let none = Ipv4Addr::UNSPECIFIED;
        let radio = RadioFacts {
            ssid: SSID.try_into().unwrap_or_default(),
            bssid: [0x02, 0x53, 0x4F, 0x4E, 0x4F, 0x46],
            channel: 6,
            dbm: -50,
        };
        let facts = NetworkFacts {
            ip: Ipv4Addr::LOCALHOST,
            mask: none,
            gateway: none,
            dns: none,
            radio: Some(radio),
        };
        self.is_up().then_some(facts)
    }

    async fn changed(&mut self) {
        self.0.notice.wait().await;
    }
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
