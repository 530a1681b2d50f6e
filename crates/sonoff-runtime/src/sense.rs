//! The sense loop: the levels of the inputs, at every change and while the device wants samples; the watchdog's food.

use core::convert::Infallible;

use embassy_futures::select::{Either3, select3};
use sonoff_core::Input;
use sonoff_hal::{Clock, Pins, System};

use crate::shared::Shared;

/// Time between two samples.
const SAMPLE_MS: u64 = 10;

/// Each round feeds the watchdog (S-88), so there is one at least as often as it wants food.
pub(crate) async fn sense<P: Pins, C: Clock, Y: System>(
    shared: &Shared<'_, P, C, Y>,
    pins: &P,
) -> Infallible {
    loop {
        shared.input(Input::Levels(pins.levels()));
        let feed_at = shared.feed();
        let next = shared.clock.now().saturating_add(SAMPLE_MS);
        while !shared.wants_samples() {
            let hungry = shared.clock.wait_until(feed_at);
            match select3(pins.changed(), shared.due.sense.wait(), hungry).await {
                Either3::First(()) | Either3::Third(()) => break,
                Either3::Second(()) => {}
            }
        }
        // The device takes no samples that come sooner; an input that chatters need not wake it for them.
        shared.clock.wait_until(next).await;
    }
}
