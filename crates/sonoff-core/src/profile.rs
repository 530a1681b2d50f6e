//! What kind of device this is: its name, its pins, its extra commands.

use crate::command::Command;
use crate::module::Arch;
use crate::settings::Settings;
use crate::wiring::{Kind, Pin, Wiring};

/// Where the pins of a device come from.
#[derive(Debug, Clone, Copy)]
pub enum Board {
    /// They never change: `Module`, `Template` and `GPIO` have nothing to say.
    Fixed {
        /// Module name, shown in Info1.
        module: &'static str,
        /// The pins.
        wiring: Wiring,
    },
    /// The owner says what is wired to which pin, with `Module`, `Template` and `GPIO`.
    Open {
        /// The chip.
        arch: &'static Arch,
        /// The module from the factory.
        module: u8,
    },
}

/// Something that a board may have or not. A command about what it has not is refused (D-55).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A radio that joins the access points it is told ([`Action::Join`](crate::Action::Join)).
    Radio,
    /// The network can be given an address instead of asking for one.
    FixedAddress,
    /// The radio can sleep ([`Action::Sleep`](crate::Action::Sleep)).
    RadioSleep,
    /// A serial port whose speed can be set ([`Action::Baudrate`](crate::Action::Baudrate)).
    Serial,
    /// Somebody sends [`Device::syslog_line`](crate::Device::syslog_line) to the log server.
    Syslog,
    /// The firmware has pages.
    Pages,
    /// A radio that can be an access point itself ([`Action::SetUp`](crate::Action::SetUp)).
    SetUp,
    /// The radio can look which access points there are.
    Scan,
    /// The link to the broker can be secure ([`Device::proof`](crate::Device::proof)).
    Tls,
}

/// The words of the line that reports a failed connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailureLine {
    /// `MQTT: CONNECT FAILED 10.0.0.1:1883, rc -2. Retry in 10 seconds` (S-34).
    #[default]
    Classic,
    /// `MQT: Connect failed to 10.0.0.1:1883, rc -2. Retry in 10 sec` (S-33).
    Modern,
}

/// What kind of device this is. A firmware fills one in; nothing of it changes at run time.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Version, shown as `<version>(sonoff)`.
    pub version: &'static str,
    /// Relays, buttons, switches and LEDs.
    pub board: Board,
    /// What else the board has.
    pub parts: &'static [Part],
    /// The firmware's own commands, searched after the built-in ones.
    pub commands: &'static [Command],
    /// Appended to the client id for the fallback topic; `_fb` in newer firmware of this family.
    pub fallback_suffix: &'static str,
    /// Words of the failure line.
    pub failure_line: FailureLine,
    /// What it runs on.
    pub platform: &'static Platform,
}

/// What a device runs on, shown in Status 2 and 4. What is not known is empty or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// When the firmware was built: `2024-01-02T03:04:05`.
    pub built: &'static str,
    /// What joins the core to the chip, with its version.
    pub core: &'static str,
    /// The chip maker's software, with its version.
    pub sdk: &'static str,
    /// Clock of the processor.
    pub cpu_mhz: u16,
    /// Name of the chip.
    pub hardware: &'static str,
    /// Size of the firmware in kilobytes.
    pub program_kb: u32,
    /// Room for it.
    pub program_room_kb: u32,
    /// The whole flash.
    pub flash_kb: u32,
}

impl Platform {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        built: "",
        core: "",
        sdk: "",
        cpu_mhz: 0,
        hardware: "",
        program_kb: 0,
        program_room_kb: 0,
        flash_kb: 0,
    };
}

impl Profile {
    /// A Sonoff Basic: one relay on GPIO12, one button on GPIO0, one LED on GPIO13, a radio and a serial port; it can be
    /// made any other device of its chip.
    pub const BASIC: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        board: Board::Open { arch: Arch::ESP8266, module: 1 },
        parts: &[Part::Radio, Part::FixedAddress, Part::RadioSleep, Part::Serial, Part::Syslog],
        commands: &[],
        fallback_suffix: "",
        failure_line: FailureLine::Classic,
        platform: &Platform::UNKNOWN,
    };

    /// With one relay the Basic; else the first `count` relays (0 to 8) of a board with relays on GPIO 12 to 19, buttons
    /// on GPIO 0 to 7 and a LED on GPIO 20, whose pins are fixed.
    pub fn with_relays(count: u8) -> Self {
        if count == 1 {
            return Self::BASIC;
        }
        let led = Wiring::default().with(Kind::Led, 1, Pin::new(20).inverted());
        let wiring = in_a_row(led, Kind::Relay, count, 12);
        Self { board: Board::Fixed { module: "Sonoff Basic", wiring }, ..Self::BASIC }.with_buttons(count)
    }

    /// The same with fixed pins, and the first `count` (0 to 8) of eight buttons on GPIO 0 to 7.
    #[must_use]
    pub fn with_buttons(self, count: u8) -> Self {
        self.with_inputs(Kind::Button, count, 0)
    }

    /// The same with fixed pins, and the first `count` (0 to 8) of eight switches with pull-up on GPIO 21 to 28.
    #[must_use]
    pub fn with_switches(self, count: u8) -> Self {
        self.with_inputs(Kind::Switch, count, 21)
    }

    fn with_inputs(self, part: Kind, count: u8, first_gpio: u8) -> Self {
        let wiring = self.wiring(&Settings::default()).without(part);
        let wiring = in_a_row(wiring, part, count, first_gpio);
        Self { board: Board::Fixed { module: "Sonoff Basic", wiring }, ..self }
    }
}

/// Members 1 to `count` on consecutive GPIOs.
fn in_a_row(wiring: Wiring, part: Kind, count: u8, first_gpio: u8) -> Wiring {
    (1..=count)
        .zip(first_gpio..)
        .fold(wiring, |wiring, (number, gpio)| wiring.with(part, number, Pin::new(gpio)))
}
