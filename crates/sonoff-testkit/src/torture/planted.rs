//! Deliberate faults, to see that the invariants find them. They sit in the parts around the device and in its
//! settings, never in the code that ships.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use sonoff_core::settings::{Number, Settings};
use sonoff_hal::Clock;

use crate::clock::VirtualClock;

/// A deliberate fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// One timer in many never rings.
    LostWake,
    /// Ten seconds count as nine, so that keepalive comes too late.
    SlowClock,
    /// Ten seconds count as twenty, so that attempts follow each other too fast.
    FastClock,
    /// An output is driven low before it gets its level.
    EdgeAtBoot,
    /// A record is saved in two steps.
    TornSave,
    /// A record is said to be saved, and is not.
    LostSave,
    /// Retained commands are carried out, whatever they are.
    RetainedToggle,
    /// The network never comes back.
    NeverReconnects,
    /// The broker does not keep the LWT.
    LwtNotKept,
    /// Discovery is not sent.
    NoDiscovery,
    /// Interlock is off.
    InterlockOff,
    /// A password is in the log.
    SecretLogged,
    /// Contacts are debounced for too long.
    SlowDebounce,
    /// A kept session brings back what it says before it subscribes.
    OwnVoice,
    /// The levels of relays are not saved.
    ForgetsLevels,
    /// Buttons are dead while the Wi-Fi is away.
    DeafOffline,
    /// It restarts when the Wi-Fi is away for a minute.
    RestartsOffline,
    /// A relay moves with the LED.
    GhostRelay,
    /// Power states are told in JSON only.
    Untold,
    /// STATE is not sent.
    NoTelemetry,
    /// A device that is to speak TLS does not.
    InTheClear,
}

impl Plant {
    /// Each one.
    pub const ALL: [Self; 21] = [
        Self::LostWake,
        Self::SlowClock,
        Self::FastClock,
        Self::EdgeAtBoot,
        Self::TornSave,
        Self::LostSave,
        Self::RetainedToggle,
        Self::NeverReconnects,
        Self::LwtNotKept,
        Self::NoDiscovery,
        Self::InterlockOff,
        Self::SecretLogged,
        Self::SlowDebounce,
        Self::OwnVoice,
        Self::ForgetsLevels,
        Self::DeafOffline,
        Self::RestartsOffline,
        Self::GhostRelay,
        Self::Untold,
        Self::NoTelemetry,
        Self::InTheClear,
    ];

    /// Those that are a setting which nobody asked for.
    pub fn spoil(self, settings: &mut Settings) {
        let option = |number, on| Some((number, on));
        let spoilt = match self {
            Self::LwtNotKept => option(104, true),
            Self::NoDiscovery => option(19, true),
            Self::InterlockOff => option(14, false),
            Self::ForgetsLevels => option(0, false),
            Self::Untold => option(90, true),
            Self::OwnVoice => option(140, true),
            Self::InTheClear => option(103, false),
            _ => None,
        };
        spoilt.into_iter().for_each(|(number, on)| settings.set_option(number, on));
        // The values are valid.
        _ = match self {
            Self::RetainedToggle => settings.set_number(Number::RETAINED_COMMANDS, 2),
            Self::SlowDebounce => settings.set_number(Number::BUTTON_DEBOUNCE, 200),
            Self::NoTelemetry => settings.set_number(Number::TELE_PERIOD, 0),
            _ => Ok(()),
        };
    }
}

/// How many timers ring for one that does not.
const WAKES: u64 = 300;

/// The clock of a device, which may be a bad one.
#[derive(Debug, Clone)]
pub struct DeviceClock {
    clock: VirtualClock,
    plant: Option<Plant>,
    timers: Rc<Cell<u64>>,
}

impl DeviceClock {
    /// One that shows 0 now.
    pub fn new(clock: &VirtualClock, plant: Option<Plant>) -> Self {
        Self { clock: clock.from_zero(), plant, timers: Rc::default() }
    }
}

impl Clock for DeviceClock {
    fn now(&self) -> u64 {
        let now = self.clock.now();
        match self.plant {
            Some(Plant::SlowClock) => now * 9 / 10,
            Some(Plant::FastClock) => now * 2,
            _ => now,
        }
    }

    async fn wait_until(&self, at: u64) {
        let at = match self.plant {
            Some(Plant::SlowClock) => at.saturating_mul(10).div_ceil(9),
            Some(Plant::FastClock) => at.div_ceil(2),
            Some(Plant::LostWake) if at > self.clock.now() => {
                self.timers.set(self.timers.get() + 1);
                if self.timers.get().is_multiple_of(WAKES) {
                    return pending().await;
                }
                at
            }
            _ => at,
        };
        self.clock.wait_until(at).await;
    }
}
