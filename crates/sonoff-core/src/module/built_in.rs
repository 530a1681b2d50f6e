//! The devices that are known without a template: their names and pins (M-20).

use super::arch::Module;
use super::component;

/// Pins in the order 0, 1, 2, 3, 4, 5, 9, 10, 12, 13, 14, 15, 16, 17.
type Codes = [u8; 14];

const BASIC: Codes = packed([32, 1, 1, 1, 1, 0, 0, 0, 224, 320, 1, 0, 0, 0]);
const SV: Codes = packed([32, 1, 0, 1, 1, 1, 0, 0, 224, 320, 1, 0, 0, 1]);
const TH: Codes = packed([32, 1, 0, 1, 1, 0, 0, 0, 224, 320, 1, 0, 0, 0]);
/// Its relays hang on the serial port.
const DUAL: Codes = packed([1, 3200, 0, 3232, 1, 0, 0, 0, 0, 320, 1, 0, 0, 0]);
const POW: Codes = packed([32, 0, 0, 0, 0, 2592, 0, 0, 224, 2656, 2688, 288, 0, 0]);
const FOUR: Codes = packed([32, 1, 1, 1, 226, 225, 33, 34, 224, 320, 35, 227, 0, 0]);
const PLUG: Codes = packed([32, 1, 1, 1, 0, 0, 0, 0, 224, 320, 1, 0, 0, 0]);
const GENERIC: Codes = packed([1; 14]);
const T1_1: Codes = packed([32, 1, 1, 1, 0, 0, 0, 0, 224, 320, 0, 0, 0, 0]);
const T1_2: Codes = packed([32, 1, 1, 1, 0, 225, 33, 0, 224, 320, 0, 0, 0, 0]);
const T1_3: Codes = packed([32, 1, 1, 1, 226, 225, 33, 34, 224, 320, 0, 0, 0, 0]);
const DUAL_R2: Codes = packed([1, 1, 0, 1, 0, 225, 1, 32, 224, 320, 0, 0, 0, 0]);
const METER: Codes = packed([32, 3072, 0, 3104, 0, 0, 0, 0, 224, 320, 0, 0, 0, 0]);
const IFAN03: Codes = packed([32, 3200, 0, 3232, 0, 0, 256, 512, 226, 320, 225, 227, 0, 0]);

pub(super) const ESP8266: &[Module] = &[
    module(1, "Sonoff Basic", &BASIC),
    module(2, "Sonoff RF", &BASIC),
    module(3, "Sonoff SV", &SV),
    module(4, "Sonoff TH", &TH),
    module(5, "Sonoff Dual", &DUAL),
    module(6, "Sonoff Pow", &POW),
    module(7, "Sonoff 4CH", &FOUR),
    module(8, "Sonoff S2X", &PLUG),
    module(10, "Sonoff Touch", &PLUG),
    module(18, "Generic", &GENERIC),
    module(23, "Sonoff 4CH Pro", &FOUR),
    module(28, "Sonoff T1 1CH", &T1_1),
    module(29, "Sonoff T1 2CH", &T1_2),
    module(30, "Sonoff T1 3CH", &T1_3),
    module(39, "Sonoff Dual R2", &DUAL_R2),
    module(41, "Sonoff S31", &METER),
    module(43, "Sonoff Pow R2", &METER),
    module(44, "Sonoff iFan02", &FOUR),
    module(71, "Sonoff iFan03", &IFAN03),
];

const MINI_R4: [u8; 36] = packed([
    32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 576, 0, 0, 0, 0, 0, 0, 224, 160, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0,
]);

/// GPIO 6, 7, 8 and 11 are the flash; 20, 24, 37 and 38 do not exist on most.
pub(super) const ESP32: &[Module] = &[
    module(
        1,
        "ESP32-DevKit",
        &[
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1,
            1, 0, 0, 1,
        ],
    ),
    module(2, "Sonoff Mini R4", &MINI_R4),
];

const BASIC_R4: [u8; 22] = packed([0, 0, 0, 0, 224, 0, 544, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/// GPIO 11 to 17 are the flash.
pub(super) const ESP32C3: &[Module] = &[
    module(1, "ESP32C3", &packed([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])),
    module(2, "Sonoff Basic R4", &BASIC_R4),
];

/// GPIO 24 to 30 are the flash.
pub(super) const ESP32C6: &[Module] = &[module(
    1,
    "ESP32C6",
    &packed([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
)];

/// The radio has GPIO 23, 24, 25 and 29.
pub(super) const RP2040: &[Module] = &[module(
    1,
    "RP2040-W",
    &packed([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0]),
)];

const fn module(number: u8, name: &'static str, codes: &'static [u8]) -> Module {
    Module { number, name, codes }
}

const fn packed<const N: usize>(codes: [u16; N]) -> [u8; N] {
    let mut bytes = [0; N];
    let (mut places, mut left): (&mut [u8], &[u16]) = (&mut bytes, &codes);
    while let ([place, rest @ ..], [code, others @ ..]) = (places, left) {
        *place = component::packed(*code);
        (places, left) = (rest, others);
    }
    bytes
}
