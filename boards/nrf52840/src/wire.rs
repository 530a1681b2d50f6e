//! The network: a W5500 on an SPI bus, and the stack on top. The device waits for neither.

use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_net_wiznet::chip::W5500;
use embassy_net_wiznet::{Device, Runner, State};
use embassy_nrf::gpio::{Input, Output};
use embassy_nrf::spim::Spim;
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use sonoff_embassy::Uplink;
use static_cell::StaticCell;

use crate::spawn;

static MEMORY: StaticCell<State<8, 8>> = StaticCell::new();
/// Four for TCP, two for UDP, DHCP and DNS.
static SOCKETS: StaticCell<StackResources<8>> = StaticCell::new();

type Bus = ExclusiveDevice<Spim<'static>, Output<'static>, Delay>;

/// What the network chip is connected to.
pub struct Wires {
    pub bus: Spim<'static>,
    pub select: Output<'static>,
    pub interrupt: Input<'static>,
    pub reset: Output<'static>,
}

/// Starts the chip and brings the network up with it.
#[embassy_executor::task]
pub async fn start(
    wires: Wires,
    address: [u8; 6],
    seed: u64,
    spawner: Spawner,
    uplink: &'static Uplink<'static>,
) {
    let Wires { bus, select, interrupt, reset } = wires;
    let Ok(bus) = ExclusiveDevice::new(bus, select, Delay);
    let memory = MEMORY.init_with(State::new);
    let Ok((device, runner)) = embassy_net_wiznet::new(address, memory, bus, interrupt, reset).await else {
        return;
    };
    spawn(spawner, drive(runner));
    let config = Config::dhcpv4(Default::default());
    let sockets = SOCKETS.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(device, config, sockets, seed);
    spawn(spawner, network(runner));
    uplink.bring(stack);
}

#[embassy_executor::task]
async fn drive(runner: Runner<'static, W5500, Bus, Input<'static>, Output<'static>>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn network(mut runner: embassy_net::Runner<'static, Device<'static>>) {
    runner.run().await;
}
