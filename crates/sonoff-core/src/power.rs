//! Relays: switching, PowerOnState, and the Power commands.

mod verb;

pub use verb::Verb;

use crate::POWERS;
use crate::blink::Blink;
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::pulse;
use crate::report::Report;
use crate::settings::{Number, Settings};
use crate::time::{Instant, earliest};
use crate::view::View;

/// The pause between two interlocked relays (P-34), milliseconds.
pub const INTERLOCK_PAUSE_MS: u32 = 50;

/// A relay that waits until its interlock partners have been off for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pause {
    until: Instant,
    relay: u8,
    fallback: bool,
}

/// The relays' live state. Relay 1 is bit 0 of each mask.
#[derive(Debug, Clone, Copy)]
pub struct Power {
    count: u8,
    inverted: u8,
    on: u8,
    pub(crate) pulses: [Option<Instant>; POWERS],
    pub(crate) blink: Blink,
    pause: Option<Pause>,
    /// The levels that the pins were last told to take.
    driven: u8,
    /// What MQTT last sent: which relays, and the values.
    pub(crate) sent: u8,
    pub(crate) sent_on: u8,
}

/// The mask of relay 1 to 8; 0 for any other number.
#[inline(never)]
pub(crate) const fn bit(relay: u8) -> u8 {
    let shift = if relay > 8 { 0 } else { relay };
    ((1_u32 << shift) >> 1).to_le_bytes()[0]
}

impl Power {
    pub(crate) fn new(count: u8, inverted: u8) -> Self {
        Self {
            count,
            inverted,
            on: 0,
            pulses: [None; POWERS],
            blink: Blink::Idle,
            pause: None,
            driven: inverted,
            sent: 0,
            sent_on: 0,
        }
    }

    /// Number of relays.
    pub fn count(&self) -> u8 {
        self.count
    }

    /// The relays' numbers.
    pub(crate) fn relays(&self) -> core::ops::Range<u8> {
        1..self.count.saturating_add(1)
    }

    /// The mask of all relays.
    pub fn all(&self) -> u8 {
        let [low, _] = (1_u16 << self.count).wrapping_sub(1).to_le_bytes();
        low
    }

    /// The relays that are on; one that blinks counts as what it was before (P-22).
    pub fn mask(&self) -> u8 {
        self.on
    }

    /// `relay` is on.
    pub fn is_on(&self, relay: u8) -> bool {
        self.on & bit(relay) != 0
    }

    pub(crate) fn is_pausing(&self) -> bool {
        self.pause.is_some()
    }

    /// The levels that the pins should have now.
    pub(crate) fn levels(&self) -> u8 {
        let blinking = self.blink.relays();
        let lit = if self.blink.is_lit() { blinking } else { 0 };
        (self.on & !blinking | lit) ^ self.inverted
    }

    /// The next pin to drive: the relay and its level. Switching off goes before switching on.
    pub(crate) fn next_write(&mut self) -> Option<(u8, bool)> {
        let wanted = self.levels() & self.all();
        let due = (wanted ^ self.driven) & self.all();
        let off_first = due & (self.driven ^ self.inverted);
        let from = if off_first != 0 { off_first } else { due };
        let relay = self.relays().find(|&relay| from & bit(relay) != 0)?;
        self.driven ^= bit(relay);
        Some((relay, wanted & bit(relay) != 0))
    }

    /// Takes the levels of now as driven: they go out with the pins' first assignment.
    pub(crate) fn assign(&mut self) {
        self.driven = self.levels();
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let pulses = self.pulses.iter().fold(None, |soonest, pulse| earliest(soonest, *pulse));
        let pause = self.pause.map(|pause| pause.until);
        earliest(earliest(pulses, pause), self.blink.deadline())
    }

    fn pulse_mut(&mut self, relay: u8) -> Option<&mut Option<Instant>> {
        self.pulses.get_mut(usize::from(relay).checked_sub(1)?)
    }

    /// Starts or ends the countdown of a relay, if the device has it.
    pub(crate) fn set_pulse(&mut self, relay: u8, until: Option<Instant>) {
        if relay <= self.count
            && let Some(pulse) = self.pulse_mut(relay)
        {
            *pulse = until;
        }
    }

    fn put(&mut self, relays: u8, on: bool) {
        self.on = (if on { self.on | relays } else { self.on & !relays }) & self.all();
    }

    /// Starts or stops the pulse timer of a relay that was switched `on` (P-25).
    pub(crate) fn start_pulse(&mut self, settings: &Settings, now: Instant, relay: u8, on: bool) {
        let starts = on != (settings.number(Number::POWER_ON_STATE) == 5);
        let span = settings.pulse_time(relay).millis().filter(|_| starts);
        if let Some(pulse) = self.pulse_mut(relay) {
            *pulse = span.map(|ms| now.plus_millis(ms));
        }
    }

    /// Groups with two lit relays go off as a whole (P-35).
    fn keep_apart(&mut self, settings: &Settings) {
        for group in settings.interlocked(self.count) {
            if (self.on & group).count_ones() > 1 {
                self.on &= !group;
            }
        }
    }
}

impl Device {
    /// Sets the relays as PowerOnState says, once, before any pin is driven (P-10 to P-17).
    pub(crate) fn restore_power(&mut self, cold: bool, saved: u8) {
        let saved = if self.option(0) { saved } else { 0 };
        let all = self.power.all();
        let mask = match (self.settings.number(Number::POWER_ON_STATE), cold) {
            (4, _) | (1, true) => all,
            (0 | 5, true) => 0,
            (2, true) if self.option(0) => !saved,
            _ => saved,
        };
        self.power.on = mask & all;
        self.power.keep_apart(&self.settings);
        for relay in self.power.relays() {
            let on = self.power.is_on(relay);
            self.power.start_pulse(&self.settings, self.now, relay, on);
        }
    }

    /// What a local input or a rule asks of a relay; numbers without a relay act on the first (P-7).
    pub(crate) fn ask_relay(&mut self, relay: u8, verb: Verb) {
        let relay = if (1..=self.power.count).contains(&relay) { relay } else { 1 };
        self.request(relay, verb, false);
    }

    fn request(&mut self, relay: u8, verb: Verb, fallback: bool) {
        match verb {
            Verb::Off => self.switch(relay, false, fallback),
            Verb::On => self.switch(relay, true, fallback),
            Verb::Toggle => self.switch(relay, !self.power.is_on(relay), fallback),
            Verb::Blink => self.start_blink(relay, fallback),
            Verb::BlinkOff => self.blink_off(relay, fallback),
            Verb::Show => self.report_power(bit(relay), fallback),
        }
    }

    /// The steps of P-3, up to the interlock pause.
    fn switch(&mut self, relay: u8, on: bool, fallback: bool) {
        self.end_pause();
        if let Some(pulse) = self.power.pulse_mut(relay) {
            *pulse = None;
        }
        self.stop_blink(bit(relay), fallback);
        let partners = if on { self.lit_partners(relay) } else { 0 };
        if partners == 0 {
            return self.finish_switch(relay, on, fallback);
        }
        self.switch_partners_off(partners, fallback);
        self.power.pause = Some(Pause { until: self.now.plus_millis(INTERLOCK_PAUSE_MS), relay, fallback });
    }

    fn finish_switch(&mut self, relay: u8, on: bool, fallback: bool) {
        if self.power_is_always_on() {
            self.power.on = self.power.all();
        } else {
            self.power.put(bit(relay), on);
        }
        self.state_on_power();
        self.power.start_pulse(&self.settings, self.now, relay, on);
        self.power_changed(bit(relay));
        self.report_power(bit(relay), fallback);
    }

    /// P-14
    fn power_is_always_on(&self) -> bool {
        self.settings.number(Number::POWER_ON_STATE) == 4
    }

    /// The other lit relays of the relay's interlock group (P-34).
    fn lit_partners(&self, relay: u8) -> u8 {
        let groups = self.settings.interlocked(self.power.count);
        let partners = groups.filter(|group| group & bit(relay) != 0).fold(0, |mask, group| mask | group);
        partners & self.power.on & !bit(relay)
    }

    fn switch_partners_off(&mut self, partners: u8, fallback: bool) {
        self.stop_blink(partners, fallback);
        self.power.put(partners, false);
        for (relay, pulse) in (1..).zip(&mut self.power.pulses) {
            if partners & bit(relay) != 0 {
                *pulse = None;
            }
        }
        self.power_changed(partners);
        self.report_power(partners, fallback);
    }

    /// A newer request replaces the one that waits; the relay that waited reports that it is still off.
    fn end_pause(&mut self) {
        if let Some(pause) = self.power.pause.take() {
            self.report_power(bit(pause.relay), pause.fallback);
        }
    }

    /// All relays at once (P-6).
    fn switch_all(&mut self, verb: Verb, fallback: bool) {
        let all = self.power.all();
        let mask = match verb {
            Verb::Off => 0,
            Verb::On => all,
            Verb::Toggle => !self.power.on & all,
            Verb::Blink | Verb::BlinkOff | Verb::Show => return self.report_power(all, fallback),
        };
        self.end_pause();
        self.stop_blink(all, fallback);
        self.power.on = if self.power_is_always_on() { all } else { mask };
        self.power.keep_apart(&self.settings);
        self.power_changed(all);
        self.report_power(all, fallback);
        self.state_on_power();
    }

    /// Ends pulses, the interlock pause and blink steps that are due.
    pub(crate) fn tick_power(&mut self) {
        let now = self.now;
        if let Some(pause) = self.power.pause.take_if(|pause| pause.until <= now) {
            self.finish_switch(pause.relay, true, pause.fallback);
        }
        for relay in self.power.relays() {
            let ended = self.power.pulse_mut(relay).and_then(|pulse| pulse.take_if(|until| *until <= now));
            if ended.is_some() {
                let on = self.settings.number(Number::POWER_ON_STATE) == 5;
                self.switch(relay, on, false);
            }
        }
        self.tick_blink();
    }

    /// Reports the state that relays have now as an event, so that it keeps its value and order.
    pub(crate) fn report_power(&mut self, relays: u8, fallback: bool) {
        self.report(Report::Power { relays, on: self.power.on }, fallback);
    }

    /// Interlock was switched on or its groups changed: P-35 holds from now on.
    pub(crate) fn interlock_changed(&mut self) {
        let before = self.power.on;
        self.power.keep_apart(&self.settings);
        let off = before & !self.power.on;
        if off != 0 {
            self.power_changed(off);
            self.report_power(off, false);
        }
    }

    fn state_on_power(&mut self) {
        if self.option(59) {
            self.report(Report::State, false);
        }
    }

    /// Takes note of a change that a restart must keep.
    fn power_changed(&mut self, relays: u8) {
        if relays & self.lasting_relays() != 0 {
            self.saves.state_changed(self.now);
        }
    }

    /// The relays whose states a restart must keep. Short pulses would only wear the flash, and must not come back (P-19).
    pub(crate) fn lasting_relays(&self) -> u8 {
        let lasts = |relay: &u8| !(1..=29).contains(&self.settings.pulse_time(*relay).raw());
        self.power.relays().filter(lasts).fold(0, |mask, relay| mask | bit(relay))
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Power",
        index: Index::Powers { zero: true },
        args: help("0/off, 1/on, 2/toggle, 3/blink, 4/blinkoff"),
        help: help("Switch a relay, or all with Power0; anything else shows its state."),
        run: Run::Always(set_power),
        retained: Retained::Judged,
        ..Command::PLAIN
    },
    Command {
        name: "PowerOnState",
        args: help("0..5"),
        help: help(
            "Relays after power returns: 0 off, 1 on, 2 inverted, 3 as before, 4 always on, 5 PulseTime inverted.",
        ),
        run: Run::Change(set_power_on_state),
        show: Show::Number(Number::POWER_ON_STATE),
        ..Command::PLAIN
    },
    pulse::PULSE_TIME,
    crate::blink::BLINK_TIME,
    crate::blink::BLINK_COUNT,
    crate::interlock::INTERLOCK,
];

fn set_power(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let verb = Verb::read(call.argument, &device.settings);
    let relay = call.index_or_first();
    let relays = if relay == 0 { device.power.all() } else { bit(relay) };
    if device.refuse_retained(call, relays, verb) {
        return Err(CommandError::Retained);
    }
    if call.source == crate::io::Source::Mqtt {
        device.note_sent(relays, verb);
    }
    if relay == 0 {
        device.switch_all(verb, call.fallback);
    } else {
        device.request(relay, verb, call.fallback);
    }
    Ok(Reply::Own)
}

/// Mode 4 takes effect at once (P-14).
fn set_power_on_state(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store(call)?;
    if device.power_is_always_on() {
        device.switch_all(Verb::On, call.fallback);
    }
    Ok(())
}

/// Writes `"POWER":"ON"` for each relay (T-50).
pub(crate) fn show_powers(view: &View<'_>, json: &mut Json<'_, '_>) {
    for relay in view.power.relays() {
        json.text(view.power_key(relay), view.on_off(view.power.is_on(relay)));
    }
}
