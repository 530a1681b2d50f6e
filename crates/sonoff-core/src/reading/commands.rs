//! Commands about how measured values are shown.

use crate::args::{self, ArgError};
use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::settings::Number;
use crate::text::Sink;
use crate::view::View;

use super::units::write_milli;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command { name: "TempRes", help: help("Decimals of temperatures."), ..decimals(Number::TEMP_RES) },
    Command { name: "HumRes", help: help("Decimals of humidities."), ..decimals(Number::HUM_RES) },
    Command { name: "PressRes", help: help("Decimals of pressures."), ..decimals(Number::PRESS_RES) },
    Command {
        name: "TempOffset",
        args: help("-12.6..12.6"),
        help: help("Added to each temperature, in the unit that is shown."),
        run: Run::Change(set_temp_offset),
        show: Show::By(|view, _, json| show_tenths(view, json, "TempOffset", Number::TEMP_OFFSET)),
        ..Command::PLAIN
    },
    Command {
        name: "HumOffset",
        args: help("-10.0..10.0"),
        help: help("Added to each humidity, in percent."),
        run: Run::Change(set_hum_offset),
        show: Show::By(|view, _, json| show_tenths(view, json, "HumOffset", Number::HUM_OFFSET)),
        ..Command::PLAIN
    },
    Command {
        name: "Altitude",
        args: help("-30000..30000 metres"),
        help: help("Where the device is; other than 0 it also shows the pressure at sea level."),
        run: Run::Change(set_altitude),
        show: Show::By(|view, _, json| json.signed("Altitude", view.settings().signed(Number::ALTITUDE))),
        ..Command::PLAIN
    },
];

/// N-9
const fn decimals(number: Number) -> Command {
    Command { args: help("0..3"), run: Run::STORE, show: Show::Number(number), ..Command::PLAIN }
}

/// N-11
fn set_temp_offset(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    store(device, Number::TEMP_OFFSET, tenths(call.argument, 126)?.into())
}

/// N-11
fn set_hum_offset(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    store(device, Number::HUM_OFFSET, tenths(call.argument, 100)?.into())
}

/// N-15
fn set_altitude(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    store(device, Number::ALTITUDE, call.number_in(-30_000..=30_000)?)
}

fn store(device: &mut Device, number: Number, value: i16) -> Result<(), CommandError> {
    device.settings.set_signed(number, value);
    Ok(())
}

fn show_tenths(view: &View<'_>, json: &mut Json<'_, '_>, name: &str, number: Number) {
    let mut text = [0; 8];
    let mut sink = Sink::new(&mut text);
    write_milli(&mut sink, i32::from(view.settings().signed(number)) * 100, 1);
    json.raw(name, sink.into_str());
}

/// A number such as `-1.5` in tenths, at most `largest` of either sign; digits after the first are cut off.
fn tenths(argument: &str, largest: i8) -> Result<i8, ArgError> {
    let (negative, digits) = args::sign(argument);
    let (whole, rest) = digits.split_at_checked(leading_digits(digits)).unwrap_or((digits, ""));
    let fraction = rest.strip_prefix('.').unwrap_or("");
    let fraction = fraction.get(..leading_digits(fraction).min(1)).unwrap_or("");
    if whole.is_empty() && fraction.is_empty() {
        return Err(ArgError::NotANumber);
    }
    let value = whole
        .bytes()
        .chain(fraction.bytes())
        .fold(0_i16, |sum, digit| sum.saturating_mul(10).saturating_add(i16::from(digit.wrapping_sub(b'0'))));
    let value = if fraction.is_empty() { value.saturating_mul(10) } else { value };
    let value = i8::try_from(value).map_err(|_| ArgError::OutOfRange)?;
    if value > largest {
        return Err(ArgError::OutOfRange);
    }
    Ok(if negative { -value } else { value })
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // N-11
    #[test]
    fn tenths_are_read() {
        let vectors = [
            ("-1.5", Ok(-15)),
            ("1", Ok(10)),
            ("+0.25", Ok(2)),
            (".3", Ok(3)),
            ("-.3", Ok(-3)),
            ("2.", Ok(20)),
            ("12.6", Ok(126)),
            ("12.7", Err(ArgError::OutOfRange)),
            ("-12.7", Err(ArgError::OutOfRange)),
            ("99999999999", Err(ArgError::OutOfRange)),
            ("", Err(ArgError::NotANumber)),
            ("-", Err(ArgError::NotANumber)),
            (".", Err(ArgError::NotANumber)),
            ("x", Err(ArgError::NotANumber)),
        ];
        for (text, value) in vectors {
            assert_eq!(tenths(text, 126), value, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,20}") {
            let _ = tenths(&text, 126);
        }

        #[test]
        fn every_offset_reads_back(value in -126_i8..=126) {
            let mut buf = [0; 8];
            let mut sink = Sink::new(&mut buf);
            write_milli(&mut sink, i32::from(value) * 100, 1);
            prop_assert_eq!(tenths(sink.into_str(), 126), Ok(value));
        }
    }
}
