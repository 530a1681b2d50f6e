//! The time of day, as dates and durations in texts.

use core::fmt;

use crate::text::Sink;
use crate::time::Instant;

/// The time of day, once it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WallClock {
    /// Milliseconds from 1970-01-01T00:00:00Z to the device's start.
    start_ms: Option<u64>,
}

impl WallClock {
    /// It is `seconds` after 1970-01-01T00:00:00Z now.
    pub fn set(&mut self, now: Instant, seconds: u64) {
        self.start_ms = Some(seconds.saturating_mul(1000).saturating_sub(now.as_millis()));
    }

    /// Milliseconds since 1970; before the clock is set it counts from the start (U-42).
    pub fn unix_ms(&self, now: Instant) -> u64 {
        self.start_ms.unwrap_or(0).saturating_add(now.as_millis())
    }

    /// When the device started, in seconds since 1970; unknown before the clock is set (U-44).
    pub fn started(&self) -> Option<u64> {
        self.start_ms.map(|ms| ms / 1000)
    }

    pub(crate) fn millis_of_second(&self, now: Instant) -> u64 {
        self.unix_ms(now) % 1000
    }

    /// The stamp of a log line: `HH:MM:SS.mmm` (D-43).
    pub fn stamp(&self, now: Instant) -> Stamp {
        Stamp(self.unix_ms(now))
    }
}

/// The time of day of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(u64);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ms) = (self.0 / 1000, self.0 % 1000);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{hour:02}:{minute:02}:{second:02}.{ms:03}")
    }
}

/// Writes `2019-09-04T14:31:29` for seconds since 1970.
pub fn write_date_time(sink: &mut Sink<'_>, seconds: u64) {
    let (year, month, day) = civil(seconds / 86_400);
    sink.push_padded(year, 4);
    for (separator, part) in [("-", month), ("-", day)] {
        sink.push(separator);
        sink.push_padded(part, 2);
    }
    sink.push("T");
    write_time(sink, seconds % 86_400);
}

/// Writes `18:36:12`.
fn write_time(sink: &mut Sink<'_>, seconds: u64) {
    for (separator, part) in [("", seconds / 3600), (":", seconds / 60 % 60), (":", seconds % 60)] {
        sink.push(separator);
        sink.push_padded(narrow(part), 2);
    }
}

/// Writes a duration as `1T17:04:28` (U-39).
pub fn write_duration(sink: &mut Sink<'_>, seconds: u64) {
    sink.push_number(narrow(seconds / 86_400));
    sink.push("T");
    write_time(sink, seconds % 86_400);
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Year, month and day of a day since 1970-01-01, by 400-year eras that start in March.
fn civil(days: u64) -> (u32, u32, u32) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    (narrow(year), narrow(month), narrow(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Sink<'_>)) -> String {
        let mut buf = [0; 40];
        let mut sink = Sink::new(&mut buf);
        write(&mut sink);
        sink.into_str().to_owned()
    }

    #[test]
    fn dates_of_leap_years_and_their_neighbours() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_868_799, "2000-02-29T23:59:59"),
            (1_567_607_489, "2019-09-04T14:31:29"),
            (1_704_164_645, "2024-01-02T03:04:05"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(written(|sink| write_date_time(sink, seconds)), text);
        }
    }

    #[test]
    fn u_39_days_have_no_leading_zero() {
        assert_eq!(written(|sink| write_duration(sink, 0)), "0T00:00:00");
        assert_eq!(written(|sink| write_duration(sink, 147_868)), "1T17:04:28");
    }

    #[test]
    fn d_43_a_stamp_has_milliseconds() {
        assert_eq!(WallClock::default().stamp(Instant::from_millis(3_661_004)).to_string(), "01:01:01.004");
    }
}
