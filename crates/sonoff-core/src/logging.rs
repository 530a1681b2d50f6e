//! Log levels, and the log lines that go to the broker.

use core::fmt::{self, Write};

use crate::command::{Call, Command, CommandError, Reply, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Level;
use crate::json::Json;
use crate::publication::{Body, Leaf, Place, Publication};
use crate::settings::{Number, Settings};
use crate::text::Sink;
use crate::texts::TextId;
use crate::time::Instant;
use crate::topic::Prefix;
use crate::view::View;

/// Most bytes of a log line that goes to the broker; a longer one ends in dots.
const LINE: usize = 240;
/// The last level of its topic.
const LOGGING: &str = "LOGGING";
/// The usual firmware's word for decimals of measured values, as they are from the factory.
const RESOLUTION: &str = "558180C0";

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "SerialLog",
        help: help("Which lines go to the serial port."),
        show: Show::By(show_serial_log),
        run: Run::Set(set_serial_log),
        ..LEVEL
    },
    Command {
        name: "MqttLog",
        help: help("Which lines go to the broker, on stat/<Topic>/LOGGING."),
        run: Run::Store,
        show: Show::Number(Number::MQTT_LOG),
        ..LEVEL
    },
];

const LEVEL: Command = Command { args: help("0 none, 1 errors, 2 information, 3, 4 all"), ..Command::PLAIN };

fn set_serial_log(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.set_number(Number::SERIAL_LOG, call.number_in(0..=u16::MAX)?)?;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}

/// What is stored, then what is in force; here they are the same.
fn show_serial_log(view: View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let level = view.settings().byte(Number::SERIAL_LOG);
    json.nested("SerialLog", |json| {
        json.nested(("", level), |json| json.text_with("Active", |sink| sink.push_number(level.into())));
    });
}

/// StatusLOG (U-12). There is no page and no syslog whose levels could be shown.
pub(crate) fn status(view: View<'_>, json: &mut Json<'_, '_>) {
    let settings = view.settings();
    let wifi = view.facts.network.as_ref().and_then(|network| network.wifi.as_ref());
    json.number("SerialLog", settings.number(Number::SERIAL_LOG));
    json.number("WebLog", 0u8);
    json.number("MqttLog", settings.number(Number::MQTT_LOG));
    json.number("SysLog", 0u8);
    json.text("LogHost", "");
    json.number("LogPort", 514u16);
    json.texts("SSId", [wifi.map_or("", |wifi| wifi.ssid.as_str()), ""].into_iter());
    json.number("TelePeriod", settings.number(Number::TELE_PERIOD));
    json.text("Resolution", RESOLUTION);
    json.texts_with("SetOption", 0..6, |word, sink| write_options(settings, word, sink));
}

/// One of the six: flags 0–31, the bytes of 32–49, flags 50–81, 82–113, 114–145, 146–177.
fn write_options(settings: &Settings, word: u8, sink: &mut Sink<'_>) {
    if word == 1 {
        settings.options.bytes.iter().for_each(|byte| sink.push_hex(*byte));
        return;
    }
    let at = usize::from(word.saturating_sub(1));
    let flags = settings.options.words.get(at).copied().unwrap_or(0);
    flags.to_be_bytes().into_iter().for_each(|byte| sink.push_hex(byte));
}

impl Device {
    /// Whether the serial port, or what stands for it, wants a line of this level (D-46).
    pub fn wants_line(&self, level: Level) -> bool {
        level as u8 <= self.settings.byte(Number::SERIAL_LOG)
    }

    /// How important the log line about a message on this topic is; `None`: it has none, since the message is itself a
    /// log line. Discovery is of interest to few (U-52).
    pub fn message_level(&self, topic: &str) -> Option<Level> {
        if topic.strip_prefix(self.names.own(Prefix::Stat)) == Some(LOGGING) {
            return None;
        }
        Some(if topic.starts_with(crate::discovery::TOPIC) { Level::Debug } else { Level::Info })
    }

    /// Offers a log line to the broker; `MqttLog` decides. True when it will be sent. A line for which there is no
    /// room is left out: lines never push anything else away.
    pub fn publish_line(&mut self, now: Instant, level: Level, text: fmt::Arguments<'_>) -> bool {
        if level as u8 > self.settings.byte(Number::MQTT_LOG) || !self.link.online || self.life.is_ending() {
            return false;
        }
        let stamp = self.stamp(now);
        let write = |sink: &mut Sink<'_>| {
            let mut line = Cut { sink, left: LINE };
            let _ = write!(line, "{stamp} {text}");
        };
        self.reports.push_line(write)
    }

    pub(crate) fn line_publication(&self, id: TextId) -> Publication {
        let (place, leaf) = (Place::Own(Prefix::Stat), Leaf::Word(LOGGING));
        Publication { place, leaf, body: Body::Text(id), retain: false }
    }
}

/// Cuts a line that is too long, at the end of a character.
struct Cut<'s, 'b> {
    sink: &'s mut Sink<'b>,
    left: usize,
}

impl Write for Cut<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = (0..=self.left.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
        let kept = text.get(..end.unwrap_or(0)).unwrap_or("");
        self.sink.push(kept);
        self.left -= kept.len();
        if kept.len() == text.len() {
            return Ok(());
        }
        self.sink.push("...");
        Err(fmt::Error)
    }
}
