//! The numbers that are set: each with its number in the document, its range and its factory value, declared once.

use core::ops::RangeInclusive;

use crate::POWERS;
use crate::args::ArgError;

/// A number that the owner sets, or a family of them that commands number from 1.
///
/// Its number in the stored document is never given to another one; a family takes as many as it has members.
#[derive(Debug)]
pub struct Number {
    /// The first member's number in the document.
    pub(super) number: u16,
    /// Members.
    pub(super) count: u8,
    /// The first member's place.
    first: u8,
    least: u16,
    most: u16,
    /// The members' factory values; the last one stands for all that follow.
    factory: &'static [u16],
}

/// Places of all numbers.
const PLACES: usize = 51;

impl Number {
    /// `MqttPort`, `MqttPort2`, `MqttPort3`; 0 is no broker.
    pub const MQTT_PORT: &Self = &Self::family(14, 3, 0, 0..=u16::MAX, &[1883]);
    /// `MqttRetry`, seconds.
    pub const MQTT_RETRY: &Self = &Self::one(19, 3, 10..=32_000, &[10]);
    /// `MqttKeepAlive`, seconds.
    pub const MQTT_KEEP_ALIVE: &Self = &Self::one(20, 4, 1..=100, &[30]);
    /// `MqttTimeout`, seconds.
    pub const MQTT_TIMEOUT: &Self = &Self::one(21, 5, 1..=100, &[4]);
    /// `TelePeriod`, seconds; 0 is off.
    pub const TELE_PERIOD: &Self = &Self::one(26, 6, 0..=3600, &[300]);
    /// `PowerOnState`
    pub const POWER_ON_STATE: &Self = &Self::one(27, 7, 0..=5, &[3]);
    /// `BlinkTime`, tenths of a second.
    pub const BLINK_TIME: &Self = &Self::one(28, 8, 2..=3600, &[10]);
    /// `BlinkCount`
    pub const BLINK_COUNT: &Self = &Self::one(29, 9, 0..=32_000, &[10]);
    /// `PulseTime1` …, raw (see [`PulseTime`](crate::pulse::PulseTime)).
    pub const PULSE_TIME: &Self = &Self::family(30, POWERS as u8, 10, 0..=u16::MAX, &[0]);
    /// Interlock groups as relay masks; 0 is none.
    pub const INTERLOCK_GROUP: &Self = &Self::family(39, 4, 18, 0..=0xFF, &[0xFF, 0]);
    /// `GroupState`
    pub const GROUP_STATE: &Self = &Self::one(67, 22, 0..=1, &[1]);
    /// `RetainedCommands`
    pub const RETAINED_COMMANDS: &Self = &Self::one(68, 23, 0..=2, &[1]);
    /// `ButtonDebounce`, milliseconds.
    pub const BUTTON_DEBOUNCE: &Self = &Self::one(71, 24, 40..=1000, &[50]);
    /// `SwitchDebounce`, milliseconds.
    pub const SWITCH_DEBOUNCE: &Self = &Self::one(72, 25, 40..=1000, &[50]);
    /// `SwitchMode1` to `SwitchMode8`
    pub const SWITCH_MODE: &Self = &Self::family(73, POWERS as u8, 26, 0..=16, &[0]);
    /// `LedState`; 8 while `LedPower` has switched a LED on.
    pub const LED_STATE: &Self = &Self::one(81, 34, 0..=8, &[1]);
    /// The LEDs that `LedPower` has switched on; LED 1 is bit 0.
    pub const LED_POWER: &Self = &Self::one(82, 35, 0..=0xFF, &[0]);
    /// `LedMask`
    pub const LED_MASK: &Self = &Self::one(83, 36, 0..=u16::MAX, &[u16::MAX]);
    /// `SaveData`, seconds; 0 is only before a restart.
    pub const SAVE_DATA: &Self = &Self::one(96, 37, 0..=3600, &[1]);
    /// `SerialLog`, the level.
    pub const SERIAL_LOG: &Self = &Self::one(97, 38, 0..=4, &[2]);
    /// `MqttLog`, the level.
    pub const MQTT_LOG: &Self = &Self::one(98, 39, 0..=4, &[0]);
    /// `Time`, the format of telemetry.
    pub const TIME_FORMAT: &Self = &Self::one(176, 40, 1..=4, &[1]);
    /// `TempRes`, decimals.
    pub const TEMP_RES: &Self = &Self::one(216, 41, 0..=3, &[1]);
    /// `HumRes`, decimals.
    pub const HUM_RES: &Self = &Self::one(217, 42, 0..=3, &[1]);
    /// `PressRes`, decimals.
    pub const PRESS_RES: &Self = &Self::one(218, 43, 0..=3, &[1]);
    /// `TempOffset`, tenths of a degree, and [`Self::ZERO`].
    pub const TEMP_OFFSET: &Self = &Self::one(219, 44, 0..=u16::MAX, &[Self::ZERO]);
    /// `HumOffset`, tenths of a percent, and [`Self::ZERO`].
    pub const HUM_OFFSET: &Self = &Self::one(220, 45, 0..=u16::MAX, &[Self::ZERO]);
    /// `Altitude`, metres, and [`Self::ZERO`].
    pub const ALTITUDE: &Self = &Self::one(221, 46, 0..=u16::MAX, &[Self::ZERO]);

    /// `Module` and `Module2`; 255 is the profile's.
    pub const MODULE: &Self = &Self::family(241, 2, 47, 0..=255, &[255]);
    /// 1: the template's commands have yet to run.
    pub const COMMANDS_DUE: &Self = &Self::one(243, 49, 0..=1, &[0]);
    /// The relays that there were before the last change of pins; 0: nothing of them is left.
    pub const FORMER_RELAYS: &Self = &Self::one(244, 50, 0..=POWERS as u16, &[0]);

    /// What stands for 0 where numbers have a sign: a document has none.
    pub const ZERO: u16 = 0x8000;

    /// Every number.
    pub const ALL: &[&Self] = &[
        Self::MQTT_PORT,
        Self::MQTT_RETRY,
        Self::MQTT_KEEP_ALIVE,
        Self::MQTT_TIMEOUT,
        Self::TELE_PERIOD,
        Self::POWER_ON_STATE,
        Self::BLINK_TIME,
        Self::BLINK_COUNT,
        Self::PULSE_TIME,
        Self::INTERLOCK_GROUP,
        Self::GROUP_STATE,
        Self::RETAINED_COMMANDS,
        Self::BUTTON_DEBOUNCE,
        Self::SWITCH_DEBOUNCE,
        Self::SWITCH_MODE,
        Self::LED_STATE,
        Self::LED_POWER,
        Self::LED_MASK,
        Self::SAVE_DATA,
        Self::SERIAL_LOG,
        Self::MQTT_LOG,
        Self::TIME_FORMAT,
        Self::TEMP_RES,
        Self::HUM_RES,
        Self::PRESS_RES,
        Self::TEMP_OFFSET,
        Self::HUM_OFFSET,
        Self::ALTITUDE,
        Self::MODULE,
        Self::COMMANDS_DUE,
        Self::FORMER_RELAYS,
    ];

    const fn one(number: u16, first: u8, range: RangeInclusive<u16>, factory: &'static [u16]) -> Self {
        Self::family(number, 1, first, range, factory)
    }

    const fn family(
        number: u16,
        count: u8,
        first: u8,
        range: RangeInclusive<u16>,
        factory: &'static [u16],
    ) -> Self {
        Self { number, count, first, least: *range.start(), most: *range.end(), factory }
    }

    /// How many there are; commands number them from 1.
    pub fn count(&self) -> u8 {
        self.count
    }

    /// What a member may be.
    pub fn range(&self) -> RangeInclusive<u16> {
        self.least..=self.most
    }

    /// The factory value of member `n`.
    pub fn factory(&self, n: u8) -> u16 {
        let nth = self.factory.get(usize::from(n).saturating_sub(1)).or(self.factory.last());
        nth.copied().unwrap_or(0)
    }

    fn place(&self, n: u8) -> Option<usize> {
        let nth = n.checked_sub(1).filter(|nth| *nth < self.count)?;
        Some(usize::from(self.first) + usize::from(nth))
    }
}

/// The values of all numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers([u16; PLACES]);

impl Numbers {
    /// The factory's.
    pub(super) fn new() -> Self {
        let mut numbers = Self([0; PLACES]);
        for number in Number::ALL {
            for n in 1..=number.count {
                let _ = numbers.set(number, n, number.factory(n));
            }
        }
        numbers
    }

    /// Member `n`; 0 when there is none.
    pub(super) fn get(&self, number: &Number, n: u8) -> u16 {
        number.place(n).and_then(|at| self.0.get(at)).copied().unwrap_or(0)
    }

    /// Sets member `n`, or leaves it as it is.
    pub(super) fn set(&mut self, number: &Number, n: u8, value: u16) -> Result<(), ArgError> {
        let place = number.place(n).and_then(|at| self.0.get_mut(at));
        let place = place.filter(|_| number.range().contains(&value)).ok_or(ArgError::OutOfRange)?;
        *place = value;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> impl Iterator<Item = (&'static Number, u8)> {
        Number::ALL.iter().flat_map(|number| (1..=number.count).map(|n| (*number, n)))
    }

    #[test]
    fn no_two_numbers_share_a_place_and_none_is_unused() {
        let mut places: Vec<_> = members().map(|(number, n)| number.place(n).unwrap()).collect();
        places.sort_unstable();
        assert_eq!(places, (0..PLACES).collect::<Vec<_>>());
    }

    #[test]
    fn a_new_device_has_the_factory_numbers_and_each_is_in_its_range() {
        let numbers = Numbers::new();
        for (number, n) in members() {
            assert_eq!(numbers.get(number, n), number.factory(n));
            assert!(number.range().contains(&number.factory(n)));
        }
    }

    #[test]
    fn what_is_out_of_range_leaves_the_old_value() {
        let mut numbers = Numbers::new();
        assert_eq!(numbers.set(Number::POWER_ON_STATE, 1, 6), Err(ArgError::OutOfRange));
        assert_eq!(numbers.set(Number::POWER_ON_STATE, 2, 1), Err(ArgError::OutOfRange));
        assert_eq!(numbers.get(Number::POWER_ON_STATE, 1), 3);
    }
}
