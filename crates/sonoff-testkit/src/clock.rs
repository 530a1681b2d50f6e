//! Time that moves only when it is told to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use sonoff_hal::Clock;

/// A clock in virtual time. Clones show the same time and share their timers.
#[derive(Clone, Default)]
pub struct VirtualClock {
    world: Rc<World>,
    /// The world's time at which this clock showed 0.
    origin: u64,
}

#[derive(Default)]
struct World {
    now: Cell<u64>,
    last: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualClock").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl VirtualClock {
    /// A clock at 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// A clock that shows 0 now and runs with this one: that of a device which starts now.
    #[must_use]
    pub fn from_zero(&self) -> Self {
        Self { world: self.world.clone(), origin: self.world.now.get() }
    }

    /// When the next timer rings, in this clock's time.
    pub fn next_deadline(&self) -> Option<u64> {
        let timers = self.world.timers.borrow();
        timers.keys().next().map(|&(at, _)| at.saturating_sub(self.origin))
    }

    /// Moves time on, never back, and rings the timers that are due.
    pub fn advance_to(&self, at: u64) {
        let at = at.saturating_add(self.origin);
        self.world.now.set(self.world.now.get().max(at));
        let later = self.world.timers.borrow_mut().split_off(&(at.saturating_add(1), 0));
        let due = std::mem::replace(&mut *self.world.timers.borrow_mut(), later);
        due.into_values().for_each(Waker::wake);
    }

    fn set(&self, at: u64, waker: Waker) -> (u64, u64) {
        let id = self.world.last.get() + 1;
        self.world.last.set(id);
        self.world.timers.borrow_mut().insert((at, id), waker);
        (at, id)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> u64 {
        self.world.now.get().saturating_sub(self.origin)
    }

    async fn wait_until(&self, at: u64) {
        Timer { clock: self, at: at.saturating_add(self.origin), key: None }.await;
    }
}

struct Timer<'c> {
    clock: &'c VirtualClock,
    /// In the world's time.
    at: u64,
    key: Option<(u64, u64)>,
}

impl Timer<'_> {
    fn forget(&mut self) {
        if let Some(key) = self.key.take() {
            self.clock.world.timers.borrow_mut().remove(&key);
        }
    }
}

impl Future for Timer<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.forget();
        if self.at <= self.clock.world.now.get() {
            return Poll::Ready(());
        }
        if self.at < u64::MAX {
            self.key = Some(self.clock.set(self.at, context.waker().clone()));
        }
        Poll::Pending
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn poll(timer: Pin<&mut impl Future<Output = ()>>) -> bool {
        timer.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn a_timer_rings_at_its_time_and_not_before() {
        let clock = VirtualClock::new();
        let mut timer = pin!(clock.wait_until(10));
        assert!(!poll(timer.as_mut()));
        assert_eq!(clock.next_deadline(), Some(10));
        clock.advance_to(9);
        assert!(!poll(timer.as_mut()));
        clock.advance_to(10);
        assert!(poll(timer.as_mut()));
        assert_eq!(clock.next_deadline(), None);
    }

    #[test]
    fn a_dropped_timer_is_forgotten_and_the_end_of_time_never_comes() {
        let clock = VirtualClock::new();
        {
            let mut timer = Box::pin(clock.wait_until(10));
            let mut never = Box::pin(clock.wait_until(u64::MAX));
            assert!(!poll(timer.as_mut()) && !poll(never.as_mut()));
        }
        assert_eq!(clock.next_deadline(), None);
    }

    #[test]
    fn a_device_that_starts_later_counts_from_its_own_zero() {
        let world = VirtualClock::new();
        world.advance_to(1000);
        let device = world.from_zero();
        let mut timer = pin!(device.wait_until(5));
        assert!(!poll(timer.as_mut()));
        assert_eq!((device.now(), device.next_deadline(), world.next_deadline()), (0, Some(5), Some(1005)));
        world.advance_to(1005);
        assert_eq!(device.now(), 5);
        assert!(poll(timer.as_mut()));
    }
}
