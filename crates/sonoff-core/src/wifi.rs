//! The way to the network: access points, their passwords, the device's address.

use core::net::Ipv4Addr;

use crate::args::{ArgError, leading, list, shortcut};
use crate::command::{Call, Command, CommandError, HIDDEN, Index, Named, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::{AccessPoint, Action, FixedAddress};
use crate::joining::{Choice, Event};
use crate::json::Json;
use crate::log::Note;
use crate::profile::Part;
use crate::settings::{Number, Settings, Text};
use crate::telemetry::write_ip;
use crate::view::View;

/// `WifiConfig` that tries both access points in turn.
const RETRY: u8 = 4;
/// `WifiConfig` that is no way of joining, but a wish to be set up now.
const SET_UP: u16 = 2;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "SSId",
        index: Index::UpTo(2),
        args: help("text of at most 32 bytes; 0 none, 1 factory"),
        help: help("The name of an access point, which is then the one that is joined first."),
        run: Run::ChangeAndRestart(set_ssid),
        show: Show::Text(Text::SSID),
        ..RADIO
    },
    Command {
        name: "Password",
        index: Index::UpTo(4),
        args: help("text of 8 to 63 bytes; 0 none, 1 factory"),
        help: help("The password of an access point, also as 3 and 4. It is never shown."),
        run: Run::ChangeAndRestart(set_password),
        show: Show::By(show_password),
        ..RADIO
    },
    Command {
        name: "Ap",
        args: help("0 the other, 1, 2"),
        help: help("The access point that is joined first."),
        run: Run::ChangeAndRestart(set_ap),
        show: Show::Named(&Named {
            number: Number::AP,
            name: |view, place| view.settings().nth_text(Text::SSID, place),
        }),
        ..RADIO
    },
    Command {
        name: "IPAddress",
        index: Index::UpTo(5),
        args: help("address such as 192.168.1.9; 0.0.0.0 none"),
        help: help(
            "Own address (1), gateway (2), mask (3), name servers (4, 5), from the next joining on; without an own address DHCP gives all.",
        ),
        run: Run::Change(set_address),
        show: Show::By(show_address),
        needs: Some(Part::FixedAddress),
        ..RADIO
    },
    Command {
        name: "WifiConfig",
        args: help("4 try the other access point, too; 5 wait for the chosen one; 2 be one, now"),
        help: help(
            "What to do while an access point cannot be joined; 2 opens one of its own for ten minutes.",
        ),
        run: Run::Change(set_wifi_config),
        show: Show::Named(&Named {
            number: Number::WIFI_CONFIG,
            name: |_, way| if way == RETRY { "Retry" } else { "Wait" },
        }),
        retained: Retained::Harmless,
        ..RADIO
    },
];

const RADIO: Command = Command { needs: Some(Part::Radio), retained: Retained::Refused, ..Command::PLAIN };

impl Settings {
    /// One of the five of `IPAddress`.
    fn address(&self, n: u8) -> Ipv4Addr {
        let low = n.wrapping_mul(2);
        let [high, low] = [low.wrapping_sub(1), low].map(|half| self.nth_number(Number::IP_ADDRESS, half));
        Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
    }

    /// `None` when DHCP gives it.
    fn fixed_address(&self) -> Option<FixedAddress> {
        let [ip, gateway, mask, first, second] = [1, 2, 3, 4, 5].map(|n| self.address(n));
        (!ip.is_unspecified()).then_some(FixedAddress { ip, mask, gateway, dns: [first, second] })
    }
}

impl Device {
    /// The access point of a place, 1 or 2; `None` where none is named.
    pub fn access_point(&self, place: u8) -> Option<AccessPoint<'_>> {
        let ssid = self.settings.nth_text(Text::SSID, place);
        let password = self.settings.nth_text(Text::WIFI_PASSWORD, place);
        let address = self.settings.fixed_address().filter(|_| self.has(Part::FixedAddress));
        (!ssid.is_empty()).then_some(AccessPoint { ssid, password, address })
    }

    /// The next access point that the runner must join. It is told once.
    pub(crate) fn next_join(&mut self) -> Option<Action> {
        Some(Action::Join { place: self.joining.tell()? })
    }

    pub(crate) fn join_step(&mut self, event: Event) {
        let spread_ms = self.jitter_ms() >> 2;
        let choice = self.access_points();
        self.joining.step(event, choice, self.now, spread_ms);
    }

    /// Both, the chosen one first; or the one that has a name (S-78).
    fn access_points(&self) -> Option<Choice> {
        if !self.has(Part::Radio) {
            return None;
        }
        let chosen = self.settings.byte(Number::AP);
        let other = other(chosen);
        let is_named = |place| !self.settings.nth_text(Text::SSID, place).is_empty();
        match (is_named(chosen), is_named(other)) {
            (true, true) if self.settings.byte(Number::WIFI_CONFIG) == RETRY => {
                Some(Choice { first: chosen, other: Some(other) })
            }
            (true, _) => Some(Choice { first: chosen, other: None }),
            (false, true) => Some(Choice { first: other, other: None }),
            (false, false) => None,
        }
    }

    /// The access point of this place is to be joined first, after a restart.
    fn choose(&mut self, place: u8) -> Result<(), CommandError> {
        Ok(self.settings.set_number(Number::AP, place.into())?)
    }
}

const fn other(place: u8) -> u8 {
    if place == 1 { 2 } else { 1 }
}

/// Without a number both are shown and nothing is set.
fn set_ssid(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Some(place) = call.index else { return Err(CommandError::Kept) };
    device.store_text(call, Text::SSID, place)?;
    device.choose(place)
}

/// A length that no radio takes is refused, and the log says so: the answer cannot.
fn set_password(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Some(index) = call.index.filter(|_| call.argument != HIDDEN) else { return Err(CommandError::Kept) };
    let password = if shortcut(call.argument).is_some() { "" } else { call.argument };
    if !matches!(password.len(), 0 | 8..=63) {
        device.notes.push(Note::WifiPassword);
        return Err(ArgError::TooLong.into());
    }
    let place = if index % 2 == 0 { 2 } else { 1 };
    device.settings.set_nth_text(Text::WIFI_PASSWORD, place, password)?;
    device.choose(place)
}

fn show_password(_: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    for n in (1..5).filter(|n| index.map_or(*n < 3, |index| index == *n)) {
        json.text(("Password", n), HIDDEN);
    }
}

fn set_ap(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let place = match call.number_in(0..=2)? {
        0 => other(device.settings.byte(Number::AP)),
        place => place,
    };
    device.choose(place)
}

/// Without a number all are shown and nothing is set.
fn set_address(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let Some(n) = call.index else { return Err(CommandError::Kept) };
    let [a, b, c, d] = address(call.argument).ok_or(ArgError::NotANumber)?.to_be_bytes();
    let low = n.wrapping_mul(2);
    device.settings.set_nth_number(Number::IP_ADDRESS, low.wrapping_sub(1), u16::from_be_bytes([a, b]))?;
    device.settings.set_nth_number(Number::IP_ADDRESS, low, u16::from_be_bytes([c, d]))?;
    Ok(())
}

/// Four numbers of at most 255 with dots between them, and nothing else.
fn address(text: &str) -> Option<u32> {
    let (mut address, mut parts) = (0, 0);
    for part in list(text, b'.') {
        let number = leading(part, 10).filter(|number| *number <= 255)?;
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        address = address << 8 | number;
        parts += 1;
    }
    (parts == 4).then_some(address)
}

/// The first has the address in force behind it.
fn show_address(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    for n in (1..6).filter(|n| index.is_none_or(|index| index == *n)) {
        json.text_with(("IPAddress", n), |sink| {
            write_ip(sink, view.settings().address(n));
            if n == 1 {
                sink.push(" (");
                write_ip(sink, view.ip());
                sink.push(")");
            }
        });
    }
}

/// What restarts the device or opens an access point when the network is lost is refused (D-55).
fn set_wifi_config(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let way = call.number_in(0..=7)?;
    if way == SET_UP {
        return device.wish_set_up(call);
    }
    device.settings.set_number(Number::WIFI_CONFIG, way).map_err(|_| CommandError::Refused)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_are_taken() {
        assert_eq!(address("192.168.1.9"), Some(0xC0A8_0109));
        assert_eq!(address("0.0.0.0"), Some(0));
        assert_eq!(address("255.255.255.0"), Some(0xFFFF_FF00));
        for wrong in [
            "",
            "300",
            "1.2.3",
            "1.2.3.",
            "1..2.3",
            ".1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "1.2.3.4 ",
            "a.b.c.d",
        ] {
            assert_eq!(address(wrong), None, "{wrong:?}");
        }
    }
}
