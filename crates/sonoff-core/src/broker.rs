//! The commands that name the brokers and set the link's times.

use crate::args::{self, ArgError, Shortcut};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run};
use crate::device::Device;
use crate::json::{Json, Key};
use crate::settings::{Name, Settings};
use crate::text::Sink;
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "MqttHost",
        index: Index::UpTo(3),
        args: "name or address of at most 32 bytes; 0 none, 1 factory",
        help: "The broker; 2 and 3 are tried when those before them fail.",
        run: Run::Set(set_host),
        show: show_host,
        ..RESTARTS
    },
    Command {
        name: "MqttPort",
        index: Index::UpTo(3),
        args: "1..65535; 1 factory",
        help: "The broker's TCP port.",
        run: Run::Set(set_port),
        show: show_port,
        ..RESTARTS
    },
    Command {
        name: "MqttUser",
        args: "text of at most 32 bytes; 0 none, 1 factory",
        help: "The user name for the brokers.",
        run: Run::Set(set_user),
        show: |view, _, json| json.text("MqttUser", &view.settings().user),
        ..RESTARTS
    },
    Command {
        name: "MqttPassword",
        index: Index::UpTo(2),
        args: "text of at most 32 bytes; 0 none, 1 factory",
        help: "The password for the brokers. It is never shown.",
        run: Run::Set(set_password),
        show: |_, _, json| json.text("MqttPassword", HIDDEN),
        ..RESTARTS
    },
    Command {
        name: "MqttRetry",
        args: "10..32000 seconds",
        help: "The wait before a failed connection is tried again; it grows with each failure.",
        run: Run::Set(set_retry),
        show: |view, _, json| json.number("MqttRetry", view.settings().retry),
        ..Command::PLAIN
    },
    Command {
        name: "MqttKeepAlive",
        args: "1..100 seconds",
        help: "The longest silence; from the next connection on.",
        run: Run::Set(set_keep_alive),
        show: |view, _, json| json.number("MqttKeepAlive", view.settings().keep_alive),
        ..Command::PLAIN
    },
    Command {
        name: "MqttTimeout",
        args: "1..100 seconds",
        help: "The longest wait for the broker's answer.",
        run: Run::Set(set_timeout),
        show: |view, _, json| json.number("MqttTimeout", view.settings().timeout),
        ..Command::PLAIN
    },
];

/// What is shown instead of a secret; setting a secret to this changes nothing (D-54).
pub(crate) const HIDDEN: &str = "****";

const RESTARTS: Command = Command { retained: Retained::Refused, ..Command::PLAIN };

/// A text with its shortcuts (D-16).
fn text_or(argument: &str, factory: &Name) -> Result<Name, ArgError> {
    match args::shortcut(argument) {
        Some(Shortcut::Clear) => Ok(Name::new()),
        Some(Shortcut::Default) => Ok(factory.clone()),
        None => Name::try_from(argument).map_err(|_| ArgError::TooLong),
    }
}

/// A setting of the link: stored, saved, in force after the restart.
fn changed(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings_changed(call.now);
    device.restart_soon(call.now);
    Ok(Reply::Show)
}

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

fn at(index: Option<u8>) -> usize {
    usize::from(index.unwrap_or(1).saturating_sub(1))
}

fn set_host(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let host = text_or(call.argument, &Name::new())?;
    let place = device.settings.hosts.get_mut(at(call.index)).ok_or(CommandError::Refused)?;
    *place = host;
    changed(device, call)
}

fn show_host(view: View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let host = view.settings().hosts.get(at(index)).map_or("", |host| host.as_str());
    json.text(Numbered("MqttHost", index.unwrap_or(1)), host);
}

fn set_port(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let port = match call.number_in(1..=u16::MAX)? {
        1 => 1883,
        port => port,
    };
    let place = device.settings.ports.get_mut(at(call.index)).ok_or(CommandError::Refused)?;
    *place = port;
    changed(device, call)
}

fn show_port(view: View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let port = view.settings().ports.get(at(index)).copied().unwrap_or(0);
    json.number(Numbered("MqttPort", index.unwrap_or(1)), port);
}

fn set_user(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.user = text_or(call.argument, &Settings::default().user)?;
    changed(device, call)
}

fn set_password(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if call.argument == HIDDEN {
        return Ok(Reply::Show);
    }
    device.settings.password = text_or(call.argument, &Settings::default().password)?;
    changed(device, call)
}

/// A running countdown starts anew with the new value (S-41).
fn set_retry(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let seconds = call.number_in(10..=32_000)?;
    device.settings.retry = seconds;
    device.retry_in = Some(seconds);
    device.settings_changed(call.now);
    Ok(Reply::Show)
}

fn set_keep_alive(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.keep_alive = call.number_in(1..=100)?;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}

fn set_timeout(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.timeout = call.number_in(1..=100)?;
    device.settings_changed(call.now);
    Ok(Reply::Show)
}
