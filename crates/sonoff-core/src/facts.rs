//! What texts tell about the world around the device.

use crate::clock::WallClock;
use crate::io::Network;
use crate::reading::Readings;
use crate::time::Instant;

/// What texts tell about the world; copied when a long text begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    pub network: Option<Network>,
    pub clock: WallClock,
    pub free_memory: u32,
    /// The debounced levels of the switches; switch 1 is bit 0.
    pub switches: u8,
    pub counters: Counters,
    pub readings: Readings,
    /// Times that the network came.
    pub link_count: u16,
    /// Time without a network, until it came last.
    pub downtime_ms: u64,
    down_since: Instant,
}

impl Facts {
    /// The network is there, or tells something new.
    pub fn up(&mut self, now: Instant, network: &Network) {
        if self.network.replace(*network).is_none() {
            self.link_count = self.link_count.saturating_add(1);
            self.downtime_ms = self.downtime_ms.saturating_add(now.millis_since(self.down_since));
        }
    }

    pub fn down(&mut self, now: Instant) {
        if self.network.take().is_some() {
            self.down_since = now;
        }
    }
}

/// What has been counted in this run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    /// Messages that could not be sent because the broker was away.
    pub lost: u32,
    /// Events that a flood pushed out of the queue.
    pub dropped: u32,
    /// Records saved.
    pub saves: u32,
    /// Sessions (S-38).
    pub sessions: u32,
}
