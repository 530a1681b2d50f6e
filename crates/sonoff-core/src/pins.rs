//! Which GPIO is what, told to the hardware once at the start.

use crate::POWERS;
use crate::device::Device;
use crate::io::{Action, Role};
use crate::power::bit;

/// How many pins have been assigned.
#[derive(Debug, Default)]
pub(crate) struct Assigning {
    relays: usize,
    buttons: usize,
}

impl Device {
    /// The GPIO of a relay, 1 to 8.
    pub(crate) fn relay_gpio(&self, relay: u8) -> Option<u8> {
        self.profile.relays.get(usize::from(relay).checked_sub(1)?).map(|relay| relay.gpio)
    }

    /// Relays first, with the restored level as the first one they see (P-13); then inputs.
    pub(crate) fn next_assign(&mut self) -> Option<Action> {
        if let Some(relay) = self.profile.relays.iter().take(POWERS).nth(self.pins.relays) {
            self.pins.relays += 1;
            let number = u8::try_from(self.pins.relays).unwrap_or(0);
            let high = self.power.levels() & bit(number) != 0;
            return Some(Action::Assign { gpio: relay.gpio, role: Role::Output, high });
        }
        let button = self.profile.buttons.iter().take(POWERS).nth(self.pins.buttons)?;
        self.pins.buttons += 1;
        let role = if button.active_high { Role::Input } else { Role::InputPullUp };
        Some(Action::Assign { gpio: button.gpio, role, high: false })
    }
}
