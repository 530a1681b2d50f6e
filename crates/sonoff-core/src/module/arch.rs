//! Chips: which pins a template names, in which order, and the devices that are known for each.

use super::built_in::Modules;
use super::component::Components;

/// Most pins of a chip.
pub(crate) const PINS: usize = 36;

/// A chip (M-9 to M-12).
#[derive(Debug)]
pub struct Arch {
    /// What templates call it.
    pub name: &'static str,
    /// GPIO numbers in the order of a template's codes; at most 36.
    pub pins: &'static [u8],
    /// The devices that `Module` knows, by number.
    pub(super) modules: Modules,
    /// The number of the module whose pins are all free.
    pub generic: u8,
    /// Pins that the board itself uses, its radio for example: a template leaves them alone. GPIO 0 is bit 0.
    taken: u32,
    /// Its templates had other codes once, and no `ARCH`.
    pub(super) is_first: bool,
    /// What can be wired to its pins.
    pub(super) components: Components,
}

impl Arch {
    /// ESP8266 and ESP8285.
    pub const ESP8266: &Self = &Self {
        name: "ESP8266",
        pins: &[0, 1, 2, 3, 4, 5, 9, 10, 12, 13, 14, 15, 16, 17],
        modules: Modules::OF_ESP8266,
        generic: 18,
        taken: 0,
        is_first: true,
        components: Components::OF_ESP8266,
    };
    /// ESP32.
    pub const ESP32: &Self = &Self {
        name: "ESP32",
        pins: &[
            0, 1, 2, 3, 4, 5, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 6, 7, 8,
            11, 32, 33, 34, 35, 36, 37, 38, 39,
        ],
        modules: Modules::OF_ESP32,
        components: Components::OF_ESP32,
        ..Self::LATER
    };
    /// ESP32-C3.
    pub const ESP32C3: &Self = &Self {
        name: "ESP32C3",
        pins: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21],
        modules: Modules::OF_ESP32C3,
        components: Components::OF_ESP32,
        ..Self::LATER
    };
    /// ESP32-C6.
    pub const ESP32C6: &Self = &Self {
        name: "ESP32C6",
        pins: &[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
            27, 28, 29, 30,
        ],
        modules: Modules::OF_ESP32C6,
        components: Components::OF_ESP32,
        ..Self::LATER
    };
    /// RP2040, on a board whose radio is at GPIO 23, 24, 25 and 29.
    pub const RP2040: &Self = &Self {
        name: "RP2040",
        pins: &[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
            27, 28, 29,
        ],
        modules: Modules::OF_RP2040,
        taken: 1 << 23 | 1 << 24 | 1 << 25 | 1 << 29,
        ..Self::LATER
    };
    const LATER: Self = Self {
        name: "",
        pins: &[],
        modules: Modules { numbers: &[], names: "", codes: &[] },
        generic: 1,
        taken: 0,
        is_first: false,
        components: Components::OF_ALL,
    };

    /// Which of its modules has this number.
    #[inline(never)]
    pub(super) fn module(&self, number: u16) -> Option<usize> {
        self.modules.numbers.iter().position(|known| u16::from(*known) == number)
    }

    /// The place of a GPIO in a template.
    pub(super) fn place(&self, gpio: u8) -> Option<usize> {
        self.pins.iter().position(|pin| *pin == gpio)
    }

    /// No template may use this pin.
    pub(super) fn is_taken(&self, gpio: u8) -> bool {
        1u32.checked_shl(gpio.into()).is_some_and(|bit| self.taken & bit != 0)
    }
}
