//! Which GPIO is what, worked out once at the start and told to the hardware.

use crate::device::Device;
use crate::io::{Action, Role};
use crate::keys::Key;
use crate::power::bit;

/// A pin that something is wired to: its GPIO number, and what its levels mean.
///
/// A relay or LED is on at the high level; a button is pressed at the low level, and the pin's own resistor pulls it
/// and a switch high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin(u8);

impl Pin {
    /// No pin: the number is one more than that of the GPIO.
    const NONE: Self = Self(0);
    const NUMBER: u8 = 0x3F;
    const INVERTED: u8 = 0x40;
    const FLOATING: u8 = 0x80;

    /// GPIO 0 to 62, wired as usual.
    pub const fn new(gpio: u8) -> Self {
        Self(gpio.wrapping_add(1) & Self::NUMBER)
    }

    /// The same with the levels' meanings exchanged.
    #[must_use]
    pub const fn inverted(self) -> Self {
        Self(self.0 | Self::INVERTED)
    }

    /// The same without a resistor that pulls it high.
    #[must_use]
    pub const fn floating(self) -> Self {
        Self(self.0 | Self::FLOATING)
    }

    /// The same pin on another GPIO.
    #[must_use]
    pub(crate) const fn at(self, gpio: u8) -> Self {
        Self(self.0 & !Self::NUMBER | Self::new(gpio).0)
    }

    /// Its GPIO number.
    pub const fn gpio(self) -> u8 {
        (self.0 & Self::NUMBER).saturating_sub(1)
    }

    /// The levels' meanings are exchanged.
    pub const fn is_inverted(self) -> bool {
        self.0 & Self::INVERTED != 0
    }

    const fn input(self) -> Role {
        if self.0 & Self::FLOATING == 0 { Role::InputPullUp } else { Role::Input }
    }
}

/// What is wired to a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Relay 1 to 8.
    Relay,
    /// LED 1 to 4, which shows power.
    Led,
    /// The LED that tells presses and trouble; without it the first of the others does.
    LinkLed,
    /// Button 1 to 8; button n switches relay n.
    Button,
    /// Switch 1 to 8; switch n switches relay n.
    Switch,
}

impl From<Key> for Kind {
    fn from(key: Key) -> Self {
        match key {
            Key::Button => Self::Button,
            Key::Switch => Self::Switch,
        }
    }
}

impl Kind {
    /// The place of its first pin, and how many it has. In this order pins are assigned: relays before all else.
    const fn places(self) -> (u8, u8) {
        match self {
            Self::Relay => (0, 8),
            Self::Led => (8, 4),
            Self::LinkLed => (12, 1),
            Self::Button => (13, 8),
            Self::Switch => (21, 8),
        }
    }

    /// How many there can be.
    pub(crate) const fn count(self) -> u8 {
        self.places().1
    }

    /// The place of number 1 and up.
    fn place(self, number: u8) -> Option<usize> {
        let (first, count) = self.places();
        (1..=count).contains(&number).then(|| usize::from(first + number - 1))
    }

    /// Whose place it is.
    const fn of(place: u8) -> (Self, u8) {
        let kind = match place {
            0..=7 => Self::Relay,
            8..=11 => Self::Led,
            12 => Self::LinkLed,
            13..=20 => Self::Button,
            _ => Self::Switch,
        };
        let (first, _) = kind.places();
        (kind, place - first + 1)
    }
}

/// Places for pins of all kinds.
const PLACES: usize = 29;

/// The pins of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wiring([Pin; PLACES]);

impl Default for Wiring {
    fn default() -> Self {
        Self([Pin::NONE; PLACES])
    }
}

impl Wiring {
    /// The same with one more pin; what there is no place for, or has its pin, changes nothing.
    #[must_use]
    pub fn with(mut self, kind: Kind, number: u8, pin: Pin) -> Self {
        self.add(kind, number, pin);
        self
    }

    /// The same without the pins of a kind.
    #[must_use]
    pub(crate) fn without(mut self, kind: Kind) -> Self {
        for place in (1..9).filter_map(|number| kind.place(number)) {
            self.0.get_mut(place).into_iter().for_each(|pin| *pin = Pin::NONE);
        }
        self
    }

    pub(crate) fn add(&mut self, kind: Kind, number: u8, pin: Pin) {
        let place = kind.place(number).and_then(|place| self.0.get_mut(place));
        if let Some(place) = place.filter(|place| **place == Pin::NONE) {
            *place = pin;
        }
    }

    /// The pin of number `number` of a kind, from 1.
    pub fn pin(&self, kind: Kind, number: u8) -> Option<Pin> {
        kind.place(number).and_then(|place| self.at(place))
    }

    /// All pins, relays first.
    pub fn pins(&self) -> impl Iterator<Item = (Kind, u8, Pin)> + '_ {
        (0..).zip(self.0).filter(|(_, pin)| *pin != Pin::NONE).map(|(place, pin)| {
            let (kind, number) = Kind::of(place);
            (kind, number, pin)
        })
    }

    /// Which of a kind there are, 1 to 8; number 1 is bit 0.
    pub fn mask(&self, kind: Kind) -> u8 {
        let (first, count) = kind.places();
        let pins = self.0.iter().skip(first.into()).take(count.into());
        pins.rev().fold(0, |mask, pin| mask << 1 | u8::from(*pin != Pin::NONE))
    }

    /// Relays, up to the first number that is missing (M-15).
    pub fn relays(&self) -> u8 {
        (1..9).find(|relay| self.pin(Kind::Relay, *relay).is_none()).unwrap_or(9) - 1
    }

    /// The relays that are on at the low level; relay 1 is bit 0.
    pub(crate) fn inverted_relays(&self) -> u8 {
        let inverted = |&number: &u8| self.pin(Kind::Relay, number).is_some_and(Pin::is_inverted);
        (1..9).filter(inverted).fold(0, |mask, number| mask | bit(number))
    }

    fn at(&self, place: usize) -> Option<Pin> {
        self.0.get(place).copied().filter(|pin| *pin != Pin::NONE)
    }
}

impl Device {
    /// The pins in force since the start.
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// The next pin to assign. Relays come first, with the restored level as the first one they see (P-13).
    pub(crate) fn next_assign(&mut self) -> Option<Action> {
        while usize::from(self.assigned) < PLACES {
            let place = self.assigned;
            self.assigned += 1;
            if let Some(action) = self.assign(place) {
                return Some(action);
            }
        }
        None
    }

    fn assign(&mut self, place: u8) -> Option<Action> {
        let pin = self.wiring.at(place.into())?;
        let (kind, number) = Kind::of(place);
        let (role, high) = match kind {
            Kind::Relay if number > self.power.count() => return None,
            Kind::Relay => (Role::Output, self.power.levels() & bit(number) != 0),
            Kind::Led => (Role::Output, self.first_led_level(number, pin)),
            Kind::LinkLed => (Role::Output, self.first_led_level(crate::led::LINK_LED, pin)),
            Kind::Button | Kind::Switch => (pin.input(), false),
        };
        Some(Action::Assign { gpio: pin.gpio(), role, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_someones() {
        for place in 0..PLACES {
            let (kind, number) = Kind::of(place.try_into().unwrap());
            assert_eq!(kind.place(number), Some(place));
        }
        assert_eq!((Kind::Switch.place(9), Kind::LinkLed.place(2), Kind::Relay.place(0)), (None, None, None));
    }
}
