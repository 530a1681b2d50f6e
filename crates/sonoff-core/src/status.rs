//! The Status command and its blocks.

use core::net::Ipv4Addr;

use crate::args;
use crate::clock;
use crate::command::{Call, Command, CommandError, Index, Reply, Run};
use crate::device::Device;
use crate::help::help;
use crate::io::Network;
use crate::json::Json;
use crate::power::bit;
use crate::publication::{Body, Leaf, Members, Place, Publication};
use crate::report::{Part, Report};
use crate::retain::Retain;
use crate::sensor;
use crate::settings::{Number, Settings, Text};
use crate::telemetry::{self, write_ip, write_mac};
use crate::text::Sink;
use crate::timekeeping;
use crate::topic::Prefix;
use crate::view::View;
use crate::{firmware, logging, tls};

/// A block of status facts.
pub(crate) struct Block {
    /// Its number behind `Status` and STATUS; none for the first.
    number: Option<u8>,
    /// Its outer key.
    key: &'static str,
    write: Members,
    /// Part of `Status 0`.
    listed: bool,
}

/// The blocks that exist, in the order of `Status 0` (U-2).
pub(crate) const BLOCKS: &[Block] = &[
    block_of(None, "Status", general),
    block_of(Some(1), "StatusPRM", parameters),
    block_of(Some(2), "StatusFWR", firmware::status),
    block_of(Some(3), "StatusLOG", logging::status),
    block_of(Some(4), "StatusMEM", firmware::memory),
    block_of(Some(5), "StatusNET", network),
    block_of(Some(6), "StatusMQT", mqtt),
    block_of(Some(7), "StatusTIM", timekeeping::status),
    block_of(Some(10), "StatusSNS", sensor::sensors),
    block_of(Some(11), "StatusSTS", telemetry::state),
    Block { listed: false, ..block_of(Some(8), "StatusSNS", sensor::sensors) },
];

const fn block_of(number: Option<u8>, key: &'static str, write: Members) -> Block {
    Block { number, key, write, listed: true }
}

impl Block {
    /// Without MQTT there is no block about it (U-5).
    fn exists(&self, settings: &Settings) -> bool {
        self.number != Some(6) || settings.option(3)
    }
}

/// Largest packet that is received whole, shown in Status 6.
const MAX_PACKET: u32 = 1200;

/// The name of the command.
pub(crate) const COMMAND: &str = "Status";

/// Block `number`, the first one without a number, all for 0.
#[cfg(feature = "pages")]
pub(crate) fn write_numbered(view: &View<'_>, number: Option<u8>, json: &mut Json<'_, '_>) {
    if number == Some(0) {
        return blocks(view, json);
    }
    let told = BLOCKS.iter().filter(|block| block.number == number && block.exists(view.settings()));
    told.for_each(|block| json.nested(block.key, |json| (block.write)(view, json)));
}

pub(crate) fn blocks(view: &View<'_>, json: &mut Json<'_, '_>) {
    let told = BLOCKS.iter().filter(|block| block.listed && block.exists(view.settings()));
    told.for_each(|block| json.nested(block.key, |json| (block.write)(view, json)));
}

impl Device {
    pub(crate) fn status_part(&self, first: u8, last: u8, fallback: bool, cursor: u8) -> Part {
        let at = first.saturating_add(cursor);
        match BLOCKS.get(usize::from(at)).filter(|_| at <= last) {
            None => Part::End,
            Some(block) if first == last || (block.listed && block.exists(&self.settings)) => {
                Part::Publish(self.status_publication(Some(block), fallback))
            }
            Some(_) => Part::Skip,
        }
    }

    /// A block on its own topic, or all in one; SetOption4 has no effect (U-6).
    pub(crate) fn status_publication(&self, block: Option<&Block>, fallback: bool) -> Publication {
        let (number, body) = match block {
            None => (Some(0), Body::Object(blocks)),
            Some(block) => (block.number, Body::Nested(block.key, block.write)),
        };
        let leaf = number.map_or(Leaf::Word("STATUS"), |number| Leaf::Numbered("STATUS", number));
        let place = Place::Asker { fallback, prefix: Prefix::Stat };
        Publication { place, leaf, body, retain: self.retains(Retain::Status) }
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: COMMAND,
    index: Index::Any,
    args: help(
        "empty, 0 all, 1 parameters, 2 firmware, 3 log, 4 memory, 5 network, 6 MQTT, 7 time, 8, 10 sensors, 11 state",
    ),
    help: help("Show what the device is and does; Status0 shows all in one message."),
    run: Run::Always(set_status),
    ..Command::PLAIN
}];

/// U-1 to U-5.
fn set_status(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let last = u8::try_from(BLOCKS.len()).unwrap_or(0).saturating_sub(1);
    let report = match args::number(call.argument) {
        None if call.index == Some(0) => Report::StatusWhole,
        None => Report::Status { first: 0, last: 0 },
        Some(0) if call.index == Some(0) => Report::StatusWhole,
        Some(0) => Report::Status { first: 0, last },
        Some(number) if number < 0 => return Ok(Reply::Own),
        Some(number) => {
            let is_it = |block: &Block| block.number.map(i32::from) == Some(number);
            let at = BLOCKS.iter().position(|block| is_it(block) && block.exists(&device.settings));
            let at = at.and_then(|at| u8::try_from(at).ok()).ok_or(CommandError::Refused)?;
            Report::Status { first: at, last: at }
        }
    };
    device.report(report, call.fallback);
    Ok(Reply::Own)
}

/// U-8
fn general(view: &View<'_>, json: &mut Json<'_, '_>) {
    let settings = view.settings();
    json.number("Module", view.device.module_number());
    json.text("DeviceName", settings.text(Text::DEVICE_NAME));
    settings.show_texts("FriendlyName", Text::FRIENDLY_NAME, view.power.count().max(1), json);
    json.text("Topic", &view.device.names.topic);
    json.text("ButtonTopic", settings.text(Text::BUTTON_TOPIC));
    json.text_with("Power", |sink| write_power_bits(view, sink));
    json.number("PowerOnState", settings.number(Number::POWER_ON_STATE));
    json.number("LedState", settings.number(Number::LED_STATE));
    json.text_with("LedMask", |sink| {
        settings.number(Number::LED_MASK).to_be_bytes().into_iter().for_each(|byte| sink.push_hex(byte))
    });
    json.number("SaveData", settings.number(Number::SAVE_DATA));
    json.number("SaveState", u8::from(settings.option(0)));
    json.text("SwitchTopic", settings.text(Text::SWITCH_TOPIC));
    json.numbers("SwitchMode", crate::switch::modes(settings));
    for (key, retain) in RETAINS {
        json.number(*key, u8::from(settings.retains(*retain)));
    }
}

const RETAINS: &[(&str, Retain)] = &[
    ("ButtonRetain", Retain::Button),
    ("SwitchRetain", Retain::Switch),
    ("SensorRetain", Retain::Sensor),
    ("PowerRetain", Retain::Power),
    ("InfoRetain", Retain::Info),
    ("StateRetain", Retain::State),
    ("StatusRetain", Retain::Status),
];

/// One digit for each relay, the highest first.
fn write_power_bits(view: &View<'_>, sink: &mut Sink<'_>) {
    for relay in view.power.relays().rev() {
        sink.push(if view.power.mask() & bit(relay) == 0 { "0" } else { "1" });
    }
}

/// U-10
fn parameters(view: &View<'_>, json: &mut Json<'_, '_>) {
    let device = view.device;
    let [group, ..] = &device.names.groups;
    json.number("Baudrate", device.baudrate());
    json.text("SerialConfig", "8N1");
    json.text("GroupTopic", group);
    json.text("OtaUrl", "");
    json.text("RestartReason", &device.reason);
    json.text_with("Uptime", |sink| clock::write_duration(sink, view.facts.clock.uptime(view.now)));
    json.text_with("StartupUTC", |sink| {
        if let Some(started) = view.facts.clock.started() {
            clock::write_date_time(sink, started);
        }
    });
    json.number("Sleep", device.sleep_ms());
    json.number("CfgHolder", 4617u32);
    json.number("BootCount", device.boots);
    json.text_with("BCResetTime", |sink| {
        if device.boots_since > 0 {
            clock::write_date_time(sink, clock::Reading::at_second(device.boots_since));
        }
    });
    json.number("SaveCount", view.facts.counters.saves);
    losses(view, json);
}

/// What could not be told, where there is something: messages lost offline, and events in a flood.
fn losses(view: &View<'_>, json: &mut Json<'_, '_>) {
    json.number_unless_0("LostMessages", view.facts.counters.lost);
    json.number_unless_0("LostEvents", view.facts.counters.dropped);
}

const ADDRESSES: [&str; 5] = ["IPAddress", "Gateway", "Subnetmask", "DNSServer1", "DNSServer2"];

/// U-14; without a network all addresses are 0.0.0.0.
fn network(view: &View<'_>, json: &mut Json<'_, '_>) {
    json.text("Hostname", &view.device.names.hostname);
    let none = [Ipv4Addr::UNSPECIFIED; 5];
    let addresses = view.facts.network.as_ref().map_or(none, |network| {
        let Network { ip, gateway, mask, dns: [first, second], .. } = *network;
        [ip, gateway, mask, first, second]
    });
    for (key, address) in ADDRESSES.iter().zip(addresses) {
        json.text_with(*key, |sink| write_ip(sink, address));
    }
    json.text_with("Mac", |sink| write_mac(sink, view.device.mac));
    json.number("Webserver", view.device.webserver());
    json.number("HTTP_API", 0u8);
    json.number("WifiConfig", view.settings().number(Number::WIFI_CONFIG));
    json.raw("WifiPower", "17.0");
}

/// U-15
fn mqtt(view: &View<'_>, json: &mut Json<'_, '_>) {
    let settings = view.settings();
    json.text("MqttHost", settings.text(Text::MQTT_HOST));
    json.number("MqttPort", settings.number(Number::MQTT_PORT));
    json.text("MqttClientMask", settings.text(Text::MQTT_CLIENT));
    json.text("MqttClient", &view.device.names.client);
    json.text("MqttUser", settings.text(Text::MQTT_USER));
    json.number("MqttCount", view.facts.counters.sessions);
    tls::status(view, json);
    json.number("MAX_PACKET_SIZE", MAX_PACKET);
    json.number("KEEPALIVE", settings.number(Number::MQTT_KEEP_ALIVE));
    json.number("SOCKET_TIMEOUT", settings.number(Number::MQTT_TIMEOUT));
}
