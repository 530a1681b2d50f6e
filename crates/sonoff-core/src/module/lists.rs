//! The commands Modules and GPIOs: what there is to choose from.

use super::TEMPLATE;
use super::commands::{NOT_SUPPORTED, choice, write_module};
use crate::command::{Command, Show};
use crate::help::help;
use crate::json::Json;
use crate::view::View;

pub(super) const MODULES: Command = Command {
    name: "Modules",
    help: help("List the modules."),
    show: Show::By(show_modules),
    ..Command::PLAIN
};

pub(super) const GPIOS: Command = Command {
    name: "GPIOs",
    help: help("List the components that can be wired to a pin."),
    show: Show::By(show_gpios),
    ..Command::PLAIN
};

/// The template first.
fn show_modules(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let Some(choice) = choice(view) else { return json.text("Modules", NOT_SUPPORTED) };
    json.nested("Modules", |json| {
        write_module(choice, TEMPLATE, json);
        choice.arch.modules.iter().for_each(|module| json.escaped(("", module.number), module.name));
    });
}

fn show_gpios(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let Some(choice) = choice(view) else { return json.text("GPIOs", NOT_SUPPORTED) };
    json.nested("GPIOs1", |json| {
        choice.arch.components().for_each(|component| json.text(component.first, component.name));
    });
}
