//! What phones need on the device's own access point besides its pages: an address, and the device behind every name.

use core::convert::Infallible;
use core::fmt::Display;

use edge_nal::UdpBind;
use embassy_futures::join::join;
use embassy_futures::select::select;
use sonoff_hal::{Clock, Pins, System};
use sonoff_setup::{dhcp, dns};

use crate::shared::Shared;

/// The rest after a port could not be opened, or failed, milliseconds.
const REST_MS: u64 = 10_000;

/// Serves while the access point is open (S-105).
pub(crate) async fn setup<P: Pins, C: Clock, Y: System, N: UdpBind>(
    shared: &Shared<'_, P, C, Y>,
    net: &N,
) -> Infallible {
    let seconds = || shared.clock.now() / 1000;
    loop {
        shared.until_set_up(true).await;
        let addresses = again(shared, "DHCP", async || dhcp::serve(net, seconds).await);
        let names = again(shared, "DNS", async || dns::serve(net).await);
        select(join(addresses, names), shared.until_set_up(false)).await;
    }
}

/// Serves again after a rest, for ever.
async fn again<P: Pins, C: Clock, Y: System, E>(
    shared: &Shared<'_, P, C, Y>,
    name: impl Display,
    serve: impl AsyncFn() -> Result<Infallible, E>,
) -> Infallible {
    loop {
        // There is but one way for it to end.
        let Err(_) = serve().await;
        shared.error(format_args!("WIF: No {name}"));
        shared.clock.wait_until(shared.clock.now().saturating_add(REST_MS)).await;
    }
}
