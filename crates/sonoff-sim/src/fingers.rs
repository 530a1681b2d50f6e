//! Fingers that hold buttons down for a while.

use std::cell::RefCell;
use std::future::pending;
use std::time::{Duration, Instant};

use async_io::Timer;
use embassy_futures::select::select;

use crate::notice::Notice;

/// Which button is let go of when.
#[derive(Debug, Default)]
pub struct Fingers {
    holding: RefCell<Vec<(Instant, u8)>>,
    notice: Notice,
}

impl Fingers {
    /// Lets go of `button` after `time`.
    pub fn hold(&self, button: u8, time: Duration) {
        self.holding.borrow_mut().push((Instant::now() + time, button));
        self.notice.give(());
    }

    /// Tells `release` each button in its time, for ever.
    pub async fn let_go(&self, release: impl Fn(u8)) {
        loop {
            let next = self.holding.borrow().iter().map(|&(at, _)| at).min();
            select(until(next), self.notice.wait()).await;
            self.take_due(Instant::now()).into_iter().for_each(&release);
        }
    }

    fn take_due(&self, now: Instant) -> Vec<u8> {
        let mut holding = self.holding.borrow_mut();
        let due = holding.iter().filter(|(at, _)| *at <= now).map(|&(_, button)| button).collect();
        holding.retain(|(at, _)| *at > now);
        due
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => drop(Timer::at(at).await),
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn each_button_is_let_go_of_in_its_time() {
        let (fingers, order) = (Fingers::default(), RefCell::new(Vec::new()));
        fingers.hold(1, Duration::from_millis(30));
        fingers.hold(2, Duration::from_millis(5));
        let done = Notice::default();
        let left = Cell::new(2);
        let release = |button| {
            order.borrow_mut().push(button);
            left.set(left.get() - 1);
            if left.get() == 0 {
                done.give(());
            }
        };
        block_on(select(fingers.let_go(release), done.wait()));
        assert_eq!(*order.borrow(), [2, 1]);
    }
}
