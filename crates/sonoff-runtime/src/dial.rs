//! The way to a server: its name, its address, TCP to it.

use core::cell::Cell;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use edge_nal::{AddrType, Dns, TcpConnect};
use heapless::String;
use sonoff_mqtt::Rc;

/// A server by its name or address, and its port.
pub(crate) struct Target {
    host: String<64>,
    port: u16,
    address: Cell<Option<IpAddr>>,
}

impl Target {
    /// A name that is too long cannot be resolved and stays empty.
    pub fn new(host: &str, port: u16) -> Self {
        let address = host.parse::<Ipv4Addr>().ok().map(IpAddr::V4);
        Self { host: String::try_from(host).unwrap_or_default(), port, address: Cell::new(address) }
    }

    /// A server at an address, without a name.
    pub fn at(at: SocketAddrV4) -> Self {
        Self { host: String::new(), port: at.port(), address: Cell::new(Some(IpAddr::V4(*at.ip()))) }
    }

    /// Its name, or its address as text.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What it has to be: its name, or its address where it has none.
    #[cfg(feature = "tls")]
    pub fn known_as(&self) -> String<64> {
        let mut known_as = self.host.clone();
        if let (true, Some(address)) = (known_as.is_empty(), self.address.get()) {
            // The longest address has 39 bytes.
            let _ = fmt::Write::write_fmt(&mut known_as, format_args!("{address}"));
        }
        known_as
    }

    /// Takes the address that its name was found to have, if it was.
    pub fn is_at(&self, address: Option<Ipv4Addr>) {
        if let Some(address) = address {
            self.address.set(Some(address.into()));
        }
    }

    /// It is the same server, whether its address is known or not.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }

    /// Why an attempt that ran out of time, or failed, did: a name that was never resolved says so (S-42).
    pub fn blame(&self, rc: Rc) -> Rc {
        if self.address.get().is_none() { Rc::NotResolved } else { rc }
    }

    /// Resolves the name, unless it is known already (S-43), and opens TCP.
    ///
    /// Dropping the future leaves no socket, if the network keeps its contract.
    pub async fn open<'n, N: TcpConnect + Dns>(&self, net: &'n N) -> Result<N::Socket<'n>, Rc> {
        let address = self.address(net).await?;
        net.connect(address).await.map_err(|_| Rc::ConnectFailed)
    }

    /// Resolves the name, unless it is known already.
    pub async fn address<N: Dns>(&self, net: &N) -> Result<SocketAddr, Rc> {
        let address = match self.address.get() {
            Some(address) => address,
            None => self.resolve(net).await?,
        };
        Ok(SocketAddr::new(address, self.port))
    }

    async fn resolve<N: Dns>(&self, net: &N) -> Result<IpAddr, Rc> {
        if self.host.is_empty() {
            return Err(Rc::NotResolved);
        }
        let found = net.get_host_by_name(&self.host, AddrType::IPv4).await;
        let address = found.map_err(|_| Rc::NotResolved)?;
        self.address.set(Some(address));
        Ok(address)
    }
}

/// The address where it is known, else the name: `10.0.0.1:1883`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address.get() {
            Some(address) => write!(f, "{address}:{}", self.port),
            None => write!(f, "{}:{}", self.host, self.port),
        }
    }
}
