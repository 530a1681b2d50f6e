//! Log lines for a log server in the network.

use core::fmt;

use crate::clock::write_log_time;
use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Level;
use crate::json::Json;
use crate::logging::write_cut;
use crate::profile::Part;
use crate::settings::{Number, Settings, Text};
use crate::text::Sink;
use crate::time::Instant;

/// Facility 16, for local use; the severity is added.
const LOCAL: u32 = 128;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "SysLog",
        args: help("0 none, 1 errors, 2 information, 3, 4 all"),
        help: help("Which lines go to the log server."),
        run: Run::STORE,
        show: Show::Active(Number::SYS_LOG),
        ..SYSLOG
    },
    Command {
        name: "LogHost",
        args: help("name or address of at most 32 bytes; 0 none, 1 factory"),
        help: help("The log server."),
        run: Run::STORE,
        show: Show::Text(Text::LOG_HOST),
        ..SYSLOG
    },
    Command {
        name: "LogPort",
        args: help("1..65535; 1 factory"),
        help: help("The log server's UDP port."),
        run: Run::Change(set_log_port),
        show: Show::Number(Number::LOG_PORT),
        ..SYSLOG
    },
];

const SYSLOG: Command = Command { needs: Some(Part::Syslog), ..Command::PLAIN };

/// Its members of StatusLOG (U-12).
pub(crate) fn status(settings: &Settings, json: &mut Json<'_, '_>) {
    json.number("SysLog", settings.number(Number::SYS_LOG));
    json.text("LogHost", settings.text(Text::LOG_HOST));
    json.number("LogPort", settings.number(Number::LOG_PORT));
}

fn set_log_port(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store_port(call, Number::LOG_PORT, 1)
}

impl Device {
    /// The log server's name or address, and its port; `None` while nothing is to be sent.
    pub fn log_server(&self) -> Option<(&str, u16)> {
        let host = self.settings.text(Text::LOG_HOST);
        let wanted = self.has(Part::Syslog) && self.settings.number(Number::SYS_LOG) > 0 && !host.is_empty();
        wanted.then(|| (host, self.settings.number(Number::LOG_PORT)))
    }

    /// The datagram for a log line (D-60): `<134>Jan  2 03:04:05 sonoff-5206 ESP-MQT: Connected`. `None` where it is not
    /// wanted or has no room.
    ///
    /// Before the clock is set, the server's own time must do.
    pub fn syslog_line<'b>(
        &self,
        now: Instant,
        level: Level,
        text: fmt::Arguments<'_>,
        buf: &'b mut [u8],
    ) -> Option<&'b [u8]> {
        self.log_server().filter(|_| level as u8 <= self.settings.byte(Number::SYS_LOG))?;
        let mut sink = Sink::new(buf);
        sink.push("<");
        sink.push_number(LOCAL + severity(level));
        sink.push(">");
        if self.facts.clock.is_known() {
            write_log_time(&mut sink, self.facts.clock.local(now, &self.settings.zone));
        }
        sink.push(&self.names.hostname);
        sink.push(" ESP-");
        write_cut(&mut sink, text);
        sink.is_whole().then(|| sink.into_bytes())
    }
}

const fn severity(level: Level) -> u32 {
    match level {
        Level::Error => 3,
        Level::Info => 6,
        Level::Debug => 7,
    }
}
