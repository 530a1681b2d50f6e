//! Power commands that the broker had kept: which of them act.

use crate::command::Call;
use crate::device::Device;
use crate::power::{Verb, bit};
use crate::pulse::PulseTime;
use crate::settings::Number;

impl Device {
    /// A retained power command acts only where repeating it does no harm (D-49 to D-52).
    fn takes_retained(&self, relay: u8, verb: Verb) -> bool {
        let on = match verb {
            Verb::On => true,
            Verb::Off => false,
            Verb::Show => return true,
            Verb::Toggle | Verb::Blink | Verb::BlinkOff => return false,
        };
        let pulses = self.settings.pulse_time(relay) != PulseTime::NONE
            || self.settings.number(Number::POWER_ON_STATE) == 5;
        let known = self.power.sent & bit(relay) != 0;
        let same = known && (self.power.sent_on & bit(relay) != 0) == on;
        !pulses && (self.link.sessions <= 1 || !same)
    }

    /// Remembers what MQTT last sent for each relay. A toggle says no value: what was kept before it is no newer for it.
    pub(crate) fn note_sent(&mut self, relays: u8, verb: Verb) {
        let power = &mut self.power;
        match verb {
            Verb::On => (power.sent, power.sent_on) = (power.sent | relays, power.sent_on | relays),
            Verb::Off => (power.sent, power.sent_on) = (power.sent | relays, power.sent_on & !relays),
            Verb::Toggle | Verb::Blink | Verb::BlinkOff | Verb::Show => {}
        }
    }

    /// A retained value that MQTT has sent before in this boot says nothing new.
    pub(crate) fn refuse_retained(&self, call: &Call<'_>, relays: u8, verb: Verb) -> bool {
        call.retained
            && self.settings.number(Number::RETAINED_COMMANDS) < 2
            && self.power.relays().any(|relay| relays & bit(relay) != 0 && !self.takes_retained(relay, verb))
    }
}
