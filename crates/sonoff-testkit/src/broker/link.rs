//! One byte stream between a client and the broker.

use std::sync::Arc;

use super::message::Message;
use super::sessions::SessionId;
use super::wire::Level;

/// A connection.
#[derive(Debug)]
pub struct Link {
    /// The beginning of a packet that is not whole yet.
    pub input: Vec<u8>,
    /// Answers that wait to be sent; they go before messages.
    pub answers: Vec<u8>,
    /// Where it stands.
    pub phase: Phase,
}

/// Where a connection stands.
#[derive(Debug)]
pub enum Phase {
    /// CONNECT has not come yet.
    Fresh,
    /// In use.
    Open(Open),
    /// Nothing more is read; what waits may still be sent.
    Ending,
}

/// An accepted connection.
#[derive(Debug)]
pub struct Open {
    /// Whose.
    pub session: SessionId,
    /// MQTT version.
    pub level: Level,
    /// One and a half times the keep-alive interval; `None` for never.
    pub silence_ms: Option<u64>,
    /// When its last packet came.
    pub heard: u64,
    /// What to publish when it vanishes.
    pub will: Option<Will>,
}

/// A client's last words.
#[derive(Debug)]
pub struct Will {
    /// What.
    pub message: Arc<Message>,
    /// To be kept.
    pub retain: bool,
}

impl Link {
    /// A connection that has just been made.
    pub const fn new() -> Self {
        Self { input: Vec::new(), answers: Vec::new(), phase: Phase::Fresh }
    }

    /// What CONNECT agreed, while the connection is in use.
    pub const fn open_mut(&mut self) -> Option<&mut Open> {
        match &mut self.phase {
            Phase::Open(open) => Some(open),
            Phase::Fresh | Phase::Ending => None,
        }
    }

    /// As [`Self::open_mut`], to look at.
    pub const fn open(&self) -> Option<&Open> {
        match &self.phase {
            Phase::Open(open) => Some(open),
            Phase::Fresh | Phase::Ending => None,
        }
    }

    /// Ends it; gives what was agreed.
    pub fn end(&mut self) -> Option<Open> {
        self.input = Vec::new();
        match std::mem::replace(&mut self.phase, Phase::Ending) {
            Phase::Open(open) => Some(open),
            Phase::Fresh | Phase::Ending => None,
        }
    }
}

impl Open {
    /// When it has been silent for too long.
    pub fn deadline(&self) -> Option<u64> {
        self.silence_ms.map(|silence| self.heard.saturating_add(silence))
    }
}
