//! The device between the loops: borrowed only inside functions that do not wait.

#[cfg(feature = "pages")]
mod pages;
#[cfg(feature = "setup")]
mod setup;

use core::cell::{Cell, RefCell};
use core::fmt;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use sonoff_core::command::Command;
use sonoff_core::io::{Action, Boot, Level, Link, LinkTiming, Network, Restart, Slot};
use sonoff_core::settings::Settings;
use sonoff_core::{Device, Input, Instant};
use sonoff_hal::{Clock, Pins, System, Wake};
use sonoff_mqtt::packet::{self, Connect, Full, Will};
use sonoff_mqtt::{Rc, Timing};

use crate::drive::apply;
use crate::lines::Lines;
use crate::log::LogSink;
use crate::outgoing::{Outgoing, message, next_outgoing};

/// One signal for each loop: two loops on one signal would take each other's wake-ups.
#[derive(Default)]
pub(crate) struct Due {
    pub drive: Signal<NoopRawMutex, ()>,
    pub sense: Signal<NoopRawMutex, ()>,
    pub link: Signal<NoopRawMutex, ()>,
    pub console: Signal<NoopRawMutex, ()>,
    pub keep: Signal<NoopRawMutex, ()>,
    pub network: Signal<NoopRawMutex, ()>,
    pub syslog: Signal<NoopRawMutex, ()>,
    pub time: Signal<NoopRawMutex, ()>,
    /// Whether there are pages has changed.
    pub pages: Signal<NoopRawMutex, ()>,
    #[cfg(feature = "search")]
    pub common_port: crate::turn::CommonPort,
    /// Whether the device is an access point itself has changed.
    #[cfg(feature = "setup")]
    pub set_up: Signal<NoopRawMutex, ()>,
    #[cfg(feature = "pages")]
    pub scan: crate::services::web::scan::Scan,
}

/// What the loops share. Time is read here and nowhere else, but for the pace of samples.
pub(crate) struct Shared<'a, P, C, Y> {
    device: RefCell<&'a mut Device>,
    pins: &'a P,
    pub clock: &'a C,
    system: RefCell<Y>,
    log: &'a dyn LogSink,
    scratch: RefCell<&'a mut [u8]>,
    pub due: Due,
    /// The access point to join next.
    pub join: Cell<Option<u8>>,
    /// How long the radio may sleep from now on, milliseconds.
    pub sleep: Cell<Option<u8>>,
    /// Somebody wants the device to be an access point itself.
    pub wants_set_up: Cell<bool>,
    /// It is one.
    is_set_up: Cell<bool>,
    /// What waits for the log server.
    pub lines: RefCell<Lines<'a>>,
    network: Cell<bool>,
    /// Pages can be seen.
    pages: Cell<bool>,
    /// The last return code of the link (S-42).
    rc: Cell<i8>,
    save_settings: Cell<bool>,
    save_state: Cell<bool>,
    restart: Cell<Option<Restart>>,
    retry_in: Cell<Option<u16>>,
}

impl<'a, P: Pins, C: Clock, Y: System> Shared<'a, P, C, Y> {
    pub fn new(
        device: &'a mut Device,
        pins: &'a P,
        clock: &'a C,
        system: RefCell<Y>,
        log: &'a dyn LogSink,
        scratch: &'a mut [u8],
        lines: &'a mut [u8],
    ) -> Self {
        Self {
            device: RefCell::new(device),
            pins,
            clock,
            system,
            log,
            scratch: RefCell::new(scratch),
            due: Due::default(),
            join: Cell::new(None),
            sleep: Cell::new(None),
            wants_set_up: Cell::new(false),
            is_set_up: Cell::new(false),
            lines: RefCell::new(Lines::new(lines)),
            network: Cell::new(false),
            pages: Cell::new(false),
            rc: Cell::new(Rc::Disconnected.code()),
            save_settings: Cell::new(false),
            save_state: Cell::new(false),
            restart: Cell::new(None),
            retry_in: Cell::new(None),
        }
    }

    /// Starts the device; `boot` makes its facts from how the chip woke, after `set_up` has given it first settings.
    pub fn boot<'r>(&self, set_up: fn(&mut Settings), boot: impl FnOnce(Wake) -> Boot<'r>) {
        let wake = self.system.borrow().wake();
        self.measure_memory();
        set_up(self.device.borrow_mut().settings_mut());
        self.device.borrow_mut().boot(self.now(), &boot(wake));
        self.settle();
    }

    /// Hands one thing that happened to the device and does what it wants.
    pub fn input(&self, input: Input<'_>) {
        self.device.borrow_mut().handle(self.now(), input);
        self.settle();
    }

    /// [`Input::Tick`], if its moment has come.
    pub fn tick(&self) {
        if self.wake_at() <= self.clock.now() {
            self.measure_memory();
            self.input(Input::Tick);
        }
    }

    /// Looks at the device.
    pub fn look<R>(&self, look: impl FnOnce(&Device) -> R) -> R {
        look(&self.device.borrow())
    }

    /// The network as it is now.
    pub fn network(&self, network: Option<&Network>) {
        self.network.set(network.is_some());
        self.input(Input::Link(network.map_or(Link::Down, Link::Up)));
    }

    /// There is a network.
    pub fn has_network(&self) -> bool {
        self.network.get()
    }

    /// A line can be sent to the log server.
    pub fn has_lines(&self) -> bool {
        self.network.get() && !self.lines.borrow().is_empty()
    }

    /// When the next tick is due, `u64::MAX` for never.
    pub fn wake_at(&self) -> u64 {
        self.device.borrow().poll_timeout().map_or(u64::MAX, Instant::as_millis)
    }

    /// Feeds the watchdog; tells when to do it again.
    pub fn feed(&self) -> u64 {
        let mut system = self.system.borrow_mut();
        let Some(every) = system.feed_every() else { return u64::MAX };
        system.feed();
        self.clock.now().saturating_add(every)
    }

    pub fn wants_samples(&self) -> bool {
        self.device.borrow().wants_samples()
    }

    pub fn accepts_command(&self) -> bool {
        self.device.borrow().accepts_command()
    }

    /// The next record to be saved.
    pub fn next_save(&self) -> Option<Slot> {
        if self.save_settings.take() {
            return Some(Slot::Settings);
        }
        self.save_state.take().then_some(Slot::State)
    }

    pub fn encode<'b>(&self, slot: Slot, blob: &'b mut [u8]) -> Option<&'b [u8]> {
        self.device.borrow().encode(slot, blob).ok()
    }

    /// Whether the run is over; then the chip is restarted, unless it is to stay off.
    pub fn restart(&self) -> Option<Restart> {
        let why = self.restart.take()?;
        if why != Restart::Halt {
            self.system.borrow_mut().restart();
        }
        Some(why)
    }

    /// The new wait that `MqttRetry` set (S-41), once.
    pub fn take_retry_in(&self) -> Option<u16> {
        self.retry_in.take()
    }

    pub fn random(&self) -> u32 {
        self.system.borrow_mut().random()
    }

    pub fn timing(&self) -> Timing {
        let LinkTiming { keep_alive, timeout, retry } = self.device.borrow().timing();
        Timing { keep_alive_s: keep_alive, timeout_s: timeout, retry_s: retry }
    }

    /// How many brokers there are to try.
    pub fn brokers(&self) -> u8 {
        let device = self.device.borrow();
        (0..u8::MAX).take_while(|&index| device.broker(index).is_some()).last().map_or(0, |last| last + 1)
    }

    /// Writes CONNECT; the will's topic takes `scratch`.
    pub fn connect(&self, scratch: &mut [u8], out: &mut [u8]) -> Result<usize, Full> {
        let device = self.device.borrow();
        let greeting = device.greeting(scratch);
        let will = Will {
            topic: greeting.will_topic,
            payload: greeting.will_payload.as_bytes(),
            retain: greeting.will_retain,
        };
        let connect = Connect {
            client: greeting.client,
            user: greeting.user,
            password: greeting.password,
            keep_alive_s: greeting.keep_alive,
            clean_session: greeting.clean_session,
            will: Some(will),
        };
        packet::connect(&connect, out)
    }

    /// Puts the next thing to send into `buf` and logs it (D-44).
    pub fn transmit(&self, buf: &mut [u8]) -> Option<Outgoing> {
        let mut device = self.device.borrow_mut();
        let outgoing = next_outgoing(&mut device, self.now(), buf);
        if let Some((message, _)) = outgoing.and_then(|outgoing| message(outgoing, buf))
            && let Some(level) = device.message_level(message.topic)
        {
            self.write(&mut device, level, format_args!("MQT: {message}"));
        }
        outgoing
    }

    /// The next window of a payload that did not fit, as a length; `None` when there is none.
    pub fn payload(&self, buf: &mut [u8]) -> Option<usize> {
        self.device.borrow_mut().poll_payload(buf).map(<[u8]>::len)
    }

    /// What waited to be sent is on its way: commands may be accepted again, and a Backlog go on.
    pub fn transmitted(&self) {
        self.due.drive.signal(());
        self.due.console.signal(());
    }

    /// The connection or an attempt ended.
    pub fn lost(&self, rc: Rc) {
        self.rc.set(rc.code());
        self.input(Input::Link(Link::Lost { rc: rc.code() }));
    }

    /// A line for whoever is at the console, and for nobody else.
    pub fn tell(&self, text: fmt::Arguments<'_>) {
        let stamp = self.device.borrow().stamp(self.now());
        self.log.line(&stamp, Level::Info, text);
    }

    /// The firmware's own commands.
    pub fn own_commands(&self) -> &'static [Command] {
        self.device.borrow().profile().commands
    }

    pub fn info(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Info, text);
    }

    pub fn debug(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Debug, text);
    }

    pub fn error(&self, text: fmt::Arguments<'_>) {
        self.line(Level::Error, text);
    }

    fn line(&self, level: Level, text: fmt::Arguments<'_>) {
        if self.write(&mut self.device.borrow_mut(), level, text) {
            self.due.link.signal(());
        }
    }

    /// Gives a line to all who want it: the sink, and the broker. True when the broker will get it.
    fn write(&self, device: &mut Device, level: Level, text: fmt::Arguments<'_>) -> bool {
        let now = self.now();
        if device.wants_line(level) {
            self.log.line(&device.stamp(now), level, text);
        }
        if device.wants_page_line(level) {
            self.log.page_line(&device.stamp(now), level, text);
        }
        self.lines.borrow_mut().push(|room| device.syslog_line(now, level, text, room));
        if self.has_lines() {
            self.due.syslog.signal(());
        }
        device.publish_line(now, level, text)
    }

    pub fn now(&self) -> Instant {
        Instant::from_millis(self.clock.now())
    }

    fn measure_memory(&self) {
        let kilobytes = self.system.borrow().free_memory() / 1024;
        self.device.borrow_mut().set_free_memory(kilobytes);
    }

    /// After every input: hardware first, then words, then the loops.
    fn settle(&self) {
        self.act();
        self.say();
        self.raise_all();
    }

    fn act(&self) {
        let mut device = self.device.borrow_mut();
        while let Some(action) = device.poll_action() {
            match apply(action, self.pins) {
                Some(Action::Save(Slot::Settings)) => self.save_settings.set(true),
                Some(Action::Save(Slot::State)) => self.save_state.set(true),
                Some(Action::RetryIn { seconds }) => self.retry_in.set(Some(seconds)),
                Some(Action::SyncTime) => self.due.time.signal(()),
                Some(Action::Join { place }) => self.for_station(&self.join, place),
                Some(Action::Sleep { ms }) => self.for_station(&self.sleep, ms),
                Some(Action::SetUp) => {
                    self.wants_set_up.set(true);
                    self.due.network.signal(());
                }
                Some(Action::Baudrate { baud }) => self.system.borrow_mut().set_baudrate(baud),
                Some(Action::Restart(why)) => self.restart.set(Some(why)),
                // The pins have had theirs; what is not known here is for a newer runtime.
                Some(_) | None => {}
            }
        }
    }

    fn for_station(&self, place: &Cell<Option<u8>>, what: u8) {
        place.set(Some(what));
        self.due.network.signal(());
    }

    /// Logs the device's own lines, and what nobody gets while the broker is away (S-36).
    fn say(&self) {
        let mut device = self.device.borrow_mut();
        let mut scratch = self.scratch.borrow_mut();
        let now = self.now();
        while let Some(line) = device.poll_log(&mut scratch) {
            self.write(&mut device, line.level, format_args!("{}", line.text));
        }
        while !device.is_online() {
            let Some(outgoing) = next_outgoing(&mut device, now, &mut scratch) else { break };
            if let Some((message, whole)) = message(outgoing, &scratch) {
                if let Some(level) = device.message_level(message.topic) {
                    self.write(&mut device, level, format_args!("RSL: {}", message.unsent()));
                }
                while !whole && device.poll_payload(&mut scratch).is_some() {}
            }
        }
    }

    /// Wakes the loops. Those that would only look and wait again are left asleep.
    fn raise_all(&self) {
        let device = self.device.borrow();
        self.due.drive.signal(());
        self.due.link.signal(());
        if device.wants_samples() {
            self.due.sense.signal(());
        }
        if device.accepts_command() {
            self.due.console.signal(());
        }
        let pages = self.is_set_up.get() || (self.network.get() && device.webserver() > 0);
        if self.pages.replace(pages) != pages {
            self.due.pages.signal(());
        }
        if self.save_settings.get() || self.save_state.get() || self.restart.get().is_some() {
            self.due.keep.signal(());
        }
        if self.has_lines() {
            self.due.syslog.signal(());
        }
    }
}
