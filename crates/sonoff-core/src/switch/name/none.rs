//! In place of SwitchText where it is not compiled: switches are called by their numbers.

use crate::settings::Settings;
use crate::switch::numbered;

impl Settings {
    /// The key of a switch in messages.
    pub(crate) fn switch_name(&self, number: u8) -> &str {
        numbered(number)
    }
}
