//! The device: inputs in, outputs out, nothing about any single feature.

use heapless::String;

use crate::backlog::Backlog;
use crate::board::Untold;
use crate::button::Buttons;
use crate::discovery::Discovery;
use crate::facts::Facts;
use crate::input::Inputs;
use crate::io::{Action, Boot, Greeting, Input, Link, LinkTiming, Slot};
use crate::joining::{Event, Joining};
use crate::led::Leds;
use crate::life::Life;
use crate::log::{Note, Notes};
use crate::names::{Names, put};
use crate::power::Power;
use crate::profile::{Part, Profile};
use crate::reading::Sensors;
use crate::report::{Report, Reports};
use crate::reset::Reset;
use crate::save::Saves;
use crate::settings::{Number, Settings, SettingsError, Text};
use crate::state_record::StateRecord;
use crate::switch::Switches;
use crate::telemetry::Telemetry;
use crate::text::Sink;
use crate::time::{Instant, earliest};
use crate::timekeeping::Sync;
use crate::topic::Prefix;
use crate::transmit::Windows;
use crate::wiring::{Kind, Wiring};

/// A device that speaks the protocol. It has no clock, no socket, no pin and no allocation.
///
/// Give it what happens with [`Device::handle`], then ask for what it wants: [`Device::poll_action`] for the
/// hardware at once, [`Device::poll_transmit`] for the broker when the link has room, [`Device::poll_log`] for
/// log lines, and [`Device::poll_timeout`] for the moment at which it wants [`Input::Tick`].
///
/// Small fields lie first, in the 124 bytes that one instruction of a Cortex-M0+ reaches; the settings within 256.
#[derive(Debug)]
#[repr(C)]
pub struct Device {
    /// The time of what is being handled: said once, instead of from function to function.
    pub(crate) now: Instant,
    pub(crate) link: LinkState,
    /// The LWT topic was cleared because its name changes: the goodbye must not fill it again (T-27).
    pub(crate) lwt_cleared: bool,
    /// What the next restart resets.
    pub(crate) reset: Option<Reset>,
    pub(crate) boots: u16,
    pub(crate) mac: [u8; 6],
    pub(crate) retry_in: Option<u16>,
    /// Messages that could not be sent because the broker was away.
    pub(crate) lost: u32,
    /// When the boot count was set to 0, in seconds since 1970.
    pub(crate) boots_since: u32,
    pub(crate) life: Life,
    pub(crate) leds: Leds,
    pub(crate) sync: Sync,
    pub(crate) telemetry: Telemetry,
    pub(crate) discovery: Discovery,
    /// Which access point is joined.
    pub(crate) joining: Joining,
    pub(crate) untold: Untold,
    pub(crate) power: Power,
    pub(crate) settings: Settings,
    pub(crate) saves: Saves,
    pub(crate) inputs: Inputs,
    pub(crate) buttons: Buttons,
    pub(crate) switches: Switches,
    pub(crate) profile: Profile,
    pub(crate) facts: Facts,
    pub(crate) wiring: Wiring,
    /// Places of the wiring that have been assigned.
    pub(crate) assigned: u8,
    pub(crate) sensors: Sensors,
    pub(crate) reason: String<32>,
    pub(crate) windows: Option<Windows>,
    pub(crate) notes: Notes,
    pub(crate) names: Names,
    pub(crate) backlog: Backlog,
    pub(crate) reports: Reports,
}

/// The connection to the broker.
#[derive(Debug, Default)]
pub(crate) struct LinkState {
    pub online: bool,
    /// Sessions since the start (S-38).
    pub sessions: u32,
}

impl Device {
    /// A device of this kind. `mac` is its hardware address, from which its names are made (T-6, T-17).
    pub fn new(profile: Profile, mac: [u8; 6]) -> Self {
        Self {
            now: Instant::ZERO,
            profile,
            mac,
            settings: Settings::default(),
            names: Names::default(),
            power: Power::new(0, 0),
            inputs: Inputs::default(),
            buttons: Buttons::default(),
            switches: Switches::default(),
            leds: Leds::default(),
            reports: Reports::new(),
            windows: None,
            backlog: Backlog::default(),
            telemetry: Telemetry::default(),
            link: LinkState::default(),
            life: Life::Running,
            saves: Saves::default(),
            notes: Notes::default(),
            facts: Facts::default(),
            sync: Sync::default(),
            wiring: Wiring::default(),
            assigned: 0,
            sensors: Sensors::default(),
            retry_in: None,
            lwt_cleared: false,
            lost: 0,
            boots: 0,
            boots_since: 0,
            reason: String::new(),
            reset: None,
            discovery: Discovery::default(),
            joining: Joining::default(),
            untold: Untold::default(),
        }
    }

    /// The settings, to be given first values before [`Device::boot`] on a device that has nothing stored.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// What is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The relays.
    pub fn power(&self) -> &Power {
        &self.power
    }

    /// Starts the run: settings, names, relay states; once, before anything else.
    ///
    /// Stored bytes that cannot be read leave the defaults in force and a line in the log.
    pub fn boot(&mut self, now: Instant, boot: &Boot<'_>) {
        self.now = now;
        if boot.settings.is_some_and(|document| self.settings.decode(document).is_err()) {
            self.notes.push(Note::Unreadable(Slot::Settings));
        }
        let record = boot.state.map(StateRecord::decode).unwrap_or(Ok(StateRecord::default()));
        if record.is_err() {
            self.notes.push(Note::Unreadable(Slot::State));
        }
        let record = record.unwrap_or_default();
        self.boots = record.boots.saturating_add(1);
        self.boots_since = record.boots_since;
        put(&mut self.reason, boot.reason);
        self.expand_names();
        self.wiring = self.profile.wiring(&self.settings);
        self.leds = Leds::new(&self.wiring);
        self.power = Power::new(self.wiring.relays(), self.wiring.inverted_relays());
        self.restore_power(boot.cold, record.power);
        self.power.assign();
        self.saves.boot(now, self.settings.number(Number::SAVE_DATA), self.power.mask() == record.power);
        self.telemetry.boot(now, &self.settings);
        self.join_step(Event::Boot);
        self.tell_board();
        self.run_template_commands();
        if !self.option(3) {
            self.report(Report::BootWithoutMqtt, false);
        }
    }

    /// Names that cannot work are none of this firmware's making: the factory's replace them.
    fn expand_names(&mut self) {
        let suffix = self.profile.fallback_suffix;
        if self.names.put(&self.settings, self.mac, suffix).is_err() {
            let _ = self.names.put(&Settings::default(), self.mac, suffix);
        }
    }

    /// Takes one thing that happened. It never fails: what is wrong with it is answered or logged.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.now = now;
        match input {
            Input::Message { topic, payload, retained } => self.message(topic, payload, retained),
            Input::Line { source, text } => self.line(source, text),
            Input::Levels(levels) => self.sample_inputs(levels),
            Input::Tick => self.tick(),
            Input::Link(link) => self.link_changed(link),
            Input::WallClock { unix_ms } => self.time_told(unix_ms),
            Input::Saved { slot, ok } => self.saves.saved(now, slot, ok),
            Input::Joined { ok } => self.join_step(Event::Ended { ok }),
            Input::Reading(reading) => self.take_reading(reading),
            Input::Learned(key) => self.learn(key),
            Input::Shutdown => self.shut_down(),
        }
        self.go_on_ending();
        self.tick_leds();
    }

    fn tick(&mut self) {
        self.tick_power();
        self.tick_buttons();
        self.tick_switches();
        self.tick_telemetry();
        self.sync.tick(self.now);
        self.tick_backlog();
        self.tick_discovery();
        self.saves.tick(self.now);
        self.join_step(Event::Tick);
    }

    /// When the device wants [`Input::Tick`]; after that it is later than the tick's time, or `None`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let backlog = if self.accepts_command() { self.backlog.deadline() } else { None };
        let life = self.life.deadline(self.backlog.is_empty());
        let inputs =
            earliest(self.buttons.deadline(self.settings.gesture_limits()), self.switches.deadline());
        let outputs = earliest(self.power.deadline(), self.leds.blinking.deadline());
        let told = earliest(self.telemetry.deadline(), self.sync.deadline());
        let told = earliest(told, self.discovery.deadline());
        let deadlines = [outputs, inputs, told, self.saves.deadline(), self.joining.deadline(), life];
        deadlines.into_iter().fold(backlog, earliest)
    }

    /// A [`Input::Message`] or [`Input::Line`] may come now. While an answer waits, a long one leaves or an
    /// interlock pause runs, commands stay with whoever brings them. Rules and local input never wait.
    pub fn accepts_command(&self) -> bool {
        !self.reports.has_answer() && self.windows.is_none() && !self.power.is_pausing()
    }

    /// What the hardware must do now. Drain it after each [`Device::handle`].
    pub fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.next_assign() {
            return Some(action);
        }
        if let Some((relay, high)) = self.power.next_write() {
            return self.wiring.pin(Kind::Relay, relay).map(|pin| Action::Write { gpio: pin.gpio(), high });
        } else if let Some((gpio, high)) = self.next_led_write() {
            return Some(Action::Write { gpio, high });
        }
        if let Some(seconds) = self.retry_in.take() {
            return Some(Action::RetryIn { seconds });
        }
        if self.sync.take() {
            return Some(Action::SyncTime);
        }
        if let Some(action) = self.next_join().or_else(|| self.next_board_action()) {
            return Some(action);
        }
        self.saves.next().map(Action::Save).or_else(|| self.life.poll_restart().map(Action::Restart))
    }

    /// The broker has accepted this device.
    pub fn is_online(&self) -> bool {
        self.link.online
    }

    /// The link's times.
    pub fn timing(&self) -> LinkTiming {
        let [keep_alive, timeout, retry] =
            [Number::MQTT_KEEP_ALIVE, Number::MQTT_TIMEOUT, Number::MQTT_RETRY]
                .map(|n| self.settings.number(n));
        LinkTiming { keep_alive, timeout, retry }
    }

    /// The fields of CONNECT (S-4 to S-11). `buf` takes the will's topic, at most
    /// [`MAX_TOPIC`](crate::topic::MAX_TOPIC) bytes.
    pub fn greeting<'b>(&'b self, buf: &'b mut [u8]) -> Greeting<'b> {
        let mut sink = Sink::new(buf);
        sink.push(self.names.own(Prefix::Tele));
        sink.push("LWT");
        Greeting {
            client: &self.names.client,
            user: not_empty(self.settings.text(Text::MQTT_USER)),
            password: not_empty(self.settings.text(Text::MQTT_PASSWORD)),
            keep_alive: self.settings.number(Number::MQTT_KEEP_ALIVE),
            clean_session: !self.option(140),
            will_topic: sink.into_str(),
            will_payload: "Offline",
            will_retain: !self.option(104),
        }
    }

    /// Writes a record to be saved, after [`Action::Save`].
    ///
    /// # Errors
    /// [`SettingsError::NoRoom`] when `buf` is smaller than the record; [`Slot::SETTINGS_BYTES`] always do.
    pub fn encode<'b>(&self, slot: Slot, buf: &'b mut [u8]) -> Result<&'b [u8], SettingsError> {
        match slot {
            Slot::Settings => {
                let reset = self.reset.filter(|_| self.life.is_ending());
                self.settings.encode_after(reset.unwrap_or(Reset::Radio), buf)
            }
            Slot::State => {
                let forgets = self.reset.is_some_and(|reset| reset != Reset::Radio);
                let kept = if self.option(0) && !forgets { self.lasting_relays() } else { 0 };
                let power = self.power.mask() & kept;
                let boots = self.boots.saturating_sub(u16::from(!self.saves.boot_counts()));
                StateRecord { power, boots, boots_since: self.boots_since }.encode(buf)
            }
        }
    }

    /// The stamp of a log line at `now` (D-43).
    pub fn stamp(&self, now: Instant) -> crate::clock::Stamp {
        self.facts.clock.stamp(now, &self.settings.zone)
    }

    /// What the board has.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.profile.parts.contains(&part)
    }

    /// What kind of device it is.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Free memory in kilobytes, for those who ask; a board without an allocator tells its free stack.
    pub fn set_free_memory(&mut self, kilobytes: u32) {
        self.facts.free_memory = kilobytes;
    }

    fn link_changed(&mut self, link: Link<'_>) {
        let now = self.now;
        match link {
            Link::Up(network) => {
                self.join_step(Event::Up);
                self.facts.up(now, network);
                self.discovery.look_again(now);
                self.sync.network_up(now);
            }
            Link::Down => {
                self.join_step(Event::Down);
                self.facts.down(now);
                self.sync.network_down();
                self.offline();
            }
            Link::Online => self.session_began(),
            Link::Lost { .. } => self.offline(),
        }
    }

    fn session_began(&mut self) {
        let now = self.now;
        self.offline();
        self.link.online = true;
        self.link.sessions = self.link.sessions.saturating_add(1);
        let first = self.link.sessions == 1;
        self.reports.push_first(Report::Session { first });
        self.clear_former_relays();
        let late = if first { 0 } else { self.jitter_ms() };
        self.telemetry.session_began(now, late, &self.settings);
        self.discovery.session_began(now, first, late);
    }

    /// A long answer that was on its way is over.
    fn offline(&mut self) {
        self.link.online = false;
        self.windows = None;
    }

    /// Up to 5 s, different for each device and session, so that many do not speak at once (S-22).
    pub(crate) fn jitter_ms(&self) -> u32 {
        let [.., a, b, c] = self.mac;
        let seed = u32::from_be_bytes([0, a, b, c]).wrapping_add(self.link.sessions);
        ((seed.wrapping_mul(2_654_435_761) >> 16) * 5000) >> 16
    }

    /// A setting was changed: it is saved soon.
    pub(crate) fn settings_changed(&mut self) {
        self.saves.settings_changed(self.now);
        self.discovery.look_again(self.now);
    }
}

fn not_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
