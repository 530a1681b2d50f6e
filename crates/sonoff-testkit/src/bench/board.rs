//! What a bench's board has: buttons and switches to move, relays and LEDs to look at.

use sonoff_core::wiring::{Kind, Pin};

use super::Bench;

impl Bench {
    /// Presses button `number` for `ms` milliseconds, sampled as the runner does.
    pub fn press(&mut self, number: u8, ms: u64) -> &mut Self {
        self.button(number, true).wait_ms(ms).button(number, false).wait_ms(100)
    }

    /// Holds button `number` down, or lets it go.
    pub fn button(&mut self, number: u8, down: bool) -> &mut Self {
        let Some(button) = self.device.wiring().pin(Kind::Button, number) else { return self };
        self.move_pin(button, down == button.is_inverted())
    }

    /// Gives switch `number` this level.
    pub fn switch(&mut self, number: u8, high: bool) -> &mut Self {
        let Some(switch) = self.device.wiring().pin(Kind::Switch, number) else { return self };
        self.move_pin(switch, high)
    }

    fn move_pin(&mut self, pin: Pin, high: bool) -> &mut Self {
        let mask = 1 << pin.gpio();
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
        let wired = self.device.wiring().pins().find(|(.., pin)| pin.gpio() == gpio);
        match wired {
            Some((Kind::Led, led, pin)) => self.led.push((now, led, high != pin.is_inverted())),
            Some((Kind::LinkLed, _, pin)) => self.led.push((now, 0, high != pin.is_inverted())),
            Some((_, relay, _)) => self.relay_moved(now, relay, high),
            None => self.relay_moved(now, 0, high),
        }
    }

    fn relay_moved(&mut self, now: u64, relay: u8, high: bool) {
        self.driven.push((relay, high));
        self.driven_at.push((now, relay, high));
    }
}
