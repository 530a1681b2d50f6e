//! Modules: what the owner says a board is, and the pins that follow from it (M-1 to M-28).

mod arch;
mod built_in;
mod commands;
mod component;
mod effect;
mod legacy;
#[cfg(feature = "lists")]
mod lists;
mod template;

use crate::json::{Json, Key};
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

/// Without the feature a board with open pins has none.
const OPEN: bool = cfg!(feature = "templates");

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
            Board::Open { arch, module } => OPEN.then_some(Self { arch, factory: module, settings }),
        }
    }

    /// The owner's template with what `GPIO` says of its free pins; from the factory a module whose pins are all free, as
    /// where what is stored cannot be read (`false`).
    fn stored(&self, template: &mut Template<'a>) -> bool {
        let text = self.settings.text(Text::PINS);
        *template = Template::EMPTY;
        let read = template.change(text, self.arch).is_some();
        if !read {
            *template = Template::EMPTY;
            template.become_module(self.arch.module(self.arch.generic));
        }
        read || text.is_empty()
    }

    /// What `Module` (1) or `Module2` (2) is set to.
    fn set(&self, which: u8) -> u8 {
        match self.settings.nth_number(Number::MODULE, which).to_le_bytes() {
            [FACTORY, _] => self.factory,
            [number, _] => number,
        }
    }

    /// The module of this number, or the owner's template; its free pins are wired as `GPIO` says. `false`: there is none.
    fn module(&self, number: u8, template: &mut Template<'a>) -> bool {
        let readable = self.stored(template);
        if number == TEMPLATE { readable } else { template.become_module(self.arch.module(number)) }
    }

    /// The module in force: Module, where that cannot be Module2, then the one whose pins are free (M-20).
    fn in_force(&self, template: &mut Template<'a>) -> u8 {
        let numbers = [self.set(1), self.set(2), self.arch.generic];
        numbers.into_iter().find(|number| self.module(*number, template)).unwrap_or(TEMPLATE)
    }

    fn wiring(&self) -> Wiring {
        let (mut wiring, mut pins) = (Wiring::default(), Template::EMPTY);
        self.in_force(&mut pins);
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

    /// The name of such a device's module with these settings. A template's is as it came: escaped as JSON wants it.
    pub fn module_name<'a>(&self, settings: &'a Settings) -> &'a str {
        match self.board {
            Board::Fixed { module, .. } => module,
            Board::Open { .. } => self.module(settings).1,
        }
    }

    /// Number and name; a board with fixed pins is its only module.
    pub(crate) fn module<'a>(&self, settings: &'a Settings) -> (u8, &'a str) {
        let mut template = Template::EMPTY;
        let number = Choice::new(&self.board, settings).map(|choice| choice.in_force(&mut template));
        (number.unwrap_or(1), template.name)
    }
}

/// The module's name as a member.
pub(crate) fn write_name(view: &View<'_>, key: impl Key, json: &mut Json<'_, '_>) {
    let (profile, settings) = (&view.device.profile, view.settings());
    match profile.board {
        Board::Fixed { module, .. } => json.text(key, module),
        Board::Open { .. } => json.escaped(key, profile.module(settings).1),
    }
}
