//! The network: the chip's own Ethernet, its PHY, and the stack on top. The device waits for none of them.

use edge_nal_embassy::{TcpBuffers, UdpBuffers};
use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_stm32::Peri;
use embassy_stm32::eth::{Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::peripherals::{ETH, ETH_SMA, PA1, PA2, PA7, PB15, PC1, PC4, PC5, PG11, PG13};
use sonoff_embassy::Uplink;
use static_cell::{ConstStaticCell, StaticCell};

use crate::Irqs;

/// A broker, and three connections of browsers.
const CONNECTIONS: usize = 4;
/// The time, the log server, the search for a broker and the announcement of pages.
const DATAGRAMS: usize = 4;
/// The address by which the PHY knows itself.
const PHY: u8 = 0;

static TCP: ConstStaticCell<TcpBuffers<CONNECTIONS>> = ConstStaticCell::new(TcpBuffers::new());
static UDP: ConstStaticCell<UdpBuffers<DATAGRAMS, 512, 512>> = ConstStaticCell::new(UdpBuffers::new());
static UPLINK: StaticCell<Uplink<'static>> = StaticCell::new();
static PACKETS: ConstStaticCell<PacketQueue<4, 4>> = ConstStaticCell::new(PacketQueue::new());
/// DHCP and DNS have no buffers.
static SOCKETS: StaticCell<StackResources<{ CONNECTIONS + DATAGRAMS + 2 }>> = StaticCell::new();

/// What the PHY is connected to.
pub struct Plug {
    pub port: Peri<'static, ETH>,
    pub clock: Peri<'static, PA1>,
    pub valid: Peri<'static, PA7>,
    pub receive: (Peri<'static, PC4>, Peri<'static, PC5>),
    pub transmit: (Peri<'static, PG13>, Peri<'static, PB15>, Peri<'static, PG11>),
    pub management: (Peri<'static, ETH_SMA>, Peri<'static, PA2>, Peri<'static, PC1>),
}

/// The network, which is there when its task has brought it.
pub fn open(plug: Plug, address: [u8; 6], seed: u64, spawner: Spawner) -> &'static Uplink<'static> {
    let uplink = UPLINK.init(Uplink::new(TCP.take(), UDP.take()));
    if let Ok(task) = drive(plug, address, seed, uplink) {
        spawner.spawn(task);
    }
    uplink
}

/// Brings the network up, and moves its packets.
#[embassy_executor::task]
async fn drive(plug: Plug, address: [u8; 6], seed: u64, uplink: &'static Uplink<'static>) {
    let Plug { port, clock, valid, receive: (rx0, rx1), transmit: (tx0, tx1, sends), management } = plug;
    let (registers, data, ticks) = management;
    let phy = GenericPhy::new(Sma::new(registers, data, ticks), PHY);
    let packets = PACKETS.take();
    let port =
        Ethernet::new_with_phy(packets, port, Irqs, clock, valid, rx0, rx1, tx0, tx1, sends, address, phy);
    let sockets = SOCKETS.init_with(StackResources::new);
    let (stack, mut runner) = embassy_net::new(port, Config::dhcpv4(Default::default()), sockets, seed);
    uplink.bring(stack);
    runner.run().await
}
