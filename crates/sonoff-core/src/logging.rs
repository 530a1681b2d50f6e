//! Log levels, and the log lines that go to the broker.

use core::fmt::{self, Write};

use crate::command::{Command, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Level;
use crate::json::Json;
use crate::publication::{Body, Leaf, Place, Publication};
use crate::settings::{Number, Settings, Text};
use crate::syslog;
use crate::text::Sink;
use crate::texts::TextId;
use crate::time::Instant;
use crate::topic::Prefix;
use crate::view::View;

/// Most bytes of a log line that goes to a server; a longer one ends in dots.
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
        run: Run::STORE,
        show: Show::Active(Number::SERIAL_LOG),
        ..LEVEL
    },
    Command {
        name: "MqttLog",
        help: help("Which lines go to the broker, on stat/<Topic>/LOGGING."),
        run: Run::STORE,
        show: Show::Number(Number::MQTT_LOG),
        ..LEVEL
    },
];

const LEVEL: Command = Command { args: help("0 none, 1 errors, 2 information, 3, 4 all"), ..Command::PLAIN };

/// StatusLOG (U-12).
pub(crate) fn status(view: &View<'_>, json: &mut Json<'_, '_>) {
    let settings = view.settings();
    json.number("SerialLog", settings.number(Number::SERIAL_LOG));
    json.number("WebLog", view.device.page_log_level());
    json.number("MqttLog", settings.number(Number::MQTT_LOG));
    syslog::status(settings, json);
    settings.show_texts("SSId", Text::SSID, Text::SSID.count(), json);
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
        self.reports.push_line(|sink| write_cut(sink, format_args!("{stamp} {text}")))
    }

    pub(crate) fn line_publication(&self, id: TextId) -> Publication {
        let (place, leaf) = (Place::Own(Prefix::Stat), Leaf::Word(LOGGING));
        Publication { place, leaf, body: Body::Text(id), retain: false }
    }
}

/// Writes a line, or the beginning of a longer one.
pub(crate) fn write_cut(sink: &mut Sink<'_>, line: fmt::Arguments<'_>) {
    // Its only error is the cut.
    let _ = Cut { sink, left: LINE }.write_fmt(line);
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
