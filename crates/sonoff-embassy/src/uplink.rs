//! The network stack for the runtime, from the moment that there is one.

use core::cell::{OnceCell, RefCell};
use core::future::poll_fn;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::pin::pin;
use core::task::{Context, Poll};

use edge_nal::{AddrType, TcpBind, TcpConnect, UdpBind};
use edge_nal_embassy::{
    Dns, DnsError, DynPool, Tcp, TcpAccept, TcpError, TcpSocket, TcpSocketBuffers, Udp, UdpError, UdpSocket,
    UdpSocketBuffers,
};
use embassy_net::{ConfigV4, Ipv4Cidr, Stack, StaticConfigV4};
use embassy_sync::waitqueue::MultiWakerRegistration;
use sonoff_hal::{FixedAddress, NetworkFacts};

/// Tasks that may wait for the network stack; one more only makes them look again.
const TASKS: usize = 6;

/// The place of a network stack that comes when its driver runs, and the buffers of its sockets.
///
/// A reference to it is the network: it connects, binds and resolves names, and waits for the stack to do so.
pub struct Uplink<'d> {
    tcp: &'d dyn DynPool<TcpSocketBuffers>,
    udp: &'d dyn DynPool<UdpSocketBuffers>,
    sockets: OnceCell<Sockets<'d>>,
    waiting: RefCell<MultiWakerRegistration<TASKS>>,
}

/// What makes sockets of a stack.
struct Sockets<'d> {
    stack: Stack<'d>,
    tcp: Tcp<'d>,
    udp: Udp<'d>,
    dns: Dns<'d>,
}

impl core::fmt::Debug for Uplink<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Uplink").field("facts", &self.facts()).finish_non_exhaustive()
    }
}

impl<'d> Uplink<'d> {
    /// No stack yet. The stack needs room for as many sockets as the pools have buffers, and two for DHCP and DNS.
    pub const fn new(tcp: &'d dyn DynPool<TcpSocketBuffers>, udp: &'d dyn DynPool<UdpSocketBuffers>) -> Self {
        Self { tcp, udp, sockets: OnceCell::new(), waiting: RefCell::new(MultiWakerRegistration::new()) }
    }

    /// Here is the stack. A second one is ignored: a board has one network.
    pub fn bring(&self, stack: Stack<'d>) {
        self.sockets.get_or_init(|| Sockets {
            stack,
            tcp: Tcp::new(stack, self.tcp),
            udp: Udp::new(stack, self.udp),
            dns: Dns::new(stack),
        });
        self.waiting.borrow_mut().wake();
    }

    /// The network as it is now, without a radio's facts; `None` without stack, link or address.
    pub fn facts(&self) -> Option<NetworkFacts> {
        let stack = self.sockets.get()?.stack;
        stack.config_v4().filter(|_| stack.is_link_up()).map(|config| facts_of(&config))
    }

    /// Has this address from now on; `None` for one from DHCP. Tells whether there is a stack to have it.
    pub fn set_address(&self, address: Option<FixedAddress>) -> bool {
        let config = match address {
            Some(FixedAddress { ip, mask, .. }) => ConfigV4::Static(StaticConfigV4 {
                address: Ipv4Cidr::new(ip, prefix_of(mask)),
                gateway: None,
                dns_servers: Default::default(),
            }),
            None => ConfigV4::Dhcp(Default::default()),
        };
        self.sockets.get().map(|sockets| sockets.stack.set_config_v4(config)).is_some()
    }

    /// Waits until [`Self::facts`] tells something else than this. Dropping the future loses nothing.
    pub async fn changes_from(&self, told: Option<&NetworkFacts>) {
        let stack = self.sockets().await.stack;
        poll_fn(|cx| {
            notice_any_change(stack, cx);
            if self.facts().as_ref() == told { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    async fn sockets(&self) -> &Sockets<'d> {
        poll_fn(|cx| match self.sockets.get() {
            Some(sockets) => Poll::Ready(sockets),
            None => {
                self.waiting.borrow_mut().register(cx.waker());
                Poll::Pending
            }
        })
        .await
    }
}

/// The stack wakes whoever waits for the opposite of what is, whenever anything of its state has changed.
fn notice_any_change(stack: Stack<'_>, cx: &mut Context<'_>) {
    let _ = if stack.is_link_up() {
        pin!(stack.wait_link_down()).poll(cx)
    } else {
        pin!(stack.wait_link_up()).poll(cx)
    };
}

/// No mask is longer than 32 bits.
fn prefix_of(mask: Ipv4Addr) -> u8 {
    u8::try_from(mask.to_bits().leading_ones()).unwrap_or(32)
}

fn facts_of(config: &StaticConfigV4) -> NetworkFacts {
    NetworkFacts {
        ip: config.address.address(),
        mask: config.address.netmask(),
        gateway: config.gateway.unwrap_or(Ipv4Addr::UNSPECIFIED),
        dns: [0, 1].map(|n| config.dns_servers.get(n).copied().unwrap_or(Ipv4Addr::UNSPECIFIED)),
        radio: None,
    }
}

impl TcpConnect for &Uplink<'_> {
    type Error = TcpError;
    type Socket<'a>
        = TcpSocket<'a>
    where
        Self: 'a;

    /// Waits for the stack; an address is then there or it fails.
    async fn connect(&self, remote: SocketAddr) -> Result<TcpSocket<'_>, TcpError> {
        self.sockets().await.tcp.connect(remote).await
    }
}

impl TcpBind for &Uplink<'_> {
    type Error = TcpError;
    type Accept<'a>
        = TcpAccept<'a>
    where
        Self: 'a;

    async fn bind(&self, local: SocketAddr) -> Result<TcpAccept<'_>, TcpError> {
        self.sockets().await.tcp.bind(local).await
    }
}

impl UdpBind for &Uplink<'_> {
    type Error = UdpError;
    type Socket<'a>
        = UdpSocket<'a>
    where
        Self: 'a;

    async fn bind(&self, local: SocketAddr) -> Result<UdpSocket<'_>, UdpError> {
        self.sockets().await.udp.bind(local).await
    }
}

/// What the stack's own client cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// No such name, no server, or none that answers.
    NotResolved(DnsError),
    /// Names of addresses cannot be asked for.
    ByAddress,
}

impl core::fmt::Display for NameError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotResolved(why) => write!(f, "{why}"),
            Self::ByAddress => f.write_str("no names of addresses"),
        }
    }
}

impl core::error::Error for NameError {}

impl embedded_io_async::Error for NameError {
    fn kind(&self) -> embedded_io_async::ErrorKind {
        match self {
            Self::NotResolved(_) => embedded_io_async::ErrorKind::NotFound,
            Self::ByAddress => embedded_io_async::ErrorKind::Unsupported,
        }
    }
}

impl edge_nal::Dns for &Uplink<'_> {
    type Error = NameError;

    async fn get_host_by_name(&self, host: &str, family: AddrType) -> Result<IpAddr, NameError> {
        let dns = &self.sockets().await.dns;
        edge_nal::Dns::get_host_by_name(dns, host, family).await.map_err(NameError::NotResolved)
    }

    /// Never: the stack would end the program here.
    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, NameError> {
        Err(NameError::ByAddress)
    }
}
