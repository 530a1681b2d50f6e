//! What a bench's board has: buttons and switches to move, relays and LEDs to look at.

use super::Bench;

impl Bench {
    /// Presses button `number` for `ms` milliseconds, sampled as the runner does.
    pub fn press(&mut self, number: u8, ms: u64) -> &mut Self {
        self.button(number, true).wait_ms(ms).button(number, false).wait_ms(100)
    }

    /// Holds button `number` down, or lets it go.
    pub fn button(&mut self, number: u8, down: bool) -> &mut Self {
        let button = self.profile.buttons.get(usize::from(number).wrapping_sub(1));
        let Some(button) = button else { return self };
        let mask = 1 << button.gpio;
        self.levels(if down == button.active_high { self.levels | mask } else { self.levels & !mask });
        self.settle();
        self
    }

    /// Gives switch `number` this level.
    pub fn switch(&mut self, number: u8, high: bool) -> &mut Self {
        let switch = self.profile.switches.get(usize::from(number).wrapping_sub(1));
        let Some(switch) = switch else { return self };
        let mask = 1 << switch.gpio;
        self.levels(if high { self.levels | mask } else { self.levels & !mask });
        self.settle();
        self
    }

    /// The relays moved like this since the last call: relay and level.
    #[track_caller]
    pub fn drives(&mut self, moves: &[(u8, bool)]) -> &mut Self {
        assert_eq!(core::mem::take(&mut self.driven), moves);
        self.driven_at.clear();
        self
    }

    /// The relays moved like this since the last call: virtual milliseconds since the start, relay and level.
    #[track_caller]
    pub fn drives_at(&mut self, moves: &[(u64, u8, bool)]) -> &mut Self {
        assert_eq!(core::mem::take(&mut self.driven_at), moves);
        self.driven.clear();
        self
    }

    /// The relays' moves since the last call, as for [`Self::drives_at`].
    pub fn driven(&mut self) -> Vec<(u64, u8, bool)> {
        self.driven.clear();
        core::mem::take(&mut self.driven_at)
    }

    /// LEDs went on and off like this since the last call: virtual milliseconds since the start, LED (0 is the link
    /// LED) and whether it is lit.
    #[track_caller]
    pub fn lights(&mut self, changes: &[(u64, u8, bool)]) -> &mut Self {
        assert_eq!(core::mem::take(&mut self.led), changes);
        self
    }

    /// The changes of LEDs since the last call, as for [`Self::lights`].
    pub fn lit(&mut self) -> Vec<(u64, u8, bool)> {
        core::mem::take(&mut self.led)
    }

    /// A relay's level as it is driven, or whether a LED is lit.
    pub(super) fn write(&mut self, gpio: u8, high: bool) {
        let now = self.now.as_millis();
        if let Some((led, inverted)) = self.led_at(gpio) {
            return self.led.push((now, led, high != inverted));
        }
        let at = self.profile.relays.iter().position(|relay| relay.gpio == gpio);
        let relay = at.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0);
        self.driven.push((relay, high));
        self.driven_at.push((now, relay, high));
    }

    /// The number of the LED at this pin, 0 for the link LED, and whether it is lit by the low level.
    fn led_at(&self, gpio: u8) -> Option<(u8, bool)> {
        let numbered = (1..).zip(self.profile.leds);
        let mut all = self.profile.link_led.iter().map(|led| (0, led)).chain(numbered);
        all.find(|(_, led)| led.gpio == gpio).map(|(number, led)| (number, led.inverted))
    }
}
