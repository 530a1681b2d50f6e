//! The devices that are known without a template: their names and pins (M-20).

use super::component;
use super::packing::{length, names, put, text};

/// A module: its number and its pins in the chip's order, and its name, which needs no escapes in JSON.
type Row<const PINS: usize> = ((u8, [u16; PINS]), &'static str);

/// The modules of a chip, packed.
#[derive(Debug)]
pub(super) struct Modules {
    pub(super) numbers: &'static [u8],
    /// Their names, with a bar behind each.
    pub(super) names: &'static str,
    /// The codes of one behind those of the other, each in a byte.
    pub(super) codes: &'static [u8],
}

/// Pins in the order 0, 1, 2, 3, 4, 5, 9, 10, 12, 13, 14, 15, 16, 17.
type Codes = [u16; 14];

const BASIC: Codes = [32, 1, 1, 1, 1, 0, 0, 0, 224, 320, 1, 0, 0, 0];
const SV: Codes = [32, 1, 0, 1, 1, 1, 0, 0, 224, 320, 1, 0, 0, 1];
const TH: Codes = [32, 1, 0, 1, 1, 0, 0, 0, 224, 320, 1, 0, 0, 0];
/// Its relays hang on the serial port.
const DUAL: Codes = [1, 3200, 0, 3232, 1, 0, 0, 0, 0, 320, 1, 0, 0, 0];
const POW: Codes = [32, 0, 0, 0, 0, 2592, 0, 0, 224, 2656, 2688, 288, 0, 0];
const FOUR: Codes = [32, 1, 1, 1, 226, 225, 33, 34, 224, 320, 35, 227, 0, 0];
const PLUG: Codes = [32, 1, 1, 1, 0, 0, 0, 0, 224, 320, 1, 0, 0, 0];
const GENERIC: Codes = [1; 14];
const T1_1: Codes = [32, 1, 1, 1, 0, 0, 0, 0, 224, 320, 0, 0, 0, 0];
const T1_2: Codes = [32, 1, 1, 1, 0, 225, 33, 0, 224, 320, 0, 0, 0, 0];
const T1_3: Codes = [32, 1, 1, 1, 226, 225, 33, 34, 224, 320, 0, 0, 0, 0];
const DUAL_R2: Codes = [1, 1, 0, 1, 0, 225, 1, 32, 224, 320, 0, 0, 0, 0];
const METER: Codes = [32, 3072, 0, 3104, 0, 0, 0, 0, 224, 320, 0, 0, 0, 0];
const IFAN03: Codes = [32, 3200, 0, 3232, 0, 0, 256, 512, 226, 320, 225, 227, 0, 0];

const OF_ESP8266: &[Row<14>] = &[
    module(1, "Sonoff Basic", BASIC),
    module(2, "Sonoff RF", BASIC),
    module(3, "Sonoff SV", SV),
    module(4, "Sonoff TH", TH),
    module(5, "Sonoff Dual", DUAL),
    module(6, "Sonoff Pow", POW),
    module(7, "Sonoff 4CH", FOUR),
    module(8, "Sonoff S2X", PLUG),
    module(10, "Sonoff Touch", PLUG),
    module(18, "Generic", GENERIC),
    module(23, "Sonoff 4CH Pro", FOUR),
    module(28, "Sonoff T1 1CH", T1_1),
    module(29, "Sonoff T1 2CH", T1_2),
    module(30, "Sonoff T1 3CH", T1_3),
    module(39, "Sonoff Dual R2", DUAL_R2),
    module(41, "Sonoff S31", METER),
    module(43, "Sonoff Pow R2", METER),
    module(44, "Sonoff iFan02", FOUR),
    module(71, "Sonoff iFan03", IFAN03),
];

const MINI_R4: [u16; 36] = [
    32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 576, 0, 0, 0, 0, 0, 0, 224, 160, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0,
];

/// GPIO 6, 7, 8 and 11 are the flash; 20, 24, 37 and 38 do not exist on most.
const OF_ESP32: &[Row<36>] = &[
    module(
        1,
        "ESP32-DevKit",
        [
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1,
            1, 0, 0, 1,
        ],
    ),
    module(2, "Sonoff Mini R4", MINI_R4),
];

const BASIC_R4: [u16; 22] = [0, 0, 0, 0, 224, 0, 544, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// GPIO 11 to 17 are the flash.
const OF_ESP32C3: &[Row<22>] = &[
    module(1, "ESP32C3", [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]),
    module(2, "Sonoff Basic R4", BASIC_R4),
];

/// GPIO 24 to 30 are the flash.
const OF_ESP32C6: &[Row<31>] = &[module(
    1,
    "ESP32C6",
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
)];

/// The radio has GPIO 23, 24, 25 and 29.
const OF_RP2040: &[Row<30>] = &[module(
    1,
    "RP2040-W",
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0],
)];

const fn module<const PINS: usize>(number: u8, name: &'static str, codes: [u16; PINS]) -> Row<PINS> {
    ((number, codes), name)
}

impl Modules {
    pub(super) const OF_ESP8266: Self = Self {
        numbers: &numbers::<{ OF_ESP8266.len() }, 14>(OF_ESP8266),
        names: text(&names::<{ length(OF_ESP8266) }, _>(OF_ESP8266, &[])),
        codes: &codes::<{ OF_ESP8266.len() * 14 }, 14>(OF_ESP8266),
    };
    pub(super) const OF_ESP32: Self = Self {
        numbers: &numbers::<{ OF_ESP32.len() }, 36>(OF_ESP32),
        names: text(&names::<{ length(OF_ESP32) }, _>(OF_ESP32, &[])),
        codes: &codes::<{ OF_ESP32.len() * 36 }, 36>(OF_ESP32),
    };
    pub(super) const OF_ESP32C3: Self = Self {
        numbers: &numbers::<{ OF_ESP32C3.len() }, 22>(OF_ESP32C3),
        names: text(&names::<{ length(OF_ESP32C3) }, _>(OF_ESP32C3, &[])),
        codes: &codes::<{ OF_ESP32C3.len() * 22 }, 22>(OF_ESP32C3),
    };
    pub(super) const OF_ESP32C6: Self = Self {
        numbers: &numbers::<{ OF_ESP32C6.len() }, 31>(OF_ESP32C6),
        names: text(&names::<{ length(OF_ESP32C6) }, _>(OF_ESP32C6, &[])),
        codes: &codes::<{ OF_ESP32C6.len() * 31 }, 31>(OF_ESP32C6),
    };
    pub(super) const OF_RP2040: Self = Self {
        numbers: &numbers::<{ OF_RP2040.len() }, 30>(OF_RP2040),
        names: text(&names::<{ length(OF_RP2040) }, _>(OF_RP2040, &[])),
        codes: &codes::<{ OF_RP2040.len() * 30 }, 30>(OF_RP2040),
    };
}

const fn numbers<const N: usize, const PINS: usize>(mut rows: &[Row<PINS>]) -> [u8; N] {
    let mut numbers = [0; N];
    let mut places: &mut [u8] = &mut numbers;
    while let [((number, _), _), others @ ..] = rows {
        places = put(places, &[*number]);
        rows = others;
    }
    numbers
}

const fn codes<const N: usize, const PINS: usize>(mut rows: &[Row<PINS>]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut places: &mut [u8] = &mut bytes;
    while let [((_, codes), _), others @ ..] = rows {
        places = put_codes(places, codes);
        rows = others;
    }
    bytes
}

const fn put_codes<'a>(mut places: &'a mut [u8], mut codes: &[u16]) -> &'a mut [u8] {
    while let [code, others @ ..] = codes {
        places = put(places, &[component::packed(*code)]);
        codes = others;
    }
    places
}
