//! The commands Modules and GPIOs: what there is to choose from.

use super::TEMPLATE;
use super::commands::NOT_SUPPORTED;
use crate::args;
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
    let mut pins = view.device.pins();
    let Some(arch) = pins.arch else { return json.text("Modules", NOT_SUPPORTED) };
    json.nested("Modules", |json| {
        pins.choose(arch, TEMPLATE);
        json.escaped(("", TEMPLATE), pins.module.name);
        let names = args::list(arch.modules.names, b'|');
        arch.modules.numbers.iter().zip(names).for_each(|(number, name)| json.escaped(("", *number), name));
    });
}

fn show_gpios(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    let Some(arch) = view.device.pins().arch else { return json.text("GPIOs", NOT_SUPPORTED) };
    json.nested("GPIOs1", |json| {
        let names = args::list(arch.components.names, b'|');
        arch.components.all.iter().zip(names).for_each(|(component, name)| json.text(component.first, name));
    });
}
