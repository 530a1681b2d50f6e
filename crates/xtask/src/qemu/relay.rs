//! What the relay's pin did, from the trace of the pins.

use crate::Failure;

/// The relay of a Sonoff Basic.
const GPIO: &str = "12";

/// One thing that happened at the pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The machine was reset: all pins are inputs.
    Reset,
    /// The pin became an output, with this level from its first moment.
    Begins { high: bool },
    /// The level changed.
    Edge { high: bool },
}

impl Move {
    /// What a line of the trace tells of the relay: `1234 12 now high`.
    pub fn of(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let is_high = |level: &str| level == "high";
        match words[..] {
            [_, "reset", ..] => Some(Self::Reset),
            [_, GPIO, "output", level] => Some(Self::Begins { high: is_high(level) }),
            [_, GPIO, "now", level] => Some(Self::Edge { high: is_high(level) }),
            _ => None,
        }
    }
}

/// The level that the relay begins with after the last reset in these lines, if there is no edge around it.
///
/// # Errors
/// [`Failure::Step`] with what happened instead.
pub fn begins_without_an_edge(trace: &[String]) -> Result<bool, Failure> {
    let moves: Vec<Move> = trace.iter().filter_map(|line| Move::of(line)).collect();
    match moves[..] {
        [Move::Reset, Move::Begins { high }] => Ok(high),
        _ => Err(Failure::Step(format!("the relay clicked: {moves:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_start_with_the_right_level_is_no_edge() {
        let trace =
            lines("0 reset Power On\n53 12 output high\n54 13 output high\n60 0 input low\n99 13 now low");
        assert!(begins_without_an_edge(&trace).unwrap());
    }

    #[test]
    fn an_edge_before_or_after_the_reset_is_found() {
        assert!(begins_without_an_edge(&lines("9 12 now low\n0 reset\n53 12 output high")).is_err());
        assert!(begins_without_an_edge(&lines("0 reset\n53 12 output low\n54 12 now high")).is_err());
        assert!(begins_without_an_edge(&lines("0 reset")).is_err());
    }
}
