//! SetOption: the numbered options, and which of them act.

use crate::args;
use crate::command::{Call, Command, CommandError, Index, Reply, Run, Show};
use crate::device::Device;
use crate::discovery;
use crate::help::{Help, help};
use crate::json::Json;
use crate::report::Report;
use crate::retain::Retain;
use crate::settings::{Number, Settings};
use crate::tls;
use crate::view::View;

/// An option that acts.
#[derive(Debug, Clone, Copy)]
pub struct SetOption {
    /// Its number.
    pub number: u8,
    /// Its factory value; a flag's is 0 or 1.
    pub default: u8,
    /// A change takes a restart (D-32).
    pub restarts: bool,
    /// It only shows what a command of its own sets (D-31).
    pub read_only: bool,
    /// One line of help.
    pub help: Help,
}

/// The options that act. Every other number is refused, since nothing here pretends (D-55).
pub const OPTIONS: &[SetOption] = &[
    option(0, 1, "Save the power state and use it after a restart."),
    option(1, 0, "Six presses and the hold of 40 s do nothing."),
    SetOption { restarts: true, ..option(3, 1, "Use MQTT.") },
    option(4, 0, "Answer on the command's own topic instead of RESULT."),
    SetOption { read_only: true, ..option(5, 0, "What PowerRetain says.") },
    option(8, 0, "Show temperatures in Fahrenheit."),
    SetOption { read_only: true, ..option(6, 0, "What ButtonRetain says.") },
    SetOption { read_only: true, ..option(7, 0, "What SwitchRetain says.") },
    SetOption { read_only: true, ..option(9, 0, "What SensorRetain says.") },
    option(10, 0, "At a change of Topic leave Offline on the old LWT topic instead of clearing it."),
    option(11, 0, "Offer the double press to ButtonTopic instead of the single one."),
    option(13, 0, "A button acts at once and presses are not counted."),
    SetOption { read_only: true, ..option(14, 0, "What Interlock says.") },
    option(19, 0, "Do not announce the device to Home Assistant."),
    option(24, 0, "Show pressures in mmHg."),
    option(26, 0, "Call the only relay POWER1 instead of POWER."),
    option(31, 0, "The LED does not blink while the network or the broker is away."),
    option(32, 40, "Hold time of buttons and switches, tenths of a second."),
    option(34, 200, "Pause between Backlog commands, milliseconds."),
    option(40, 0, "With SetOption1 a longer press is none, tenths of a second; 0 takes all."),
    option(52, 0, "Append the offset from UTC to the time in messages."),
    #[cfg(feature = "search")]
    option(55, 1, "Look for a broker in the network while no MqttHost is set."),
    option(59, 0, "Send tele/STATE at every change of power, too."),
    option(61, 0, "Switch the own relay, too, although ButtonTopic or SwitchTopic is set."),
    option(62, 0, "HOLD is not retained."),
    option(64, 0, "Put _ instead of - between a sensor's name and its number."),
    SetOption { read_only: true, ..option(65, 1, "No sequence of power cuts resets anything; always on.") },
    option(73, 0, "Buttons switch nothing and tell what they do."),
    SetOption { restarts: true, ..option(75, 0, "Group topics are cmnd/<group>/ whatever FullTopic says.") },
    option(90, 0, "No plain text messages, JSON alone."),
    #[cfg(feature = "tls")]
    SetOption { restarts: true, ..option(103, 0, "Speak TLS with the broker, and never without it.") },
    SetOption { restarts: true, ..option(104, 0, "No message is retained.") },
    option(114, 0, "Switches switch nothing and tell what they do."),
    option(121, 0, "The same as StateRetain."),
    option(122, 0, "The same as InfoRetain."),
    #[cfg(feature = "tls")]
    SetOption { restarts: true, ..option(132, 0, "Know the broker by MqttFingerprint instead of by a CA.") },
    option(139, 0, "Show pressures in inHg where SetOption24 is on, too."),
    option(140, 0, "Ask the broker for a persistent session."),
    option(145, 0, "The same as StatusRetain."),
];

const fn option(number: u8, default: u8, text: &'static str) -> SetOption {
    SetOption { number, default, restarts: false, read_only: false, help: help(text) }
}

/// The first number that is a byte; up to 49, all others are flags (D-28).
const FIRST_BYTE: u8 = 32;
const BYTES: usize = 18;

fn is_byte(number: u8) -> bool {
    (FIRST_BYTE..=49).contains(&number)
}

/// What a byte option takes (D-29).
const fn bytes(number: u8) -> core::ops::RangeInclusive<u8> {
    if number == 32 { 1..=250 } else { 0..=u8::MAX }
}

fn find(number: u8) -> Option<&'static SetOption> {
    OPTIONS.iter().find(|option| option.number == number)
}

/// The word and bit of a flag; the words hold 0–31, 50–81, 82–113, 114–145 and 146–177.
const fn place(number: u8) -> (usize, u32) {
    match number.checked_sub(50) {
        None => (0, 1 << (number & 31)),
        Some(rest) => ((rest / 32) as usize + 1, 1 << (rest & 31)),
    }
}

/// The values of all options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// The flags: 0–31, 50–81, 82–113, 114–145, 146–177.
    pub words: [u32; 5],
    /// SetOption32 to SetOption49.
    pub bytes: [u8; BYTES],
}

impl Options {
    /// The factory values of the table.
    pub(crate) const FACTORY: Self = Self::factory();

    #[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
    const fn factory() -> Self {
        let mut options = Self { words: [0; 5], bytes: [0; BYTES] };
        let mut at = 0;
        while at < OPTIONS.len() {
            let SetOption { number, default, .. } = OPTIONS[at];
            if number >= FIRST_BYTE && number < 50 {
                options.bytes[(number - FIRST_BYTE) as usize] = default;
            } else if default == 1 {
                let (word, bit) = place(number);
                options.words[word] |= bit;
            }
            at += 1;
        }
        options
    }
}

impl Device {
    /// An option that is on or off.
    #[inline(never)]
    pub(crate) fn option(&self, option: u8) -> bool {
        self.settings.option(option)
    }
}

impl Settings {
    /// The value of a flag.
    pub fn option(&self, number: u8) -> bool {
        let (word, bit) = place(number);
        self.options.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Sets a flag.
    pub fn set_option(&mut self, number: u8, on: bool) {
        let (word, bit) = place(number);
        if let Some(word) = self.options.words.get_mut(word) {
            *word = *word & !bit | if on { bit } else { 0 };
        }
    }

    /// The value of a byte option, 32 to 49.
    pub fn option_byte(&self, number: u8) -> u8 {
        let at = usize::from(number.saturating_sub(FIRST_BYTE));
        self.options.bytes.get(at).copied().unwrap_or(0)
    }

    fn set_option_byte(&mut self, number: u8, value: u8) {
        let at = usize::from(number.saturating_sub(FIRST_BYTE));
        if let Some(byte) = self.options.bytes.get_mut(at) {
            *byte = value;
        }
    }
}

/// `SetOption` and its short form.
pub const COMMANDS: &[Command] = &[SET_OPTION, Command { name: "SO", ..SET_OPTION }];

const SET_OPTION: Command = Command {
    name: "SetOption",
    index: Index::Any,
    args: help("0/off, 1/on, or a number for 32 to 49"),
    help: help("Change an option; each is listed below."),
    run: Run::Always(set_option),
    show: Show::By(show_option),
    ..Command::PLAIN
};

/// D-29 to D-31: words and numbers for flags, 0..=255 for bytes; no number asks.
fn set_option(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let option = find(call.index_or_first()).ok_or(CommandError::Refused)?;
    let Some(value) = args::number(call.argument).filter(|&value| value >= 0) else { return Ok(Reply::Show) };
    if option.read_only || tls::lacks(device, option.number) {
        return Err(CommandError::Refused);
    }
    if is_byte(option.number) {
        let value = u8::try_from(value).ok().filter(|value| bytes(option.number).contains(value));
        device.settings.set_option_byte(option.number, value.ok_or(CommandError::Refused)?);
    } else {
        let on = args::on_off(call.argument).map_err(|_| CommandError::Refused)?;
        change_flag(device, call, option, on)?;
    }
    device.settings_changed();
    Ok(Reply::Show)
}

fn change_flag(
    device: &mut Device,
    call: &Call<'_>,
    option: &SetOption,
    on: bool,
) -> Result<(), CommandError> {
    if option.restarts && device.option(option.number) != on {
        if call.retained && device.settings.number(Number::RETAINED_COMMANDS) < 2 {
            return Err(CommandError::Retained);
        }
        device.restart_soon();
    }
    if option.number == discovery::OFF {
        device.discovery.switched(call.now);
    }
    device.settings.set_option(option.number, on);
    if let Some(retain) = Retain::of_option(option.number).filter(|_| !on) {
        device.report(Report::Clear(retain), false);
    }
    Ok(())
}

fn show_option(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let number = index.unwrap_or(1);
    let settings = view.settings();
    if is_byte(number) {
        json.number(("SetOption", number), settings.option_byte(number));
    } else {
        json.text(("SetOption", number), view.on_off(settings.option(number)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_has_its_own_bit() {
        let mut settings = Settings::default();
        settings.options.words = [0; 5];
        for number in (0..=31).chain(50..=177) {
            assert!(!settings.option(number), "{number} shares a bit");
            settings.set_option(number, true);
            assert!(settings.option(number));
        }
    }

    #[test]
    fn factory_values_are_those_of_the_table() {
        let settings = Settings::default();
        assert!(settings.option(3) && settings.option(0));
        assert!(!settings.option(4));
        assert_eq!(settings.option_byte(34), 200);
    }
}
