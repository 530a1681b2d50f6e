//! In place of discovery where it is not compiled: nothing is announced.

use crate::command::Command;
use crate::device::Device;
use crate::report::Part;
use crate::time::Instant;

pub(crate) const TOPIC: &str = "tasmota/discovery/";
pub(crate) const OFF: u8 = 19;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[];

#[derive(Debug, Default)]
pub(crate) struct Discovery {}

impl Discovery {
    pub(crate) fn session_began(&mut self, _: Instant, _: bool, _: u32) {}

    pub(crate) fn look_again(&mut self, _: Instant) {}

    pub(crate) fn switched(&mut self, _: Instant) {}

    pub(crate) fn deadline(&self) -> Option<Instant> {
        None
    }
}

impl Device {
    pub(crate) fn tick_discovery(&mut self) {}

    pub(crate) fn discovery_part(&self, _: u8) -> Part {
        Part::End
    }
}
