//! In place of log lines for a log server where nobody sends them.

use core::fmt;

use crate::command::Command;
use crate::device::Device;
use crate::io::Level;
use crate::time::Instant;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[];

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
