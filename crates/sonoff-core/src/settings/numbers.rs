//! The numbers that are set: each with its number in the document, its range and its factory value, declared once.

use core::ops::RangeInclusive;

use super::is_same;
use crate::POWERS;
use crate::args::ArgError;

/// A number that the owner sets, or a family of them that commands number from 1.
///
/// It is the place of its row in the table: one byte, which costs less than an address wherever it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(u8);

/// What is declared of a number.
struct Declared {
    name: &'static str,
    /// The first member's number in the document. It is never given to another one; a family takes as many as it has
    /// members.
    number: u16,
    /// Members.
    count: u8,
    least: u16,
    most: u16,
    /// The members' factory values; the last one stands for all that follow.
    factory: &'static [u16],
}

/// Every number.
const DECLARED: &[Declared] = &[
    family("MqttPort", 14, 3, 0..=u16::MAX, &[1883]),
    one("MqttRetry", 19, 10..=32_000, &[10]),
    one("MqttKeepAlive", 20, 1..=100, &[30]),
    one("MqttTimeout", 21, 1..=100, &[4]),
    one("TelePeriod", 26, 0..=3600, &[300]),
    one("PowerOnState", 27, 0..=5, &[3]),
    one("BlinkTime", 28, 2..=3600, &[10]),
    one("BlinkCount", 29, 0..=32_000, &[10]),
    family("PulseTime", 30, POWERS as u8, 0..=u16::MAX, &[0]),
    family("InterlockGroup", 39, 4, 0..=0xFF, &[0xFF, 0]),
    one("GroupState", 67, 0..=1, &[1]),
    one("RetainedCommands", 68, 0..=2, &[1]),
    one("ButtonDebounce", 71, 40..=1000, &[50]),
    one("SwitchDebounce", 72, 40..=1000, &[50]),
    family("SwitchMode", 73, POWERS as u8, 0..=16, &[0]),
    one("LedState", 81, 0..=8, &[1]),
    one("LedPower", 82, 0..=0xFF, &[0]),
    one("LedMask", 83, 0..=u16::MAX, &[u16::MAX]),
    one("SaveData", 96, 0..=3600, &[1]),
    one("SerialLog", 97, 0..=4, &[2]),
    one("MqttLog", 98, 0..=4, &[0]),
    one("TimeFormat", 176, 1..=4, &[1]),
    one("TempRes", 216, 0..=3, &[1]),
    one("HumRes", 217, 0..=3, &[1]),
    one("PressRes", 218, 0..=3, &[1]),
    one("TempOffset", 219, 0..=u16::MAX, &[Number::ZERO]),
    one("HumOffset", 220, 0..=u16::MAX, &[Number::ZERO]),
    one("Altitude", 221, 0..=u16::MAX, &[Number::ZERO]),
    one("Ap", 114, 1..=2, &[1]),
    family("IPAddress", 115, 10, 0..=u16::MAX, &IP_ADDRESSES),
    one("WifiConfig", 125, 4..=5, &[4]),
    #[cfg(feature = "pages")]
    one("Webserver", 126, 0..=2, &[2]),
    #[cfg(feature = "pages")]
    one("WebLog", 128, 0..=4, &[2]),
    #[cfg(feature = "syslog")]
    one("SysLog", 129, 0..=4, &[0]),
    #[cfg(feature = "syslog")]
    one("LogPort", 131, 1..=u16::MAX, &[514]),
    one("Sleep", 132, 0..=250, &[50]),
    one("Baudrate", 133, 1..=10_000, &[384]),
    family("Module", 241, 2, 0..=255, &[255]),
    one("CommandsDue", 243, 0..=1, &[0]),
    one("FormerRelays", 244, 0..=POWERS as u16, &[0]),
];

/// None, 192.168.1.1, 255.255.255.0, 192.168.1.1, none.
const IP_ADDRESSES: [u16; 10] = [0, 0, 0xC0A8, 0x0101, 0xFFFF, 0xFF00, 0xC0A8, 0x0101, 0, 0];

const fn one(
    name: &'static str,
    number: u16,
    range: RangeInclusive<u16>,
    factory: &'static [u16],
) -> Declared {
    family(name, number, 1, range, factory)
}

const fn family(
    name: &'static str,
    number: u16,
    count: u8,
    range: RangeInclusive<u16>,
    factory: &'static [u16],
) -> Declared {
    Declared { name, number, count, least: *range.start(), most: *range.end(), factory }
}

/// What the device keeps of a declaration.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub number: u16,
    pub count: u8,
    /// The first member's place.
    first: u8,
    least: u16,
    most: u16,
}

static ROWS: [Row; DECLARED.len()] = rows();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn rows() -> [Row; DECLARED.len()] {
    let mut rows = [Row { number: 0, count: 0, first: 0, least: 0, most: 0 }; DECLARED.len()];
    let (mut at, mut first) = (0, 0);
    while at < DECLARED.len() {
        let Declared { number, count, least, most, .. } = DECLARED[at];
        rows[at] = Row { number, count, first, least, most };
        first += count;
        at += 1;
    }
    rows
}

/// Places of all numbers.
const PLACES: usize = places();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn places() -> usize {
    let Row { first, count, .. } = rows()[DECLARED.len() - 1];
    (first + count) as usize
}

/// The factory value in each place.
static FACTORY: [u16; PLACES] = factory();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn factory() -> [u16; PLACES] {
    let (mut values, mut place, mut at) = ([0; PLACES], 0, 0);
    while at < DECLARED.len() {
        let Declared { count, factory, .. } = DECLARED[at];
        let mut nth = 0;
        while nth < count as usize {
            values[place] = factory[if nth < factory.len() { nth } else { factory.len() - 1 }];
            place += 1;
            nth += 1;
        }
        at += 1;
    }
    values
}

impl Number {
    /// `MqttPort`, `MqttPort2`, `MqttPort3`; 0 is no broker.
    pub const MQTT_PORT: Self = Self::named("MqttPort");
    /// `MqttRetry`, seconds.
    pub const MQTT_RETRY: Self = Self::named("MqttRetry");
    /// `MqttKeepAlive`, seconds.
    pub const MQTT_KEEP_ALIVE: Self = Self::named("MqttKeepAlive");
    /// `MqttTimeout`, seconds.
    pub const MQTT_TIMEOUT: Self = Self::named("MqttTimeout");
    /// `TelePeriod`, seconds; 0 is off.
    pub const TELE_PERIOD: Self = Self::named("TelePeriod");
    /// `PowerOnState`
    pub const POWER_ON_STATE: Self = Self::named("PowerOnState");
    /// `BlinkTime`, tenths of a second.
    pub const BLINK_TIME: Self = Self::named("BlinkTime");
    /// `BlinkCount`
    pub const BLINK_COUNT: Self = Self::named("BlinkCount");
    /// `PulseTime1` …, raw (see [`PulseTime`](crate::pulse::PulseTime)).
    pub const PULSE_TIME: Self = Self::named("PulseTime");
    /// Interlock groups as relay masks; 0 is none.
    pub const INTERLOCK_GROUP: Self = Self::named("InterlockGroup");
    /// `GroupState`
    pub const GROUP_STATE: Self = Self::named("GroupState");
    /// `RetainedCommands`
    pub const RETAINED_COMMANDS: Self = Self::named("RetainedCommands");
    /// `ButtonDebounce`, milliseconds.
    pub const BUTTON_DEBOUNCE: Self = Self::named("ButtonDebounce");
    /// `SwitchDebounce`, milliseconds.
    pub const SWITCH_DEBOUNCE: Self = Self::named("SwitchDebounce");
    /// `SwitchMode1` to `SwitchMode8`
    pub const SWITCH_MODE: Self = Self::named("SwitchMode");
    /// `LedState`; 8 while `LedPower` has switched a LED on.
    pub const LED_STATE: Self = Self::named("LedState");
    /// The LEDs that `LedPower` has switched on; LED 1 is bit 0.
    pub const LED_POWER: Self = Self::named("LedPower");
    /// `LedMask`
    pub const LED_MASK: Self = Self::named("LedMask");
    /// `SaveData`, seconds; 0 is only before a restart.
    pub const SAVE_DATA: Self = Self::named("SaveData");
    /// `SerialLog`, the level.
    pub const SERIAL_LOG: Self = Self::named("SerialLog");
    /// `MqttLog`, the level.
    pub const MQTT_LOG: Self = Self::named("MqttLog");
    /// `Time`, the format of telemetry.
    pub const TIME_FORMAT: Self = Self::named("TimeFormat");
    /// `TempRes`, decimals.
    pub const TEMP_RES: Self = Self::named("TempRes");
    /// `HumRes`, decimals.
    pub const HUM_RES: Self = Self::named("HumRes");
    /// `PressRes`, decimals.
    pub const PRESS_RES: Self = Self::named("PressRes");
    /// `TempOffset`, tenths of a degree, and [`Self::ZERO`].
    pub const TEMP_OFFSET: Self = Self::named("TempOffset");
    /// `HumOffset`, tenths of a percent, and [`Self::ZERO`].
    pub const HUM_OFFSET: Self = Self::named("HumOffset");
    /// `Altitude`, metres, and [`Self::ZERO`].
    pub const ALTITUDE: Self = Self::named("Altitude");
    /// `Ap`: the access point that is joined first.
    pub const AP: Self = Self::named("Ap");
    /// `IPAddress1` to `IPAddress5`, the first and the second half of each.
    pub const IP_ADDRESS: Self = Self::named("IPAddress");
    /// `WifiConfig`
    pub const WIFI_CONFIG: Self = Self::named("WifiConfig");
    /// `Webserver`
    #[cfg(feature = "pages")]
    pub const WEBSERVER: Self = Self::named("Webserver");
    /// `WebLog`, the level.
    #[cfg(feature = "pages")]
    pub const WEB_LOG: Self = Self::named("WebLog");
    /// `SysLog`, the level.
    #[cfg(feature = "syslog")]
    pub const SYS_LOG: Self = Self::named("SysLog");
    /// `LogPort`
    #[cfg(feature = "syslog")]
    pub const LOG_PORT: Self = Self::named("LogPort");
    /// `Sleep`, milliseconds.
    pub const SLEEP: Self = Self::named("Sleep");
    /// `Baudrate`, in steps of 300.
    pub const BAUDRATE: Self = Self::named("Baudrate");
    /// `Module` and `Module2`; 255 is the profile's.
    pub const MODULE: Self = Self::named("Module");
    /// 1: the template's commands have yet to run.
    pub const COMMANDS_DUE: Self = Self::named("CommandsDue");
    /// The relays that there were before the last change of pins; 0: nothing of them is left.
    pub const FORMER_RELAYS: Self = Self::named("FormerRelays");

    /// What stands for 0 where numbers have a sign: a document has none.
    pub const ZERO: u16 = 0x8000;

    /// Members of all.
    pub(super) const MEMBERS: usize = PLACES;
    /// Every number.
    pub const ALL: [Self; DECLARED.len()] = Self::all();

    #[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
    const fn all() -> [Self; DECLARED.len()] {
        let mut all = [Self(0); DECLARED.len()];
        let mut at = 0;
        while (at as usize) < all.len() {
            all[at as usize] = Self(at);
            at += 1;
        }
        all
    }

    /// A name that is not declared does not compile.
    #[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
    const fn named(name: &str) -> Self {
        let mut at = 0;
        while !is_same(DECLARED[at as usize].name, name) {
            at += 1;
        }
        Self(at)
    }

    /// Every one with its row.
    pub(super) fn rows() -> impl Iterator<Item = (Self, &'static Row)> {
        (0..).map(Self).zip(&ROWS)
    }

    /// Names alone make numbers, so that there is one.
    #[inline(always)]
    fn row(self) -> &'static Row {
        ROWS.get(usize::from(self.0)).unwrap_or(&ROWS[0])
    }

    /// How many there are; commands number them from 1.
    pub fn count(self) -> u8 {
        self.row().count
    }

    /// What a member may be.
    pub fn range(self) -> RangeInclusive<u16> {
        let Row { least, most, .. } = *self.row();
        least..=most
    }

    /// The factory value of member `n`.
    pub fn factory(self, n: u8) -> u16 {
        self.place(n).and_then(|at| FACTORY.get(at)).copied().unwrap_or(0)
    }

    fn place(self, n: u8) -> Option<usize> {
        let row = ROWS.get(usize::from(self.0))?;
        let nth = usize::from(n).wrapping_sub(1);
        (nth < usize::from(row.count)).then(|| usize::from(row.first) + nth)
    }
}

/// The values of all numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers([u16; PLACES]);

impl Numbers {
    /// The factory's.
    pub(super) const FACTORY: Self = Self(FACTORY);

    /// The first member, or the only one.
    #[inline(always)]
    pub(super) fn first(&self, number: Number) -> u16 {
        self.0.get(usize::from(number.row().first)).copied().unwrap_or(0)
    }

    /// Member `n`; 0 when there is none.
    pub(super) fn get(&self, number: Number, n: u8) -> u16 {
        number.place(n).and_then(|at| self.0.get(at)).copied().unwrap_or(0)
    }

    /// Sets member `n`, or leaves it as it is.
    pub(super) fn set(&mut self, number: Number, n: u8, value: u16) -> Result<(), ArgError> {
        let place = number.place(n).and_then(|at| self.0.get_mut(at));
        let place = place.filter(|_| number.range().contains(&value)).ok_or(ArgError::OutOfRange)?;
        *place = value;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> impl Iterator<Item = (Number, u8)> {
        Number::ALL.into_iter().flat_map(|number| (1..=number.count()).map(move |n| (number, n)))
    }

    #[test]
    fn no_two_numbers_share_a_place_and_none_is_unused() {
        let mut places: Vec<_> = members().map(|(number, n)| number.place(n).unwrap()).collect();
        places.sort_unstable();
        assert_eq!(places, (0..PLACES).collect::<Vec<_>>());
    }

    #[test]
    fn a_new_device_has_the_factory_numbers_and_each_is_in_its_range() {
        let numbers = Numbers::FACTORY;
        for (number, n) in members() {
            assert_eq!(numbers.get(number, n), number.factory(n));
            assert!(number.range().contains(&number.factory(n)));
        }
    }

    #[test]
    fn what_is_out_of_range_leaves_the_old_value() {
        let mut numbers = Numbers::FACTORY;
        assert_eq!(numbers.set(Number::POWER_ON_STATE, 1, 6), Err(ArgError::OutOfRange));
        assert_eq!(numbers.set(Number::POWER_ON_STATE, 2, 1), Err(ArgError::OutOfRange));
        assert_eq!(numbers.get(Number::POWER_ON_STATE, 1), 3);
    }
}
