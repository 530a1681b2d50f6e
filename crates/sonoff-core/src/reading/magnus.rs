//! Dew point and air pressure at sea level, in whole numbers.

/// 1.0 in the fixed-point numbers of this file: 24 bits behind the point.
const ONE: i64 = 1 << 24;
/// ln 2
const LN_2: i64 = 11_629_080;
/// log2 of 100,000: a humidity of 100 %.
const LOG2_100_000: i64 = 278_663_526;
/// log2 of 44,330, the height at which the formula's air ends.
const LOG2_44_330: i64 = 258_973_035;

/// Magnus: at −100 °C to 200 °C and 0.1 % to 100 % it differs by less than 0.001 °C from the formula of N-12.
///
/// `celsius` and `percent` are in thousandths, as is the result; outside those ranges the nearest end counts.
pub(super) fn dew_point(celsius: i32, percent: i32) -> i32 {
    let celsius = i64::from(celsius.clamp(-100_000, 200_000));
    let percent = percent.clamp(100, 100_000).unsigned_abs();
    let ln = (log2(percent) - LOG2_100_000) * LN_2 / ONE;
    let gamma = ln + 1762 * celsius * ONE / (100 * (243_500 + celsius));
    whole(divide(243_500 * gamma, 1762 * ONE / 100 - gamma))
}

/// p / (1 − altitude / 44330)^5.255 − 21.6, of thousandths of hPa, with the altitude in metres (N-15).
pub(super) fn sea_pressure(milli: i32, altitude: i16) -> i32 {
    let left = (44_330 - i32::from(altitude)).unsigned_abs();
    let exponent = 5255 * (LOG2_44_330 - log2(left)) / 1000;
    let (doublings, fraction) = (exponent.div_euclid(ONE), exponent.rem_euclid(ONE));
    let scaled = i64::from(milli) * exp2(fraction);
    let scaled = if doublings < 0 { scaled >> -doublings } else { scaled << doublings };
    whole(divide(scaled, ONE) - 21_600)
}

/// log2 of a number above 0, bit by bit: each squaring doubles the logarithm.
fn log2(number: u32) -> i64 {
    let shift = number.leading_zeros();
    let mut mantissa = u64::from(number) << shift;
    let mut log = i64::from(31 - shift.min(31));
    for _ in 0..24 {
        mantissa = (mantissa * mantissa) >> 31;
        let carry = mantissa >> 32 & 1;
        mantissa >>= carry;
        log = log << 1 | i64::from(carry == 1);
    }
    log
}

/// 2 to the power of a number from 0 to 1, by its series.
fn exp2(fraction: i64) -> i64 {
    let power = fraction * LN_2 / ONE;
    let (mut sum, mut term) = (ONE, ONE);
    for step in 1..=10 {
        term = (term * power / ONE).checked_div(step).unwrap_or(0);
        sum += term;
    }
    sum
}

/// Rounded to the nearest; halves away from zero. By 0 it is 0, since nothing here may panic; no caller does that.
pub(super) fn divide(value: i64, by: i64) -> i64 {
    let half = by / 2;
    (if value < 0 { value - half } else { value + half }).checked_div(by).unwrap_or(0)
}

pub(super) fn whole(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_number_of_32_bits_holds_is_the_nearest() {
        assert_eq!([i64::MIN, -7, 7, i64::MAX].map(whole), [i32::MIN, -7, 7, i32::MAX]);
    }

    fn dew_by_float(celsius: f64, percent: f64) -> f64 {
        let gamma = (percent / 100.0).ln() + 17.62 * celsius / (243.5 + celsius);
        243.5 * gamma / (17.62 - gamma)
    }

    // N-12: the examples of the reference, to a tenth.
    #[test]
    fn the_dew_point_of_the_examples() {
        let examples =
            [(22_500, 45_000, 9.95), (24_000, 40_000, 9.5), (21_300, 48_500, 10.0), (15_500, 50_600, 5.3)];
        for (celsius, percent, dew) in examples {
            let found = f64::from(dew_point(celsius, percent)) / 1000.0;
            assert!((found - dew).abs() < 0.05, "{celsius} {percent}: {found}");
        }
    }

    // N-12: the error bound, over the whole range, in steps of 0.5 °C and 0.1 %.
    #[test]
    fn the_dew_point_is_that_of_floating_point() {
        let mut worst = 0.0_f64;
        for celsius in (-100_000..=200_000).step_by(500) {
            for percent in (100..=100_000).step_by(100) {
                let exact = dew_by_float(f64::from(celsius) / 1000.0, f64::from(percent) / 1000.0);
                worst = worst.max((f64::from(dew_point(celsius, percent)) / 1000.0 - exact).abs());
            }
        }
        println!("largest error {worst} °C");
        assert!(worst < 0.001, "{worst} °C");
    }

    // N-15: the error bound beyond rounding, at every altitude that can be set.
    #[test]
    fn the_pressure_at_sea_level_is_that_of_floating_point() {
        let mut worst = 0.0_f64;
        for altitude in (-30_000..=30_000).step_by(7) {
            for milli in [300_000, 985_200, 1_100_000] {
                let power = (1.0 - f64::from(altitude) / 44_330.0).powf(5.255);
                let reduced = f64::from(milli) / power;
                let error = (f64::from(sea_pressure(milli, altitude)) + 21_600.0 - reduced).abs();
                worst = worst.max((error - 0.5) / reduced);
            }
        }
        println!("largest error {worst} of the pressure");
        assert!(worst < 1e-6, "{worst}");
    }

    #[test]
    fn no_number_breaks_it() {
        for value in [i32::MIN, -1, 0, 1, 1_000_000_000, i32::MAX] {
            for other in [i32::MIN, -1, 0, 1, i32::MAX] {
                let _ = dew_point(value, other);
            }
            for altitude in [-30_000, 0, 30_000] {
                let _ = sea_pressure(value.clamp(-1_000_000_000, 1_000_000_000), altitude);
            }
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!([5, -5, 4, -4, 15].map(|value| divide(value, 10)), [1, -1, 0, 0, 2]);
    }
}
