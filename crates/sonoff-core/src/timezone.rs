//! From UTC to local time: a fixed offset, or the rules of summer time (U-46, U-70 to U-74).
//!
//! Everything is counted in minutes since 1970-01-01T00:00: a small chip has no numbers of 64 bits, and no zone needs
//! less than a minute.

use crate::calendar;

/// Minutes of a day.
const DAY: i32 = 1440;

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
            Timezone::Fixed(minutes) => u32::from((minutes + Timezone::STORED_ZERO).cast_unsigned()),
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

    /// The local time at which it happens, by the clocks of before.
    pub fn in_year(&self, year: i32) -> i32 {
        let weekday = i32::from(self.day) - 1;
        let day = match i32::from(self.week) {
            0 => first_on(calendar::first_day(year, self.month + 1), weekday) - 7,
            week => first_on(calendar::first_day(year, self.month), weekday) + 7 * (week - 1),
        };
        day.saturating_mul(DAY).saturating_add(i32::from(self.hour) * 60)
    }
}

/// The first such weekday at or after a day.
fn first_on(day: i32, weekday: i32) -> i32 {
    day + (weekday - calendar::weekday(day)).rem_euclid(7)
}

/// The number by which it is stored: bits for each member, the offset's are the lowest.
impl From<Changeover> for u32 {
    fn from(rule: Changeover) -> Self {
        let Changeover { south, week, month, day, hour, offset } = rule;
        Self::from(south) << SOUTH
            | Self::from(week) << WEEK
            | Self::from(month) << MONTH
            | Self::from(day) << DAY_OF_WEEK
            | Self::from(hour) << HOUR
            | Self::from((offset + Changeover::MOST).cast_unsigned())
    }
}

/// Where each member begins; the offset has room for twice [`Changeover::MOST`].
const HOUR: u32 = 11;
const DAY_OF_WEEK: u32 = 16;
const MONTH: u32 = 19;
const WEEK: u32 = 23;
const SOUTH: u32 = 26;

impl TryFrom<u32> for Changeover {
    type Error = ();

    fn try_from(stored: u32) -> Result<Self, ()> {
        let member = |from: u32, end: u32| {
            let [member, ..] = ((stored & !(u32::MAX << end)) >> from).to_le_bytes();
            member
        };
        let (week, month) = (member(WEEK, SOUTH), member(MONTH, WEEK));
        let (day, hour) = (member(DAY_OF_WEEK, MONTH), member(HOUR, DAY_OF_WEEK));
        let offset = i16::try_from(stored & !(u32::MAX << HOUR)).map_err(|_| ())? - Self::MOST;
        let rule = Self { south: stored >> SOUTH == 1, week, month, day, hour, offset };
        let is_day = (1..=12).contains(&month) && week <= 4 && day > 0 && hour <= 23;
        if is_day && stored >> SOUTH <= 1 && offset <= Self::MOST { Ok(rule) } else { Err(()) }
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

    /// Minutes to be added to UTC for local time at this moment.
    pub fn offset(&self, utc: i32) -> i16 {
        match self.timezone {
            Timezone::Fixed(minutes) => minutes,
            Timezone::Rules if self.is_summer(utc) => self.daylight.offset,
            Timezone::Rules => self.standard.offset,
        }
    }

    /// The local time.
    pub fn local(&self, utc: i32) -> i32 {
        utc.saturating_add(self.offset(utc).into())
    }

    /// Between both changes of the year, or on either side of them.
    fn is_summer(&self, utc: i32) -> bool {
        let [standard, daylight] = [self.standard.offset, self.daylight.offset].map(i32::from);
        let year = year_of(utc.saturating_add(standard));
        let begins = self.daylight.in_year(year).saturating_sub(standard);
        let ends = self.standard.in_year(year).saturating_sub(daylight);
        if self.daylight.south { !(ends..begins).contains(&utc) } else { (begins..ends).contains(&utc) }
    }

    /// The year that the calendar shows.
    pub fn year(&self, utc: i32) -> i32 {
        year_of(self.local(utc))
    }
}

fn year_of(minutes: i32) -> i32 {
    calendar::date(minutes.div_euclid(DAY)).year
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2024-01-01T00:00Z
    const NEW_YEAR: i32 = 28_401_120;
    const BERLIN: Zone = Zone { timezone: Timezone::Rules, ..Zone::UTC };

    #[test]
    fn u_71_the_factory_rules_are_those_of_central_europe() {
        // 2024-03-31T01:00:00Z and 2024-10-27T01:00:00Z
        for (change, before, after) in [(1_711_846_800, 60, 120), (1_729_990_800, 120, 60)] {
            let change = change / 60;
            assert_eq!((BERLIN.offset(change - 1), BERLIN.offset(change)), (before, after));
        }
    }

    #[test]
    fn u_72_in_the_south_summer_runs_over_new_year() {
        // Sydney: 2024-04-06T16:00:00Z and 2024-10-05T16:00:00Z
        let standard = Changeover { south: true, week: 1, month: 4, day: 1, hour: 3, offset: 600 };
        let daylight = Changeover { month: 10, hour: 2, offset: 660, ..standard };
        let sydney = Zone { timezone: Timezone::Rules, standard, daylight };
        for (change, before, after) in [(1_712_419_200, 660, 600), (1_728_144_000, 600, 660)] {
            let change = change / 60;
            assert_eq!((sydney.offset(change - 1), sydney.offset(change)), (before, after));
        }
        // 2023-12-31T23:59Z
        assert_eq!(sydney.offset(NEW_YEAR - 1), 660);
        assert_eq!(sydney.year(NEW_YEAR - 1), 2024);
    }

    #[test]
    fn u_72_rules_in_the_wrong_hemisphere_never_meet() {
        let flipped = Zone { standard: Changeover::DAYLIGHT, daylight: Changeover::STANDARD, ..BERLIN };
        assert!((0..400).all(|day| flipped.offset(NEW_YEAR + day * DAY) == 120));
    }

    #[test]
    fn u_72_the_hemisphere_of_time_dst_decides() {
        let standard = Changeover { south: true, ..Changeover::STANDARD };
        let zone = Zone { standard, ..BERLIN };
        assert!((0..366).all(|day| zone.offset(NEW_YEAR + day * DAY) == BERLIN.offset(NEW_YEAR + day * DAY)));
    }

    #[test]
    fn u_74_a_change_on_new_years_day_comes_in_utcs_old_year() {
        // The first Sunday of 2023 is its first day: 2022-12-31T16:00Z
        let standard = Changeover { week: 1, month: 6, offset: 600, ..Changeover::STANDARD };
        let daylight = Changeover { month: 1, hour: 2, offset: 660, ..standard };
        let zone = Zone { timezone: Timezone::Rules, standard, daylight };
        let change = 1_672_502_400 / 60;
        assert_eq!((zone.offset(change - 1), zone.offset(change)), (600, 660));
    }

    #[test]
    fn a_fixed_offset_is_the_same_all_year() {
        let zone = Zone { timezone: Timezone::Fixed(-210), ..Zone::UTC };
        assert_eq!((zone.local(0), zone.local(28_666_666)), (-210, 28_666_456));
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
        fn no_stored_number_breaks_it(stored: u32, utc: i32) {
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
    fn the_second_of_its_weekdays_is_a_week_after_the_first() {
        // 2024-03-10T02:00, where the first Sunday is the third.
        let second = Changeover { week: 2, ..Changeover::DAYLIGHT };
        assert_eq!(second.in_year(2024), 1_710_036_000 / 60);
    }

    #[test]
    fn a_stored_number_that_is_no_change_is_refused() {
        let good = Changeover::STANDARD;
        let months = [0, 13].map(|month| Changeover { month, ..good });
        let others = [
            Changeover { week: 5, ..good },
            Changeover { day: 0, ..good },
            Changeover { hour: 24, ..good },
            Changeover { offset: 901, ..good },
        ];
        for rule in months.iter().chain(&others) {
            assert_eq!(Changeover::try_from(u32::from(*rule)), Err(()), "{rule:?}");
        }
        // A hemisphere is one bit.
        assert_eq!(Changeover::try_from(u32::from(good) | 1 << 27), Err(()));
    }

    #[test]
    fn the_number_of_the_rules_is_none_of_an_offset() {
        assert_eq!(Timezone::try_from(u32::from(Timezone::Rules)), Ok(Timezone::Rules));
        assert!(Timezone::try_from(0).is_err() && Timezone::try_from(2000).is_err());
    }
}
