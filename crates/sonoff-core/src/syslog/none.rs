//! In place of log lines for a log server where nobody sends them.

use core::fmt;

use crate::command::Command;
use crate::device::Device;
use crate::io::Level;
use crate::json::Json;
use crate::settings::Settings;
use crate::time::Instant;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[];

/// Its members of StatusLOG, as they are from the factory.
pub(crate) fn status(_: &Settings, json: &mut Json<'_, '_>) {
    json.number("SysLog", 0u8);
    json.text("LogHost", "");
    json.number("LogPort", 514u16);
}

impl Device {
    /// The log server: there is none.
    pub fn log_server(&self) -> Option<(&str, u16)> {
        None
    }

    /// The datagram for a log line: nobody sends it.
    pub fn syslog_line<'b>(
        &self,
        _: Instant,
        _: Level,
        _: fmt::Arguments<'_>,
        _: &'b mut [u8],
    ) -> Option<&'b [u8]> {
        None
    }
}
