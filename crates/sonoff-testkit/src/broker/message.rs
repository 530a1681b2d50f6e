//! A message on its way, shared by all its readers.

use super::wire::{Publish, Qos};

/// Topic, payload and the sender's quality of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whole topic.
    pub topic: String,
    /// Any bytes.
    pub payload: Vec<u8>,
    /// Most quality of service of a delivery.
    pub qos: Qos,
}

impl Message {
    /// What it counts for a memory limit.
    pub const fn cost(&self) -> usize {
        self.topic.len() + self.payload.len() + 64
    }
}

impl From<&Publish<'_>> for Message {
    fn from(publish: &Publish<'_>) -> Self {
        Self { topic: publish.topic.to_owned(), payload: publish.payload.to_vec(), qos: publish.qos }
    }
}
