//! What runs beside the loops that every device has.

use core::convert::Infallible;
use core::future::pending;

use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

/// A service that not every firmware has: it may want more of the network than others.
pub(crate) trait Beside<N> {
    async fn serve<P: Pins, C: Clock, Y: System>(self, shared: &Shared<'_, P, C, Y>, net: &N) -> Infallible;
}

/// There is none.
pub(crate) struct Nothing;

impl<N> Beside<N> for Nothing {
    // It keeps nothing of what it is given: the future of a device without the service is no larger for it.
    fn serve<P: Pins, C: Clock, Y: System>(
        self,
        _: &Shared<'_, P, C, Y>,
        _: &N,
    ) -> impl Future<Output = Infallible> {
        pending()
    }
}
