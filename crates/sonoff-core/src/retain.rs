//! The retain flags, and what is cleared on the broker when one goes off.

use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
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
    /// Each one.
    const ALL: [Self; 7] =
        [Self::Power, Self::Button, Self::Switch, Self::Sensor, Self::State, Self::Info, Self::Status];

    /// The option that keeps it.
    pub(crate) const fn option(self) -> u8 {
        match self {
            Self::Power => 5,
            Self::Button => 6,
            Self::Switch => 7,
            Self::Sensor => 9,
            Self::State => 121,
            Self::Info => 122,
            Self::Status => 145,
        }
    }

    /// What an option keeps.
    pub(crate) fn of_option(option: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|retain| retain.option() == option)
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
        let (prefix, leaf, count) = match self {
            Self::Power => (Prefix::Stat, Leaf::Power(n + 1), relays),
            Self::Sensor => (Prefix::Tele, Leaf::Word(if n == 0 { "SENSOR" } else { "ENERGY" }), 2),
            Self::Info => (Prefix::Tele, Leaf::Numbered("INFO", n + 1), 3),
            Self::State => (Prefix::Tele, Leaf::Word("STATE"), 1),
            Self::Status => (
                Prefix::Stat,
                if n == 0 { Leaf::Word("STATUS") } else { Leaf::Numbered("STATUS", n - 1) },
                15,
            ),
            // Key messages are cleared with the flag as it was (S-67).
            Self::Button | Self::Switch => return None,
        };
        (n < count).then_some((prefix, leaf))
    }
}

impl Settings {
    pub(crate) fn retains(&self, retain: Retain) -> bool {
        self.option(retain.option())
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
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "PowerRetain",
        help: help("Let the broker keep power states; on also ends SetOption90."),
        run: Run::Change(set_power_retain),
        ..flag(Retain::Power)
    },
    Command {
        name: "SensorRetain",
        help: help("Let the broker keep sensor values."),
        ..flag(Retain::Sensor)
    },
    Command {
        name: "InfoRetain",
        help: help("Let the broker keep the INFO messages."),
        ..flag(Retain::Info)
    },
    Command { name: "StateRetain", help: help("Let the broker keep STATE."), ..flag(Retain::State) },
    Command {
        name: "StatusRetain",
        help: help("Let the broker keep status answers."),
        ..flag(Retain::Status)
    },
];

const fn flag(retain: Retain) -> Command {
    let (run, show) = (Run::Change(set_retain), Show::Option(retain.option()));
    Command { args: help("0/off, 1/on"), run, show, ..Command::PLAIN }
}

/// Off clears what the broker keeps, even if the flag was off already (S-67).
fn set_retain(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    if let (false, Show::Option(option)) = (call.on_off()?, call.command.show) {
        Retain::of_option(option).into_iter().for_each(|retain| device.report(Report::Clear(retain), false));
    }
    device.store(call)
}

/// S-60: on clears SetOption90, since the messages to be kept are the plain ones.
fn set_power_retain(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    if call.on_off()? {
        device.settings.set_option(90, false);
    }
    set_retain(device, call)
}
