//! A wire in virtual time: the firmware's pin at one end, sensors at the other.

#![allow(dead_code, reason = "no test needs all of it")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin as Pinned;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use sonoff_hal::{Place, Quantity, Reading, Sensors};

pub mod dht;
pub mod ds18b20;

pub const US: u64 = 1_000;
pub const MS: u64 = 1_000 * US;

/// A sensor's end of the wire.
pub trait End {
    /// The firmware begins or ends to hold the wire low.
    fn edge(&mut self, now: u64, low: bool);
    /// Does the sensor hold it low?
    fn pulls(&self, now: u64) -> bool;
}

/// The wire, its time in nanoseconds, and who watches. Clones are the same.
#[derive(Clone)]
pub struct Bench(Rc<State>);

pub struct State {
    now: Cell<u64>,
    wake_at: Cell<u64>,
    /// What it costs to look at the pin.
    look: Cell<u64>,
    /// The wire needs this to rise.
    rise: u64,
    held: Cell<bool>,
    released_at: Cell<u64>,
    stuck: Cell<Option<bool>>,
    ends: RefCell<Vec<Box<dyn End>>>,
    longest: Cell<u64>,
    held_for: Cell<u64>,
    told: RefCell<Vec<Reading>>,
    task: RefCell<Option<Pinned<Box<dyn Future<Output = ()>>>>>,
}

impl Bench {
    pub fn new() -> Self {
        Self(Rc::new(State {
            now: Cell::new(MS),
            wake_at: Cell::new(0),
            look: Cell::new(300),
            rise: 2 * US,
            held: Cell::new(false),
            released_at: Cell::new(0),
            stuck: Cell::new(None),
            ends: RefCell::default(),
            longest: Cell::new(0),
            held_for: Cell::new(0),
            told: RefCell::default(),
            task: RefCell::new(None),
        }))
    }

    pub fn attach(&self, end: impl End + 'static) {
        self.0.ends.borrow_mut().push(Box::new(end));
    }

    /// What it costs the chip to look at the pin, in nanoseconds.
    pub fn look_costs(&self, ns: u64) {
        self.0.look.set(ns);
    }

    /// The wire is shorted to ground or supply, or works again.
    pub fn stick(&self, level: Option<bool>) {
        self.0.stuck.set(level);
    }

    /// Runs these sensors from now on.
    pub fn watch(&self, mut sensors: impl Sensors + 'static) {
        let bench = self.clone();
        *self.0.task.borrow_mut() = Some(Box::pin(async move {
            loop {
                let reading = sensors.next().await;
                bench.0.told.borrow_mut().push(reading);
            }
        }));
    }

    /// What is told in this time.
    pub fn told(&self, ms: u64) -> Vec<Reading> {
        let end = self.0.now.get() + ms * MS;
        self.0.told.borrow_mut().clear();
        while self.0.wake_at.get() <= end && self.0.now.get() <= end {
            self.poll();
        }
        self.0.now.set(self.0.now.get().max(end));
        self.0.told.take()
    }

    /// What is told in so many rounds of the sensors.
    pub fn rounds(&self, count: u32) -> Vec<Reading> {
        self.0.told.borrow_mut().clear();
        // The first one only begins to wait.
        if self.0.wake_at.get() == 0 {
            self.poll();
        }
        for _ in 0..count {
            self.poll();
            while self.0.wake_at.get() < self.0.now.get() + 1_000 * MS {
                self.poll();
            }
        }
        self.0.told.take()
    }

    /// As [`Self::rounds`], without the places.
    pub fn values(&self, rounds: u32) -> Vec<(Quantity, Option<i32>)> {
        self.rounds(rounds).iter().map(|reading| (reading.quantity, reading.milli)).collect()
    }

    /// As [`Self::rounds`], for sensors on a 1-Wire bus: the last byte of the number, and the value; by number.
    pub fn roms(&self, rounds: u32) -> Vec<(u8, Option<i32>)> {
        let rom = |place| if let Place::Rom([.., last]) = place { last } else { panic!("{place:?}") };
        let mut told: Vec<_> =
            self.rounds(rounds).iter().map(|reading| (rom(reading.place), reading.milli)).collect();
        told.sort_by_key(|(rom, _)| *rom);
        told
    }

    /// The longest time for which the processor was held, in nanoseconds.
    pub fn longest_hold(&self) -> u64 {
        self.0.longest.get()
    }

    fn poll(&self) {
        let from = self.0.now.get().max(self.0.wake_at.get());
        self.0.now.set(from);
        let mut task = self.0.task.borrow_mut();
        let poll = task.as_mut().unwrap().as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
        let hold = self.0.now.get() - from;
        self.0.longest.set(self.0.longest.get().max(hold));
        self.0.held_for.set(self.0.held_for.get() + hold);
    }

    /// How long the processor was held since this was asked last, in nanoseconds.
    pub fn holds(&self) -> u64 {
        self.0.held_for.take()
    }

    /// Lets time pass.
    pub fn spend(&self, ns: u64) {
        self.0.now.set(self.0.now.get() + ns);
    }

    fn hold(&self, low: bool) {
        let State { now, held, released_at, ends, .. } = &*self.0;
        if held.replace(low) == low {
            return;
        }
        if !low {
            released_at.set(now.get());
        }
        ends.borrow_mut().iter_mut().for_each(|end| end.edge(now.get(), low));
    }

    fn is_low(&self) -> bool {
        let State { now, held, released_at, ends, rise, stuck, .. } = &*self.0;
        let now = now.get();
        let pulled = |at| ends.borrow().iter().any(|end| end.pulls(at));
        let low = held.get() || now - released_at.get() < *rise || pulled(now) || pulled(now - rise);
        stuck.get().map_or(low, |high| !high)
    }
}

/// The firmware's pin: open drain.
pub struct Pin(pub Bench);

impl ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.hold(true);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.hold(false);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        self.0.spend(self.0.0.look.get());
        Ok(!self.0.is_low())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}

/// The firmware's time.
pub struct Time(pub Bench);

impl embedded_hal::delay::DelayNs for Time {
    fn delay_ns(&mut self, ns: u32) {
        self.0.spend(u64::from(ns));
    }
}

impl embedded_hal_async::delay::DelayNs for Time {
    async fn delay_ns(&mut self, ns: u32) {
        let state = &self.0.0;
        let at = state.now.get() + u64::from(ns);
        state.wake_at.set(at);
        poll_fn(|_| if state.now.get() < at { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}
