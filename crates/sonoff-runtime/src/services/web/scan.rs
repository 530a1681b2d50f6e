//! What is in the air: a page asks, and the loop that has the radio looks.

use core::cell::{Cell, RefCell};

use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use sonoff_core::Device;
use sonoff_core::text::Sink;
use sonoff_hal::{Clock, Pins, Station, System};
use sonoff_web::{Air, Status};

use crate::shared::Shared;

/// The longest that a radio may look, milliseconds.
const LOOK_MS: u64 = 10_000;
/// The longest that a page waits; the radio may be at something else.
const PATIENCE_MS: u64 = 12_000;

/// Between the page and the radio.
#[derive(Default)]
pub(crate) struct Scan {
    wanted: Cell<bool>,
    done: Signal<NoopRawMutex, ()>,
    air: RefCell<Air>,
}

impl Scan {
    /// Lets the radio look, if a page has asked for it.
    pub async fn look<P: Pins, C: Clock, Y: System, T: Station>(
        &self,
        shared: &Shared<'_, P, C, Y>,
        station: &mut T,
    ) {
        if !self.wanted.take() {
            return;
        }
        self.air.replace(Air::new());
        let mut seen = |point: sonoff_hal::Seen<'_>| {
            self.air.borrow_mut().take(point.ssid, point.channel, point.dbm, point.is_open);
        };
        let until = shared.clock.now().saturating_add(LOOK_MS);
        select(station.scan(&mut seen), shared.clock.wait_until(until)).await;
        self.done.signal(());
    }

    /// Asks the radio and waits until it has looked.
    pub async fn ask<P: Pins, C: Clock, Y: System>(
        &self,
        shared: &Shared<'_, P, C, Y>,
    ) -> Result<(), Status> {
        self.done.reset();
        self.wanted.set(true);
        shared.due.network.signal(());
        let until = shared.clock.now().saturating_add(PATIENCE_MS);
        match select(self.done.wait(), shared.clock.wait_until(until)).await {
            Either::First(()) => Ok(()),
            Either::Second(()) => Err(Status::Busy),
        }
    }

    /// What was seen.
    pub fn write(&self, _: &Device, sink: &mut Sink<'_>) {
        self.air.borrow().write(sink);
    }
}
