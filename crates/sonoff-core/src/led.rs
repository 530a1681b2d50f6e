//! LEDs: they show power, blink for a press, and tell trouble.

use crate::command::{Call, Command, CommandError, Index, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::life::Life;
use crate::power::bit;
use crate::settings::Number;
use crate::time::Instant;
use crate::view::View;
use crate::wiring::{Kind, Pin, Wiring};

/// The tick of all blinking (P-40), milliseconds.
const TICK_MS: u32 = 250;
/// Most flashes that wait for their turn.
const MOST: u8 = 4;
/// Most LEDs besides the link LED (P-38).
pub const LEDS: u8 = 4;
/// The number of the link LED among the others.
pub(crate) const LINK_LED: u8 = LEDS + 1;
/// Its place in a mask of LEDs.
const LINK: u8 = bit(LINK_LED);
/// LedState while LedPower has switched a LED on (P-36).
const BY_COMMAND: u8 = 8;

/// What is wrong outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Trouble {
    /// There is no network.
    Network,
    /// There is no broker.
    Broker,
}

impl Trouble {
    /// From one change to the next (P-40).
    const fn half_ms(self) -> u32 {
        match self {
            Self::Network => 3 * TICK_MS,
            Self::Broker => 7 * TICK_MS,
        }
    }
}

/// What blinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Blinking {
    /// Nothing.
    #[default]
    Nothing,
    /// Single flashes.
    Flashes {
        /// The LED is lit.
        lit: bool,
        /// The next change.
        next: Instant,
        /// Flashes to come, with the present one.
        left: u8,
    },
    /// A trouble is told.
    Trouble {
        /// Which.
        trouble: Trouble,
        /// The LED is lit.
        lit: bool,
        /// The next change.
        next: Instant,
    },
    /// The run ends: steadily lit.
    Ending,
}

/// What happens to the blinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// Something to flash for.
    Flash,
    /// How things stand outside.
    Outside(Option<Trouble>),
    /// The run ends.
    Ending,
    /// Time passes.
    Time,
}

impl Blinking {
    /// When [`Event::Time`] will matter.
    pub const fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Nothing | Self::Ending => None,
            Self::Flashes { next, .. } | Self::Trouble { next, .. } => Some(next),
        }
    }

    /// Whether the LED is lit; `None` when nothing blinks.
    pub const fn is_lit(&self) -> Option<bool> {
        match *self {
            Self::Nothing => None,
            Self::Flashes { lit, .. } | Self::Trouble { lit, .. } => Some(lit),
            Self::Ending => Some(true),
        }
    }

    /// What becomes of it.
    ///
    /// In place: to hand it on by value costs a small chip more than the change itself.
    pub fn step(&mut self, event: Event, now: Instant) {
        match (&mut *self, event) {
            (Self::Ending, _) | (Self::Nothing | Self::Flashes { .. }, Event::Outside(None)) => {}
            (_, Event::Ending) => *self = Self::Ending,
            (Self::Nothing, Event::Flash) => *self = Self::Flashes { lit: false, next: now, left: 1 },
            (Self::Flashes { left, .. }, Event::Flash) => *left = (*left + 1).min(MOST),
            (Self::Trouble { trouble, .. }, Event::Outside(Some(told))) if *trouble == told => {}
            (Self::Trouble { .. }, Event::Outside(None)) => *self = Self::Nothing,
            (_, Event::Outside(Some(trouble))) => {
                *self = Self::Trouble { trouble, lit: false, next: now.plus_millis(trouble.half_ms()) };
            }
            (Self::Flashes { .. } | Self::Trouble { .. }, Event::Time) => self.go_on(now),
            (Self::Nothing, Event::Time) | (Self::Trouble { .. }, Event::Flash) => {}
        }
    }

    /// The change that is due. A flash is over with its dark half, so that the next one is seen.
    fn go_on(&mut self, now: Instant) {
        let half_ms = match *self {
            _ if self.deadline().is_none_or(|due| due > now) => return,
            Self::Nothing | Self::Ending => return,
            Self::Flashes { lit: true, left: 1, .. } => return *self = Self::Nothing,
            Self::Flashes { .. } => TICK_MS,
            Self::Trouble { trouble, .. } => trouble.half_ms(),
        };
        if let Self::Flashes { lit: true, left, .. } = self {
            *left = left.saturating_sub(1);
        }
        if let Self::Flashes { lit, next, .. } | Self::Trouble { lit, next, .. } = self {
            *lit = !*lit;
            *next = now.plus_millis(half_ms);
        }
    }
}

/// The LEDs.
#[derive(Debug, Default)]
pub(crate) struct Leds {
    pub(crate) blinking: Blinking,
    /// The LEDs that there are, with [`LINK`].
    all: u8,
    /// The LEDs that were last told to be lit, with [`LINK`].
    driven: u8,
}

impl Leds {
    pub(crate) fn new(wiring: &Wiring) -> Self {
        let link = if wiring.pin(Kind::LinkLed, 1).is_some() { LINK } else { 0 };
        Self { all: wiring.mask(Kind::Led) | link, ..Self::default() }
    }
}

impl Device {
    fn led_state(&self) -> u8 {
        self.settings.byte(Number::LED_STATE)
    }

    fn has_leds(&self) -> bool {
        self.leds.all != 0
    }

    fn has_link_led(&self) -> bool {
        self.leds.all & LINK != 0
    }

    /// For a press (P-53).
    pub(crate) fn flash_led(&mut self) {
        if self.has_leds() && self.led_state() & BY_COMMAND == 0 {
            self.leds.blinking.step(Event::Flash, self.now);
        }
    }

    /// For a command (P-36).
    pub(crate) fn led_commanded(&mut self) {
        if self.led_state() & 2 != 0 {
            self.flash_led();
        }
    }

    /// For a message that is sent (P-36).
    pub(crate) fn led_publishes(&mut self) {
        if self.led_state() & 4 != 0 {
            self.flash_led();
        }
    }

    /// What the LED tells of the outside (P-40).
    fn trouble(&self) -> Option<Trouble> {
        if self.option(31) || self.led_state() & BY_COMMAND != 0 {
            None
        } else if self.facts.network.is_none() {
            Some(Trouble::Network)
        } else {
            (self.option(3) && !self.link.online).then_some(Trouble::Broker)
        }
    }

    /// Brings the blinking up to date, after every input.
    pub(crate) fn tick_leds(&mut self) {
        let now = self.now;
        if !self.has_leds() {
            return;
        }
        let outside = match self.life {
            Life::Running => Event::Outside(self.trouble()),
            Life::Countdown { .. } | Life::Ending { .. } | Life::Ended { .. } | Life::Over => Event::Ending,
        };
        self.leds.blinking.step(outside, now);
        self.leds.blinking.step(Event::Time, now);
    }

    /// The LEDs that should be lit now, with [`LINK`].
    fn lit_leds(&self) -> u8 {
        let all = self.leds.all & !LINK;
        let resting = match self.led_state() {
            0 | BY_COMMAND => self.settings.byte(Number::LED_POWER) & all,
            state if state & 1 != 0 && self.shows_power() => all,
            _ => 0,
        };
        match (self.leds.blinking.is_lit(), self.has_link_led()) {
            (None, _) => resting,
            (Some(lit), true) => resting | if lit { LINK } else { 0 },
            (Some(true), false) => resting | 1,
            (Some(false), false) => resting & !1,
        }
    }

    /// P-37
    fn shows_power(&self) -> bool {
        u16::from(self.power.mask()) & self.settings.number(Number::LED_MASK) != 0
    }

    /// The next LED to switch: its GPIO and level.
    pub(crate) fn next_led_write(&mut self) -> Option<(u8, bool)> {
        let lit = self.lit_leds();
        let due = lit ^ self.leds.driven;
        let led = (1..9).find(|&led| due & bit(led) != 0)?;
        self.leds.driven ^= bit(led);
        let place = self.led(led)?;
        Some((place.gpio(), (lit & bit(led) != 0) != place.is_inverted()))
    }

    /// LED 1 to 4, or the link LED.
    fn led(&self, number: u8) -> Option<Pin> {
        if number == LINK_LED {
            return self.wiring.pin(Kind::LinkLed, 1);
        }
        self.wiring.pin(Kind::Led, number)
    }

    /// The level with which a LED's pin is assigned.
    pub(crate) fn first_led_level(&mut self, number: u8, pin: Pin) -> bool {
        let lit = self.lit_leds() & bit(number);
        self.leds.driven |= lit;
        (lit != 0) != pin.is_inverted()
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "LedState",
        args: help("0 off, sum of 1 power, 2 commands, 4 messages"),
        help: help("What the LED shows."),
        run: Run::Change(set_led_state),
        show: Show::Number(Number::LED_STATE),
        ..Command::PLAIN
    },
    Command {
        name: "LedPower",
        index: Index::UpTo(4),
        args: help("0/off, 1/on, 2/toggle"),
        help: help("Switch a LED; it shows nothing else until LedState is set."),
        run: Run::Change(set_led_power),
        show: Show::By(show_led_power),
        ..Command::PLAIN
    },
    Command {
        name: "LedMask",
        args: help("0..65535 or 0x0000..0xFFFF; relay 1 is bit 0"),
        help: help("The relays that the LED shows."),
        run: Run::Change(set_led_mask),
        show: Show::By(show_led_mask),
        ..Command::PLAIN
    },
];

fn set_led_state(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    // 8 is what LedPower leaves; nobody sets it.
    device.settings.set_number(Number::LED_STATE, call.number_in(0..=7)?)?;
    device.settings.set_number(Number::LED_POWER, 0)?;
    Ok(())
}

/// Without a link LED there is one LED to switch (P-38).
fn led_number(device: &Device, index: Option<u8>) -> u8 {
    if device.has_link_led() { index.unwrap_or(1) } else { 1 }
}

fn set_led_power(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let led = bit(led_number(device, call.index));
    let lit = device.settings.byte(Number::LED_POWER);
    let on = match call.number_in(0..=2)? {
        2 => lit & led == 0,
        number => number == 1,
    };
    let lit = lit & !led | if on { led } else { 0 };
    device.settings.set_number(Number::LED_POWER, lit.into())?;
    device.settings.set_number(Number::LED_STATE, if on { BY_COMMAND.into() } else { 0 })?;
    device.leds.blinking = Blinking::Nothing;
    Ok(())
}

fn show_led_power(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let led = led_number(view.device, index);
    json.text(("LedPower", led), view.on_off(view.settings().byte(Number::LED_POWER) & bit(led) != 0));
}

fn set_led_mask(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.settings.set_number(Number::LED_MASK, call.number_in(0..=u16::MAX)?)?;
    Ok(())
}

fn show_led_mask(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let mask = view.settings().number(Number::LED_MASK);
    json.text_with("LedMask", |sink| {
        sink.push_number(u32::from(mask));
        sink.push(" (0x");
        mask.to_be_bytes().into_iter().for_each(|byte| sink.push_hex(byte));
        sink.push_byte(b')');
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(mut blinking: Blinking, event: Event, at: Instant) -> Blinking {
        blinking.step(event, at);
        blinking
    }

    /// The changes of a LED until it rests, or until `end`.
    fn changes(mut blinking: Blinking, end: u64) -> Vec<(u64, Option<bool>)> {
        let mut changes = Vec::new();
        while let Some(due) = blinking.deadline().filter(|due| due.as_millis() <= end) {
            blinking.step(Event::Time, due);
            changes.push((due.as_millis(), blinking.is_lit()));
        }
        changes
    }

    #[test]
    fn p_53_flashes_are_told_apart() {
        let flash = |blinking| after(blinking, Event::Flash, Instant::ZERO);
        let once = flash(Blinking::Nothing);
        assert_eq!(changes(once, u64::MAX), [(0, Some(true)), (250, None)]);
        let lit = Some(true);
        assert_eq!(changes(flash(once), u64::MAX), [(0, lit), (250, Some(false)), (500, lit), (750, None)]);
    }

    #[test]
    fn p_40_trouble_blinks_as_slowly_as_it_is_grave() {
        let trouble = |trouble| after(Blinking::Nothing, Event::Outside(Some(trouble)), Instant::ZERO);
        let network = [(750, Some(true)), (1500, Some(false)), (2250, Some(true))];
        assert_eq!(changes(trouble(Trouble::Network), 2500), network);
        assert_eq!(changes(trouble(Trouble::Broker), 4000), [(1750, Some(true)), (3500, Some(false))]);
    }

    #[test]
    fn p_40_the_same_trouble_goes_on_and_another_begins_anew() {
        let at = Instant::from_millis;
        let network = after(Blinking::Nothing, Event::Outside(Some(Trouble::Network)), at(0));
        assert_eq!(after(network, Event::Outside(Some(Trouble::Network)), at(700)), network);
        assert_eq!(after(network, Event::Time, at(749)), network);
        let broker = after(network, Event::Outside(Some(Trouble::Broker)), at(700));
        assert_eq!(changes(broker, 2500), [(2450, Some(true))]);
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            Just(Event::Flash),
            Just(Event::Outside(None)),
            Just(Event::Outside(Some(Trouble::Network))),
            Just(Event::Outside(Some(Trouble::Broker))),
            Just(Event::Time),
        ]
    }

    proptest! {
        #[test]
        fn left_alone_without_trouble_it_comes_to_rest(events in proptest::collection::vec((0..2000u32, event()), 0..60)) {
            let (mut now, mut blinking) = (Instant::ZERO, Blinking::Nothing);
            for (wait, event) in events.into_iter().chain([(0, Event::Outside(None))]) {
                now = now.plus_millis(wait);
                blinking.step(event, now);
            }
            prop_assert!(changes(blinking, u64::MAX).len() <= 2 * usize::from(MOST));
        }
    }
}
