//! The chip of this board.

use sonoff_hal::{System, Wake};

use crate::virt::{power, stack};

/// The machine, for one run.
pub struct Chip {
    id: [u8; 6],
    wake: Wake,
    kept: &'static mut [u8; 32],
    chance: u32,
}

impl Chip {
    /// The chip of a machine whose network card has this address. Once in a run.
    pub fn new(id: [u8; 6]) -> Self {
        let wake = match power::was_restarted() {
            true => Wake { cold: false, reason: "Software/System restart" },
            false => Wake { cold: true, reason: "Power On" },
        };
        // SAFETY: nobody else asks for it.
        let kept = unsafe { power::kept() };
        Self { id, wake, kept, chance: power::chance() | 1 }
    }
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        self.id
    }

    /// Xorshift, begun with the host's nanoseconds.
    fn random(&mut self) -> u32 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 17;
        self.chance ^= self.chance << 5;
        self.chance
    }

    fn restart(&mut self) {
        power::restart()
    }

    fn wake(&self) -> Wake {
        self.wake
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        self.kept
    }

    /// Stack that was never used; there is no other free memory.
    fn free_memory(&self) -> u32 {
        (stack::size() - stack::deepest()) as u32
    }
}
