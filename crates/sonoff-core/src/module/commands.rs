//! The commands Module, GPIO and Template.

use super::component::USER;
use super::template::{Brought, LENGTHS, Template};
use super::{Choice, TEMPLATE};
use crate::command::{Call, Command, CommandError, Index, Reply, Retained, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::log::Note;
use crate::settings::{Number, Text};
use crate::text::Sink;
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

/// Room of [`Text::PINS`].
pub(super) const ROOM: usize = 255;

impl Device {
    pub(super) fn choice(&self) -> Option<Choice<'_>> {
        Choice::new(&self.profile.board, &self.settings)
    }

    /// Stores pins, and restarts if they are in force then (M-20 to M-23); a template's commands may be due, too.
    fn store_pins(&mut self, text: &str, in_force: bool, commands: bool) -> Result<(), CommandError> {
        self.settings.set_text(Text::PINS, text)?;
        self.settings_changed();
        if in_force {
            let former = u16::from(self.power.count()).max(self.settings.number(Number::FORMER_RELAYS));
            self.settings.set_number(Number::FORMER_RELAYS, former)?;
            self.settings.set_number(Number::COMMANDS_DUE, commands.into())?;
            self.restart_soon();
        }
        Ok(())
    }
}

impl Choice<'_> {
    /// What is to be stored; `None`: it is too long.
    fn text<'b>(&self, pins: &Template<'_>, buf: &'b mut [u8; ROOM]) -> Option<&'b str> {
        let mut text = Sink::new(buf);
        Json::object(&mut text, |json| pins.write_stored(self.arch, json));
        text.is_whole().then(|| text.into_str())
    }
}

/// A number that is no module's leaves all as it was. What was wired to free pins is forgotten (M-20).
fn set_module(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let choice = device.choice().ok_or(CommandError::Refused)?;
    let (number, which) = (call.number_in(0..=254)?, call.index_or_first());
    let (mut pins, mut buf) = (Template::EMPTY, [0; ROOM]);
    if !choice.module(byte(number), &mut pins) || u16::from(choice.set(which)) == number {
        return Err(CommandError::Kept);
    }
    let commands = !pins.cmnd.is_empty();
    choice.stored(&mut pins);
    pins.user = Template::EMPTY.user;
    let text = choice.text(&pins, &mut buf).unwrap_or("");
    if which == 1 {
        device.store_pins(text, true, commands)?;
    }
    device.settings.set_nth_number(Number::MODULE, which, number)?;
    Ok(())
}

fn byte(number: u16) -> u8 {
    let [low, _] = number.to_le_bytes();
    low
}

pub(super) fn choice<'v>(view: &View<'v>) -> Option<Choice<'v>> {
    view.device.choice()
}

/// `{"Module":{"1":"Sonoff Basic"}}`
fn show_module(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let key = if index == Some(2) { "Module2" } else { "Module" };
    json.nested(key, |json| match choice(view) {
        Some(choice) => write_module(choice, choice.set(index.unwrap_or(1)), json),
        None => super::write_name(view, ("", 1), json),
    });
}

/// `"1":"Sonoff Basic"`
pub(super) fn write_module(choice: Choice<'_>, number: u8, json: &mut Json<'_, '_>) {
    let mut module = Template::EMPTY;
    choice.module(number, &mut module);
    json.escaped(("", number), module.name);
}

/// Only a free pin can be set. What was set for another free pin goes from there (M-21).
fn set_gpio(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let choice = device.choice().ok_or(CommandError::Kept)?;
    let code = call.number_in::<u16>(0..=u16::MAX)?;
    if call.index.is_none() && code == ALL.into() {
        return Ok(Reply::ShowAt(ALL));
    }
    let place = call.index.and_then(|gpio| choice.arch.place(gpio)).ok_or(CommandError::Kept)?;
    let component = choice.arch.component(code).filter(|component| code != USER && component.takes(code));
    let (mut pins, mut buf) = (Template::EMPTY, [0; ROOM]);
    choice.in_force(&mut pins);
    if component.is_none() || !pins.is_free(place) || pins.code(place) == code {
        return Err(CommandError::Kept);
    }
    choice.stored(&mut pins);
    pins.wire(place, code);
    let text = choice.text(&pins, &mut buf).ok_or(CommandError::Kept)?;
    device.store_pins(text, true, false)?;
    Ok(Reply::Show)
}

/// All free pins, or every pin.
fn show_gpio(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    let Some(choice) = choice(view) else { return json.text("GPIO", NOT_SUPPORTED) };
    let (mut pins, mut none) = (Template::EMPTY, true);
    choice.in_force(&mut pins);
    for (place, gpio) in choice.arch.pins.iter().enumerate() {
        if pins.is_free(place) || index == Some(ALL) {
            none = false;
            json.nested(("GPIO", *gpio), |json| write_component(choice, pins.code(place), json));
        }
    }
    if none {
        json.text("GPIO", NOT_SUPPORTED);
    }
}

/// `"1216":"AM2301"`, `"224":"Relay1"`
fn write_component(choice: Choice<'_>, code: u16, json: &mut Json<'_, '_>) {
    let mut buf = [0; 16];
    let mut name = Sink::new(&mut buf);
    match choice.arch.component(code) {
        Some(component) => component.write_name(code, &mut name),
        None => name.push("Other"),
    }
    json.escaped(code, name.into_str());
}

/// A text that is no template, or not for this chip, changes nothing (M-1). A template that is in force takes a
/// restart, and runs the commands that it brought after that (M-24).
fn set_template(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    let choice = device.choice().ok_or(CommandError::Kept)?;
    let (mut pins, mut buf) = (Template::EMPTY, [0; ROOM]);
    let in_force = choice.in_force(&mut pins) == TEMPLATE;
    let brought = choice.told(call, &mut pins)?;
    let text = choice.text(&pins, &mut buf);
    let (Some(brought), Some(text)) = (brought, text) else { return Ok(Reply::ShowAt(INVALID)) };
    if brought.unknown {
        device.notes.push(Note::UnknownComponent);
    }
    if brought.commands || text != device.settings.text(Text::PINS) {
        device.store_pins(text, in_force, brought.commands)?;
    }
    Ok(Reply::Show)
}

impl<'a> Choice<'a> {
    /// What `Template` is told: JSON, or 0 for the module in force, 255 for that with the owner's pins, or a module.
    fn told(&self, call: &Call<'a>, pins: &mut Template<'a>) -> Result<Option<Brought>, CommandError> {
        if call.argument.starts_with('{') {
            self.stored(pins);
            let fits = LENGTHS.contains(&call.argument.len());
            return Ok(pins.change(call.argument, self.arch).filter(|brought| fits && !brought.user));
        }
        match byte(call.number_in(0..=255)?) {
            0 => {}
            ALL => pins.merge(),
            number if self.module(number, pins) => {}
            _ => return Err(CommandError::Kept),
        }
        Ok(Some(Brought::default()))
    }
}

fn show_template(view: &View<'_>, index: Option<u8>, json: &mut Json<'_, '_>) {
    if index == Some(INVALID) {
        return json.text("Template", "Invalid JSON");
    }
    let Some(choice) = choice(view) else { return json.text("Template", NOT_SUPPORTED) };
    let mut template = Template::EMPTY;
    choice.stored(&mut template);
    template.write(choice.arch, json);
}
