//! A home: a mosquitto, and devices that are connected to it.

use crate::broker::Mosquitto;
use crate::device::Device;
use crate::installed;
use crate::tools::{self, Subscriber};

/// Broker and devices.
pub struct Home {
    /// The devices, one program.
    pub device: Device,
    /// Their broker.
    pub broker: Mosquitto,
}

impl Home {
    /// One device, or as many as `--count` says. They have said all that they say at a start.
    pub fn start(options: &[&str]) -> Option<Self> {
        installed::mosquitto_clients()?;
        let broker = Mosquitto::start()?;
        let mut announced = tools::mosquitto_sub(broker.port, "-v -t stat/+/POWER");
        let device = Device::on(&broker.url(), options);
        (0..count(options)).for_each(|_| drop(announced.next()));
        Some(Self { device, broker })
    }

    /// Runs `mosquitto_pub` with what follows host and port.
    #[track_caller]
    pub fn mosquitto_pub(&self, line: &str) {
        tools::mosquitto_pub(self.broker.port, line);
    }

    /// Starts `mosquitto_sub` with what follows host and port.
    #[track_caller]
    pub fn mosquitto_sub(&self, line: &str) -> Subscriber {
        tools::mosquitto_sub(self.broker.port, line)
    }
}

fn count(options: &[&str]) -> usize {
    options.iter().position(|word| *word == "--count").map_or(1, |at| options[at + 1].parse().unwrap())
}
