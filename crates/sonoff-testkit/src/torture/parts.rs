//! The hardware of a device, which writes down what is done with it.

use std::cell::Cell;
use std::fmt;
use std::future::pending;

use embassy_futures::select::{Either, select};
use sonoff_core::io::{Level, Restart, Slot as Record};
use sonoff_core::{Device, Profile};
use sonoff_hal::{Clock, PinRole, Pins, Slot, Station, Store, System, Wake};
use sonoff_runtime::store::{FlashStore, Pages};
use sonoff_runtime::{Buffers, Hardware, LogSink, Memory, Remote, Sntp};

use super::journal::{Fact, Journal};
use super::plan::{CANARY, Setup};
use super::planted::{DeviceClock, Plant};
use super::random::Random;
use crate::bench::MAC;
use crate::clock::VirtualClock;
use crate::flash::RamFlash;
use crate::net::Net;
use crate::pins::MockPins;
use crate::plug::{MockConsole, MockSensors};
use crate::station::MockStation;
use crate::tls::MockTls;

/// NOR flash with pages of 4096 bytes, programmed by the word.
pub type Flash = RamFlash<1, 4, 4096>;

/// Pin of relay 1; the others follow.
const FIRST_RELAY: u8 = 12;
const PAGE: usize = 4096;
const SETTINGS: Pages = Pages { first: 0, size: PAGE, count: 2 };

/// Erased flash with room for both records.
pub fn flash() -> Flash {
    Flash::new(2 * SETTINGS.count)
}

/// What a device is made of. Clones are the same parts.
#[derive(Debug, Clone)]
pub struct Parts {
    /// How it is set up.
    pub setup: Setup,
    /// What happens is written down here.
    pub journal: Journal,
    /// Its flash.
    pub flash: Flash,
    /// Its pins.
    pub pins: MockPins,
    /// Its way to the network.
    pub station: MockStation,
    /// Its secure link, where it has one.
    pub tls: MockTls,
    /// Its console.
    pub console: MockConsole,
    /// Its time.
    pub clock: VirtualClock,
}

impl Parts {
    /// Parts as they leave the factory, on a network that is up.
    pub fn new(setup: Setup, journal: Journal, clock: VirtualClock) -> Self {
        let pins = MockPins::new(clock.clone());
        let station = MockStation::default();
        station.set_up(true);
        let (tls, console) = (MockTls::default(), MockConsole::default());
        Self { setup, journal, flash: flash(), pins, station, tls, console, clock }
    }
}

/// The life of a device from its plug to a power cut, through all its restarts.
pub async fn live(parts: Parts, net: Net, remote: std::rc::Rc<Remote>) {
    let mut chip = Chip { random: Random::new(parts.setup.seed), cold: true, keep: [0; 32] };
    loop {
        parts.journal.note(Fact::Boot { cold: chip.cold });
        let run = run(&parts, &net, chip.clone(), &remote);
        let why = match select(run, give_up(&parts)).await {
            Either::First(why) => why,
            Either::Second(()) => Restart::Commanded,
        };
        parts.journal.note(Fact::Ended);
        if why == Restart::Halt {
            return;
        }
        chip = Chip { random: Random::new(chip.random.number()), cold: false, ..chip };
        parts.console.forget();
        // A chip takes its time, too.
        parts.clock.wait_until(parts.clock.now().saturating_add(100)).await;
    }
}

/// Ends the run when the network has been away for a minute, if that fault is planted.
async fn give_up(parts: &Parts) {
    if parts.setup.plant != Some(Plant::RestartsOffline) {
        return pending().await;
    }
    let mut away = false;
    loop {
        parts.clock.wait_until(parts.clock.now().saturating_add(60_000)).await;
        let before = std::mem::replace(&mut away, parts.station.facts().is_none());
        if before && away {
            return;
        }
    }
}

async fn run(parts: &Parts, net: &Net, system: Chip, remote: &Remote) -> Restart {
    let Parts { setup, journal, .. } = parts;
    let profile: Profile = setup.profile();
    let mut device = Device::new(profile, MAC);
    setup.apply(device.settings_mut());
    let clock = DeviceClock::new(&parts.clock, setup.plant);
    let Ok(store) = FlashStore::new(parts.flash.clone(), SETTINGS, SETTINGS.then(2)) else {
        return Restart::Halt;
    };
    let mut memory = Box::new(Memory::<1280, 1280>::new());
    let buffers: Buffers<'_> = memory.buffers();
    let hardware = Hardware {
        pins: WatchedPins::new(parts),
        time: Sntp::new(net.clone(), clock.clone()),
        tls: parts.tls.clone(),
        clock,
        net: net.clone(),
        station: parts.station.clone(),
        store: WatchedStore { store, journal: journal.clone(), plant: setup.plant },
        system,
        console: parts.console.clone(),
        sensors: MockSensors::default(),
    };
    sonoff_runtime::run(&mut device, hardware, buffers, &Lines(journal.clone(), setup.plant), remote).await
}

/// Pins that write down the edges of relays.
#[derive(Debug)]
struct WatchedPins {
    pins: MockPins,
    journal: Journal,
    relays: u8,
    station: MockStation,
    plant: Option<Plant>,
    seen: Cell<u64>,
}

impl WatchedPins {
    fn new(parts: &Parts) -> Self {
        let Parts { setup, journal, pins, station, .. } = parts.clone();
        let seen = Cell::new(u64::MAX);
        Self { pins, journal, relays: setup.relays, station, plant: setup.plant, seen }
    }

    fn watch(&self, gpio: u8, change: impl FnOnce()) {
        let before = self.pins.output(gpio).unwrap_or(false);
        change();
        // Nobody else reads them, and they would add up.
        self.pins.take_edges();
        let on = self.pins.output(gpio).unwrap_or(false);
        let relay = gpio.wrapping_sub(FIRST_RELAY).wrapping_add(1);
        if on != before && (1..=self.relays).contains(&relay) {
            self.journal.note(Fact::Edge { relay, on });
        }
    }
}

impl Pins for WatchedPins {
    fn assign(&self, gpio: u8, role: PinRole, high: bool) {
        if self.plant == Some(Plant::EdgeAtBoot) && role == PinRole::Output {
            self.watch(gpio, || self.pins.assign(gpio, role, false));
        }
        self.watch(gpio, || self.pins.assign(gpio, role, high));
    }

    fn write(&self, gpio: u8, high: bool) {
        self.watch(gpio, || self.pins.write(gpio, high));
        if self.plant == Some(Plant::GhostRelay) && gpio >= FIRST_RELAY + self.relays {
            self.watch(FIRST_RELAY, || self.pins.write(FIRST_RELAY, high));
        }
    }

    fn levels(&self) -> u64 {
        let levels = self.pins.levels();
        if self.plant != Some(Plant::DeafOffline) || self.station.facts().is_some() {
            self.seen.set(levels);
        }
        self.seen.get()
    }

    async fn changed(&self) {
        self.pins.changed().await;
    }
}

/// A store that writes down what it is given. A device whose power fails while it writes stands still.
struct WatchedStore {
    store: FlashStore<Flash>,
    journal: Journal,
    plant: Option<Plant>,
}

impl Store for WatchedStore {
    type Error = ();

    async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> Result<Option<&'b [u8]>, ()> {
        let loaded = self.store.load(slot, buf).await.map_err(|_| ())?;
        self.journal.note(Fact::Loaded(slot, loaded.map(<[u8]>::to_vec)));
        Ok(loaded)
    }

    async fn save(&mut self, slot: Slot, blob: &[u8]) -> Result<(), ()> {
        self.journal.note(Fact::Saving(slot, blob.to_vec()));
        if self.plant == Some(Plant::TornSave) {
            _ = self.store.save(slot, blob.get(..blob.len() / 2).unwrap_or_default()).await;
        }
        let lost = self.plant == Some(Plant::LostSave);
        let saved = if lost { Ok(()) } else { self.store.save(slot, blob).await.map_err(|_| ()) };
        if saved.is_err() {
            return pending().await;
        }
        self.journal.note(Fact::Saved(slot, true));
        saved
    }
}

/// A chip without hardware.
#[derive(Debug, Clone)]
struct Chip {
    random: Random,
    cold: bool,
    keep: [u8; 32],
}

impl System for Chip {
    fn chip_id(&self) -> [u8; 6] {
        MAC
    }

    fn random(&mut self) -> u32 {
        u32::try_from(self.random.number() >> 32).unwrap_or(0)
    }

    fn restart(&mut self) {}

    fn wake(&self) -> Wake {
        Wake { cold: self.cold, reason: if self.cold { "Power On" } else { "Software/System restart" } }
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        &mut self.keep
    }

    fn free_memory(&self) -> u32 {
        32 * 1024
    }
}

struct Lines(Journal, Option<Plant>);

impl LogSink for Lines {
    fn line(&self, _: &dyn fmt::Display, _: Level, text: fmt::Arguments<'_>) {
        if self.0.is_deaf() {
            return;
        }
        self.0.note(Fact::Line(text.to_string()));
        if self.1 == Some(Plant::SecretLogged) && text.to_string().contains("MqttPassword") {
            self.0.note(Fact::Line(format!("DBG: {CANARY}")));
        }
    }
}

const _: () = assert!(Record::SETTINGS_BYTES < PAGE);
