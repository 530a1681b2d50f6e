//! A device on a bench: messages and edges in, lines and relay moves out, in virtual time.

mod board;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::Ipv4Addr;

use sonoff_core::io::{Boot, Link, Network, Restart, Slot, Source, Ssid, Wifi};
use sonoff_core::settings::{Number, Settings};
use sonoff_core::{Action, Device, Input, Instant, Profile, Transmit};

/// The hardware address of the reference device; its chip id is 123456.
pub const MAC: [u8; 6] = [0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56];

/// A device, and all that it has said and done since it was last asked.
///
/// What it sends reads as in the protocol reference: `stat/sonoff/POWER = ON`, with ` (r)` behind it when it is
/// retained, and `SUBSCRIBE cmnd/sonoff/#`. [`Bench::sends`] and [`Bench::drives`] take everything since their last
/// call, so an unexpected line fails the test.
#[derive(Debug)]
pub struct Bench {
    device: Device,
    profile: Profile,
    now: Instant,
    buffer: usize,
    sent: VecDeque<(u64, String)>,
    driven: Vec<(u8, bool)>,
    driven_at: Vec<(u64, u8, bool)>,
    led: Vec<(u64, u8, bool)>,
    log: Vec<String>,
    levels: u64,
    sampled: Instant,
    stored: [Option<Vec<u8>>; 2],
    saves_fail: bool,
    discovery: bool,
    restarts: Vec<Restart>,
    told: Vec<Action>,
}

impl Bench {
    /// The reference device: Topic `sonoff`, `relays` relays, online, nothing said yet.
    ///
    /// `GroupState` is 0, so that each rule can be tested without the copies on group topics. For the same reason the
    /// messages of discovery are left out until [`Bench::discovery`] asks for them.
    pub fn sonoff(relays: u8) -> Self {
        Self::with(relays, |settings| _ = settings.set_number(Number::GROUP_STATE, 0))
    }

    /// The same with other first settings.
    pub fn with(relays: u8, first: impl FnOnce(&mut Settings)) -> Self {
        let mut bench = Self::offline(relays, first);
        bench.connect();
        bench.sent.clear();
        bench
    }

    /// The same before its first session.
    pub fn offline(relays: u8, first: impl FnOnce(&mut Settings)) -> Self {
        Self::of(Profile::with_relays(relays), first)
    }

    /// A device of any kind before its first session.
    pub fn of(profile: Profile, first: impl FnOnce(&mut Settings)) -> Self {
        let mut bench = Self {
            device: Device::new(profile, MAC),
            profile,
            now: Instant::ZERO,
            buffer: 1024,
            sent: VecDeque::new(),
            driven: Vec::new(),
            driven_at: Vec::new(),
            led: Vec::new(),
            log: Vec::new(),
            levels: u64::MAX,
            sampled: Instant::ZERO,
            stored: [None, None],
            saves_fail: false,
            discovery: false,
            restarts: Vec::new(),
            told: Vec::new(),
        };
        first(bench.device.settings_mut());
        bench.boot(true);
        bench.forget_drives();
        bench
    }

    /// From now on each message must fit, or be cut into windows, in a buffer of this size (320 or more).
    #[must_use]
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }

    /// From now on the messages of discovery are among those sent.
    #[must_use]
    pub fn discovery(mut self) -> Self {
        self.discovery = true;
        self
    }

    fn boot(&mut self, cold: bool) {
        let [settings, state] = &self.stored;
        let reason = if cold { "Power On" } else { "Software/System restart" };
        let boot = Boot { cold, reason, settings: settings.as_deref(), state: state.as_deref() };
        self.device.boot(self.now, &boot);
        self.device.handle(self.now, Input::Link(Link::Up(&network())));
        self.levels(self.levels);
        self.settle();
        self.led.clear();
        self.told.clear();
    }

    fn forget_drives(&mut self) {
        self.driven.clear();
        self.driven_at.clear();
    }

    /// Starts the device anew from what it has saved, as after a power cut (`cold`) or a reset. A relay that moves at
    /// that, beyond its first level, has been driven.
    pub fn reboot(&mut self, cold: bool) -> &mut Self {
        self.forget_drives();
        let first = self.device.settings().clone();
        self.device = Device::new(self.profile, MAC);
        if let [None, _] = self.stored {
            *self.device.settings_mut() = first;
        }
        self.now = Instant::ZERO;
        self.boot(cold);
        self
    }

    /// A session begins.
    pub fn connect(&mut self) -> &mut Self {
        self.input(Input::Link(Link::Online))
    }

    /// The connection ends with this return code.
    pub fn lose(&mut self, rc: i8) -> &mut Self {
        self.input(Input::Link(Link::Lost { rc }))
    }

    /// A command on the own topic.
    pub fn cmnd(&mut self, word: &str, payload: &str) -> &mut Self {
        self.message(&format!("cmnd/sonoff/{word}"), payload.as_bytes(), false)
    }

    /// A command on any topic.
    pub fn publish(&mut self, topic: &str, payload: &str) -> &mut Self {
        self.message(topic, payload.as_bytes(), false)
    }

    /// A message that the broker had kept.
    pub fn retained(&mut self, topic: &str, payload: &str) -> &mut Self {
        self.message(topic, payload.as_bytes(), true)
    }

    /// Any message; it waits, as the link does, until the device accepts commands.
    #[track_caller]
    pub fn message(&mut self, topic: &str, payload: &[u8], retained: bool) -> &mut Self {
        self.wait_until_accepted();
        self.input(Input::Message { topic, payload, retained })
    }

    /// A line on the serial console.
    #[track_caller]
    pub fn line(&mut self, text: &str) -> &mut Self {
        self.wait_until_accepted();
        self.input(Input::Line { source: Source::Serial, text })
    }

    #[track_caller]
    fn wait_until_accepted(&mut self) {
        for _ in 0..1000 {
            if self.device.accepts_command() {
                return;
            }
            let next = self.device.poll_timeout().unwrap_or(self.now);
            self.run_until(next);
        }
        assert!(self.device.accepts_command(), "the device accepts no command");
    }

    /// Any input.
    pub fn input(&mut self, input: Input<'_>) -> &mut Self {
        self.device.handle(self.now, input);
        self.settle();
        self
    }

    /// Lets time pass, from deadline to deadline.
    #[track_caller]
    pub fn wait_ms(&mut self, ms: u64) -> &mut Self {
        self.run_until(Instant::from_millis(self.now.as_millis().saturating_add(ms)));
        self
    }

    #[track_caller]
    fn run_until(&mut self, end: Instant) {
        while let Some(next) = self.next_event().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            if self.sample().is_some_and(|sample| sample <= self.now) {
                self.levels(self.levels);
            }
            self.settle();
        }
        self.now = self.now.max(end);
    }

    /// The device's deadline, or the next sample of its inputs.
    fn next_event(&self) -> Option<Instant> {
        sonoff_core::time::earliest(self.device.poll_timeout(), self.sample())
    }

    fn sample(&self) -> Option<Instant> {
        self.device.wants_samples().then(|| self.sampled.plus_millis(10))
    }

    fn levels(&mut self, levels: u64) {
        self.levels = levels;
        self.sampled = self.now;
        self.device.handle(self.now, Input::Levels(levels));
    }

    /// Does what the runner does after each input: hardware, broker, log, and ticks that are due.
    #[track_caller]
    fn settle(&mut self) {
        loop {
            self.drain();
            if self.device.poll_timeout().is_none_or(|due| due > self.now) {
                return;
            }
            self.device.handle(self.now, Input::Tick);
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(action) = self.device.poll_action() {
            self.act(action);
        }
        let mut buffer = vec![0; self.buffer];
        while self.transmit(&mut buffer) {}
        while let Some(line) = self.device.poll_log(&mut buffer) {
            self.log.push(line.text.to_owned());
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Write { gpio, high } => self.write(gpio, high),
            Action::Save(slot) => self.save(slot),
            Action::Restart(why) => self.restarts.push(why),
            Action::Join { .. } | Action::SetUp | Action::Sleep { .. } | Action::Baudrate { .. } => {
                self.told.push(action);
            }
            _ => {}
        }
    }

    fn save(&mut self, slot: Slot) {
        let mut buffer = vec![0; Slot::SETTINGS_BYTES];
        let record = self.device.encode(slot, &mut buffer).ok().filter(|_| !self.saves_fail);
        let ok = record.is_some();
        if let Some(record) = record {
            let [settings, state] = &mut self.stored;
            *(if slot == Slot::Settings { settings } else { state }) = Some(record.to_vec());
        }
        self.device.handle(self.now, Input::Saved { slot, ok });
    }

    fn transmit(&mut self, buffer: &mut [u8]) -> bool {
        let line = match self.device.poll_transmit(self.now, buffer) {
            None => return false,
            Some(Transmit::Subscribe { filter }) => format!("SUBSCRIBE {filter}"),
            Some(Transmit::Publish { topic, payload, len, retain }) => {
                let mut line = format!("{topic} = ");
                let whole = payload.map(<[u8]>::to_vec);
                let payload = whole.unwrap_or_else(|| self.windows(buffer));
                assert_eq!(payload.len(), len, "the announced length of {line}");
                let _ = write!(line, "{}", String::from_utf8_lossy(&payload));
                line + if retain { " (r)" } else { "" }
            }
            Some(_) => String::from("DISCONNECT"),
        };
        if self.discovery || !line.starts_with("tasmota/discovery/") {
            self.sent.push_back((self.now.as_millis(), line));
        }
        true
    }

    fn windows(&mut self, buffer: &mut [u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        while let Some(window) = self.device.poll_payload(buffer) {
            payload.extend_from_slice(window);
        }
        payload
    }

    /// All that was sent since the last call is this, in this order.
    #[track_caller]
    pub fn sends(&mut self, lines: &[&str]) -> &mut Self {
        assert_eq!(self.sent(), lines);
        self
    }

    /// What was sent since the last call, to be looked at more closely.
    pub fn sent(&mut self) -> Vec<String> {
        self.sent.drain(..).map(|(_, line)| line).collect()
    }

    /// The same with the virtual milliseconds since the start.
    pub fn sent_at(&mut self) -> Vec<(u64, String)> {
        self.sent.drain(..).collect()
    }

    /// The device's own log lines since the last call.
    #[track_caller]
    pub fn logs(&mut self, lines: &[&str]) -> &mut Self {
        assert_eq!(core::mem::take(&mut self.log), lines);
        self
    }

    /// The device's own log lines since the last call, to be looked at more closely.
    pub fn logged(&mut self) -> Vec<String> {
        core::mem::take(&mut self.log)
    }

    /// The restarts that the device asked for since the last call.
    #[track_caller]
    pub fn restarts(&mut self, expected: &[Restart]) -> &mut Self {
        assert_eq!(self.restarted(), expected);
        self
    }

    /// The same, to be looked at more closely.
    pub fn restarted(&mut self) -> Vec<Restart> {
        core::mem::take(&mut self.restarts)
    }

    /// What radio and serial port were told since the last call.
    #[track_caller]
    pub fn tells(&mut self, expected: &[Action]) -> &mut Self {
        assert_eq!(core::mem::take(&mut self.told), expected);
        self
    }

    /// From now on saving fails, or works again.
    pub fn saves_fail(&mut self, fail: bool) -> &mut Self {
        self.saves_fail = fail;
        self
    }

    /// It is this time of day: seconds since 1970.
    pub fn clock(&mut self, seconds: u64) -> &mut Self {
        self.input(Input::WallClock { unix_ms: seconds * 1000 })
    }

    /// Virtual milliseconds since the start.
    pub fn now_ms(&self) -> u64 {
        self.now.as_millis()
    }

    /// The device itself.
    pub fn device(&mut self) -> &mut Device {
        &mut self.device
    }
}

/// The network of the reference device.
pub fn network() -> Network {
    Network {
        ip: Ipv4Addr::new(192, 168, 1, 50),
        mask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Ipv4Addr::new(192, 168, 1, 1),
        dns: [Ipv4Addr::new(192, 168, 1, 1), Ipv4Addr::UNSPECIFIED],
        wifi: Some(Wifi { ssid: Ssid::new("home"), bssid: [0x02, 0, 0, 0, 0, 1], channel: 6, dbm: -60 }),
    }
}
