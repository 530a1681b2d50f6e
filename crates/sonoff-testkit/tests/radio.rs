//! A radio that wedges is made anew, and the device lives on: rule S-87, in virtual time.

#![allow(clippy::panic, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::pending;
use std::rc::Rc;

use sonoff_core::settings::{Settings, Text};
use sonoff_core::{Device, Profile};
use sonoff_hal::none::{NoConsole, NoSensors, NoStore, NoTime, NoTls};
use sonoff_hal::{Access, JoinError, Radio, RadioFacts, RadioStation};
use sonoff_runtime::{Hardware, Memory, Remote, run};
use sonoff_testkit::bench::MAC;
use sonoff_testkit::pins::MockPins;
use sonoff_testkit::plug::{LogLines, MockSystem};
use sonoff_testkit::station::MockStation;
use sonoff_testkit::world::{TaskId, World};

const BUTTON: u8 = 0;
const RELAY: u8 = 12;
const HOUR_MS: u64 = 3_600_000;

/// How a driver fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wedge {
    /// It joins.
    None,
    /// It never answers any more.
    Silent,
    /// It answers that it has failed.
    Broken,
    /// It does not even start.
    Dead,
}

/// The driver as a test sees it.
#[derive(Debug)]
struct Driver {
    wedge: Cell<Wedge>,
    /// How those fail that are made next; then they work.
    next: RefCell<VecDeque<Wedge>>,
    made: Cell<u32>,
}

struct WedgingRadio(Rc<Driver>);

impl Radio for WedgingRadio {
    async fn renew(&mut self) -> Result<(), JoinError> {
        self.0.made.set(self.0.made.get() + 1);
        let wedge = self.0.next.borrow_mut().pop_front().unwrap_or(Wedge::None);
        self.0.wedge.set(wedge);
        if wedge == Wedge::Dead { Err(JoinError::Radio) } else { Ok(()) }
    }

    async fn join(&mut self, _access: &Access<'_>) -> Result<(), JoinError> {
        match self.0.wedge.get() {
            Wedge::None => Ok(()),
            Wedge::Silent => pending().await,
            Wedge::Broken => Err(JoinError::Radio),
            Wedge::Dead => panic!("used before it was made"),
        }
    }

    fn facts(&self) -> Option<RadioFacts> {
        let ssid = "home".parse().unwrap();
        Some(RadioFacts { ssid, bssid: [2; 6], channel: 11, dbm: -70 })
    }

    async fn changed(&mut self) {
        pending().await
    }
}

/// A device with such a radio and two access points.
struct Home {
    world: World,
    task: TaskId,
    driver: Rc<Driver>,
    network: MockStation,
    pins: MockPins,
    log: LogLines,
}

fn two(settings: &mut Settings) {
    settings.set_text(Text::MQTT_HOST, "10.0.0.1").unwrap();
    settings.set_nth_text(Text::SSID, 1, "home").unwrap();
    settings.set_nth_text(Text::SSID, 2, "barn").unwrap();
}

impl Home {
    /// The drivers fail in turn as the list says.
    fn new(drivers: &[Wedge]) -> Self {
        let mut world = World::new();
        let next = RefCell::new(drivers.iter().copied().collect());
        let driver = Rc::new(Driver { wedge: Cell::new(Wedge::Dead), next, made: Cell::new(0) });
        let (network, log, clock) = (MockStation::default(), LogLines::default(), world.clock().clone());
        let pins = MockPins::new(clock.clone());
        let hardware = Hardware {
            pins: pins.clone(),
            clock,
            net: world.net().clone(),
            station: RadioStation::new(WedgingRadio(driver.clone()), network.clone()),
            store: NoStore::<4096>::new(),
            system: MockSystem::new(MAC),
            console: NoConsole,
            sensors: NoSensors,
            time: NoTime,
            tls: NoTls,
        };
        let sink = log.clone();
        let task = world.spawn(async move {
            let mut device = Device::new(Profile::BASIC, MAC);
            two(device.settings_mut());
            run(&mut device, hardware, Memory::<1280, 1280>::new().buffers(), &sink, &Remote::new()).await;
        });
        world.run_for(1000);
        Self { world, task, driver, network, pins, log }
    }

    /// The driver that works fails from now on, and its link with it.
    fn wedge(&mut self, how: Wedge) {
        self.driver.wedge.set(how);
        self.network.set_up(false);
        self.log.take();
    }

    /// Runs on, and presses the button each half minute.
    fn live_for(&mut self, ms: u64) {
        for _ in 0..ms / 30_000 {
            self.press();
            self.world.run_for(30_000 - 200);
        }
        assert!(self.world.is_running(self.task), "it restarted");
    }

    #[track_caller]
    fn press(&mut self) {
        let before = self.pins.output(RELAY).unwrap();
        self.pins.set(BUTTON, false);
        self.world.run_for(100);
        self.pins.release(BUTTON);
        self.world.run_for(100);
        assert_eq!(self.pins.output(RELAY), Some(!before));
    }

    /// How many drivers there have been.
    fn made(&self) -> u32 {
        self.driver.made.get()
    }

    fn is_online(&self) -> bool {
        self.log.count("MQT: Connected") > 0
    }
}

// S-87, S-77
#[test]
fn a_radio_is_made_once_while_it_works() {
    let mut home = Home::new(&[]);
    assert!(home.is_online());
    for _ in 0..100 {
        home.network.set_up(false);
        home.live_for(60_000);
    }
    assert!(home.is_online());
    assert_eq!(home.made(), 1);
}

// S-87: both access points twice, each for the 30 s of S-81, and the waits of S-79 between
#[test]
fn a_radio_that_never_answers_is_made_anew_after_four_attempts() {
    let mut home = Home::new(&[]);
    home.wedge(Wedge::Silent);
    home.live_for(120_000);
    assert_eq!((home.made(), home.is_online()), (1, false));
    home.live_for(30_000);
    assert_eq!((home.made(), home.is_online()), (2, true));
}

// S-87
#[test]
fn a_radio_that_says_that_it_failed_is_made_anew_sooner() {
    let mut home = Home::new(&[]);
    home.wedge(Wedge::Broken);
    home.live_for(30_000);
    assert_eq!((home.made(), home.is_online()), (2, true));
}

// S-87
#[test]
fn a_radio_that_does_not_start_is_started_again() {
    let mut home = Home::new(&[Wedge::Dead, Wedge::Dead, Wedge::Dead]);
    assert!(!home.is_online());
    home.live_for(30_000);
    assert_eq!((home.made(), home.is_online()), (4, true));
}

// S-87, S-82: for six hours; each radio gets its four attempts, and the waits of S-79 stay
#[test]
fn a_radio_that_always_wedges_never_restarts_the_device() {
    let mut home = Home::new(&[Wedge::Silent; 10_000]);
    home.live_for(6 * HOUR_MS);
    let rounds = 6 * HOUR_MS / (2 * 30_000 + 80_000);
    assert!((u64::from(home.made())).abs_diff(rounds / 2) <= 6, "{} made in {rounds} rounds", home.made());
    home.driver.next.borrow_mut().clear();
    home.live_for(600_000);
    assert!(home.is_online());
}
