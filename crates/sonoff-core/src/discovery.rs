//! Discovery: what Home Assistant must know to take the device in.

use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::power::bit;
use crate::publication::{Body, Leaf, Members, Place, Publication};
use crate::report::{Part, Report};
use crate::settings::{Number, Text};
use crate::text::Sink;
use crate::time::Instant;
use crate::topic::Prefix;
use crate::view::View;
use crate::wiring::Kind;

/// The levels before the device's id, whatever FullTopic says (U-50).
pub(crate) const TOPIC: &str = "tasmota/discovery/";
/// The option that switches it off.
pub(crate) const OFF: u8 = 19;
/// After the first connect of a boot, after a later one, and after a change; milliseconds (S-23, U-50).
const FIRST_MS: u32 = 10_000;
const AGAIN_MS: u32 = 1000;

/// When it is sent, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    due: Option<Instant>,
    /// Whether it has changed or not.
    forced: bool,
    /// Of what was sent last; 0 is nothing.
    digest: u32,
}

impl Discovery {
    pub(crate) fn session_began(&mut self, now: Instant, first: bool, late_ms: u32) {
        self.digest = 0;
        self.due = Some(now.plus_millis(if first { FIRST_MS } else { AGAIN_MS + late_ms }));
    }

    /// Something has changed that may be part of it.
    pub(crate) fn look_again(&mut self, now: Instant) {
        self.due = self.due.or(Some(now.plus_millis(AGAIN_MS)));
    }

    /// It was switched on or off.
    pub(crate) fn switched(&mut self, now: Instant) {
        (self.due, self.forced) = (Some(now.plus_millis(AGAIN_MS)), true);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }
}

impl Device {
    /// Sends it, if it was switched or says something new. Nobody is told that it is off, unless it was on.
    pub(crate) fn tick_discovery(&mut self) {
        let is_due = self.discovery.due.take_if(|due| *due <= self.now).is_some();
        if !is_due || !self.link.online || self.life.is_ending() {
            return;
        }
        let digest = if self.option(OFF) { 0 } else { self.digest() };
        let forced = core::mem::take(&mut self.discovery.forced);
        if forced || digest != self.discovery.digest {
            self.discovery.digest = digest;
            self.report(Report::Discovery, false);
        }
    }

    /// A number that differs when `config` does (FNV-1a); never 0.
    fn digest(&self) -> u32 {
        let (mut window, mut hash, mut from) = ([0; 256], 0x811C_9DC5u32, 0);
        loop {
            let mut sink = Sink::window(&mut window, from);
            Json::object(&mut sink, |json| config(&self.view(), json));
            let kept = sink.into_bytes();
            if kept.is_empty() {
                return hash | 1;
            }
            from += kept.len();
            hash = kept.iter().fold(hash, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        }
    }

    pub(crate) fn discovery_part(&self, cursor: u8) -> Part {
        let (leaf, members): (_, Members) = match cursor {
            0 => ("config", config),
            1 => ("sensors", sensors),
            _ => return Part::End,
        };
        let body = if self.option(OFF) { Body::Empty } else { Body::Object(members) };
        Part::Publish(Publication { place: Place::Discovery, leaf: Leaf::Word(leaf), body, retain: true })
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: "Discover",
    args: help("0/off, 1/on"),
    help: help("Announce the device to Home Assistant; the opposite of SetOption19."),
    run: Run::Change(set_discover),
    show: Show::By(|view, _, json| json.text("Discover", view.on_off(!view.device.option(OFF)))),
    ..Command::PLAIN
}];

/// U-48
fn set_discover(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let on = call.on_off()?;
    device.settings.set_option(OFF, !on);
    device.discovery.switched(call.now);
    Ok(())
}

/// The options that it tells, in order.
const OPTIONS: [u8; 11] = [4, 11, 13, 17, 20, 30, 68, 73, 82, 114, 117];

/// All members of `config`, in order (U-53).
pub(crate) fn config(view: &View<'_>, json: &mut Json<'_, '_>) {
    let (names, settings) = (&view.device.names, view.settings());
    json.text_with("ip", |sink| crate::telemetry::write_ip(sink, view.ip()));
    json.text("dn", settings.text(Text::DEVICE_NAME));
    json.optional_texts("fn", friendly_names(view));
    json.text("hn", &names.hostname);
    json.text("mac", &names.id);
    crate::module::write_name(view, "md", json);
    json.number("ty", 0u8);
    json.number("if", 0u8);
    json.text("ofln", "Offline");
    json.text("onln", "Online");
    json.texts("state", settings.all_texts(Text::STATE_TEXT));
    json.text("sw", view.device.profile.version);
    topics(view, json);
    outputs_and_inputs(view, json);
    json.nested("so", |json| {
        OPTIONS.iter().for_each(|&number| json.number(("", number), u8::from(settings.option(number))));
    });
    for key in ["lk", "lt_st", "bat", "dslp"] {
        json.number(key, 0u8);
    }
    json.raw("sho", "[]");
    json.raw("sht", "[]");
    json.number("ver", 1u8);
}

/// One for each relay and at least one; null for those that are not there.
fn friendly_names<'v>(view: &View<'v>) -> impl Iterator<Item = Option<&'v str>> {
    let relays = view.power.count().max(1);
    let names = (1..).zip(view.settings().all_texts(Text::FRIENDLY_NAME));
    names.map(move |(number, name)| (number <= relays).then_some(name))
}

fn topics(view: &View<'_>, json: &mut Json<'_, '_>) {
    let names = &view.device.names;
    json.text("t", &names.topic);
    json.topic("ft", |sink| names.write_template(sink));
    json.texts("tp", Prefix::ALL.into_iter().map(|prefix| names.prefix(prefix)));
}

fn outputs_and_inputs(view: &View<'_>, json: &mut Json<'_, '_>) {
    let (relays, wiring) = (view.power.count(), &view.device.wiring);
    let mask = |option, kind| if view.device.option(option) { wiring.mask(kind) } else { 0 };
    let (switches, buttons) = (mask(114, Kind::Switch), mask(73, Kind::Button));
    json.numbers("rl", (1..=32).map(|output| u32::from(output <= relays)));
    let settings = view.settings();
    let mode = |number| match switches & bit(number) {
        0 => -1,
        _ => settings.nth_number(Number::SWITCH_MODE, number).into(),
    };
    json.signed_numbers("swc", (1..=28).map(mode));
    let name = |number| (switches & bit(number) != 0).then(|| settings.switch_name(number));
    json.optional_texts("swn", (1..=28).map(name));
    json.numbers("btn", (1..=32).map(|button| u32::from(buttons & bit(button) != 0)));
}

/// All members of `sensors` (U-54).
pub(crate) fn sensors(view: &View<'_>, json: &mut Json<'_, '_>) {
    json.nested("sn", |json| crate::sensor::sensors(view, json));
    json.number("ver", 1u8);
}
