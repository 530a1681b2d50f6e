//! The pins of a virtual board: relays and LEDs that are told of in the log, buttons and switches that move by order.

use std::cell::Cell;
use std::rc::Rc;

use sonoff_core::clock::WallClock;
use sonoff_core::io::Level;
use sonoff_core::timezone::Zone;
use sonoff_core::{Instant, Profile};
use sonoff_hal::{Clock, PinRole, Pins};

use crate::host::HostClock;
use crate::journal::Journal;
use crate::notice::Notice;

/// A board. Clones are the same one; it outlives a restart of the device.
#[derive(Debug, Clone)]
pub struct Board(Rc<State>);

#[derive(Debug)]
struct State {
    profile: Profile,
    journal: Journal,
    clock: Cell<HostClock>,
    /// Bit n is GPIO n.
    levels: Cell<u64>,
    outputs: Cell<u64>,
    told: Cell<u64>,
    looks: Cell<u64>,
    edge: Notice,
}

impl Board {
    /// A board of this kind without power: relays off, buttons up, switches open.
    pub fn new(profile: Profile, journal: Journal) -> Self {
        let resting = outputs_off(&profile) | buttons_up(&profile) | switches_open(&profile);
        Self(Rc::new(State {
            profile,
            journal,
            clock: Cell::new(HostClock::start()),
            levels: Cell::new(resting),
            outputs: Cell::new(0),
            told: Cell::new(resting),
            looks: Cell::new(0),
            edge: Notice::default(),
        }))
    }

    /// The device starts: its clock is at 0, and every pin is an input.
    pub fn start(&self, clock: HostClock) {
        self.0.clock.set(clock);
        self.0.outputs.set(0);
    }

    /// Power fails: relays drop, LEDs go dark.
    pub fn cut(&self) {
        self.0.outputs.set(0);
        for relay in self.0.profile.relays {
            self.set(relay.gpio, relay.inverted);
        }
        for led in self.0.profile.leds {
            self.set(led.gpio, led.inverted);
        }
    }

    /// Presses or releases a button; `false` when the board does not have it.
    pub fn push(&self, button: u8, down: bool) -> bool {
        let place = usize::from(button).checked_sub(1);
        let Some(button) = place.and_then(|place| self.0.profile.buttons.get(place)) else { return false };
        self.set(button.gpio, down == button.active_high);
        self.0.edge.give(());
        true
    }

    /// Gives a switch this level; `false` when the board does not have it.
    pub fn switch(&self, switch: u8, high: bool) -> bool {
        let place = usize::from(switch).checked_sub(1);
        let Some(switch) = place.and_then(|place| self.0.profile.switches.get(place)) else { return false };
        self.set(switch.gpio, high);
        self.0.edge.give(());
        true
    }

    /// How many switches it has.
    pub fn switches(&self) -> usize {
        self.0.profile.switches.len()
    }

    /// How often the device has looked at its inputs.
    pub fn looks(&self) -> u64 {
        self.0.looks.get()
    }

    /// How many buttons it has.
    pub fn buttons(&self) -> usize {
        self.0.profile.buttons.len()
    }

    fn set(&self, gpio: u8, high: bool) {
        let (old, bit) = (self.0.levels.get(), bit(gpio));
        let new = if high { old | bit } else { old & !bit };
        self.0.levels.set(new);
        if new != old {
            self.tell(gpio, high);
        }
    }

    fn tell(&self, gpio: u8, high: bool) {
        let relays = (1u8..).zip(self.0.profile.relays);
        for (index, relay) in relays.filter(|(_, relay)| relay.gpio == gpio) {
            self.line(Level::Info, "RLY", index, high != relay.inverted);
        }
        let leds = (1u8..).zip(self.0.profile.leds);
        for (index, led) in leds.filter(|(_, led)| led.gpio == gpio) {
            self.line(Level::Debug, "LED", index, high != led.inverted);
        }
    }

    fn line(&self, level: Level, what: &str, index: u8, on: bool) {
        let state = if on { "ON" } else { "OFF" };
        let now = Instant::from_millis(self.0.clock.get().now());
        let stamp = WallClock::default().stamp(now, &Zone::UTC);
        self.0.journal.line(stamp, level, format_args!("{what}: {index} {state}"));
    }
}

impl Pins for Board {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        match role {
            PinRole::Output => {
                self.set(gpio, high);
                self.0.outputs.set(self.0.outputs.get() | bit(gpio));
            }
            PinRole::InputPullUp | PinRole::Input => self.0.outputs.set(self.0.outputs.get() & !bit(gpio)),
        }
    }

    fn write(&self, gpio: u8, high: bool) {
        if self.0.outputs.get() & bit(gpio) != 0 {
            self.set(gpio, high);
        }
    }

    fn levels(&self) -> u64 {
        self.0.looks.set(self.0.looks.get() + 1);
        self.0.told.set(self.0.levels.get());
        self.0.levels.get()
    }

    async fn changed(&self) {
        while (self.0.levels.get() ^ self.0.told.get()) & !self.0.outputs.get() == 0 {
            self.0.edge.wait().await;
        }
    }
}

fn bit(gpio: u8) -> u64 {
    1u64.checked_shl(u32::from(gpio)).unwrap_or(0)
}

fn outputs_off(profile: &Profile) -> u64 {
    let relays = profile.relays.iter().filter(|relay| relay.inverted).map(|relay| relay.gpio);
    let leds = profile.leds.iter().filter(|led| led.inverted).map(|led| led.gpio);
    relays.chain(leds).fold(0, |levels, gpio| levels | bit(gpio))
}

fn buttons_up(profile: &Profile) -> u64 {
    profile
        .buttons
        .iter()
        .filter(|button| !button.active_high)
        .fold(0, |levels, button| levels | bit(button.gpio))
}

fn switches_open(profile: &Profile) -> u64 {
    profile.switches.iter().fold(0, |levels, switch| levels | bit(switch.gpio))
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    fn board() -> Board {
        let board = Board::new(Profile::BASIC, Journal::new(None, Level::Error));
        board.start(HostClock::start());
        board
    }

    #[test]
    fn a_relay_moves_only_once_it_is_an_output() {
        let board = board();
        board.write(12, true);
        assert_eq!(board.levels() & bit(12), 0);
        board.assign(12, PinRole::Output, false);
        board.write(12, true);
        assert_ne!(board.levels() & bit(12), 0);
        board.cut();
        assert_eq!(board.levels() & bit(12), 0);
    }

    #[test]
    fn a_restart_makes_no_edge() {
        let board = board();
        board.assign(12, PinRole::Output, true);
        board.start(HostClock::start());
        assert_ne!(board.levels() & bit(12), 0);
    }

    #[test]
    fn a_button_wakes_the_reader_and_a_relay_does_not() {
        let board = board();
        board.levels();
        board.assign(12, PinRole::Output, true);
        assert_eq!(block_on(poll_once(board.changed())), None);
        assert!(board.push(1, true));
        assert_eq!(block_on(poll_once(board.changed())), Some(()));
        assert_eq!(board.levels() & 1, 0, "active low");
        assert_eq!(block_on(poll_once(board.changed())), None);
        assert!(!board.push(2, true) && !board.push(0, true));
    }

    #[test]
    fn a_switch_is_open_until_it_is_moved() {
        let profile = Profile::BASIC.with_switches(1);
        let board = Board::new(profile, Journal::new(None, Level::Error));
        assert_ne!(board.levels() & bit(21), 0);
        assert!(board.switch(1, false) && !board.switch(2, false) && !board.switch(0, false));
        assert_eq!(board.levels() & bit(21), 0);
    }
}
