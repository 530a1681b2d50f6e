//! Interlock: groups of relays of which one at most is on.

use crate::args;
use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::power::bit;
use crate::settings::{Number, Settings};
use crate::text::Sink;
use crate::view::View;

impl Settings {
    /// The groups in force for a device with `count` relays; none while the mode is off.
    pub(crate) fn interlocked(&self, count: u8) -> impl Iterator<Item = u8> + use<> {
        let on = self.option(INTERLOCK_OPTION) && count > 1;
        self.interlock_groups().into_iter().filter(move |group| on && *group != 0)
    }

    /// The groups as relay masks; 0 is none.
    pub fn interlock_groups(&self) -> [u8; 4] {
        [1, 2, 3, 4].map(|n| self.nth_number(Number::INTERLOCK_GROUP, n).to_le_bytes()).map(|[mask, _]| mask)
    }
}

/// The option that keeps whether it is on.
const INTERLOCK_OPTION: u8 = 14;

/// `Interlock`
pub(crate) const INTERLOCK: Command = Command {
    name: "Interlock",
    args: help("0/off, 1/on, or groups such as 1,2 3,4"),
    help: help("Let one relay of a group at most be on."),
    run: Run::Change(set_interlock),
    show: Show::By(show_interlock),
    ..Command::PLAIN
};

fn set_interlock(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let count = device.power.count();
    if count < 2 {
        device.settings.set_option(INTERLOCK_OPTION, false);
        return Err(CommandError::Kept);
    }
    if args::cut(call.argument, b',').is_some() {
        for (n, group) in (1..).zip(groups(call.argument, count)) {
            device.settings.set_nth_number(Number::INTERLOCK_GROUP, n, group.into())?;
        }
    } else {
        device.settings.set_option(INTERLOCK_OPTION, call.on_off()?);
    }
    device.interlock_changed();
    Ok(())
}

/// Reads groups (P-31): a relay counts in its first group, and a group of one relay is none.
fn groups(argument: &str, count: u8) -> [u8; 4] {
    let (mut taken, mut groups) = (0, [0; 4]);
    let mut places = groups.iter_mut();
    for text in args::list(argument, b' ') {
        let group = members(text, count) & !taken;
        taken |= group;
        if let Some(place) = if group.count_ones() > 1 { places.next() } else { None } {
            *place = group;
        }
    }
    groups
}

fn members(text: &str, count: u8) -> u8 {
    let whole = |relay: &&str| relay.bytes().all(|digit| digit.is_ascii_digit());
    let relays = args::list(text, b',').filter(whole).filter_map(|relay| args::leading(relay, 10));
    let relays = relays.filter_map(|relay| u8::try_from(relay).ok()).filter(|relay| *relay <= count);
    relays.fold(0, |mask, relay| mask | bit(relay))
}

fn show_interlock(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    json.text("Interlock", view.on_off(view.device.option(INTERLOCK_OPTION)));
    if view.power.count() > 1 {
        json.text_with("Groups", |sink| write_groups(view, sink));
    }
}

/// Without any group all relays are listed (P-33); relays that the device lacks are not.
fn write_groups(view: &View<'_>, sink: &mut Sink<'_>) {
    let all = view.power.all();
    let stored = view.settings().interlock_groups().map(|group| group & all);
    let none = stored.iter().all(|group| group.count_ones() < 2);
    let shown = if none { [all, 0, 0, 0] } else { stored };
    let mut separator = "";
    for group in shown.into_iter().filter(|group| *group != 0) {
        for relay in view.power.relays().filter(|relay| group & bit(*relay) != 0) {
            sink.push(core::mem::replace(&mut separator, ","));
            sink.push_number(u32::from(relay));
        }
        separator = " ";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_31_groups_are_read_as_the_reference_reads_them() {
        let vectors: [(&str, [u8; 4]); 6] = [
            ("1,2 3,4", [0b11, 0b1100, 0, 0]),
            ("1,2 2,3", [0b11, 0, 0, 0]),
            ("1,2 3,", [0b11, 0, 0, 0]),
            ("1 3 2,4", [0b1010, 0, 0, 0]),
            ("1,9 x,2", [0; 4]),
            ("1,1,2 4,4", [0b11, 0, 0, 0]),
        ];
        for (text, masks) in vectors {
            assert_eq!(groups(text, 4), masks, "{text}");
        }
    }
}
