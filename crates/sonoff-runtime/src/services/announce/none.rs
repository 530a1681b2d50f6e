//! In place of the announcement where nothing is said or asked by multicast DNS.

use core::convert::Infallible;
use core::future::pending;

use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

pub(crate) async fn announce<P: Pins, C: Clock, Y: System, N>(
    _: &Shared<'_, P, C, Y>,
    _: &N,
    _: u16,
) -> Infallible {
    pending().await
}
