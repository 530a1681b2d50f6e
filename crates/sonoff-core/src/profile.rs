//! What kind of device this is: its name, its pins, its extra commands.

use crate::command::Command;

/// A relay output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay {
    /// GPIO number.
    pub gpio: u8,
    /// The relay is on when the pin is low.
    pub inverted: bool,
}

/// A push button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button {
    /// GPIO number.
    pub gpio: u8,
    /// Pressed is the high level; otherwise low, with a pull-up.
    pub active_high: bool,
}

/// A switch: a contact whose levels SwitchMode gives a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// GPIO number.
    pub gpio: u8,
    /// The pin's own resistor pulls it high; for a contact to ground.
    pub pull_up: bool,
}

/// A LED.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Led {
    /// GPIO number.
    pub gpio: u8,
    /// The LED is lit when the pin is low.
    pub inverted: bool,
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
    /// Module name, shown in Info1.
    pub module: &'static str,
    /// Version, shown as `<version>(sonoff)`.
    pub version: &'static str,
    /// Relays in order; at most [`POWERS`](crate::POWERS) are used.
    pub relays: &'static [Relay],
    /// Buttons in order; button n switches relay n.
    pub buttons: &'static [Button],
    /// Switches in order; switch n switches relay n.
    pub switches: &'static [Switch],
    /// LEDs that show power; at most four are used.
    pub leds: &'static [Led],
    /// The LED that tells presses and trouble; without one the first of [`Self::leds`] does.
    pub link_led: Option<Led>,
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
    /// A Sonoff Basic: one relay on GPIO12, one button on GPIO0, one LED on GPIO13, a radio and a serial port.
    pub const BASIC: Self = Self {
        module: "Sonoff Basic",
        version: env!("CARGO_PKG_VERSION"),
        relays: &[Relay { gpio: 12, inverted: false }],
        buttons: &[Button { gpio: 0, active_high: false }],
        switches: &[],
        leds: &[Led { gpio: 13, inverted: true }],
        link_led: None,
        parts: &[Part::Radio, Part::FixedAddress, Part::RadioSleep, Part::Serial, Part::Syslog],
        commands: &[],
        fallback_suffix: "",
        failure_line: FailureLine::Classic,
        platform: &Platform::UNKNOWN,
    };

    /// The first `count` relays (0 to 8) of a board with relays on GPIO 12 to 19, buttons on GPIO 0 to 7 and a
    /// LED on GPIO 20.
    pub fn with_relays(count: u8) -> Self {
        Self {
            relays: EIGHT_RELAYS.get(..usize::from(count)).unwrap_or(&EIGHT_RELAYS),
            leds: &[Led { gpio: 20, inverted: true }],
            ..Self::BASIC.with_buttons(count)
        }
    }

    /// The same with the first `count` (0 to 8) of eight buttons on GPIO 0 to 7.
    #[must_use]
    pub fn with_buttons(self, count: u8) -> Self {
        Self { buttons: EIGHT_BUTTONS.get(..usize::from(count)).unwrap_or(&EIGHT_BUTTONS), ..self }
    }

    /// The same with the first `count` (0 to 8) of eight switches with pull-up on GPIO 21 to 28.
    #[must_use]
    pub fn with_switches(self, count: u8) -> Self {
        Self { switches: EIGHT_SWITCHES.get(..usize::from(count)).unwrap_or(&EIGHT_SWITCHES), ..self }
    }
}

const EIGHT_RELAYS: [Relay; 8] =
    [relay(12), relay(13), relay(14), relay(15), relay(16), relay(17), relay(18), relay(19)];
const EIGHT_BUTTONS: [Button; 8] =
    [button(0), button(1), button(2), button(3), button(4), button(5), button(6), button(7)];
const EIGHT_SWITCHES: [Switch; 8] =
    [switch(21), switch(22), switch(23), switch(24), switch(25), switch(26), switch(27), switch(28)];

const fn relay(gpio: u8) -> Relay {
    Relay { gpio, inverted: false }
}

const fn button(gpio: u8) -> Button {
    Button { gpio, active_high: false }
}

const fn switch(gpio: u8) -> Switch {
    Switch { gpio, pull_up: true }
}
