//! Reset: back to factory settings, with what each kind keeps.

use crate::args;
use crate::command::{Call, Command, CommandError, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::settings::{Number, Text};

/// What a reset leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    /// Nothing: 1 and 2.
    All,
    /// All settings: 3 is about the radio's own memory.
    Radio,
    /// The way to the network: 4 and 5.
    KeepNetwork,
    /// The way to the broker, too: 6.
    KeepBroker,
}

/// The places of its answers.
const HOW: u8 = 0;
const RESET: u8 = 1;
const ERASE: u8 = 2;
const DONE: u8 = 3;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: "Reset",
    args: help("1, 2 all, 3 radio, 4, 5 keep the network, 6 keep network, broker and Topic, 99 boot count"),
    help: help("Back to factory settings, then restart; 99 sets the boot count to 0."),
    run: Run::Always(set_reset),
    show: Show::OneOf(&"1 to reset|Reset and Restarting|Erase, Reset and Restarting|Done"),
    retained: Retained::Refused,
    ..Command::PLAIN
}];

/// The answer leaves before anything is reset.
fn set_reset(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let (reset, answer) = match args::number(call.argument) {
        Some(1) => (Reset::All, RESET),
        Some(2) => (Reset::All, ERASE),
        Some(3) => (Reset::Radio, ERASE),
        Some(4 | 5) => (Reset::KeepNetwork, ERASE),
        Some(6) => (Reset::KeepBroker, ERASE),
        Some(99) => {
            device.reset_boots(call);
            return Ok(Reply::ShowAt(DONE));
        }
        _ => return Ok(Reply::ShowAt(HOW)),
    };
    device.reset = Some(reset);
    device.restart_soon();
    Ok(Reply::ShowAt(answer))
}

impl Device {
    /// The boot count begins anew; this boot is none any more.
    fn reset_boots(&mut self, call: &Call<'_>) {
        self.boots = 0;
        (self.boots_since, _) = self.facts.clock.unix(call.now);
        self.saves.state_changed(call.now);
    }

    /// At the end of the run, what is stored is that of a reset device. Until then the present settings are in force:
    /// the goodbye goes where the broker knows this device.
    pub(crate) fn store_reset(&mut self, now: crate::time::Instant) {
        if self.reset.is_some() {
            self.settings_changed();
            self.saves.state_changed(now);
        }
    }
}

impl Reset {
    /// It is none about settings.
    pub(crate) fn keeps_all(self) -> bool {
        self == Self::Radio
    }

    pub(crate) fn keeps_text(self, text: Text) -> bool {
        match self {
            Self::All => false,
            Self::Radio => true,
            Self::KeepNetwork => is_way_to_network(text),
            Self::KeepBroker => is_way_to_network(text) || is_way_to_broker(text),
        }
    }

    pub(crate) fn keeps_number(self, number: Number) -> bool {
        self.keeps_all() || self == Self::KeepBroker && number == Number::MQTT_PORT
    }
}

/// Of access points.
fn is_way_to_network(text: Text) -> bool {
    matches!(text, Text::SSID | Text::WIFI_PASSWORD)
}

fn is_way_to_broker(text: Text) -> bool {
    matches!(text, Text::MQTT_HOST | Text::MQTT_USER | Text::MQTT_PASSWORD | Text::TOPIC)
}
