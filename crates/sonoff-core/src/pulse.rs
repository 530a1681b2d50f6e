//! PulseTime: relays that switch themselves back.

use crate::command::{Call, Command, CommandError, Index, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::settings::{Number, Settings};
use crate::view::View;

/// How long a relay stays on before it switches itself off again (P-25).
///
/// | raw setting    | meaning                              |
/// |----------------|--------------------------------------|
/// | `0`            | stays on                             |
/// | `1..=111`      | tenths of a second (0.1 s to 11.1 s) |
/// | `112..=65535`  | whole seconds plus 100 (12 s to 18 h)|
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PulseTime(u16);

impl PulseTime {
    /// The relay stays as it is.
    pub const NONE: Self = Self(0);

    /// Every raw setting is one.
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// The raw setting.
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// The milliseconds that the relay stays on; `None` for "stays on".
    pub const fn millis(self) -> Option<u32> {
        match self.0 as u32 {
            0 => None,
            tenths @ 1..=111 => Some(tenths * 100),
            seconds => Some((seconds - 100) * 1000),
        }
    }

    /// A span in the same coding, truncated (P-28).
    pub fn from_millis(ms: u32) -> Self {
        let raw = if ms > 11_100 { ms / 1000 + 100 } else { ms / 100 };
        Self(u16::try_from(raw).unwrap_or(u16::MAX))
    }
}

impl Settings {
    /// The PulseTime of a relay, 1 to 8.
    pub fn pulse_time(&self, relay: u8) -> PulseTime {
        PulseTime::from_raw(self.nth_number(Number::PULSE_TIME, relay))
    }
}

/// `PulseTime`
pub(crate) const PULSE_TIME: Command = Command {
    name: "PulseTime",
    index: Index::UpTo(crate::POWERS as u8),
    args: help("0..65535; up to 111 tenths of a second, above that seconds plus 100"),
    help: help("Switch the relay back by itself after this time."),
    run: Run::Change(set_pulse_time),
    show: Show::By(show_pulse_time),
    ..Command::PLAIN
};

/// The timer starts at once, whatever the relay's state (P-27).
fn set_pulse_time(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let time = PulseTime::from_raw(call.number_in(0..=u16::MAX)?);
    let relay = call.index_or_first();
    device.settings.set_nth_number(Number::PULSE_TIME, relay, time.raw())?;
    device.power.set_pulse(relay, time.millis().map(|ms| call.now.plus_millis(ms)));
    Ok(())
}

fn set(view: &View<'_>, relay: u8) -> u32 {
    view.settings().pulse_time(relay).raw().into()
}

fn remaining(view: &View<'_>, relay: u8) -> u32 {
    let until = view.power.pulses.get(usize::from(relay).wrapping_sub(1)).copied().flatten();
    let left = until.map_or(0, |until| until.millis_since(view.now));
    PulseTime::from_millis(u32::try_from(left).unwrap_or(u32::MAX)).raw().into()
}

/// A member of the answer: its key, and its value for a relay.
type Member = (&'static str, fn(&View<'_>, u8) -> u32);

const MEMBERS: [Member; 2] = [("Set", set), ("Remaining", remaining)];

fn show_pulse_time(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let Some(index) = index else {
        return json.nested("PulseTime", |json| {
            for (key, of) in MEMBERS {
                json.numbers(key, (1..9).map(|relay| of(view, relay)));
            }
        });
    };
    json.nested(("PulseTime", index), |json| {
        MEMBERS.iter().for_each(|(key, of)| json.number(*key, of(view, index)));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn p_25_the_two_scales_meet() {
        assert_eq!(PulseTime::from_raw(0).millis(), None);
        assert_eq!(PulseTime::from_raw(111).millis(), Some(11_100));
        assert_eq!(PulseTime::from_raw(112).millis(), Some(12_000));
        assert_eq!(PulseTime::from_raw(65_535).millis(), Some(65_435_000));
    }

    proptest! {
        #[test]
        fn p_28_what_remains_at_the_start_is_what_was_set(raw: u16) {
            let time = PulseTime::from_raw(raw);
            let ms = time.millis().unwrap_or(0);
            prop_assert_eq!(PulseTime::from_millis(ms), time);
        }
    }
}
