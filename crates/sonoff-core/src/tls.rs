//! The secure link to the broker: whether it is wanted, and whom the device believes (S-50 to S-52).

use crate::args::{self, ArgError};
use crate::command::{Call, Command, CommandError, Index, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::{Fingerprint, Proof};
use crate::json::Json;
use crate::profile::Part;
use crate::settings::Text;
use crate::text::Sink;
use crate::time::Instant;
use crate::view::View;

/// The option that wants TLS.
const WANTED: u8 = 103;
/// The option that wants keys instead of an authority.
const BY_KEYS: u8 = 132;
/// A key of zeros is learned from the broker.
const LEARN: Fingerprint = [0; 20];

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: "MqttFingerprint",
    index: Index::UpTo(2),
    args: help("20 bytes in hexadecimal, with blanks between; zeros learn, FF is any; 0 none, 1 factory"),
    help: help("The key of the broker (SetOption132), and the one that will come next."),
    run: Run::ChangeAndRestart(set_fingerprint),
    show: Show::By(show_fingerprint),
    retained: Retained::Refused,
    needs: Some(Part::Tls),
}];

fn set_fingerprint(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let n = call.index_or_first();
    if args::shortcut(call.argument).is_some() {
        return device.store_text(call, Text::MQTT_FINGERPRINT, n);
    }
    let key = parse(call.argument).ok_or(CommandError::Kept)?;
    Ok(device.store_key(n, &key)?)
}

fn show_fingerprint(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let n = index.unwrap_or(1);
    json.text(("MqttFingerprint", n), view.settings().nth_text(Text::MQTT_FINGERPRINT, n));
}

/// Twenty bytes with blanks between.
fn parse(text: &str) -> Option<Fingerprint> {
    let mut bytes = args::list(text, b' ');
    let mut key = LEARN;
    for byte in &mut key {
        // A sign is no digit.
        let digits = bytes.next().filter(|text| text.len() == 2 && !text.starts_with('+'))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    bytes.next().is_none().then_some(key)
}

/// A firmware without TLS refuses the options about it (D-55).
pub(crate) fn lacks(device: &Device, option: u8) -> bool {
    matches!(option, WANTED | BY_KEYS) && !device.has(Part::Tls)
}

/// U-15
pub(crate) fn status(view: &View<'_>, json: &mut Json<'_, '_>) {
    if view.device.has(Part::Tls) {
        json.number("MqttTLS", u8::from(view.device.option(WANTED)));
    }
}

impl Device {
    /// How the broker proves that it is the one; `None` where the link need not be secure.
    pub fn proof(&self) -> Option<Proof> {
        if !self.has(Part::Tls) || !self.option(WANTED) {
            return None;
        }
        let key = |n| parse(self.settings.nth_text(Text::MQTT_FINGERPRINT, n));
        Some(if self.option(BY_KEYS) { Proof::Keys([key(1), key(2)]) } else { Proof::Authority })
    }

    /// Seconds since 1970; `None` until the time was told.
    pub fn unix_time(&self, now: Instant) -> Option<u64> {
        let clock = &self.facts.clock;
        clock.is_known().then(|| u64::from(clock.unix(now).0))
    }

    /// Stores a key that the broker has shown, in place of zeros (S-52).
    pub(crate) fn learn(&mut self, key: &Fingerprint) {
        let learns = |n: &u8| parse(self.settings.nth_text(Text::MQTT_FINGERPRINT, *n)) == Some(LEARN);
        if let Some(n) = (1..=2).find(learns)
            && self.store_key(n, key).is_ok()
        {
            self.settings_changed();
        }
    }

    fn store_key(&mut self, n: u8, key: &Fingerprint) -> Result<(), ArgError> {
        let mut text = [0; 60];
        let mut sink = Sink::new(&mut text);
        for byte in key {
            sink.push_hex(*byte);
            sink.push(" ");
        }
        self.settings.set_nth_text(Text::MQTT_FINGERPRINT, n, sink.into_str().trim_ascii_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_bytes_and_no_others_are_a_key() {
        let text = "00 11 22 33 44 55 66 77 88 99 aA Bb CC DD EE FF 01 23 45 67";
        assert_eq!(parse(text).map(|key| (key[10], key[19])), Some((0xAA, 0x67)));
        for wrong in
            [&text[..56], &format!("{text} 89"), &text.replace(' ', ""), &text.replace("00", "+0"), ""]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
