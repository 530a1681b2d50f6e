//! In which unit and with how many decimals a value is shown.

use crate::settings::{Number, Settings};
use crate::text::Sink;

use super::magnus::{divide, whole};

impl Settings {
    /// N-10, N-11: °C, or °F with SetOption8, then the offset.
    pub(super) fn temperature(&self, celsius: i32) -> i32 {
        let shown = self.temperature_unit(celsius);
        shown.saturating_add(i32::from(self.signed(Number::TEMP_OFFSET)) * 100)
    }

    /// °C to the unit that is shown.
    pub(super) fn temperature_unit(&self, celsius: i32) -> i32 {
        if self.option(8) { whole(divide(i64::from(celsius) * 9, 5) + 32_000) } else { celsius }
    }

    /// The unit that is shown to °C.
    pub(super) fn celsius(&self, shown: i32) -> i32 {
        if self.option(8) { whole(divide((i64::from(shown) - 32_000) * 5, 9)) } else { shown }
    }

    /// N-11: with its offset, and then no more than there can be.
    pub(super) fn humidity(&self, percent: i32) -> i32 {
        percent.saturating_add(i32::from(self.signed(Number::HUM_OFFSET)) * 100).clamp(100, 100_000)
    }

    /// N-13: hPa, or with SetOption24 mmHg, or with SetOption139, too, inHg.
    pub(super) fn pressure(&self, hectopascal: i32) -> i32 {
        let factor = match (self.option(24), self.option(139)) {
            (false, _) => return hectopascal,
            (true, false) => 7_500_637,
            (true, true) => 295_299,
        };
        whole(divide(i64::from(hectopascal) * factor, 10_000_000))
    }

    /// The name of the unit of [`Settings::pressure`].
    pub(super) fn pressure_unit(&self) -> &'static str {
        match (self.option(24), self.option(139)) {
            (false, _) => "hPa",
            (true, false) => "mmHg",
            (true, true) => "inHg",
        }
    }
}

/// Thousandths with this many decimals, at most 3; halves round away from zero, and there is no −0.
pub(super) fn write_milli(sink: &mut Sink<'_>, milli: i32, decimals: u8) {
    let (decimals, one, step) = match decimals {
        0 => (0, 1, 1000),
        1 => (1, 10, 100),
        2 => (2, 100, 10),
        _ => (3, 1000, 1),
    };
    let rounded = divide(i64::from(milli), step);
    // At most 2^31 of either sign.
    let magnitude = u32::try_from(rounded.unsigned_abs()).unwrap_or(u32::MAX);
    if rounded < 0 {
        sink.push_byte(b'-');
    }
    sink.push_number(magnitude / one);
    if decimals > 0 {
        sink.push_byte(b'.');
        sink.push_padded(magnitude % one, decimals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(milli: i32, decimals: u8) -> String {
        let mut buf = [0; 16];
        let mut sink = Sink::new(&mut buf);
        write_milli(&mut sink, milli, decimals);
        sink.into_str().to_owned()
    }

    // N-9
    #[test]
    fn decimals_are_rounded() {
        let of = |milli| [0, 1, 2, 3].map(|decimals| written(milli, decimals));
        assert_eq!(of(22_500), ["23", "22.5", "22.50", "22.500"]);
        assert_eq!(of(-1_449), ["-1", "-1.4", "-1.45", "-1.449"]);
        assert_eq!(of(-40), ["0", "0.0", "-0.04", "-0.040"]);
        assert_eq!(of(99_960), ["100", "100.0", "99.96", "99.960"]);
        assert_eq!(written(i32::MIN, 3), "-2147483.648");
        assert_eq!(written(7, 9), "0.007");
    }

    // N-10
    #[test]
    fn fahrenheit_and_back() {
        let mut settings = Settings::default();
        settings.set_option(8, true);
        assert_eq!([22_500, 0, -40_000].map(|c| settings.temperature(c)), [72_500, 32_000, -40_000]);
        assert_eq!([72_500, 32_000, -40_000].map(|f| settings.celsius(f)), [22_500, 0, -40_000]);
        let _ = (settings.temperature(i32::MAX), settings.celsius(i32::MIN));
    }

    // N-13
    #[test]
    fn pressure_in_three_units() {
        let mut settings = Settings::default();
        assert_eq!((settings.pressure(985_200), settings.pressure_unit()), (985_200, "hPa"));
        settings.set_option(139, true);
        assert_eq!(settings.pressure_unit(), "hPa", "SetOption139 alone");
        settings.set_option(24, true);
        assert_eq!((settings.pressure(985_200), settings.pressure_unit()), (29_093, "inHg"));
        settings.set_option(139, false);
        assert_eq!((settings.pressure(985_200), settings.pressure_unit()), (738_963, "mmHg"));
    }
}
