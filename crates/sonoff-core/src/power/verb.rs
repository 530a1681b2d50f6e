//! What can be asked of a relay.

use crate::args;
use crate::settings::{Settings, Text};

/// What is asked of a relay (P-2, D-24).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verb {
    /// Switch off.
    Off,
    /// Switch on.
    On,
    /// Switch over.
    Toggle,
    /// Start to blink.
    Blink,
    /// Stop blinking.
    BlinkOff,
    /// Report the state and change nothing.
    Show,
}

/// What numbers ask for.
const NUMBERED: [Verb; 5] = [Verb::Off, Verb::On, Verb::Toggle, Verb::Blink, Verb::BlinkOff];

impl Verb {
    /// Reads an argument: the numbers 0 to 4, their words, and the device's own StateText1 to 3 (D-13).
    pub fn read(argument: &str, settings: &Settings) -> Self {
        let number = match args::number(argument) {
            Some(number) => usize::try_from(number).ok(),
            None => {
                (0..3).find(|at| settings.nth_text(Text::STATE_TEXT, at + 1) == argument).map(usize::from)
            }
        };
        number.and_then(|number| NUMBERED.get(number)).copied().unwrap_or(Self::Show)
    }
}
