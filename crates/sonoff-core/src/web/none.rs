//! In place of the settings of pages where a firmware has none.

use crate::command::Command;
use crate::device::Device;
use crate::io::Level;
use crate::json::Json;
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[];

impl Device {
    /// Whether the page of the log wants a line of this level: there is none.
    pub fn wants_page_line(&self, _: Level) -> bool {
        false
    }

    /// Who the pages are for: there are none.
    pub fn webserver(&self) -> u8 {
        0
    }

    /// The password that a page must ask for: there is no page.
    pub fn web_password(&self) -> Option<&str> {
        None
    }

    /// Which lines the page of the log wants: there is none.
    pub(crate) fn page_log_level(&self) -> u8 {
        0
    }
}

pub(crate) fn info2(_: &View<'_>, _: &mut Json<'_, '_>) {}
