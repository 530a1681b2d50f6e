//! Days and dates of the Gregorian calendar, counted from 1970-01-01.

/// Days of 400 years, after which all dates repeat.
const ERA: i32 = 146_097;
/// Days from 0000-03-01, where an era begins, to 1970-01-01.
const TO_1970: i32 = 719_468;

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// The date of a day. Years begin in March here, so that the leap day is a year's last.
pub(crate) fn date(days: i32) -> Date {
    let days = days.saturating_add(TO_1970);
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i32::from(month <= 2);
    Date { year, month: month.cast_unsigned(), day: day.cast_unsigned() }
}

/// The first day of a month. Month 13 is January of the next year.
pub(crate) fn first_day(year: i32, month: u8) -> i32 {
    let month = i32::from(month);
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    era * ERA + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 - TO_1970
}

/// 0 is Sunday; 1970-01-01 was a Thursday.
pub(crate) fn weekday(days: i32) -> i32 {
    days.saturating_add(4).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_follows_the_one_before_and_reads_back() {
        let lengths = |year: i32| {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        };
        let mut day = first_day(1900, 1);
        for year in 1900..2500 {
            for (month, length) in (1u8..).zip(lengths(year)) {
                assert_eq!(first_day(year, month), day, "{year}-{month}");
                for of_month in 1..=length {
                    assert_eq!(date(day), Date { year, month: month.into(), day: of_month });
                    day += 1;
                }
            }
            assert_eq!(first_day(year, 13), day);
        }
        assert_eq!(date(0), Date { year: 1970, month: 1, day: 1 });
    }

    #[test]
    fn weekdays() {
        for (year, month, expected) in [(1970, 1, 4), (2024, 9, 0), (2000, 2, 2), (2100, 3, 1), (1969, 12, 1)]
        {
            assert_eq!(weekday(first_day(year, month)), expected, "{year}-{month}");
        }
    }
}
