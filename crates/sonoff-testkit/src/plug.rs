//! A device in a [`World`]: the real runtime over mock parts.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use embedded_io_async::{ErrorType, Read};
use sonoff_core::io::{Level, Restart};
use sonoff_core::profile::Part;
use sonoff_core::settings::{Settings, Text};
use sonoff_core::{Device, Profile};
use sonoff_hal::{Clock, Reading, Sensors, System, Wake};
use sonoff_runtime::{Buffers, Hardware, LogSink, Memory, Pages, Remote, Sntp};

use crate::bench::MAC;
use crate::clock::VirtualClock;
use crate::net::Net;
use crate::pins::MockPins;
use crate::station::MockStation;
use crate::store::RamStore;
use crate::tls::MockTls;
use crate::world::{TaskId, World};

/// The port of the pages of a device that has some.
pub const HTTP: u16 = 80;

/// A serial console that a test types on. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct MockConsole(Rc<RefCell<(VecDeque<u8>, Option<Waker>)>>);

impl MockConsole {
    /// Types bytes.
    pub fn type_bytes(&self, bytes: &[u8]) {
        let mut inner = self.0.borrow_mut();
        inner.0.extend(bytes);
        inner.1.take().into_iter().for_each(Waker::wake);
    }

    /// Forgets what was typed and not read, as a chip does that restarts.
    pub fn forget(&self) {
        self.0.borrow_mut().0.clear();
    }
}

impl ErrorType for MockConsole {
    type Error = Infallible;
}

impl Read for MockConsole {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            let count = buf.len().min(inner.0.len());
            if count == 0 {
                inner.1 = Some(context.waker().clone());
                return Poll::Pending;
            }
            for (place, byte) in buf.iter_mut().zip(inner.0.drain(..count)) {
                *place = byte;
            }
            Poll::Ready(Ok(count))
        })
        .await
    }
}

/// Sensors whose values a test gives. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct MockSensors(Rc<RefCell<(VecDeque<Reading>, Option<Waker>)>>);

impl MockSensors {
    /// Measures this next.
    pub fn measure(&self, reading: Reading) {
        let mut inner = self.0.borrow_mut();
        inner.0.push_back(reading);
        inner.1.take().into_iter().for_each(Waker::wake);
    }
}

impl Sensors for MockSensors {
    async fn next(&mut self) -> Reading {
        poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            let Some(reading) = inner.0.pop_front() else {
                inner.1 = Some(context.waker().clone());
                return Poll::Pending;
            };
            Poll::Ready(reading)
        })
        .await
    }
}

/// A chip without hardware.
#[derive(Debug, Clone)]
pub struct MockSystem {
    mac: [u8; 6],
    cold: bool,
    seed: u32,
    keep: [u8; 32],
    /// The watchdog's time, if there is one.
    feed_every: Option<u64>,
    feeds: Rc<Cell<u64>>,
    baudrates: Rc<RefCell<Vec<u32>>>,
}

impl MockSystem {
    /// A chip with this hardware address that has just got power.
    pub fn new(mac: [u8; 6]) -> Self {
        let seed = mac.iter().fold(1_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        Self {
            mac,
            cold: true,
            seed,
            keep: [0; 32],
            feed_every: None,
            feeds: Rc::default(),
            baudrates: Rc::default(),
        }
    }
}

impl System for MockSystem {
    fn chip_id(&self) -> [u8; 6] {
        self.mac
    }

    fn random(&mut self) -> u32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.seed
    }

    fn restart(&mut self) {}

    fn wake(&self) -> Wake {
        let reason = if self.cold { "Power On" } else { "Software/System restart" };
        Wake { cold: self.cold, reason }
    }

    fn keep(&mut self) -> &mut [u8; 32] {
        &mut self.keep
    }

    fn feed(&mut self) {
        self.feeds.set(self.feeds.get() + 1);
    }

    fn feed_every(&self) -> Option<u64> {
        self.feed_every
    }

    fn free_memory(&self) -> u32 {
        32 * 1024
    }

    fn set_baudrate(&mut self, baud: u32) {
        self.baudrates.borrow_mut().push(baud);
    }
}

/// The log lines of a device, as `<stamp> <text>`. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct LogLines(Rc<RefCell<Vec<String>>>, Rc<RefCell<Vec<String>>>);

impl LogLines {
    /// All lines since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut())
    }

    /// All lines for the page of the log since the last call.
    pub fn take_page(&self) -> Vec<String> {
        std::mem::take(&mut self.1.borrow_mut())
    }

    /// How many lines since [`Self::take`] contain `text`.
    pub fn count(&self, text: &str) -> usize {
        self.0.borrow().iter().filter(|line| line.contains(text)).count()
    }
}

impl LogSink for LogLines {
    fn line(&self, stamp: &dyn fmt::Display, _level: Level, text: fmt::Arguments<'_>) {
        self.0.borrow_mut().push(format!("{stamp} {text}"));
    }

    fn page_line(&self, stamp: &dyn fmt::Display, _level: Level, text: fmt::Arguments<'_>) {
        self.1.borrow_mut().push(format!("{stamp} {text}"));
    }
}

/// What a device is made of before it is plugged in.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Its kind.
    pub profile: Profile,
    /// Its hardware address.
    pub mac: [u8; 6],
    /// First settings, while nothing is stored.
    pub settings: fn(&mut Settings),
    /// Size of the receive buffer.
    pub rx: usize,
    /// Size of the transmit buffer.
    pub tx: usize,
    /// The watchdog's time, if there is one.
    pub feed_every: Option<u64>,
}

impl Default for Parts {
    /// A Sonoff Basic `DVES_123456` whose broker is `10.0.0.1`.
    fn default() -> Self {
        let settings = |settings: &mut Settings| _ = settings.set_text(Text::MQTT_HOST, "10.0.0.1");
        Self { profile: Profile::BASIC, mac: MAC, settings, rx: 1280, tx: 1280, feed_every: None }
    }
}

/// A device that is plugged in. It restarts when it is told to and stays off after a shutdown.
#[derive(Debug, Clone)]
pub struct Plug {
    /// Its task.
    pub task: TaskId,
    /// Its pins.
    pub pins: MockPins,
    /// Its settings memory.
    pub store: RamStore,
    /// Its way to the network.
    pub station: MockStation,
    /// Its serial console.
    pub console: MockConsole,
    /// Its sensors.
    pub sensors: MockSensors,
    /// Its log.
    pub log: LogLines,
    /// Its remote handle.
    pub remote: Rc<Remote>,
    /// How often it has restarted.
    pub restarts: Rc<Cell<u32>>,
    /// How often its watchdog was fed.
    pub feeds: Rc<Cell<u64>>,
    /// The speeds that its serial port was set to.
    pub baudrates: Rc<RefCell<Vec<u32>>>,
}

impl World {
    /// Plugs a device in.
    pub fn plug(&mut self, parts: Parts) -> Plug {
        self.plug_with(parts, RamStore::new(), MockPins::new(self.clock().clone()))
    }

    /// Plugs a device in whose memory and pins exist already, as after a power cut.
    pub fn plug_with(&mut self, parts: Parts, store: RamStore, pins: MockPins) -> Plug {
        let plug = Plug {
            task: self.spawn(async {}),
            pins,
            store,
            station: MockStation::default(),
            console: MockConsole::default(),
            sensors: MockSensors::default(),
            log: LogLines::default(),
            remote: Rc::new(Remote::new()),
            restarts: Rc::default(),
            feeds: Rc::default(),
            baudrates: Rc::default(),
        };
        plug.station.set_up(true);
        let life = live(parts, plug.clone(), self.clock().clone(), self.net().clone());
        Plug { task: self.spawn(life), ..plug }
    }
}

async fn live(parts: Parts, plug: Plug, clock: VirtualClock, net: Net) {
    let (feeds, baudrates) = (plug.feeds.clone(), plug.baudrates.clone());
    let mut system =
        MockSystem { feed_every: parts.feed_every, feeds, baudrates, ..MockSystem::new(parts.mac) };
    while live_once(&parts, &plug, system.clone(), clock.from_zero(), net.clone()).await != Restart::Halt {
        plug.restarts.set(plug.restarts.get() + 1);
        system.cold = false;
        system.seed = system.random();
        // A chip takes its time, too.
        clock.wait_until(clock.now().saturating_add(100)).await;
    }
}

async fn live_once(parts: &Parts, plug: &Plug, system: MockSystem, clock: VirtualClock, net: Net) -> Restart {
    let mut device = Device::new(parts.profile, parts.mac);
    (parts.settings)(device.settings_mut());
    let (mut rx, mut tx, mut rest) = (vec![0; parts.rx], vec![0; parts.tx], Memory::<512, 512>::new());
    let buffers = Buffers { rx: &mut rx, tx: &mut tx, ..rest.buffers() };
    let hardware = Hardware {
        pins: plug.pins.clone(),
        time: Sntp::new(net.clone(), clock.clone()),
        tls: MockTls::default(),
        clock,
        net,
        station: plug.station.clone(),
        store: plug.store.clone(),
        system,
        console: plug.console.clone(),
        sensors: plug.sensors.clone(),
    };
    if !parts.profile.parts.contains(&Part::Pages) {
        return sonoff_runtime::run(&mut device, hardware, buffers, &plug.log, &plug.remote).await;
    }
    let mut pages = sonoff_web::Memory::<1536, 1024>::new();
    let pages = Pages { port: HTTP, announced: true, rooms: pages.rooms() };
    sonoff_runtime::run_with_pages(&mut device, hardware, buffers, &plug.log, &plug.remote, pages).await
}
