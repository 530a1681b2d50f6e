//! In place of the secure link where there is none.

use crate::command::Command;
use crate::device::Device;
use crate::io::Fingerprint;
use crate::json::Json;
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[];

/// The options about it do not exist.
pub(crate) fn lacks(_: &Device, _: u8) -> bool {
    false
}

pub(crate) fn status(_: &View<'_>, _: &mut Json<'_, '_>) {}

impl Device {
    pub(crate) fn learn(&mut self, _: &Fingerprint) {}
}
