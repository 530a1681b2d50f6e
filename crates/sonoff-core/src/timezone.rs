//! From UTC to local time: a fixed offset, or the rules of summer time (U-46, U-70 to U-74).

use crate::calendar;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// So far from 1970, a quarter of a million years, the calendar is carried on; days.
const MOST_DAYS: i64 = 100_000_000;

/// What `Timezone` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Timezone {
    /// Minutes east of UTC, −839 to 899.
    Fixed(i16),
    /// `99`: the rules `TimeStd` and `TimeDst` decide.
    Rules,
}

impl Timezone {
    /// What `Timezone` calls the rules.
    pub const RULES: u8 = 99;
    const STORED_RULES: u32 = 9999;
    const STORED_ZERO: i16 = 1000;
    const MINUTES: core::ops::RangeInclusive<i16> = -839..=899;
}

/// The number by which it is stored.
impl From<Timezone> for u32 {
    fn from(timezone: Timezone) -> Self {
        match timezone {
            Timezone::Fixed(minutes) => u32::from((minutes + Timezone::STORED_ZERO).unsigned_abs()),
            Timezone::Rules => Timezone::STORED_RULES,
        }
    }
}

impl TryFrom<u32> for Timezone {
    type Error = ();

    fn try_from(stored: u32) -> Result<Self, ()> {
        if stored == Self::STORED_RULES {
            return Ok(Self::Rules);
        }
        let minutes = i16::try_from(stored).map_err(|_| ())?.checked_sub(Self::STORED_ZERO).ok_or(())?;
        if Self::MINUTES.contains(&minutes) { Ok(Self::Fixed(minutes)) } else { Err(()) }
    }
}

/// When standard or summer time begins each year, and its offset: what `TimeStd` or `TimeDst` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Changeover {
    /// Summer time runs over the turn of the year; that of `TimeDst` decides (U-72).
    pub south: bool,
    /// The nth such day of the month, 1 to 4; 0 is the last one.
    pub week: u8,
    /// 1 to 12.
    pub month: u8,
    /// 1 is Sunday, 7 Saturday.
    pub day: u8,
    /// Hour of the local time that ends here, 0 to 23.
    pub hour: u8,
    /// Minutes east of UTC from here on, −900 to 900.
    pub offset: i16,
}

impl Changeover {
    /// The factory value of `TimeStd`: the last hour of Central European Summer Time.
    pub const STANDARD: Self = Self { south: false, week: 0, month: 10, day: 1, hour: 3, offset: 60 };
    /// The factory value of `TimeDst`.
    pub const DAYLIGHT: Self = Self { hour: 2, month: 3, offset: 120, ..Self::STANDARD };
    /// Largest offset, minutes.
    pub const MOST: i16 = 900;

    /// The local time at which it happens, by the clocks of before, in seconds since 1970-01-01T00:00:00.
    pub fn in_year(&self, year: i32) -> i64 {
        let weekday = i32::from(self.day) - 1;
        let day = match i32::from(self.week) {
            0 => first_on(calendar::first_day(year, self.month + 1), weekday) - 7,
            week => first_on(calendar::first_day(year, self.month), weekday) + 7 * (week - 1),
        };
        i64::from(day) * DAY + i64::from(self.hour) * 3600
    }

    const fn seconds(&self) -> i64 {
        // Widening; `i64::from` is not const.
        self.offset as i64 * 60
    }
}

/// The first such weekday at or after a day.
fn first_on(day: i32, weekday: i32) -> i32 {
    day + (weekday - calendar::weekday(day)).rem_euclid(7)
}

/// The number by which it is stored: its members from the left in a mixed radix.
impl From<Changeover> for u32 {
    fn from(rule: Changeover) -> Self {
        let offset = u32::from((rule.offset + Changeover::MOST).unsigned_abs());
        let members = [(rule.week, 5), (rule.month, 13), (rule.day, 8), (rule.hour, 24)];
        let packed =
            members.iter().fold(u32::from(rule.south), |sum, &(value, radix)| sum * radix + u32::from(value));
        packed * OFFSETS + offset
    }
}

/// How many offsets there are.
const OFFSETS: u32 = 1801;

impl TryFrom<u32> for Changeover {
    type Error = ();

    fn try_from(stored: u32) -> Result<Self, ()> {
        let mut rest = stored;
        let mut take = |radix: u32| {
            let value = rest % radix;
            rest /= radix;
            i16::try_from(value).unwrap_or(0)
        };
        let offset = take(OFFSETS) - Self::MOST;
        let [hour, day, month, week, south] =
            [24, 8, 13, 5, u32::MAX].map(|radix| u8::try_from(take(radix)).unwrap_or(0));
        let valid = day > 0 && month > 0 && south < 2;
        valid.then_some(Self { south: south == 1, week, month, day, hour, offset }).ok_or(())
    }
}

/// A device's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Zone {
    /// `Timezone`
    pub timezone: Timezone,
    /// `TimeStd`
    pub standard: Changeover,
    /// `TimeDst`
    pub daylight: Changeover,
}

impl Zone {
    /// The factory value: UTC.
    pub const UTC: Self =
        Self { timezone: Timezone::Fixed(0), standard: Changeover::STANDARD, daylight: Changeover::DAYLIGHT };

    /// Seconds to be added to this time, in seconds since 1970-01-01T00:00:00Z, for local time.
    pub fn offset(&self, utc: i64) -> i64 {
        match self.timezone {
            Timezone::Fixed(minutes) => i64::from(minutes) * 60,
            Timezone::Rules if self.is_summer(utc) => self.daylight.seconds(),
            Timezone::Rules => self.standard.seconds(),
        }
    }

    /// The local time.
    pub fn local(&self, utc: i64) -> i64 {
        utc.saturating_add(self.offset(utc))
    }

    /// Between both changes of the year, or on either side of them.
    fn is_summer(&self, utc: i64) -> bool {
        let year = year_of(utc.saturating_add(self.standard.seconds()));
        let begins = self.daylight.in_year(year) - self.standard.seconds();
        let ends = self.standard.in_year(year) - self.daylight.seconds();
        if self.daylight.south { !(ends..begins).contains(&utc) } else { (begins..ends).contains(&utc) }
    }

    /// The year that the calendar shows.
    pub fn year(&self, utc: i64) -> i32 {
        year_of(self.local(utc))
    }
}

fn year_of(seconds: i64) -> i32 {
    let days = seconds.div_euclid(DAY).clamp(-MOST_DAYS, MOST_DAYS);
    calendar::date(i32::try_from(days).unwrap_or(0)).year
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BERLIN: Zone = Zone { timezone: Timezone::Rules, ..Zone::UTC };

    #[test]
    fn u_71_the_factory_rules_are_those_of_central_europe() {
        // 2024-03-31T01:00:00Z and 2024-10-27T01:00:00Z
        for (change, before, after) in [(1_711_846_800, 3600, 7200), (1_729_990_800, 7200, 3600)] {
            assert_eq!((BERLIN.offset(change - 1), BERLIN.offset(change)), (before, after));
        }
    }

    #[test]
    fn u_72_in_the_south_summer_runs_over_new_year() {
        // Sydney: 2024-04-06T16:00:00Z and 2024-10-05T16:00:00Z
        let standard = Changeover { south: true, week: 1, month: 4, day: 1, hour: 3, offset: 600 };
        let daylight = Changeover { month: 10, hour: 2, offset: 660, ..standard };
        let sydney = Zone { timezone: Timezone::Rules, standard, daylight };
        for (change, before, after) in [(1_712_419_200, 39_600, 36_000), (1_728_144_000, 36_000, 39_600)] {
            assert_eq!((sydney.offset(change - 1), sydney.offset(change)), (before, after));
        }
        assert_eq!(sydney.offset(1_704_067_199), 39_600);
        assert_eq!(sydney.year(1_704_067_199), 2024);
    }

    #[test]
    fn u_72_rules_in_the_wrong_hemisphere_never_meet() {
        let flipped = Zone { standard: Changeover::DAYLIGHT, daylight: Changeover::STANDARD, ..BERLIN };
        assert!((0..400).all(|day| flipped.offset(1_704_067_200 + day * DAY) == 7200));
    }

    #[test]
    fn a_fixed_offset_is_the_same_all_year() {
        let zone = Zone { timezone: Timezone::Fixed(-210), ..Zone::UTC };
        assert_eq!((zone.local(0), zone.local(1_720_000_000)), (-12_600, 1_719_987_400));
        assert_eq!(zone.year(0), 1969);
    }

    proptest! {
        #[test]
        fn what_is_stored_reads_back(
            south: bool, week in 0u8..=4, month in 1u8..=12, day in 1u8..=7, hour in 0u8..=23,
            offset in -900i16..=900, minutes in -839i16..=899,
        ) {
            let rule = Changeover { south, week, month, day, hour, offset };
            prop_assert_eq!(Changeover::try_from(u32::from(rule)), Ok(rule));
            let fixed = Timezone::Fixed(minutes);
            prop_assert_eq!(Timezone::try_from(u32::from(fixed)), Ok(fixed));
        }

        #[test]
        fn no_stored_number_breaks_it(stored: u32, utc: i64) {
            let timezone = Timezone::try_from(stored).unwrap_or(Timezone::Rules);
            let standard = Changeover::try_from(stored).unwrap_or(Changeover::STANDARD);
            let daylight = Changeover::try_from(stored.rotate_left(16)).unwrap_or(Changeover::DAYLIGHT);
            let zone = Zone { timezone, standard, daylight };
            let _ = zone.local(utc);
            let rules = Zone { timezone: Timezone::Rules, ..zone };
            let _ = rules.local(utc);
        }
    }

    #[test]
    fn the_number_of_the_rules_is_none_of_an_offset() {
        assert_eq!(Timezone::try_from(u32::from(Timezone::Rules)), Ok(Timezone::Rules));
        assert!(Timezone::try_from(0).is_err() && Timezone::try_from(2000).is_err());
    }
}
