//! The commands Module, GPIO and Template.

use super::arch::Arch;
use super::template::{Brought, Codes, LENGTHS, ROOM};
use super::{Pins, TEMPLATE};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::log::Note;
use crate::settings::{Number, Text};
use crate::view::View;

/// The commands of this room. What restarts must not be repeated at every connect.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Module",
        index: Index::UpTo(2),
        args: help("0 template, or the number of a module (Modules lists them)"),
        help: help("What the device is; Module2 is what it is where Module cannot be."),
        run: Run::Change(set_module),
        show: Show::By(show_module),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
    #[cfg(feature = "lists")]
    super::lists::MODULES,
    Command {
        name: "GPIO",
        index: Index::Any,
        args: help("code of a component (GPIOs lists them); 255 lists every pin"),
        help: help("What is wired to a pin that the module leaves free."),
        run: Run::Set(set_gpio),
        show: Show::By(show_gpio),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
    #[cfg(feature = "lists")]
    super::lists::GPIOS,
    Command {
        name: "Template",
        args: help("JSON; 0 copies the module in force, its number another one, 255 merges it with GPIO"),
        help: help("What Module 0 is: a name, and what its pins are."),
        run: Run::Set(set_template),
        show: Show::By(show_template),
        retained: Retained::Refused,
        ..Command::PLAIN
    },
];

/// What a board with fixed pins answers.
pub(super) const NOT_SUPPORTED: &str = "Not supported";
/// What `GPIO` and `Template` take for all of it.
const ALL: u8 = 255;
/// Stands for what a text that is no template is answered; behind a word there are no such numbers.
const INVALID: u8 = 255;

impl Device {
    /// Stores pins, and restarts if they are in force then (M-20 to M-23); a template's commands may be due, too.
    fn store_pins(&mut self, text: &str, in_force: bool, commands: bool) {
        // There is room for the text, and the numbers are small.
        let _ = self.settings.set_text(Text::PINS, text);
        self.settings_changed();
        if in_force {
            let former = u16::from(self.power.count()).max(self.settings.number(Number::FORMER_RELAYS));
            let _ = self.settings.set_number(Number::FORMER_RELAYS, former);
            let _ = self.settings.set_number(Number::COMMANDS_DUE, commands.into());
            self.restart_soon();
        }
    }
}

/// A number that is no module's leaves all as it was. What was wired to free pins is forgotten (M-20).
fn set_module(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let mut pins = device.pins();
    let arch = pins.arch.ok_or(CommandError::Refused)?;
    let (number, which) = (call.number_in(0..=254)?, call.index_or_first());
    if !pins.choose(arch, byte(number)) || u16::from(pins.set(which)) == number {
        return Err(CommandError::Kept);
    }
    let (commands, mut buf) = (!pins.module.cmnd.is_empty(), [0; ROOM]);
    pins.user = Codes::default();
    let text = pins.text(arch, &mut buf).unwrap_or("");
    if which == 1 {
        device.store_pins(text, true, commands);
    }
    Ok(device.settings.set_nth_number(Number::MODULE, which, number)?)
}

fn byte(number: u16) -> u8 {
    let [low, _] = number.to_le_bytes();
    low
}

/// `{"Module":{"1":"Sonoff Basic"}}`
fn show_module(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let mut pins = view.device.pins();
    let key = if index == Some(2) { "Module2" } else { "Module" };
    json.nested(key, |json| match pins.arch {
        Some(arch) => {
            pins.choose(arch, pins.set(index.unwrap_or(1)));
            json.escaped(("", pins.number), pins.module.name);
        }
        None => super::write_name(view, ("", pins.number), json),
    });
}

/// Only a free pin can be set. What was set for another free pin goes from there (M-21).
fn set_gpio(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let mut pins = device.pins();
    let arch = pins.arch.ok_or(CommandError::Kept)?;
    let code = call.number_in::<u16>(0..=u16::MAX)?;
    if call.index.is_none() && code == ALL.into() {
        return Ok(Reply::ShowAt(ALL));
    }
    let place = call.index.and_then(|gpio| arch.place(gpio)).ok_or(CommandError::Kept)?;
    let component = arch.components.of(code).filter(|component| component.takes(code));
    if component.is_none() || !pins.is_free(place) || pins.code(place) == code {
        return Err(CommandError::Kept);
    }
    pins.user.wire(place, code);
    let mut buf = [0; ROOM];
    let text = pins.text(arch, &mut buf).ok_or(CommandError::Kept)?;
    device.store_pins(text, true, false);
    Ok(Reply::Show)
}

/// All free pins, or every pin.
fn show_gpio(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let (pins, mut none) = (view.device.pins(), true);
    if let Some(arch) = pins.arch {
        for (place, gpio) in arch.pins.iter().enumerate() {
            if index == Some(ALL) || pins.is_free(place) {
                none = false;
                json.nested(("GPIO", *gpio), |json| write_component(arch, pins.code(place), json));
            }
        }
    }
    if none {
        json.text("GPIO", NOT_SUPPORTED);
    }
}

/// `"1216":"AM2301"`, `"224":"Relay1"`
fn write_component(arch: &Arch, code: u16, json: &mut Json<'_, '_>) {
    json.text_with(code, |sink| arch.components.write_name(code, sink));
}

/// A text that is no template, or not for this chip, changes nothing (M-1). A template that is in force takes a
/// restart, and runs the commands that it brought after that (M-24).
fn set_template(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let mut pins = device.pins();
    let arch = pins.arch.ok_or(CommandError::Kept)?;
    let in_force = pins.number == TEMPLATE;
    let (told, mut buf) = (pins.told(arch, call)?, [0; ROOM]);
    let brought = pins.brought;
    let Some(text) = pins.text(arch, &mut buf).filter(|_| told) else {
        return Ok(Reply::ShowAt(INVALID));
    };
    if brought.unknown {
        device.notes.push(Note::UnknownComponent);
    }
    if brought.commands || text != device.settings.text(Text::PINS) {
        device.store_pins(text, in_force, brought.commands);
    }
    Ok(Reply::Show)
}

impl<'a> Pins<'a> {
    /// What `Template` is told: JSON, or 0 for the module in force, 255 for that with the owner's pins, or a module.
    /// `false`: the text is no template.
    fn told(&mut self, arch: &'static Arch, call: &Call<'a>) -> Result<bool, CommandError> {
        if call.argument.starts_with('{') {
            let fits = LENGTHS.contains(&call.argument.len());
            return Ok(fits && self.change(call.argument, arch) && !self.brought.user);
        }
        let number = byte(call.number_in(0..=255)?);
        if !matches!(number, 0 | ALL) && !self.choose(arch, number) {
            return Err(CommandError::Kept);
        }
        self.brought = Brought::default();
        self.stored = self.module;
        if number == ALL {
            self.stored.merge(&self.user);
        }
        Ok(true)
    }
}

fn show_template(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    if index == Some(INVALID) {
        return json.text("Template", "Invalid JSON");
    }
    let pins = view.device.pins();
    match pins.arch {
        Some(arch) => pins.stored.write(arch, arch.pins.len(), json),
        None => json.text("Template", NOT_SUPPORTED),
    }
}
