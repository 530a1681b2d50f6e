//! What can be wired to a pin, by the numbers that templates use.

use crate::text::Sink;
use crate::wiring::{Kind, Pin};

/// One kind of component. Code `first` stands for number 1, the next for number 2 (M-13).
#[derive(Debug, Clone, Copy)]
pub struct Component {
    /// The first of its codes.
    pub(super) first: u16,
    purpose: Purpose,
    /// Its name, without a number.
    pub(super) name: &'static str,
}

/// What becomes of a pin with such a component (M-14).
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// It is wired so.
    Wired(Kind, Pin),
    /// Nothing, though there can be so many of them: this firmware does not drive it.
    Kept(u8),
}

/// The pin is not used.
pub(super) const NONE: u16 = 0;
/// What the pin serves is set with `GPIO`.
pub(super) const USER: u16 = 1;

/// A code's number within its component: 32 codes each.
const NUMBERS: u16 = 0x1F;

/// All components that every chip knows (M-13).
pub(super) const COMPONENTS: &[Component] = &[
    kept(NONE, "None", 1),
    kept(USER, "User", 1),
    wired(32, "Button", Kind::Button, UPRIGHT),
    wired(64, "Button_n", Kind::Button, UPRIGHT.floating()),
    wired(96, "Button_i", Kind::Button, UPRIGHT.inverted()),
    wired(128, "Button_in", Kind::Button, UPRIGHT.inverted().floating()),
    wired(160, "Switch", Kind::Switch, UPRIGHT),
    wired(192, "Switch_n", Kind::Switch, UPRIGHT.floating()),
    wired(224, "Relay", Kind::Relay, UPRIGHT),
    wired(256, "Relay_i", Kind::Relay, UPRIGHT.inverted()),
    wired(288, "Led", Kind::Led, UPRIGHT),
    wired(320, "Led_i", Kind::Led, UPRIGHT.inverted()),
    kept(352, "Counter", 4),
    kept(384, "Counter_n", 4),
    kept(416, "PWM", 5),
    kept(448, "PWM_i", 5),
    kept(480, "Buzzer", 1),
    kept(512, "Buzzer_i", 1),
    wired(544, "LedLink", Kind::LinkLed, UPRIGHT),
    wired(576, "LedLink_i", Kind::LinkLed, UPRIGHT.inverted()),
    kept(608, "I2C SCL", 1),
    kept(640, "I2C SDA", 1),
    kept(1184, "DHT11", 1),
    kept(1216, "AM2301", 1),
    kept(1248, "SI7021", 1),
    kept(1280, "DHT11_o", 1),
    kept(1312, "DS18x20", 1),
    kept(1344, "DS18x20_o", 1),
    kept(1376, "WS2812", 1),
    kept(1792, "SerBr Tx", 1),
    kept(1824, "SerBr Rx", 1),
    kept(2592, "HLWBL SEL", 1),
    kept(2624, "HLWBL SEL_i", 1),
    kept(2656, "HLWBL CF1", 1),
    kept(2688, "HLW8012 CF", 1),
    kept(2720, "BL0937 CF", 1),
    kept(3072, "CSE7766 Tx", 1),
    kept(3104, "CSE7766 Rx", 1),
    kept(3200, "Serial Tx", 1),
    kept(3232, "Serial Rx", 1),
    kept(3840, "Output Hi", 1),
    kept(3872, "Output Lo", 1),
    kept(4704, "ADC Input", 1),
];

/// The codes above differ from chip to chip.
pub(super) const OF_ESP8266: &[Component] = &[kept(5056, "BL0940 Rx", 1), kept(7520, "BL0942 Rx", 1)];
/// Of an ESP32 and its relatives.
pub(super) const OF_ESP32: &[Component] = &[
    kept(7296, "CSE7761 Tx", 1),
    kept(7328, "CSE7761 Rx", 1),
    kept(7552, "ZC Pulse", 1),
    kept(8128, "BL0939 Rx", 1),
    kept(8160, "BL0942 Rx", 1),
    kept(9184, "TM1621 CS", 1),
    kept(9216, "TM1621 WR", 1),
    kept(9248, "TM1621 RD", 1),
    kept(9280, "TM1621 DAT", 1),
    kept(10560, "MagicSwitch", 1),
];

/// The GPIO number comes with the pin.
const UPRIGHT: Pin = Pin::new(0);

const fn wired(first: u16, name: &'static str, kind: Kind, pin: Pin) -> Component {
    Component { first, purpose: Purpose::Wired(kind, pin), name }
}

const fn kept(first: u16, name: &'static str, count: u8) -> Component {
    Component { first, purpose: Purpose::Kept(count), name }
}

impl Component {
    /// Its name, with the number that `code` stands for where there can be several.
    pub(super) fn write_name(&self, code: u16, sink: &mut Sink<'_>) {
        sink.push(self.name);
        if self.count() > 1 {
            sink.push_number(number(code).into());
        }
    }

    /// `GPIO` takes this code.
    pub(super) fn takes(&self, code: u16) -> bool {
        number(code) <= self.count()
    }

    /// The numbers that act, or could.
    fn count(&self) -> u8 {
        match self.purpose {
            Purpose::Wired(kind, _) => kind.count(),
            Purpose::Kept(count) => count,
        }
    }

    /// Kind, number and pin of something that this firmware drives.
    pub(super) fn wired(&self, code: u16, gpio: u8) -> Option<(Kind, u8, Pin)> {
        match self.purpose {
            Purpose::Wired(kind, pin) => Some((kind, number(code), pin.at(gpio))),
            Purpose::Kept(_) => None,
        }
    }

    pub(super) fn is_of(&self, code: u16) -> bool {
        if code <= USER { self.first == code } else { self.first == code & !NUMBERS }
    }
}

/// From 1.
fn number(code: u16) -> u8 {
    match code {
        NONE | USER => 1,
        code => u8::try_from(code & NUMBERS).unwrap_or(0) + 1,
    }
}
