//! What runs beside the device, and what it never waits for.

use embassy_executor::{SpawnError, SpawnToken, Spawner};
use embassy_net::{Config, Runner, StackResources};
use sonoff_embassy::Uplink;
use sonoff_runtime::Remote;
use static_cell::StaticCell;

use crate::lines::{Lines, each};
use crate::pins::LinePins;
use crate::virt::nic::Nic;
use crate::virt::uart::{self, Uart};
use crate::virt::{power, stack};

/// Four for TCP, two for UDP, DHCP and DNS.
static SOCKETS: StaticCell<StackResources<8>> = StaticCell::new();

/// Starts a task; there is room for all, or the program is wrong.
pub fn spawn<S>(spawner: Spawner, task: Result<SpawnToken<S>, SpawnError>) {
    match task {
        Ok(task) => spawner.spawn(task),
        Err(_) => power::exit(2),
    }
}

/// Brings the network stack up, as a radio's driver would when it is ready, and runs it.
#[embassy_executor::task]
pub async fn network(nic: Nic, uplink: &'static Uplink<'static>) {
    let config = Config::dhcpv4(Default::default());
    let seed = power::chance().into();
    let (stack, mut runner): (_, Runner<'static, Nic>) =
        embassy_net::new(nic, config, SOCKETS.init(StackResources::new()), seed);
    uplink.bring(stack);
    runner.run().await
}

/// Prints lines on their port.
#[embassy_executor::task(pool_size = 2)]
pub async fn print(lines: &'static Lines, port: &'static Uart) {
    lines.print_to(port).await;
}

/// What the second port says of the world outside, or asks for.
#[embassy_executor::task]
pub async fn world(pins: &'static LinePins, trace: &'static Lines, remote: &'static Remote) {
    each(&uart::SECOND, |line| match line {
        "stack" => trace.line(format_args!("stack {} of {}", stack::deepest(), stack::size())),
        "off" => remote.shut_down(),
        _ => pins.obey(line),
    })
    .await
}
