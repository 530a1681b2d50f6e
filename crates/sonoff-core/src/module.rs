//! Modules: what the owner says a board is, and the pins that follow from it (M-1 to M-12).

mod arch;
mod built_in;
mod commands;
mod component;
mod effect;
mod legacy;
mod template;

use crate::profile::{Board, Profile};
use crate::settings::{Number, Settings, Text};
use crate::view::View;
use crate::wiring::Wiring;
use template::Template;

pub use arch::{Arch, Module};
pub use commands::COMMANDS;

/// The module that stands for the owner's template.
const TEMPLATE: u8 = 0;

/// Stands for the module that the profile names.
const FACTORY: u8 = 255;

/// What the owner has chosen for a board whose pins are open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    arch: &'static Arch,
    factory: u8,
    settings: &'a Settings,
}

impl<'a> Choice<'a> {
    pub(crate) fn new(board: &Board, settings: &'a Settings) -> Option<Self> {
        match *board {
            Board::Fixed { .. } => None,
            Board::Open { arch, module } => Some(Self { arch, factory: module, settings }),
        }
    }

    /// The owner's template and what `GPIO` says of its free pins; from the factory a module whose pins are all free, as
    /// where what is stored cannot be read (`false`).
    fn stored(&self) -> (Template<'a>, bool) {
        let generic =
            self.arch.module(self.arch.generic).map_or(Template::EMPTY, |module| Template::EMPTY.of(module));
        let (mut template, text) = (generic, self.settings.text(Text::PINS));
        if text.is_empty() || template.change(text, self.arch).is_some() {
            (template, true)
        } else {
            (generic, false)
        }
    }

    /// What `Module` (1) or `Module2` (2) is set to.
    fn set(&self, which: u8) -> u8 {
        match self.settings.nth_number(Number::MODULE, which).to_le_bytes() {
            [FACTORY, _] => self.factory,
            [number, _] => number,
        }
    }

    /// The module of this number, or the owner's template; its free pins are wired as `GPIO` says.
    fn module(&self, number: u8) -> Option<Template<'a>> {
        let (template, readable) = self.stored();
        if number == TEMPLATE {
            readable.then_some(template)
        } else {
            self.arch.module(number).map(|module| template.of(module))
        }
    }

    /// The module in force: Module, where that cannot be Module2, then the one whose pins are free (M-20).
    fn in_force(&self) -> (u8, Template<'a>) {
        let numbers = [self.set(1), self.set(2), self.arch.generic];
        let usable = |number| Some((number, self.module(number)?));
        numbers.into_iter().find_map(usable).unwrap_or((TEMPLATE, Template::EMPTY))
    }

    fn wiring(&self) -> Wiring {
        let (mut wiring, (_, pins)) = (Wiring::default(), self.in_force());
        for (place, gpio) in self.arch.pins.iter().enumerate() {
            let code = pins.code(place);
            let wired = self.arch.component(code).and_then(|component| component.wired(code, *gpio));
            if let Some((kind, number, pin)) = wired {
                wiring.add(kind, number, pin);
            }
        }
        wiring
    }
}

impl Profile {
    /// The pins of such a device with these settings.
    pub fn wiring(&self, settings: &Settings) -> Wiring {
        match self.board {
            Board::Fixed { wiring, .. } => wiring,
            Board::Open { .. } => {
                Choice::new(&self.board, settings).map_or_else(Wiring::default, |choice| choice.wiring())
            }
        }
    }

    /// The name of such a device's module with these settings; what JSON escapes is escaped.
    pub fn module_name<'a>(&self, settings: &'a Settings) -> &'a str {
        match self.board {
            Board::Fixed { module, .. } => module,
            Board::Open { .. } => {
                Choice::new(&self.board, settings).map_or("", |choice| choice.in_force().1.name)
            }
        }
    }
}

/// The module's number, as Status tells it; a board with fixed pins is its only module.
pub(crate) fn number(view: View<'_>) -> u8 {
    Choice::new(&view.device.profile.board, view.settings()).map_or(1, |choice| choice.in_force().0)
}
