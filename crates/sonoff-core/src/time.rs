//! Time as a number that the caller passes in.

use core::cmp::Ordering;
use core::fmt;
use core::num::NonZeroU32;

/// A moment, in milliseconds since the device started. It saturates and never wraps.
///
/// Two words of which one is never zero: on a chip of 32 bits a moment, and an `Option` of one, travel in two
/// registers and take eight bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant {
    high: NonZeroU32,
    low: u32,
}

/// What is stored of the moment 0.
const START: u64 = 1 << 32;

impl Instant {
    /// The moment at which the device started.
    pub const ZERO: Self = Self::from_millis(0);

    /// The moment `ms` milliseconds after the start.
    pub const fn from_millis(ms: u64) -> Self {
        Self::unpacked(START.saturating_add(ms))
    }

    /// Milliseconds since the start.
    pub const fn as_millis(self) -> u64 {
        self.packed() - START
    }

    /// Whole seconds since the start, at most 136 years.
    pub fn as_secs(self) -> u32 {
        seconds_and_millis(self.as_millis()).0
    }

    /// This moment plus `ms` milliseconds.
    #[must_use]
    pub const fn plus_millis(self, ms: u32) -> Self {
        Self::unpacked(self.packed().saturating_add(ms as u64))
    }

    /// Milliseconds from `earlier` to this moment; 0 when `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.packed().saturating_sub(earlier.packed())
    }

    const fn packed(self) -> u64 {
        (self.high.get() as u64) << 32 | self.low as u64
    }

    const fn unpacked(packed: u64) -> Self {
        let [a, b, c, d, low @ ..] = packed.to_be_bytes();
        let high = match NonZeroU32::new(u32::from_be_bytes([a, b, c, d])) {
            Some(high) => high,
            None => NonZeroU32::MIN,
        };
        Self { high, low: u32::from_be_bytes(low) }
    }
}

impl Default for Instant {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Ord for Instant {
    fn cmp(&self, other: &Self) -> Ordering {
        self.packed().cmp(&other.packed())
    }
}

impl PartialOrd for Instant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({})", self.as_millis())
    }
}

/// A span in whole seconds, at most 136 years, and the milliseconds left.
///
/// Bit by bit: to divide 64 bits takes more than a kilobyte of code on a small chip.
pub(crate) fn seconds_and_millis(span_ms: u64) -> (u32, u16) {
    let (mut seconds, mut left) = (0, span_ms.min(u64::from(u32::MAX) * 1000 + 999));
    let mut part = 1000 << u32::BITS;
    for _ in 0..u32::BITS {
        (seconds, part) = (seconds << 1, part >> 1);
        if left >= part {
            (seconds, left) = (seconds | 1, left - part);
        }
    }
    (seconds, u16::try_from(left).unwrap_or(0))
}

/// The earlier of two deadlines, where `None` means "never".
pub fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (deadline, None) | (None, deadline) => deadline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturates_at_the_end_of_time() {
        let end = Instant::from_millis(u64::MAX);
        assert_eq!(end.plus_millis(1), end);
        assert!(end > Instant::from_millis(u64::MAX >> 1));
        assert_eq!(Instant::ZERO.millis_since(end), 0);
    }

    #[test]
    fn moments_are_what_they_were_made_of_and_keep_their_order() {
        let moments = [0, 1, u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, u64::MAX >> 1];
        for pair in moments.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(Instant::from_millis);
            assert_eq!(
                (a.as_millis(), b.as_millis(), b.millis_since(a)),
                (pair[0], pair[1], pair[1] - pair[0])
            );
            assert!(a < b);
        }
        assert_eq!(size_of::<Option<Instant>>(), 8);
    }

    #[test]
    fn seconds_and_what_is_left() {
        let last = u64::from(u32::MAX) * 1000 + 999;
        for (ms, parts) in [(0, (0, 0)), (999, (0, 999)), (1000, (1, 0)), (61_001, (61, 1))] {
            assert_eq!(seconds_and_millis(ms), parts);
        }
        for ms in [last, last + 1, u64::MAX] {
            assert_eq!(seconds_and_millis(ms), (u32::MAX, 999));
        }
    }

    #[test]
    fn the_earlier_deadline_wins_and_never_loses_to_none() {
        let soon = Instant::from_millis(1);
        assert_eq!(earliest(Some(soon), Some(soon.plus_millis(1))), Some(soon));
        assert_eq!(earliest(None, Some(soon)), Some(soon));
        assert_eq!(earliest(None, None), None);
    }
}
