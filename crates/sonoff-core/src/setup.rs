//! The first set-up: the wish for an access point of the device's own, and the key to it.

use crate::command::{Call, CommandError};
use crate::device::Device;
use crate::io::Action;
use crate::profile::Part;
use crate::settings::Text;
use crate::time::Instant;

/// Somebody wants it, and the runner does not know yet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish(bool);

impl Device {
    /// The board can be an access point itself (S-100).
    pub fn can_be_set_up(&self) -> bool {
        self.has(Part::SetUp)
    }

    /// The key that this device has made for itself; empty while there is none (S-101).
    pub fn setup_key(&self) -> &str {
        self.settings.text(Text::SETUP_KEY)
    }

    /// Keeps a key for all times to come, until a reset.
    pub fn keep_setup_key(&mut self, now: Instant, key: &str) {
        self.now = now;
        if self.settings.set_text(Text::SETUP_KEY, key).is_ok() {
            self.settings_changed();
        }
    }

    /// Nobody wants it again at each connection (S-103).
    pub(crate) fn wish_set_up(&mut self, call: &Call<'_>) -> Result<(), CommandError> {
        if !self.can_be_set_up() {
            return Err(CommandError::Refused);
        }
        if call.retained {
            return Err(CommandError::Retained);
        }
        self.untold.wish.0 = true;
        Ok(())
    }

    pub(crate) fn next_set_up(&mut self) -> Option<Action> {
        core::mem::take(&mut self.untold.wish.0).then_some(Action::SetUp)
    }
}
