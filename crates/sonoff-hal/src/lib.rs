//! The traits against which a sonoff device runs; a board implements the few that nobody else offers.
//!
//! Network, console and sensor buses come from `edge-nal`, `embedded-io-async` and `embedded-hal`. What is here
//! had no home upstream. Milliseconds are `u64` and count from the start of the [`Clock`].
//!
//! [`none`] has a null part for each optional thing, [`conformance`] has checks that a port can run against its
//! own parts, and [`FixedPins`] makes [`Pins`] from plain `embedded-hal` pins.
#![no_std]
// One task runs everything; no part ever needs a `Send` future.
#![allow(async_fn_in_trait)]

use core::fmt::Debug;

pub mod conformance;
mod fixed_pins;
pub mod none;
mod radio;
pub mod raw;
mod station;
pub mod tls;

pub use fixed_pins::FixedPins;
pub use radio::{Radio, RadioStation};
pub use station::{Access, FixedAddress, JoinError, NetworkFacts, RadioFacts, Seen, Station};

/// Relays, LEDs, buttons and switches by GPIO number.
///
/// A pin stays an input, as the chip's reset left it, until [`Self::assign`]: relays must make no edge at a
/// restart. All methods but [`Self::changed`] return at once and never block.
pub trait Pins {
    /// Gives a pin its part. For an output the level is set **first**, then the direction; assigning a pin again
    /// changes its part. A number that the board does not have is ignored.
    fn assign(&self, gpio: u8, role: PinRole, high: bool);

    /// Sets the level of an output. Anything else is ignored.
    fn write(&self, gpio: u8, high: bool);

    /// Sets an output's duty cycle; without PWM, from the middle up is high.
    fn dim(&self, gpio: u8, duty: u16) {
        self.write(gpio, duty >= 0x8000);
    }

    /// The levels of all pins as they are now: bit n is GPIO n.
    fn levels(&self) -> u64;

    /// Waits until an input differs from what [`Self::levels`] told last; at once if it does already, so that no
    /// edge between the two calls is lost. Dropping the future loses nothing.
    async fn changed(&self);
}

/// A pin's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinRole {
    /// Push-pull output.
    Output,
    /// Input with pull-up.
    InputPullUp,
    /// Input without pull resistor.
    Input,
}

/// Monotonic time of one device.
pub trait Clock {
    /// Milliseconds since the start; never goes back.
    fn now(&self) -> u64;

    /// Waits until [`Self::now`] is `at` or later; `u64::MAX` never comes. Dropping the future is free of effects.
    async fn wait_until(&self, at: u64);
}

/// Keeps one blob per slot across power cuts.
pub trait Store {
    /// Why it failed.
    type Error: Debug;

    /// Fills `buf` with the last blob of `slot` that was saved whole; `None` on a new device.
    ///
    /// # Errors
    /// When the memory cannot be read, or `buf` is too small for the blob.
    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> Result<Option<&'b [u8]>, Self::Error>;

    /// Saves a blob: after a power cut, the old or the new one is there, never a mixture. It is never dropped
    /// half-way by the runtime, only by a power cut.
    ///
    /// # Errors
    /// When the blob is not stored; the old one still is.
    async fn save(&mut self, slot: Slot, blob: &[u8]) -> Result<(), Self::Error>;
}

/// Which blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// The settings document: written when someone changes a setting.
    Settings,
    /// The small state record: written whenever a relay moved.
    State,
}

/// What a chip has and no other trait offers.
pub trait System {
    /// The hardware address, or another number that no other device has.
    fn chip_id(&self) -> [u8; 6];

    /// A random number that nobody outside can foresee: it spreads retries over time, and the key to a device's own access
    /// point is made of it.
    fn random(&mut self) -> u32;

    /// Restarts the chip. It does not return there; on a host it does, and the run ends.
    fn restart(&mut self);

    /// How this run began.
    fn wake(&self) -> Wake;

    /// Memory that survives a warm reset but no power cut. Its content is random after a cold start.
    fn keep(&mut self) -> &mut [u8; 32];

    /// Tells the watchdog that all is well. It is told after a round of the loop that reads the inputs.
    fn feed(&mut self) {}

    /// The longest time between two calls of [`Self::feed`], in milliseconds; `None` without a watchdog, and then
    /// a quiet device may sleep as long as it likes.
    fn feed_every(&self) -> Option<u64> {
        None
    }

    /// Free bytes of memory, as Status 4 tells it.
    fn free_memory(&self) -> u32;

    /// Sets the speed of the serial console. A chip without one ignores it, and the profile of its board does not name
    /// it.
    fn set_baudrate(&mut self, _baud: u32) {}
}

/// How a run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake {
    /// Power was applied; otherwise a reset of any other kind.
    pub cold: bool,
    /// For people, such as `Power On`.
    pub reason: &'static str,
}

/// A source of measured values.
pub trait Sensors {
    /// Waits for the next value. The future is never dropped half-way, since a bus transaction may be under way; it
    /// ends only with the run, as at a reset.
    ///
    /// A sensor that has failed for good is told once for each quantity, with no value, and again when it is back.
    /// A value that has not changed may be told again or not.
    async fn next(&mut self) -> Reading;
}

/// Where the time of day comes from: time servers, a clock with a battery, a host.
pub trait TimeSource {
    /// Asks one time server, by its name or address, for the time: milliseconds since 1970-01-01T00:00:00Z at the
    /// moment of the answer; `None` when there is none. `nonce` is a random number, by which a request may be told
    /// from others. Dropping the future leaves no socket: the runtime waits no longer than it likes.
    async fn ask(&mut self, server: &str, nonce: u32) -> Option<u64>;
}

/// One measured value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The sensor's name as telemetry shows it, such as `DS18B20`.
    pub sensor: &'static str,
    /// Where the sensor is: two with the same name and place are the same.
    pub place: Place,
    /// What was measured.
    pub quantity: Quantity,
    /// The value in thousandths of the quantity's unit; `None` when it is missing.
    pub milli: Option<i32>,
}

/// Where a sensor is; telemetry tells several of one name apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One of many on a 1-Wire bus: the ROM code without family and CRC, highest byte first.
    Rom([u8; 6]),
    /// Alone at a GPIO.
    Pin(u8),
    /// An I²C address.
    Address(u8),
    /// There can be one only.
    Single,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// In thousandths of a degree Celsius.
    Temperature,
    /// In thousandths of a percent of relative humidity.
    Humidity,
    /// In thousandths of a hectopascal.
    Pressure,
}
