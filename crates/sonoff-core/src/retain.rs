//! The retain flags, and what is cleared on the broker when one goes off.

use crate::command::{Call, Command, CommandError, Reply, Run};
use crate::device::Device;
use crate::keys::Key;
use crate::publication::{Body, Leaf, Place, Publication};
use crate::report::{Part, Report};
use crate::settings::Settings;
use crate::topic::Prefix;

/// What the broker may keep (S-60 to S-66).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Retain {
    /// `stat/…/POWER<n>`
    Power,
    /// `tele/…/SENSOR`
    Sensor,
    /// `tele/…/INFO1` to `INFO3`
    Info,
    /// `tele/…/STATE`
    State,
    /// `stat/…/STATUS…`
    Status,
    /// `cmnd/<ButtonTopic>/POWER<n>`
    Button,
    /// `cmnd/<SwitchTopic>/POWER<n>`
    Switch,
}

impl Retain {
    const fn bit(self) -> u8 {
        match self {
            Self::Power => 1,
            Self::Sensor => 2,
            Self::Info => 4,
            Self::State => 8,
            Self::Status => 16,
            Self::Button => 32,
            Self::Switch => 64,
        }
    }

    /// The flag of a key's messages.
    pub(crate) const fn of(key: Key) -> Self {
        match key {
            Key::Button => Self::Button,
            Key::Switch => Self::Switch,
        }
    }

    /// The topic of clearing message `n`, counted from 0.
    fn cleared(self, n: u8, relays: u8) -> Option<(Prefix, Leaf)> {
        match (self, n) {
            (Self::Power, n) if n < relays => Some((Prefix::Stat, Leaf::Power(n + 1))),
            (Self::Sensor, 0) => Some((Prefix::Tele, Leaf::Word("SENSOR"))),
            (Self::Sensor, 1) => Some((Prefix::Tele, Leaf::Word("ENERGY"))),
            (Self::Info, 0..=2) => Some((Prefix::Tele, Leaf::Numbered("INFO", n + 1))),
            (Self::State, 0) => Some((Prefix::Tele, Leaf::Word("STATE"))),
            (Self::Status, 0) => Some((Prefix::Stat, Leaf::Word("STATUS"))),
            (Self::Status, 1..=14) => Some((Prefix::Stat, Leaf::Numbered("STATUS", n - 1))),
            (Self::Power | Self::Sensor | Self::Info | Self::State | Self::Status, _) => None,
            // Key messages are cleared with the flag as it was (S-67).
            (Self::Button | Self::Switch, _) => None,
        }
    }
}

impl Settings {
    pub(crate) fn retains(&self, retain: Retain) -> bool {
        self.retain & retain.bit() != 0
    }
}

impl Device {
    pub(crate) fn retains(&self, retain: Retain) -> bool {
        self.settings.retains(retain)
    }

    /// Empty retained messages; sent even if the flag was off already (S-67).
    pub(crate) fn clear_part(&self, retain: Retain, cursor: u8) -> Part {
        let Some((prefix, leaf)) = retain.cleared(cursor, self.power.count()) else { return Part::End };
        Part::Publish(Publication { place: Place::Own(prefix), leaf, body: Body::Empty, retain: true })
    }

    pub(crate) fn put_retain(&mut self, retain: Retain, on: bool) {
        self.settings.retain = self.settings.retain & !retain.bit() | if on { retain.bit() } else { 0 };
    }

    fn set_retain(&mut self, call: &Call<'_>, retain: Retain) -> Result<Reply, CommandError> {
        let on = call.on_off()?;
        self.set_retain_to(retain, on);
        self.settings_changed(call.now);
        Ok(Reply::Show)
    }

    pub(crate) fn set_retain_to(&mut self, retain: Retain, on: bool) {
        if on {
            self.settings.retain |= retain.bit();
        } else {
            self.settings.retain &= !retain.bit();
            self.reports.push(Report::Clear(retain), false);
        }
    }
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "PowerRetain",
        help: "Let the broker keep power states; on also ends SetOption90.",
        run: Run::Set(set_power_retain),
        show: |view, _, json| json.text("PowerRetain", view.on_off(view.device.retains(Retain::Power))),
        ..FLAG
    },
    Command {
        name: "SensorRetain",
        help: "Let the broker keep sensor values.",
        run: Run::Set(|device, call| device.set_retain(call, Retain::Sensor)),
        show: |view, _, json| json.text("SensorRetain", view.on_off(view.device.retains(Retain::Sensor))),
        ..FLAG
    },
    Command {
        name: "InfoRetain",
        help: "Let the broker keep the INFO messages.",
        run: Run::Set(|device, call| device.set_retain(call, Retain::Info)),
        show: |view, _, json| json.text("InfoRetain", view.on_off(view.device.retains(Retain::Info))),
        ..FLAG
    },
    Command {
        name: "StateRetain",
        help: "Let the broker keep STATE.",
        run: Run::Set(|device, call| device.set_retain(call, Retain::State)),
        show: |view, _, json| json.text("StateRetain", view.on_off(view.device.retains(Retain::State))),
        ..FLAG
    },
    Command {
        name: "StatusRetain",
        help: "Let the broker keep status answers.",
        run: Run::Set(|device, call| device.set_retain(call, Retain::Status)),
        show: |view, _, json| json.text("StatusRetain", view.on_off(view.device.retains(Retain::Status))),
        ..FLAG
    },
];

const FLAG: Command = Command { args: "0/off, 1/on", ..Command::PLAIN };

/// S-60: on clears SetOption90, since the messages to be kept are the plain ones.
fn set_power_retain(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    if call.on_off()? {
        device.settings.set_option(90, false);
    }
    device.set_retain(call, Retain::Power)
}
