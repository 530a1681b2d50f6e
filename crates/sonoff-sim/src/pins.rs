//! The pins of a virtual board: relays and LEDs that are told of in the log, buttons and switches that move by order.

use std::cell::Cell;
use std::rc::Rc;

use sonoff_core::Instant;
use sonoff_core::clock::WallClock;
use sonoff_core::io::Level;
use sonoff_core::timezone::Zone;
use sonoff_core::wiring::{Kind, Pin, Wiring};
use sonoff_hal::{Clock, PinRole, Pins};

use crate::host::HostClock;
use crate::journal::Journal;
use crate::notice::Notice;

/// A board. Clones are the same one; it outlives a restart of the device.
#[derive(Debug, Clone)]
pub struct Board(Rc<State>);

#[derive(Debug)]
struct State {
    wiring: Cell<Wiring>,
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
    /// A board without power, to which nothing is wired yet.
    pub fn new(journal: Journal) -> Self {
        Self(Rc::new(State {
            wiring: Cell::default(),
            journal,
            clock: Cell::new(HostClock::start()),
            levels: Cell::new(0),
            outputs: Cell::new(0),
            told: Cell::new(0),
            looks: Cell::new(0),
            edge: Notice::default(),
        }))
    }

    /// The device starts: its clock is at 0, and every pin is an input.
    ///
    /// Where something else is wired than before, it rests: relays off, buttons up, switches open. All other levels
    /// stay, so that a restart makes no edge.
    pub fn start(&self, clock: HostClock, wiring: Wiring) {
        self.0.clock.set(clock);
        self.0.outputs.set(0);
        let before = self.0.wiring.get();
        let gone = before.pins().filter(|old| wiring.pins().all(|new| new != *old));
        gone.for_each(|(kind, _, pin)| self.set(pin.gpio(), at_rest(kind, pin)));
        self.0.wiring.set(wiring);
        let new = wiring.pins().filter(|new| before.pins().all(|old| old != *new));
        let levels = new.fold(self.0.levels.get(), |levels, (kind, _, pin)| {
            if at_rest(kind, pin) { levels | bit(pin.gpio()) } else { levels & !bit(pin.gpio()) }
        });
        self.0.levels.set(levels);
        self.0.told.set(levels);
    }

    /// Power fails: relays drop, LEDs go dark.
    pub fn cut(&self) {
        self.0.outputs.set(0);
        let wiring = self.0.wiring.get();
        let outputs = wiring.pins().filter(|(kind, ..)| !matches!(kind, Kind::Button | Kind::Switch));
        outputs.for_each(|(kind, _, pin)| self.set(pin.gpio(), at_rest(kind, pin)));
    }

    /// Presses or releases a button; `false` when the board does not have it.
    pub fn push(&self, button: u8, down: bool) -> bool {
        let Some(pin) = self.0.wiring.get().pin(Kind::Button, button) else { return false };
        self.set(pin.gpio(), down == pin.is_inverted());
        self.0.edge.give(());
        true
    }

    /// Gives a switch this level; `false` when the board does not have it.
    pub fn switch(&self, switch: u8, high: bool) -> bool {
        let Some(pin) = self.0.wiring.get().pin(Kind::Switch, switch) else { return false };
        self.set(pin.gpio(), high);
        self.0.edge.give(());
        true
    }

    /// How many switches it has.
    pub fn switches(&self) -> u32 {
        self.0.wiring.get().mask(Kind::Switch).count_ones()
    }

    /// How often the device has looked at its inputs.
    pub fn looks(&self) -> u64 {
        self.0.looks.get()
    }

    /// How many buttons it has.
    pub fn buttons(&self) -> u32 {
        self.0.wiring.get().mask(Kind::Button).count_ones()
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
        let wiring = self.0.wiring.get();
        for (kind, number, pin) in wiring.pins().filter(|(.., pin)| pin.gpio() == gpio) {
            match kind {
                Kind::Relay => self.line(Level::Info, "RLY", number, high != pin.is_inverted()),
                Kind::Led => self.line(Level::Debug, "LED", number, high != pin.is_inverted()),
                Kind::LinkLed => self.line(Level::Debug, "LED", 0, high != pin.is_inverted()),
                Kind::Button | Kind::Switch => {}
            }
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

/// The level of what nobody touches and nobody drives.
fn at_rest(kind: Kind, pin: Pin) -> bool {
    match kind {
        Kind::Relay | Kind::Led | Kind::LinkLed => pin.is_inverted(),
        Kind::Button => !pin.is_inverted(),
        Kind::Switch => true,
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};
    use sonoff_core::Profile;
    use sonoff_core::settings::Settings;

    use super::*;

    fn wiring(profile: Profile) -> Wiring {
        profile.wiring(&Settings::default())
    }

    fn board() -> Board {
        let board = Board::new(Journal::new(None, Level::Error));
        board.start(HostClock::start(), wiring(Profile::BASIC));
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
        board.start(HostClock::start(), wiring(Profile::BASIC));
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
    fn what_is_wired_anew_rests_and_what_is_gone_drops() {
        let board = board();
        board.assign(12, PinRole::Output, true);
        board.push(1, true);
        let wiring = Wiring::default().with(Kind::Button, 1, Pin::new(0)).with(Kind::Switch, 1, Pin::new(4));
        board.start(HostClock::start(), wiring);
        assert_eq!(board.levels() & (bit(12) | bit(0) | bit(4)), bit(4), "the button is still held");
        assert_eq!((board.buttons(), board.switches()), (1, 1));
    }

    #[test]
    fn a_switch_is_open_until_it_is_moved() {
        let board = Board::new(Journal::new(None, Level::Error));
        board.start(HostClock::start(), wiring(Profile::BASIC.with_switches(1)));
        assert_ne!(board.levels() & bit(21), 0);
        assert!(board.switch(1, false) && !board.switch(2, false) && !board.switch(0, false));
        assert_eq!(board.levels() & bit(21), 0);
    }
}
