//! The modes of a switch.

/// What SwitchMode makes of a level (P-54 to P-61).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mode {
    /// What a level means.
    pub kind: Kind,
    /// The level that is ON, or that of a button that is down.
    pub active: bool,
}

/// What a switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// 0, 7: TOGGLE at every change.
    Toggle,
    /// 1, 2: ON at the active level, OFF at the other.
    Follow,
    /// 3, 4: TOGGLE when it is pressed.
    Push,
    /// 5, 6: TOGGLE when it is let go of, HOLD when it is held.
    PushHold,
    /// 8: as [`Self::Toggle`], but two changes soon after each other are HOLD.
    ToggleMulti,
    /// 9, 10: as [`Self::Follow`], but two changes soon after each other are HOLD.
    FollowMulti,
    /// 11, 12: a dimmer's push button.
    Dimmer,
    /// 13, 14: ON when it is pressed.
    PushOn,
    /// 15, 16: SENSOR tells.
    Tell,
}

/// The modes by number.
const MODES: [Mode; 17] = [
    mode(Kind::Toggle, true),
    mode(Kind::Follow, true),
    mode(Kind::Follow, false),
    mode(Kind::Push, false),
    mode(Kind::Push, true),
    mode(Kind::PushHold, false),
    mode(Kind::PushHold, true),
    mode(Kind::Toggle, true),
    mode(Kind::ToggleMulti, true),
    mode(Kind::FollowMulti, true),
    mode(Kind::FollowMulti, false),
    mode(Kind::Dimmer, false),
    mode(Kind::Dimmer, true),
    mode(Kind::PushOn, false),
    mode(Kind::PushOn, true),
    mode(Kind::Tell, true),
    mode(Kind::Tell, true),
];

const fn mode(kind: Kind, active: bool) -> Mode {
    Mode { kind, active }
}

impl Mode {
    /// The mode with this number; numbers without a mode are 0.
    pub fn of(number: u8) -> Self {
        MODES.get(usize::from(number)).copied().unwrap_or(mode(Kind::Toggle, true))
    }
}
