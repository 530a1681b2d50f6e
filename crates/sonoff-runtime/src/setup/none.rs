//! In place of the first set-up where a board cannot be an access point.

use core::future::pending;

use sonoff_hal::{Clock, Pins, Station, System};

use crate::shared::Shared;

pub(crate) struct SetUp;

impl SetUp {
    pub fn begin<P: Pins, C: Clock, Y: System, T: Station>(_: &Shared<'_, P, C, Y>, _: &T) -> Self {
        Self
    }

    pub async fn run<P: Pins, C: Clock, Y: System, T: Station>(&mut self, _: &Shared<'_, P, C, Y>, _: &T) {}

    pub fn joined<P: Pins, C: Clock, Y: System>(&mut self, _: &Shared<'_, P, C, Y>, _: bool) {}

    pub fn wait<P: Pins, C: Clock, Y: System>(&self, _: &Shared<'_, P, C, Y>) -> impl Future<Output = ()> {
        pending()
    }
}
