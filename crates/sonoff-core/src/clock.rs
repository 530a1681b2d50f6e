//! The time of day, as dates and durations in texts.

use core::fmt;

use crate::calendar::{self, Date};
use crate::text::Sink;
use crate::time::{Instant, seconds_and_millis};
use crate::timezone::Zone;

/// A correction of less than this is the drift of a crystal; a larger one sets the clock anew, milliseconds.
const DRIFT_MS: u64 = 60_000;

/// The time of day, once it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WallClock(Option<Known>);

/// Milliseconds from 1970-01-01T00:00:00Z to the device's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Known {
    /// By the last correction.
    start_ms: u64,
    /// By the first: the start as it was told (U-44).
    told_ms: u64,
}

impl WallClock {
    /// It is `unix_ms` milliseconds after 1970-01-01T00:00:00Z now.
    pub fn set(&mut self, now: Instant, unix_ms: u64) {
        let start_ms = unix_ms.saturating_sub(now.as_millis());
        let told = self.0.filter(|known| known.start_ms.abs_diff(start_ms) < DRIFT_MS);
        self.0 = Some(Known { start_ms, told_ms: told.map_or(start_ms, |known| known.told_ms) });
    }

    /// Someone has told the time.
    pub fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Milliseconds since 1970; before the clock is set it counts from the start (U-42).
    pub fn unix_ms(&self, now: Instant) -> u64 {
        self.0.map_or(0, |known| known.start_ms).saturating_add(now.as_millis())
    }

    /// The time as UTC's clocks show it.
    pub fn utc(&self, now: Instant) -> Reading {
        Reading::new(self.unix_ms(now))
    }

    /// The time as the zone's clocks show it; before the clock is set there is no zone (U-42).
    pub fn local(&self, now: Instant, zone: &Zone) -> Reading {
        let utc = self.utc(now);
        Reading { minutes: if self.is_known() { zone.local(utc.minutes) } else { utc.minutes }, ..utc }
    }

    /// When the device started; unknown before the clock is set (U-44).
    pub fn started(&self) -> Option<Reading> {
        self.0.map(|known| Reading::new(known.told_ms))
    }

    /// Seconds since the start, by the time of day once it is known (U-43).
    pub fn uptime(&self, now: Instant) -> u32 {
        let told_ms = self.0.map_or(0, |known| known.told_ms);
        seconds_and_millis(self.unix_ms(now).saturating_sub(told_ms)).0
    }

    /// Whole seconds since 1970, and the milliseconds of this one.
    pub(crate) fn unix(&self, now: Instant) -> (u32, u16) {
        seconds_and_millis(self.unix_ms(now))
    }

    /// The stamp of a log line: `HH:MM:SS.mmm` (D-43).
    pub fn stamp(&self, now: Instant, zone: &Zone) -> Stamp {
        Stamp { clock: *self, now, zone: *zone }
    }
}

/// What a clock with a calendar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Since 1970-01-01T00:00, or before it.
    pub minutes: i32,
    /// Milliseconds of the minute.
    pub millis: u16,
}

impl Reading {
    /// UTC at a second since 1970.
    pub fn at_second(unix_seconds: u32) -> Self {
        Self::of(unix_seconds, 0)
    }

    fn new(unix_ms: u64) -> Self {
        let (seconds, millis) = seconds_and_millis(unix_ms);
        Self::of(seconds, millis)
    }

    fn of(seconds: u32, millis: u16) -> Self {
        let (minutes, second) = (seconds / 60, seconds % 60);
        let second_ms = u16::try_from(second * 1000).unwrap_or(0);
        Self { minutes: minutes.cast_signed(), millis: second_ms + millis }
    }

    /// At a full minute.
    pub const fn at(minutes: i32) -> Self {
        Self { minutes, millis: 0 }
    }

    fn second_of_day(self) -> u32 {
        self.minutes.rem_euclid(1440).unsigned_abs() * 60 + u32::from(self.millis / 1000)
    }
}

/// The local time of day of a log line. It is worked out when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    clock: WallClock,
    now: Instant,
    zone: Zone,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.clock.local(self.now, &self.zone);
        let seconds = local.second_of_day();
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{hour:02}:{minute:02}:{second:02}.{:03}", local.millis % 1000)
    }
}

/// Writes `2019-09-04T14:31:29`.
pub fn write_date_time(sink: &mut Sink<'_>, time: Reading) {
    let Date { year, month, day } = calendar::date(time.minutes.div_euclid(1440));
    sink.push_padded(year.unsigned_abs(), 4);
    write_two(sink, b'-', month);
    write_two(sink, b'-', day);
    write_time(sink, b'T', time.second_of_day());
}

/// Writes `Jan  2 03:04:05 `, as log servers want it.
pub fn write_log_time(sink: &mut Sink<'_>, time: Reading) {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Date { month, day, .. } = calendar::date(time.minutes.div_euclid(1440));
    sink.push(MONTHS.get((month as usize).wrapping_sub(1)).unwrap_or(&"Jan"));
    sink.push(if day < 10 { "  " } else { " " });
    sink.push_number(day);
    write_time(sink, b' ', time.second_of_day());
    sink.push(" ");
}

/// Writes `+05:30` for minutes east of UTC.
pub fn write_offset(sink: &mut Sink<'_>, offset: i32) {
    let minutes = offset.unsigned_abs();
    write_two(sink, if offset < 0 { b'-' } else { b'+' }, minutes / 60);
    write_two(sink, b':', minutes % 60);
}

/// Writes `T18:36:12`.
fn write_time(sink: &mut Sink<'_>, mark: u8, seconds: u32) {
    write_two(sink, mark, seconds / 3600);
    write_two(sink, b':', seconds / 60 % 60);
    write_two(sink, b':', seconds % 60);
}

/// Writes two digits behind a mark.
fn write_two(sink: &mut Sink<'_>, mark: u8, number: u32) {
    sink.push_byte(mark);
    sink.push_padded(number, 2);
}

/// Writes a duration as `1T17:04:28` (U-39).
pub fn write_duration(sink: &mut Sink<'_>, seconds: u32) {
    sink.push_number(seconds / 86_400);
    write_time(sink, b'T', seconds % 86_400);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timezone::Timezone;

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
            assert_eq!(written(|sink| write_date_time(sink, Reading::new(seconds * 1000))), text);
        }
        assert_eq!(written(|sink| write_date_time(sink, Reading::at(-1))), "1969-12-31T23:59:00");
    }

    #[test]
    fn d_60_a_log_server_wants_short_names_and_a_blank_before_a_short_day() {
        assert_eq!(
            written(|sink| write_log_time(sink, Reading::at_second(1_704_164_645))),
            "Jan  2 03:04:05 "
        );
        assert_eq!(
            written(|sink| write_log_time(sink, Reading::at_second(1_703_980_800))),
            "Dec 31 00:00:00 "
        );
        assert_eq!(
            written(|sink| write_log_time(sink, Reading::at_second(1_704_844_800))),
            "Jan 10 00:00:00 "
        );
    }

    #[test]
    fn u_39_days_have_no_leading_zero() {
        assert_eq!(written(|sink| write_duration(sink, 0)), "0T00:00:00");
        assert_eq!(written(|sink| write_duration(sink, 147_868)), "1T17:04:28");
    }

    #[test]
    fn u_46_offsets_have_a_sign() {
        for (minutes, text) in [(0, "+00:00"), (330, "+05:30"), (-210, "-03:30"), (-30, "-00:30")] {
            assert_eq!(written(|sink| write_offset(sink, minutes)), text);
        }
    }

    const AT: Instant = Instant::from_millis(3_661_004);

    #[test]
    fn d_43_a_stamp_has_milliseconds_and_is_local_time() {
        let zone = Zone { timezone: Timezone::Fixed(-90), ..Zone::UTC };
        let mut clock = WallClock::default();
        assert_eq!(clock.stamp(AT, &zone).to_string(), "01:01:01.004");
        clock.set(AT, 1_704_164_645_678);
        assert_eq!(clock.stamp(AT, &zone).to_string(), "01:34:05.678");
    }

    #[test]
    fn u_43_u_44_drift_goes_to_the_uptime_and_a_new_time_to_the_start() {
        let mut clock = WallClock::default();
        assert_eq!((clock.started(), clock.uptime(AT)), (None, 3661));
        clock.set(AT, 1_704_164_645_000);
        assert_eq!((clock.started(), clock.uptime(AT)), (Some(Reading::new(1_704_160_983_996)), 3661));
        clock.set(AT, 1_704_164_655_000);
        assert_eq!((clock.started(), clock.uptime(AT)), (Some(Reading::new(1_704_160_983_996)), 3671));
        // A whole minute is no drift.
        clock.set(AT, 1_704_164_715_000);
        assert_eq!((clock.started(), clock.uptime(AT)), (Some(Reading::new(1_704_161_053_996)), 3661));
        clock.set(AT, 1_800_000_000_000);
        assert_eq!((clock.started(), clock.uptime(AT)), (Some(Reading::new(1_799_996_338_996)), 3661));
    }
}
