//! The drive loop: gives the device its ticks, and the hardware what the device wants of it.

use core::convert::Infallible;
use core::pin::pin;

use embassy_futures::select::{Either, select};
use sonoff_core::io::{Action, Role};
use sonoff_hal::{Clock, PinRole, Pins, System};

use crate::alarm::Alarm;
use crate::shared::Shared;

/// Sends [`Input::Tick`](sonoff_core::Input::Tick) at the device's deadlines.
pub(crate) async fn drive<P: Pins, C: Clock, Y: System>(shared: &Shared<'_, P, C, Y>) -> Infallible {
    let ring = |at| shared.clock.wait_until(at);
    let never = pin!(ring(u64::MAX));
    let mut alarm = Alarm::new(ring, never);
    loop {
        if let Either::Second(()) = select(shared.due.drive.wait(), alarm.until(shared.wake_at())).await {
            shared.tick();
        }
    }
}

/// Does at a pin what the device wants; everything else it wants is told back.
///
/// Pins are written at once, in the step that decided it: a relay never waits for a loop.
pub(crate) fn apply<P: Pins>(action: Action, pins: &P) -> Option<Action> {
    match action {
        Action::Assign { gpio, role, high } => pins.assign(gpio, pin_role(role), high),
        Action::Write { gpio, high } => pins.write(gpio, high),
        other => return Some(other),
    }
    None
}

const fn pin_role(role: Role) -> PinRole {
    match role {
        Role::Output => PinRole::Output,
        Role::InputPullUp => PinRole::InputPullUp,
        // A part that is not known here drives nothing.
        Role::Input | _ => PinRole::Input,
    }
}
