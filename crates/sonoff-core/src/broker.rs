//! The commands that name the brokers and set the link's times.

use crate::command::{Call, Command, CommandError, Index, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Broker;
use crate::json::{Json, Key};
use crate::settings::{Number, Text};
use crate::text::Sink;
use crate::view::View;

impl Device {
    /// The brokers to try, in order, from 0; `None` when there are no more, MQTT is off (S-1), or the run is to end (S-54).
    pub fn broker(&self, index: u8) -> Option<Broker<'_>> {
        if !self.option(3) || !self.life.is_running() {
            return None;
        }
        let settings = &self.settings;
        let brokers = (1..4).map(|n| Broker {
            host: settings.nth_text(Text::MQTT_HOST, n),
            port: settings.nth_number(Number::MQTT_PORT, n),
        });
        let mut usable = brokers.filter(|broker| !broker.host.is_empty() && broker.port != 0);
        usable.nth(usize::from(index))
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "MqttHost",
        index: Index::UpTo(3),
        args: help("name or address of at most 32 bytes; 0 none, 1 factory"),
        help: help("The broker; 2 and 3 are tried when those before them fail."),
        run: Run::ChangeAndRestart(set_host),
        show: Show::By(show_host),
        ..RESTARTS
    },
    Command {
        name: "MqttPort",
        index: Index::UpTo(3),
        args: help("1..65535; 1 factory"),
        help: help("The broker's TCP port."),
        run: Run::ChangeAndRestart(set_port),
        show: Show::By(show_port),
        ..RESTARTS
    },
    Command {
        name: "MqttUser",
        args: help("text of at most 32 bytes; 0 none, 1 factory"),
        help: help("The user name for the brokers."),
        run: Run::STORE_AND_RESTART,
        show: Show::Text(Text::MQTT_USER),
        ..RESTARTS
    },
    Command {
        name: "MqttPassword",
        index: Index::UpTo(2),
        args: help("text of at most 32 bytes; 0 none, 1 factory"),
        help: help("The password for the brokers. It is never shown."),
        run: Run::STORE_AND_RESTART,
        show: Show::Text(Text::MQTT_PASSWORD),
        ..RESTARTS
    },
    Command {
        name: "MqttRetry",
        args: help("10..32000 seconds"),
        help: help("The wait before a failed connection is tried again; it grows with each failure."),
        run: Run::Change(set_retry),
        show: Show::Number(Number::MQTT_RETRY),
        ..Command::PLAIN
    },
    Command {
        name: "MqttKeepAlive",
        args: help("1..100 seconds"),
        help: help("The longest silence; from the next connection on."),
        run: Run::STORE,
        show: Show::Number(Number::MQTT_KEEP_ALIVE),
        ..Command::PLAIN
    },
    Command {
        name: "MqttTimeout",
        args: help("1..100 seconds"),
        help: help("The longest wait for the broker's answer."),
        run: Run::STORE,
        show: Show::Number(Number::MQTT_TIMEOUT),
        ..Command::PLAIN
    },
];

const RESTARTS: Command = Command { retained: Retained::Refused, ..Command::PLAIN };

/// The first of a family has no number in its answer.
struct Numbered(&'static str, u8);

impl Key for Numbered {
    fn write(self, sink: &mut Sink<'_>) {
        match self.1 {
            1 => sink.push(self.0),
            number => (self.0, number).write(sink),
        }
    }
}

/// Without a number it is the first one.
fn set_host(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store_text(call, Text::MQTT_HOST, call.index_or_first())
}

fn show_host(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let n = index.unwrap_or(1);
    json.text(Numbered("MqttHost", n), view.settings().nth_text(Text::MQTT_HOST, n));
}

fn set_port(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store_port(call, Number::MQTT_PORT, call.index_or_first())
}

impl Device {
    /// Stores the argument as member `n` of a port, 1 for the factory's; 0 is for profiles alone (S-1).
    ///
    /// # Errors
    /// [`CommandError::Kept`] for what is no port.
    pub(crate) fn store_port(&mut self, call: &Call<'_>, port: Number, n: u8) -> Result<(), CommandError> {
        let value = match call.number_in(1..=u16::MAX)? {
            1 => port.factory(n),
            value => value,
        };
        Ok(self.settings.set_nth_number(port, n, value)?)
    }
}

fn show_port(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let n = index.unwrap_or(1);
    json.number(Numbered("MqttPort", n), view.settings().nth_number(Number::MQTT_PORT, n));
}

/// A running countdown starts anew with the new value (S-41).
fn set_retry(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store(call)?;
    device.retry_in = Some(device.settings.number(Number::MQTT_RETRY));
    Ok(())
}
