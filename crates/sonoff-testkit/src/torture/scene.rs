//! What is known of a device from the outside: the common ground of all invariants.

use super::journal::{Fact, Heard, Sent};
use super::plan::Setup;

/// What is known at a moment.
#[derive(Debug, Clone)]
pub struct Scene {
    /// How the device is set up.
    pub setup: Setup,
    /// The time, in milliseconds.
    pub now: u64,
    /// It has had power and run since then.
    pub running_since: Option<u64>,
    /// The broker accepted it then, and it has not let go since.
    pub online_since: Option<u64>,
    /// The last disturbance ended then; `None` while there is one.
    pub calm_since: Option<u64>,
    /// Sessions of this run.
    pub sessions: u32,
    /// Relays whose coils are switched on, relay 1 being bit 0.
    pub levels: u8,
    /// `tele/<topic>/`, as the will tells it.
    pub tele: String,
}

impl Scene {
    /// A device in its box.
    pub const fn new(setup: Setup) -> Self {
        Self {
            setup,
            now: 0,
            running_since: None,
            online_since: None,
            calm_since: Some(0),
            sessions: 0,
            levels: 0,
            tele: String::new(),
        }
    }

    /// Takes note of a fact, before anybody judges it.
    pub fn see(&mut self, at: u64, fact: &Fact) {
        self.now = at;
        match fact {
            Fact::Boot { .. } => (self.running_since, self.sessions) = (Some(at), 0),
            Fact::Ended => (self.running_since, self.online_since) = (None, None),
            Fact::Cut => (self.running_since, self.online_since, self.levels) = (None, None, 0),
            Fact::Edge { relay, on } => self.switched(*relay, *on),
            Fact::Dropped => self.online_since = None,
            Fact::Sent(Sent::Connect { will, .. }) => will.trim_end_matches("LWT").clone_into(&mut self.tele),
            Fact::Read(Heard::Accepted) => {
                (self.online_since, self.sessions) = (Some(at), self.sessions + 1);
            }
            Fact::Contact { .. }
            | Fact::Typed(_)
            | Fact::Dial
            | Fact::Sent(_)
            | Fact::Read(_)
            | Fact::Line(_)
            | Fact::Loaded(..)
            | Fact::Saving(..)
            | Fact::Saved(..) => {}
        }
    }

    fn switched(&mut self, relay: u8, on: bool) {
        let bit = mask(relay);
        self.levels = if on { self.levels | bit } else { self.levels & !bit };
    }

    /// A relay is on.
    pub fn is_on(&self, relay: u8) -> bool {
        self.levels & mask(relay) != 0
    }

    /// It has been online, and nothing was wrong, for so long.
    pub fn well_for(&self) -> Option<u64> {
        let since = self.online_since?.max(self.calm_since?).max(self.running_since?);
        Some(self.now.saturating_sub(since))
    }

    /// The topic of an answer or a state.
    pub fn stat(&self, leaf: &str) -> String {
        format!("{}{leaf}", self.tele.replacen("tele/", "stat/", 1))
    }
}

/// A relay as a mask.
pub const fn mask(relay: u8) -> u8 {
    1_u8.wrapping_shl(relay.saturating_sub(1) as u32)
}
