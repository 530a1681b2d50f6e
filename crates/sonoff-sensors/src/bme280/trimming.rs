//! From the raw numbers of a BME280 to thousandths, with the constants that its maker has measured (N-28).
//!
//! These are the data sheet's formulas for 32 bits. Numbers wrap: a part in order is far from the ends, and one that
//! is not tells nonsense anyhow.

use core::num::Wrapping;

type Number = Wrapping<i32>;

/// Bytes from register 0x88 on, which come first.
pub(super) const LOW: usize = 26;
/// With those from register 0xE1 on.
pub(super) const SIZE: usize = LOW + 7;

/// The constants of one part, as its registers have them.
#[derive(Debug)]
pub(super) struct Trimming(pub(super) [u8; SIZE]);

impl Trimming {
    /// Temperature, pressure and humidity from the eight bytes of a measurement; `None` when there was none.
    pub(super) fn values(&self, result: [u8; 8]) -> Option<[i32; 3]> {
        let [p0, p1, p2, t0, t1, t2, h0, h1] = result;
        // So they are after a reset.
        if [p0, p1, t0, t1] == [0x80, 0, 0x80, 0] {
            return None;
        }
        let heat = self.heat(number([0, t0, t1, t2]) >> 4);
        let pascal = self.pascal(number([0, p0, p1, p2]) >> 4, heat)?;
        let percent = self.percent(number([0, 0, h0, h1]), heat);
        let celsius = (heat * Wrapping(25) + Wrapping(64)) >> 7;
        Some([celsius, pascal * Wrapping(10), percent].map(|value| value.0))
    }

    /// The temperature in 1/5120 °C.
    fn heat(&self, raw: Number) -> Number {
        let t1 = self.unsigned(0);
        let linear = (((raw >> 3) - (t1 << 1)) * self.signed(2)) >> 11;
        let distance = (raw >> 4) - t1;
        linear + ((((distance * distance) >> 12) * self.signed(4)) >> 14)
    }

    /// `None` when it would be a division by 0.
    fn pascal(&self, raw: Number, heat: Number) -> Option<Number> {
        let p = |number: usize| self.signed(4 + 2 * number);
        let warm = (heat >> 1) - Wrapping(64_000);
        let square = (warm >> 2) * (warm >> 2);
        let offset = (((square >> 11) * p(6) + ((warm * p(5)) << 1)) >> 2) + (p(4) << 16);
        let slope = (((p(3) * (square >> 13)) >> 3) + ((p(2) * warm) >> 1)) >> 18;
        let slope = ((Wrapping(32_768) + slope) * self.unsigned(6)) >> 15;
        let rough = twice((Wrapping(1_048_576) - raw - (offset >> 12)) * Wrapping(3_125), slope)?;
        let curve = (p(9) * (((rough >> 3) * (rough >> 3)) >> 13)) >> 12;
        let line = ((rough >> 2) * p(8)) >> 13;
        Some(rough + ((curve + line + p(7)) >> 4))
    }

    /// In thousandths.
    fn percent(&self, raw: Number, heat: Number) -> Number {
        let warm = heat - Wrapping(76_800);
        let [h4, h5] = self.twelves();
        let offset = (h4 << 20) + h5 * warm;
        let rest = ((raw << 14) - offset + Wrapping(16_384)) >> 15;
        let bend = ((warm * self.byte(28)) >> 11) + Wrapping(32_768);
        let bend = ((((warm * self.signed_byte(32)) >> 10) * bend) >> 10) + Wrapping(2_097_152);
        let rough = rest * ((bend * self.signed(26) + Wrapping(8_192)) >> 14);
        let curve = ((((rough >> 15) * (rough >> 15)) >> 7) * self.byte(25)) >> 4;
        let share = (rough - curve).clamp(Wrapping(0), Wrapping(100 << 22)) >> 12;
        (share * Wrapping(125)) >> 7
    }

    fn raw(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    fn byte(&self, at: usize) -> Number {
        Wrapping(i32::from(self.raw(at)))
    }

    fn signed_byte(&self, at: usize) -> Number {
        Wrapping(i32::from(self.raw(at).cast_signed()))
    }

    fn unsigned(&self, at: usize) -> Number {
        number([0, 0, self.raw(at + 1), self.raw(at)])
    }

    fn signed(&self, at: usize) -> Number {
        (self.signed_byte(at + 1) << 8) | self.byte(at)
    }

    /// Two numbers of twelve bits, which have their lowest four in a byte that they share.
    fn twelves(&self) -> [Number; 2] {
        let shared = self.byte(30);
        [(self.signed_byte(29) << 4) | (shared & Wrapping(15)), (self.signed_byte(31) << 4) | (shared >> 4)]
    }
}

const fn number(bytes: [u8; 4]) -> Number {
    Wrapping(i32::from_be_bytes(bytes))
}

/// `2 · a / b`, as 32 bits without sign have room for.
fn twice(a: Number, b: Number) -> Option<Number> {
    let (a, b) = (a.0.cast_unsigned(), b.0.cast_unsigned());
    let ratio = match a.checked_mul(2) {
        Some(double) => double.checked_div(b)?,
        None => a.checked_div(b)?.wrapping_mul(2),
    };
    Some(Wrapping(ratio.cast_signed()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The constants as numbers: T1..T3, P1..P9, H1..H6.
    type Constants = ([i32; 3], [i32; 9], [i32; 6]);

    const T: [i32; 3] = [27_504, 26_435, -1_000];
    const P: [i32; 9] = [36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000];
    const H: [i32; 6] = [75, 362, 0, 313, 50, 30];

    fn trimming((t, p, h): &Constants) -> Trimming {
        let mut bytes = [0; SIZE];
        for (at, value) in t.iter().chain(p).enumerate() {
            bytes[2 * at..2 * at + 2].copy_from_slice(&value.to_le_bytes()[..2]);
        }
        let [h1, h2, h3, h4, _, h6] = h.map(|value| value.to_le_bytes());
        bytes[25] = h1[0];
        let [_, upper4, ..] = (h[3] << 4).to_le_bytes();
        let [lower5, upper5, ..] = (h[4] << 4).to_le_bytes();
        bytes[26..].copy_from_slice(&[h2[0], h2[1], h3[0], upper4, h4[0] & 15 | lower5, upper5, h6[0]]);
        Trimming(bytes)
    }

    /// The eight bytes of a measurement.
    fn result([warm, pressure, humid]: [i32; 3]) -> [u8; 8] {
        let [_, p0, p1, p2] = (pressure << 4).to_be_bytes();
        let [_, t0, t1, t2] = (warm << 4).to_be_bytes();
        let [_, _, h0, h1] = humid.to_be_bytes();
        [p0, p1, p2, t0, t1, t2, h0, h1]
    }

    /// The data sheet's other formulas, for numbers with a fraction: °C, hPa, %.
    fn exact((t, p, h): &Constants, raw: [i32; 3]) -> [f64; 3] {
        let [t1, t2, t3] = t.map(f64::from);
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9] = p.map(f64::from);
        let [h1, h2, h3, h4, h5, h6] = h.map(f64::from);
        let [warm, pressure, humid] = raw.map(f64::from);
        let distance = warm / 131_072.0 - t1 / 8_192.0;
        let heat = (warm / 16_384.0 - t1 / 1_024.0) * t2 + distance * distance * t3;
        let x = heat / 2.0 - 64_000.0;
        let offset = (x * x * p6 / 32_768.0 + x * p5 * 2.0) / 4.0 + p4 * 65_536.0;
        let slope = (p3 * x * x / 524_288.0 + p2 * x) / 524_288.0;
        let slope = (1.0 + slope / 32_768.0) * p1;
        let rough = (1_048_576.0 - pressure - offset / 4_096.0) * 6_250.0 / slope;
        let pascal = rough + (p9 * rough * rough / 2_147_483_648.0 + rough * p8 / 32_768.0 + p7) / 16.0;
        let x = heat - 76_800.0;
        let bend = 1.0 + h6 / 67_108_864.0 * x * (1.0 + h3 / 67_108_864.0 * x);
        let percent = (humid - (h4 * 64.0 + h5 / 16_384.0 * x)) * (h2 / 65_536.0 * bend);
        let percent = percent * (1.0 - h1 * percent / 524_288.0);
        [heat / 5_120.0, pascal / 100.0, percent.clamp(0.0, 100.0)]
    }

    // N-28, NX-27: the data sheet's own example for temperature and pressure
    #[test]
    fn the_data_sheets_example() {
        let values = trimming(&(T, P, H)).values(result([519_888, 415_148, 25_000])).unwrap();
        assert_eq!(values[..2], [25_082, 1_006_560]);
    }

    // N-28: signed constants of twelve bits
    #[test]
    fn constants_are_read_with_their_signs() {
        for (h4, h5) in [(313, 50), (-1, 7), (7, -1), (-2_048, 2_047), (2_047, -2_048)] {
            let [_, _, _, _, _, h6] = H;
            let [first, second] = trimming(&(T, P, [75, 362, 0, h4, h5, h6])).twelves();
            assert_eq!((first.0, second.0), (h4, h5));
        }
    }

    // N-28
    #[test]
    fn a_part_that_has_not_measured_tells_nothing() {
        assert_eq!(trimming(&(T, P, H)).values(result([0x80000, 0x80000, 0x8000])), None);
        for pressure in [0, 0xFFFFF] {
            assert_eq!(Trimming([0; SIZE]).values(result([0, pressure, 0])), None);
        }
    }

    proptest! {
        // N-28: constants around those of real parts, the whole range of use
        #[test]
        fn whole_numbers_tell_what_fractions_tell(
            warm in 420_000..600_000_i32, pressure in 250_000..500_000_i32, humid in 18_000..40_000_i32,
            t in (26_000..29_000, 25_000..27_500, -1_000..1_000_i32),
            p1 in 35_000..39_000_i32, p2 in -11_000..-10_000_i32, p5 in -200..200_i32,
            h in (60..90, 340..380, 0..2, 280..350, -10..60, 20..40_i32),
        ) {
            let mut p = P;
            (p[0], p[1], p[4]) = (p1, p2, p5);
            let constants = (t.into(), p, h.into());
            let raw = [warm, pressure, humid];
            let told = trimming(&constants).values(result(raw)).unwrap().map(|milli| f64::from(milli) / 1000.0);
            let exact = exact(&constants, raw);
            let slack = [0.006, 0.1, 0.07];
            for at in 0..3 {
                prop_assert!((told[at] - exact[at]).abs() < slack[at], "{at}: {told:?} {exact:?}");
            }
        }

        // N-28: a part that is out of order
        #[test]
        fn no_bytes_are_a_fault(bytes: [u8; SIZE], result: [u8; 8]) {
            let _ = Trimming(bytes).values(result);
        }
    }
}
