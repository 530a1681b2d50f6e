//! Fingers that hold buttons down for a while.

use std::cell::RefCell;
use std::future::pending;
use std::time::{Duration, Instant};

use async_io::Timer;
use embassy_futures::select::select;

use crate::notice::Notice;
use crate::pins::Board;

/// A device that debounces has seen a button after so many looks at it.
const LOOKS: u64 = 5;
/// How often a busy device is asked whether it has looked.
const AGAIN: Duration = Duration::from_millis(10);
/// A device that does not look at all is given up after so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which button is let go of when.
#[derive(Debug, Default)]
pub struct Fingers {
    holding: RefCell<Vec<Hold>>,
    notice: Notice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hold {
    button: u8,
    until: Instant,
    looks: u64,
}

impl Fingers {
    /// Presses a button for `time`, or longer on a busy host: a press that the device had no time to see is none.
    /// `false` when the board does not have the button.
    pub fn hold(&self, board: &Board, button: u8, time: Duration) -> bool {
        let hold = Hold { button, until: Instant::now() + time, looks: board.looks() };
        let there = board.push(button, true);
        if there {
            self.holding.borrow_mut().push(hold);
            self.notice.give(());
        }
        there
    }

    /// Lets go of each button in its time, for ever.
    pub async fn let_go(&self, board: &Board) {
        loop {
            let next = self.holding.borrow().iter().map(|hold| hold.until).min();
            select(wait(next), self.notice.wait()).await;
            for button in self.take_due(Instant::now(), board.looks()) {
                board.push(button, false);
            }
        }
    }

    fn take_due(&self, now: Instant, looks: u64) -> Vec<u8> {
        let is_over = |hold: &Hold| {
            let seen = looks >= hold.looks + LOOKS || now >= hold.until + PATIENCE;
            hold.until <= now && seen
        };
        let mut holding = self.holding.borrow_mut();
        let due = holding.iter().filter(|hold| is_over(hold)).map(|hold| hold.button).collect();
        holding.retain(|hold| !is_over(hold));
        due
    }
}

/// Waits until then; a moment that has passed already is waited for a little later.
async fn wait(until: Option<Instant>) {
    match until {
        Some(until) => drop(Timer::at(until.max(Instant::now() + AGAIN)).await),
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use sonoff_core::Profile;
    use sonoff_core::io::Level;
    use sonoff_core::settings::Settings;
    use sonoff_hal::Pins;

    use super::*;
    use crate::host::HostClock;
    use crate::journal::Journal;

    const PRESS: Duration = Duration::from_millis(60);

    fn board() -> Board {
        let board = Board::new(Journal::new(None, Level::Error));
        board.start(HostClock::start(), Profile::with_relays(2).wiring(&Settings::default()));
        board
    }

    #[test]
    fn a_button_is_let_go_of_when_it_is_time_and_the_device_has_seen_it() {
        let (fingers, board, begin) = (Fingers::default(), board(), Instant::now());
        assert!(fingers.hold(&board, 2, PRESS));
        (1..LOOKS).for_each(|_| {
            board.levels();
        });
        let later = begin + 2 * PRESS;
        assert!(fingers.take_due(later, board.looks()).is_empty(), "not seen");
        board.levels();
        assert!(fingers.take_due(begin, board.looks()).is_empty(), "too early");
        assert_eq!(fingers.take_due(later, board.looks()), [2]);
        assert!(fingers.take_due(later, board.looks()).is_empty(), "once");
    }

    #[test]
    fn a_device_that_is_off_keeps_no_button_down() {
        let (fingers, board) = (Fingers::default(), board());
        fingers.hold(&board, 1, PRESS);
        assert_eq!(fingers.take_due(Instant::now() + PRESS + PATIENCE, board.looks()), [1]);
        assert!(!fingers.hold(&board, 3, PRESS));
    }
}
