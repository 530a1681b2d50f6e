//! What differs between the chips: their pins, and the device that they are from the factory.

use sonoff_core::Profile;
use sonoff_core::module::Arch;
use sonoff_core::profile::{Board, Part};

#[cfg(feature = "esp32c3")]
pub use esp32c3::{BOARD, FREE, HEARS, SAYS};
#[cfg(all(feature = "esp32c6", not(feature = "esp32c3")))]
pub use esp32c6::{BOARD, FREE, HEARS, SAYS};

/// The device, with a pin for each part that a template names.
pub fn profile() -> Profile {
    let parts = &[
        Part::Radio,
        Part::RadioSleep,
        Part::Syslog,
        Part::Scan,
        #[cfg(feature = "pages")]
        Part::Pages,
        #[cfg(feature = "setup")]
        Part::SetUp,
    ];
    Profile { board: BOARD, parts, ..Profile::BASIC }
}

/// A Sonoff Basic R4, unless its owner says otherwise.
#[cfg(feature = "esp32c3")]
mod esp32c3 {
    use super::{Arch, Board};

    pub const BOARD: Board = Board::Open { arch: Arch::ESP32C3, module: 2 };
    /// All but those of the flash and of the console.
    pub const FREE: [u8; 13] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 19];
    pub const HEARS: u8 = 20;
    pub const SAYS: u8 = 21;
}

/// A board without a use, until its owner gives it one.
#[cfg(feature = "esp32c6")]
mod esp32c6 {
    use super::{Arch, Board};

    pub const BOARD: Board = Board::Open { arch: Arch::ESP32C6, module: 1 };
    /// All but those of the flash and of the console.
    pub const FREE: [u8; 22] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23];
    pub const SAYS: u8 = 16;
    pub const HEARS: u8 = 17;
}
