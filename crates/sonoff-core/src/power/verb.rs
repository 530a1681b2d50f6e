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

impl Verb {
    /// Reads an argument: the numbers 0 to 4, their words, and the device's own StateText1 to 3 (D-13).
    pub fn read(argument: &str, settings: &Settings) -> Self {
        match args::number(argument) {
            Some(0) => Self::Off,
            Some(1) => Self::On,
            Some(2) => Self::Toggle,
            Some(3) => Self::Blink,
            Some(4) => Self::BlinkOff,
            Some(_) => Self::Show,
            None => Self::own_word(argument, settings),
        }
    }

    fn own_word(argument: &str, settings: &Settings) -> Self {
        let words = settings.all_texts(Text::STATE_TEXT).zip([Self::Off, Self::On, Self::Toggle]);
        words.into_iter().find(|(word, _)| *word == argument).map_or(Self::Show, |(_, verb)| verb)
    }
}
