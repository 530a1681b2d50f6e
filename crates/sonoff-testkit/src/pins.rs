//! Pins that record every edge in virtual time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use sonoff_hal::conformance::Probe;
use sonoff_hal::{Clock, PinRole, Pins};

use crate::clock::VirtualClock;

/// An output that began to be driven or changed its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// When, in milliseconds.
    pub at: u64,
    /// Which pin.
    pub gpio: u8,
    /// Its level from then on.
    pub high: bool,
}

/// Mock pins. Clones are the same pins: one goes into a device, one stays with the test.
#[derive(Debug, Clone, Default)]
pub struct MockPins(Rc<RefCell<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    clock: VirtualClock,
    pins: BTreeMap<u8, Pin>,
    edges: Vec<Edge>,
    seen: u64,
    waiting: Option<Waker>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pin {
    role: Option<PinRole>,
    driven: bool,
    /// What a button or a wire outside makes of it.
    outside: Option<bool>,
    edges: u32,
}

impl Pin {
    const fn is_output(&self) -> bool {
        matches!(self.role, Some(PinRole::Output))
    }

    fn level(&self) -> bool {
        let pulled = matches!(self.role, Some(PinRole::InputPullUp));
        if self.is_output() { self.driven } else { self.outside.unwrap_or(pulled) }
    }
}

impl Inner {
    fn levels(&self) -> u64 {
        let high = self.pins.iter().filter(|(_, pin)| pin.level());
        high.map(|(gpio, _)| 1_u64.checked_shl((*gpio).into()).unwrap_or(0)).sum()
    }

    fn drive(&mut self, gpio: u8, high: bool) {
        self.edges.push(Edge { at: self.clock.now(), gpio, high });
        self.pins.entry(gpio).or_default().driven = high;
    }

    /// Wakes the device if an input differs from what it saw.
    fn tell(&mut self) {
        if self.levels() != self.seen
            && let Some(waker) = self.waiting.take()
        {
            waker.wake();
        }
    }
}

impl MockPins {
    /// Pins whose edges are recorded with this clock's time.
    pub fn new(clock: VirtualClock) -> Self {
        Self(Rc::new(RefCell::new(Inner { clock, ..Inner::default() })))
    }

    /// Sets the level of an input from outside.
    pub fn set(&self, gpio: u8, high: bool) {
        let mut inner = self.0.borrow_mut();
        inner.pins.entry(gpio).or_default().outside = Some(high);
        inner.tell();
    }

    /// Lets go of an input; a pull-up pulls it up.
    pub fn release(&self, gpio: u8) {
        let mut inner = self.0.borrow_mut();
        inner.pins.entry(gpio).or_default().outside = None;
        inner.tell();
    }

    /// The level of an output; `None` when it is none.
    pub fn output(&self, gpio: u8) -> Option<bool> {
        self.driven(gpio)
    }

    /// All edges since the last call.
    pub fn take_edges(&self) -> Vec<Edge> {
        std::mem::take(&mut self.0.borrow_mut().edges)
    }

    /// The edges of one pin since the last call; those of the others are gone, too.
    pub fn take_edges_of(&self, gpio: u8) -> Vec<Edge> {
        self.take_edges().into_iter().filter(|edge| edge.gpio == gpio).collect()
    }

    /// All pins become inputs again, as at a power cut; what is outside stays.
    pub fn power_cut(&self) {
        for pin in self.0.borrow_mut().pins.values_mut() {
            *pin = Pin { outside: pin.outside, ..Pin::default() };
        }
    }
}

impl Pins for MockPins {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        let mut inner = self.0.borrow_mut();
        let pin = inner.pins.entry(gpio).or_default();
        let changes = role == PinRole::Output && !(pin.is_output() && pin.driven == high);
        pin.edges += u32::from(changes && pin.is_output());
        pin.role = Some(role);
        if changes {
            inner.drive(gpio, high);
        }
        inner.tell();
    }

    fn write(&self, gpio: u8, high: bool) {
        let mut inner = self.0.borrow_mut();
        let Some(pin) = inner.pins.get_mut(&gpio).filter(|pin| pin.is_output() && pin.driven != high) else {
            return;
        };
        pin.edges += 1;
        inner.drive(gpio, high);
    }

    fn levels(&self) -> u64 {
        let mut inner = self.0.borrow_mut();
        inner.seen = inner.levels();
        inner.seen
    }

    async fn changed(&self) {
        poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            // A relay's own edge is no news.
            let outputs: u64 = outputs(&inner.pins);
            if (inner.levels() ^ inner.seen) & !outputs != 0 {
                return Poll::Ready(());
            }
            inner.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

fn outputs(pins: &BTreeMap<u8, Pin>) -> u64 {
    let outputs = pins.iter().filter(|(_, pin)| pin.is_output());
    outputs.map(|(gpio, _)| 1_u64.checked_shl((*gpio).into()).unwrap_or(0)).sum()
}

impl Probe for MockPins {
    fn driven(&self, gpio: u8) -> Option<bool> {
        self.0.borrow().pins.get(&gpio).filter(|pin| pin.is_output()).map(|pin| pin.driven)
    }

    fn edges(&self, gpio: u8) -> u32 {
        self.0.borrow().pins.get(&gpio).map_or(0, |pin| pin.edges)
    }
}

#[cfg(test)]
mod tests {
    use embassy_futures::{block_on, poll_once};
    use sonoff_hal::conformance::no_edge_before_assign;

    use super::*;

    #[test]
    fn they_conform() {
        for high in [false, true] {
            let pins = MockPins::default();
            assert_eq!(no_edge_before_assign(&pins, &pins, 12, high), Ok(()));
        }
    }

    #[test]
    fn every_edge_is_recorded_with_its_time() {
        let clock = VirtualClock::new();
        let pins = MockPins::new(clock.clone());
        pins.assign(12, PinRole::Output, false);
        clock.advance_to(5);
        pins.write(12, false);
        pins.write(12, true);
        pins.write(13, true);
        let edges = [Edge { at: 0, gpio: 12, high: false }, Edge { at: 5, gpio: 12, high: true }];
        assert_eq!(pins.take_edges(), edges);
    }

    #[test]
    fn a_change_between_levels_and_changed_is_not_lost() {
        let pins = MockPins::default();
        pins.assign(0, PinRole::InputPullUp, false);
        assert_eq!(pins.levels(), 1);
        assert!(poll_once(pins.changed()).is_pending());
        pins.set(0, false);
        block_on(pins.changed());
        assert_eq!(pins.levels(), 0);
        pins.release(0);
        block_on(pins.changed());
    }
}
