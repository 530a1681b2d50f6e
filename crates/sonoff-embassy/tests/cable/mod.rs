//! Two network stacks on one cable, in one thread.
#![allow(dead_code, reason = "no test needs all of it")]

use core::net::Ipv4Addr;
use std::future::Future;

use edge_nal_embassy::{TcpBuffers, UdpBuffers};
use embassy_futures::block_on;
use embassy_futures::join::{join, join3};
use embassy_futures::select::{Either, select};
use embassy_net::{Config, ConfigV4, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel::driver::{HardwareAddress, LinkState};
use embassy_net_driver_channel::{Device, RxRunner, State, StateRunner, TxRunner, new};
use embassy_time::{Duration, with_timeout};
use sonoff_embassy::Uplink;

/// No test waits longer.
const PATIENCE: Duration = Duration::from_secs(20);
const MTU: usize = 1514;
/// As many as a board has that can be an access point.
const TCPS: usize = 4;
const UDPS: usize = 4;

/// The device under test.
pub const NEAR: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// Its peer.
pub const FAR: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

type End = Device<'static, MTU>;

/// What a test has of one end.
pub struct Side {
    pub stack: Stack<'static>,
    pub uplink: &'static Uplink<'static>,
    pub plug: StateRunner<'static>,
}

impl Side {
    /// The network, with its stack.
    pub fn brought(&self) -> &'static Uplink<'static> {
        self.uplink.bring(self.stack);
        self.uplink
    }
}

struct Machine {
    side: Side,
    runner: Runner<'static, End>,
    into: RxRunner<'static, MTU>,
    out: TxRunner<'static, MTU>,
}

fn machine(address: Ipv4Addr) -> Machine {
    let state = Box::leak(Box::new(State::<MTU, 4, 4>::new()));
    let [.., last] = address.octets();
    let (channel, device) = new(state, HardwareAddress::Ethernet([2, 0, 0, 0, 0, last]));
    let (plug, into, out) = channel.split();
    plug.set_link_state(LinkState::Up);
    let resources = Box::leak(Box::new(StackResources::<{ TCPS + UDPS + 2 }>::new()));
    let (stack, runner) = embassy_net::new(device, fixed(address), resources, last.into());
    let tcp = Box::leak(Box::new(TcpBuffers::<TCPS, 1024, 1024>::new()));
    let udp = Box::leak(Box::new(UdpBuffers::<UDPS, 512, 512>::new()));
    let uplink = Box::leak(Box::new(Uplink::new(tcp, udp)));
    Machine { side: Side { stack, uplink, plug }, runner, into, out }
}

/// The configuration with this address.
pub fn fixed(address: Ipv4Addr) -> Config {
    let mut config = Config::default();
    config.ipv4 = fixed_v4(address);
    config
}

pub fn fixed_v4(address: Ipv4Addr) -> ConfigV4 {
    let address = Ipv4Cidr::new(address, 24);
    ConfigV4::Static(StaticConfigV4 { address, gateway: Some(FAR), dns_servers: Default::default() })
}

async fn carry(out: &mut TxRunner<'static, MTU>, into: &mut RxRunner<'static, MTU>) {
    loop {
        let frame = out.tx_buf().await.to_vec();
        out.tx_done();
        into.rx_buf().await[..frame.len()].copy_from_slice(&frame);
        into.rx_done(frame.len());
    }
}

/// Runs a test over both sides; neither uplink has its stack yet.
pub fn over_a_cable<F: Future<Output = ()>>(test: impl FnOnce(Side, Side) -> F) {
    let (near, far) = (machine(NEAR), machine(FAR));
    let (mut near_runner, mut far_runner) = (near.runner, far.runner);
    let (mut near_into, mut near_out, mut far_into, mut far_out) = (near.into, near.out, far.into, far.out);
    let cable = join(carry(&mut near_out, &mut far_into), carry(&mut far_out, &mut near_into));
    let world = join3(near_runner.run(), far_runner.run(), cable);
    let test = with_timeout(PATIENCE, test(near.side, far.side));
    match block_on(select(test, world)) {
        Either::First(outcome) => assert!(outcome.is_ok(), "what the test waits for does not come"),
        Either::Second(_) => unreachable!("the world never ends"),
    }
}
