//! The device as a text sees it.

use core::net::Ipv4Addr;

use crate::device::Device;
use crate::facts::Facts;
use crate::json::Key;
use crate::power::Power;
use crate::settings::{Settings, Text};
use crate::text::Sink;
use crate::time::Instant;

/// The device as a text sees it: everything that could change while a long one leaves is that of one moment.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(crate) device: &'a Device,
    pub(crate) now: Instant,
    pub(crate) power: &'a Power,
    pub(crate) facts: &'a Facts,
}

impl<'a> View<'a> {
    /// What the owner set.
    pub fn settings(&self) -> &'a Settings {
        &self.device.settings
    }

    /// The time that the text tells.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The device's word for a state: StateText1 or 2.
    #[inline(never)]
    pub fn on_off(&self, on: bool) -> &'a str {
        self.settings().nth_text(Text::STATE_TEXT, if on { 2 } else { 1 })
    }

    /// The device's address; 0.0.0.0 without a network.
    pub(crate) fn ip(&self) -> Ipv4Addr {
        self.facts.network.as_ref().map_or(Ipv4Addr::UNSPECIFIED, |network| network.ip)
    }

    /// `POWER`, or `POWER2` where there are several (T-50).
    pub(crate) fn power_key(&self, relay: u8) -> PowerKey {
        self.device.power_key_of(self.power.count(), relay)
    }
}

/// The name of a relay in topics and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PowerKey(pub Option<u8>);

impl Key for PowerKey {
    fn write(self, sink: &mut Sink<'_>) {
        sink.push("POWER");
        if let Some(relay) = self.0 {
            sink.push_number(u32::from(relay));
        }
    }
}

impl Device {
    /// What a relay is called where there are so many.
    pub(crate) fn power_key_of(&self, relays: u8, relay: u8) -> PowerKey {
        PowerKey((relays > 1 || self.option(26)).then_some(relay))
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { device: self, now: self.now, power: &self.power, facts: &self.facts }
    }
}
