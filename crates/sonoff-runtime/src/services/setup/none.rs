//! In place of the services of the device's own access point where there is none.

use core::convert::Infallible;
use core::future::pending;

use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

pub(crate) fn setup<P: Pins, C: Clock, Y: System, N>(
    _: &Shared<'_, P, C, Y>,
    _: &N,
) -> impl Future<Output = Infallible> {
    pending()
}
