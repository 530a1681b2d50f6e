//! What the device tells of its own accord: STATE, INFO, and their period.

use crate::args;
use crate::clock;
use crate::command::{Call, Command, CommandError, Reply, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Wifi;
use crate::json::Json;
use crate::names::Tree;
use crate::power;
use crate::report::Report;
use crate::settings::{Number, Settings};
use crate::time::{Instant, earliest, seconds_and_millis};
use crate::timekeeping;
use crate::topic::Prefix;
use crate::view::View;

/// The first STATE of a session comes this long after its start (S-22), milliseconds.
const FIRST_MS: u32 = 5000;

/// When STATE is due.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    /// The period's next end; `None` with TelePeriod 0.
    period_ends: Option<Instant>,
    /// Once more, at this moment.
    once: Option<Instant>,
}

impl Telemetry {
    pub(crate) fn boot(&mut self, now: Instant, settings: &Settings) {
        self.restart_period(now, settings);
    }

    /// S-22; on a later session up to 5 s later, so that many devices do not speak at once.
    pub(crate) fn session_began(&mut self, now: Instant, late_ms: u32, settings: &Settings) {
        self.once = (settings.number(Number::TELE_PERIOD) > 0).then(|| now.plus_millis(FIRST_MS + late_ms));
    }

    fn restart_period(&mut self, now: Instant, settings: &Settings) {
        let period_ms = u32::from(settings.number(Number::TELE_PERIOD)) * 1000;
        self.period_ends = (period_ms > 0).then(|| now.plus_millis(period_ms));
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        earliest(self.period_ends, self.once)
    }
}

impl Device {
    /// STATE at the period's end, or once more; either starts the period anew (U-35).
    pub(crate) fn tick_telemetry(&mut self) {
        let now = self.now;
        if self.telemetry.deadline().is_none_or(|due| due > now) {
            return;
        }
        self.telemetry.once = None;
        self.telemetry.restart_period(now, &self.settings);
        self.report(Report::State, false);
        self.report_sensors();
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "TelePeriod",
        args: help("0 off, 1 factory, 10..3600 seconds"),
        help: help("The time between two STATE messages; asking sends one, too."),
        run: Run::Always(set_tele_period),
        show: Show::Number(Number::TELE_PERIOD),
        ..Command::PLAIN
    },
    Command {
        name: "State",
        help: help("Show the STATE object."),
        run: Run::Always(ask_state),
        show: Show::By(|view, _, json| state(view, json)),
        ..Command::PLAIN
    },
];

/// U-34 and U-36: any TelePeriod command, also a query, makes STATE appear at the next second.
fn set_tele_period(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if let Ok(seconds) = args::number_in::<u16>(call.argument, 0..=3600) {
        let seconds = match seconds {
            0 => 0,
            1 => Number::TELE_PERIOD.factory(1),
            seconds => seconds.max(10),
        };
        device.settings.set_number(Number::TELE_PERIOD, seconds)?;
        device.settings_changed();
    }
    device.telemetry.restart_period(call.now, &device.settings);
    let (_, millis) = seconds_and_millis(call.now.as_millis());
    device.telemetry.once = Some(call.now.plus_millis(1000 - u32::from(millis)));
    Ok(Reply::Show)
}

/// With SetOption59 it goes to telemetry, too (U-26).
fn ask_state(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if device.option(59) {
        device.report(Report::State, call.fallback);
    }
    Ok(Reply::Show)
}

/// The members of STATE (U-22).
pub(crate) fn state(view: &View<'_>, json: &mut Json<'_, '_>) {
    time(view, json);
    let uptime = view.facts.clock.uptime(view.now);
    json.text_with("Uptime", |sink| clock::write_duration(sink, uptime));
    json.number("UptimeSec", uptime);
    json.number("Heap", view.facts.free_memory);
    json.text("SleepMode", "Dynamic");
    json.number("Sleep", view.device.sleep_ms());
    json.number("LoadAvg", 0u8);
    json.number("MqttCount", view.facts.counters.sessions);
    power::show_powers(view, json);
    let Some(network) = &view.facts.network else { return };
    if let Some(wifi) = &network.wifi {
        json.nested("Wifi", |json| show_wifi(view, wifi, json));
    }
    json.text("Hostname", &view.device.names.hostname);
    json.text_with("IPAddress", |sink| write_ip(sink, network.ip));
}

/// The member that each object of telemetry begins with (U-27), in the format that `Time` chose.
pub(crate) fn time(view: &View<'_>, json: &mut Json<'_, '_>) {
    timekeeping::time(view, view.settings().byte(Number::TIME_FORMAT), json);
}

pub(crate) fn write_ip(sink: &mut crate::text::Sink<'_>, ip: core::net::Ipv4Addr) {
    let mut separator = "";
    for part in ip.octets() {
        sink.push(core::mem::replace(&mut separator, "."));
        sink.push_number(u32::from(part));
    }
}

fn show_wifi(view: &View<'_>, wifi: &Wifi, json: &mut Json<'_, '_>) {
    json.number("AP", view.device.joining.place());
    json.text("SSId", wifi.ssid.as_str());
    json.text_with("BSSId", |sink| write_mac(sink, wifi.bssid));
    json.number("Channel", wifi.channel);
    json.text("Mode", "11n");
    json.number("RSSI", rssi_percent(wifi.dbm));
    json.signed("Signal", wifi.dbm);
    json.number("LinkCount", view.facts.link_count);
    json.text_with("Downtime", |sink| {
        clock::write_duration(sink, seconds_and_millis(view.facts.downtime_ms).0)
    });
}

/// 0 at −100 dBm and below, 100 at −50 dBm and above (U-24).
fn rssi_percent(dbm: i8) -> u32 {
    u32::from((dbm.clamp(-100, -50) + 100).unsigned_abs()) * 2
}

pub(crate) fn write_mac(sink: &mut crate::text::Sink<'_>, mac: [u8; 6]) {
    let mut separator = "";
    for byte in mac {
        sink.push(core::mem::replace(&mut separator, ":"));
        sink.push_hex(byte);
    }
}

/// Who is here (S-24).
pub(crate) fn info1(view: &View<'_>, json: &mut Json<'_, '_>) {
    let device = view.device;
    crate::module::write_name(view, "Module", json);
    json.text_with("Version", |sink| write_version(view, sink));
    json.topic("FallbackTopic", |sink| device.names.write(sink, Tree::Fallback, Prefix::Cmnd));
    json.topic("GroupTopic", |sink| device.names.write(sink, Tree::Group(1), Prefix::Cmnd));
}

pub(crate) fn write_version(view: &View<'_>, sink: &mut crate::text::Sink<'_>) {
    sink.push(view.device.profile.version);
    sink.push("(sonoff)");
}

/// How this run began (S-26, S-28).
pub(crate) fn info3(view: &View<'_>, json: &mut Json<'_, '_>) {
    json.text("RestartReason", &view.device.reason);
    json.number("BootCount", view.device.boots);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u_24_signal_in_percent() {
        for (dbm, percent) in [(-128, 0), (-100, 0), (-75, 50), (-50, 100), (-20, 100)] {
            assert_eq!(rssi_percent(dbm), percent);
        }
    }
}
