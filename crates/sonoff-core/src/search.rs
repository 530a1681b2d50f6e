//! The broker that nobody has named: whether one is to be looked for in the network.

use crate::device::Device;
use crate::settings::{Number, Text};

/// The option that allows it.
const ALLOWED: u8 = 55;

impl Device {
    /// A broker is to be looked for, by multicast DNS, before each attempt to connect (S-44, S-73): none is named, and
    /// nothing forbids it. What is found is the runner's to use and is not stored (S-46).
    pub fn looks_for_broker(&self) -> bool {
        let settings = &self.settings;
        let is_allowed = settings.option(3) && settings.option(ALLOWED) && self.life.is_running();
        let is_unnamed = settings.all_texts(Text::MQTT_HOST).all(str::is_empty);
        is_allowed && is_unnamed && settings.number(Number::MQTT_PORT) > 0
    }
}
