//! Numbers that look random and follow from a seed alone, on every machine and in every version.

/// SplitMix64: the whole schedule of a seed hangs on it, so it must never change.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is.
    pub const fn below(&mut self, end: u64) -> u64 {
        let number = self.number();
        if end == 0 { 0 } else { number % end }
    }

    /// A number from `first` to `last`.
    pub const fn within(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// True once in so many times.
    pub const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A place in a list of this length.
    pub fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// One of these.
    pub fn one_of<T: Copy + Default>(&mut self, these: &[T]) -> T {
        these.get(self.place(these.len())).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The reference values of the algorithm's author for the seed 1234567.
    #[test]
    fn the_sequence_never_changes() {
        let mut random = Random::new(1_234_567);
        let first = [random.number(), random.number()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = Random::new(0);
        assert!((0..1000).all(|_| (3..=5).contains(&random.within(3, 5)) && random.below(7) < 7));
        assert_eq!((random.below(0), random.one_of::<u8>(&[])), (0, 0));
    }
}
