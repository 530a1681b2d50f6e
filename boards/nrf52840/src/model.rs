//! The device that this board is.

use sonoff_core::Profile;
use sonoff_core::profile::{Board, Part};
use sonoff_core::wiring::{Kind, Pin, Wiring};

pub const RELAY: u8 = 13;
pub const BUTTON: u8 = 11;

/// A relay and a button, with pages.
pub fn profile() -> Profile {
    let wiring =
        Wiring::default().with(Kind::Relay, 1, Pin::new(RELAY)).with(Kind::Button, 1, Pin::new(BUTTON));
    Profile {
        board: Board::Fixed { module: "nRF52840", wiring },
        parts: &[Part::Syslog, Part::Pages],
        ..Profile::BASIC
    }
}
