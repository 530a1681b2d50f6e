//! In place of the first set-up where a board cannot be an access point.

use crate::command::{Call, CommandError};
use crate::device::Device;
use crate::io::Action;

/// Nobody can want it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish {}

impl Device {
    /// The board can be an access point itself: never.
    pub fn can_be_set_up(&self) -> bool {
        false
    }

    pub(crate) fn wish_set_up(&mut self, _: &Call<'_>) -> Result<(), CommandError> {
        Err(CommandError::Refused)
    }

    pub(crate) fn next_set_up(&mut self) -> Option<Action> {
        let Wish {} = self.untold.wish;
        None
    }
}
