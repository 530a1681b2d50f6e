//! Which GPIO is what, told to the hardware once at the start.

use crate::POWERS;
use crate::device::Device;
use crate::io::{Action, Role};
use crate::power::bit;

/// How many pins have been assigned.
#[derive(Debug, Default)]
pub(crate) struct Assigning {
    relays: usize,
    leds: usize,
    buttons: usize,
    switches: usize,
}

impl Device {
    /// The GPIO of a relay, 1 to 8.
    pub(crate) fn relay_gpio(&self, relay: u8) -> Option<u8> {
        self.profile.relays.get(usize::from(relay).checked_sub(1)?).map(|relay| relay.gpio)
    }

    /// Relays first, with the restored level as the first one they see (P-13); then LEDs and inputs.
    pub(crate) fn next_assign(&mut self) -> Option<Action> {
        if let Some(relay) = self.profile.relays.iter().take(POWERS).nth(self.pins.relays) {
            self.pins.relays += 1;
            let number = u8::try_from(self.pins.relays).unwrap_or(0);
            let high = self.power.levels() & bit(number) != 0;
            return Some(Action::Assign { gpio: relay.gpio, role: Role::Output, high });
        }
        if let Some((gpio, high)) = self.assign_led(self.pins.leds) {
            self.pins.leds += 1;
            return Some(Action::Assign { gpio, role: Role::Output, high });
        }
        self.next_input()
    }

    fn next_input(&mut self) -> Option<Action> {
        let (gpio, pull_up) =
            if let Some(button) = self.profile.buttons.iter().take(POWERS).nth(self.pins.buttons) {
                self.pins.buttons += 1;
                (button.gpio, !button.active_high)
            } else {
                let switch = self.profile.switches.iter().take(POWERS).nth(self.pins.switches)?;
                self.pins.switches += 1;
                (switch.gpio, switch.pull_up)
            };
        let role = if pull_up { Role::InputPullUp } else { Role::Input };
        Some(Action::Assign { gpio, role, high: false })
    }
}
