//! The sense loop: the levels of the inputs, at every change and while the device wants samples.

use core::convert::Infallible;

use embassy_futures::select::{Either, select};
use sonoff_core::Input;
use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

/// Time between two samples.
const SAMPLE_MS: u64 = 10;

pub(crate) async fn sense<P: Pins, C: Clock, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    pins: &P,
) -> Infallible {
    loop {
        shared.input(Input::Levels(pins.levels()));
        let next = shared.clock.now().saturating_add(SAMPLE_MS);
        while !shared.wants_samples() {
            if let Either::First(()) = select(pins.changed(), shared.due.sense.wait()).await {
                break;
            }
        }
        // The device takes no samples that come sooner; an input that chatters need not wake it for them.
        shared.clock.wait_until(next).await;
    }
}
