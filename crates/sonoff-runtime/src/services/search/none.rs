//! In place of the search where nobody looks: nothing is found.

use core::net::{Ipv4Addr, SocketAddrV4};

use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

pub(crate) async fn broker<P: Pins, C: Clock, Y: System, N>(
    _: &Shared<'_, P, C, Y>,
    _: &N,
    _: &mut [u8],
) -> Option<SocketAddrV4> {
    None
}

pub(crate) async fn host<P: Pins, C: Clock, Y: System, N>(
    _: &Shared<'_, P, C, Y>,
    _: &N,
    _: &str,
    _: &mut [u8],
) -> Option<Ipv4Addr> {
    None
}
