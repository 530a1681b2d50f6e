//! Modules: what the owner says a board is, and the pins that follow from it (M-1 to M-28).

mod arch;
mod built_in;
mod commands;
mod component;
mod effect;
mod legacy;
#[cfg(feature = "lists")]
mod lists;
mod packing;
mod template;

use crate::device::Device;
use crate::json::{Json, Key};
use crate::profile::{Board, Profile};
use crate::settings::{Number, Settings, Text};
use crate::view::View;
use crate::wiring::Wiring;
use component::USER;
use template::{Brought, Codes, Template};

pub use arch::Arch;
pub use commands::COMMANDS;

/// The module that stands for the owner's template.
const TEMPLATE: u8 = 0;

/// Stands for the module that the profile names.
const FACTORY: u8 = 255;

/// Without the feature a board with open pins has none.
const OPEN: bool = cfg!(feature = "templates");

/// The pins of a board as its owner wants them.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Pins<'a> {
    /// `None`: they are fixed, and the name is all that there is.
    arch: Option<&'static Arch>,
    settings: &'a Settings,
    /// The number of the module from the factory.
    factory: u8,
    /// The number of the module that was chosen.
    number: u8,
    /// What is stored can be read.
    readable: bool,
    /// What else the last text brought.
    brought: Brought,
    /// What was chosen.
    module: Template<'a>,
    /// The owner's template; from the factory a module whose pins are all free, as where what is stored cannot be read.
    stored: Template<'a>,
    /// What `GPIO` says of free pins.
    user: Codes,
}

impl<'a> Pins<'a> {
    /// Those in force: of Module, where that cannot be of Module2, then of the module whose pins are free (M-20).
    #[cfg_attr(feature = "templates", inline(never))]
    fn new(board: &Board, settings: &'a Settings) -> Self {
        let mut pins = Self {
            arch: None,
            settings,
            factory: 1,
            number: 1,
            readable: true,
            brought: Brought::default(),
            module: Template::default(),
            stored: Template::default(),
            user: Codes::default(),
        };
        match *board {
            Board::Open { arch, module } if OPEN => {
                pins.arch = Some(arch);
                pins.factory = module;
                pins.read(arch);
                let _ = pins.choose(arch, pins.set(1))
                    || pins.choose(arch, pins.set(2))
                    || pins.choose(arch, arch.generic);
            }
            Board::Fixed { module, .. } => pins.module.name = module,
            Board::Open { .. } => {}
        }
        pins
    }

    fn read(&mut self, arch: &'static Arch) {
        let text = self.settings.text(Text::PINS);
        if !self.change(text, arch) {
            self.readable = text.is_empty();
            self.user = Codes::default();
            self.stored.become_module(arch, arch.generic);
        }
    }

    /// What `Module` (1) or `Module2` (2) is set to.
    fn set(&self, which: u8) -> u8 {
        match self.settings.nth_number(Number::MODULE, which).to_le_bytes() {
            [FACTORY, _] => self.factory,
            [number, _] => number,
        }
    }

    /// Chooses the module of this number, or the owner's template. `false`: there is none.
    fn choose(&mut self, arch: &'static Arch, number: u8) -> bool {
        self.number = number;
        self.module = self.stored;
        self.module.become_module(arch, number) || (number == TEMPLATE && self.readable)
    }

    /// The owner says what the pin is.
    fn is_free(&self, place: usize) -> bool {
        self.module.codes.at(place) == USER
    }

    /// What a pin is in the end.
    fn code(&self, place: usize) -> u16 {
        let codes = if self.is_free(place) { &self.user } else { &self.module.codes };
        codes.at(place)
    }

    fn wiring(&self) -> Wiring {
        let mut wiring = Wiring::default();
        let Some(arch) = self.arch else { return wiring };
        for (place, gpio) in arch.pins.iter().enumerate() {
            let code = self.code(place);
            if let Some(component) = arch.components.of(code) {
                component.wire(code, *gpio, &mut wiring);
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
            Board::Open { .. } => Pins::new(&self.board, settings).wiring(),
        }
    }

    /// The name of such a device's module with these settings. A template's is as it came: escaped as JSON wants it.
    pub fn module_name<'a>(&self, settings: &'a Settings) -> &'a str {
        Pins::new(&self.board, settings).module.name
    }
}

impl Device {
    #[cfg_attr(feature = "templates", inline(never))]
    pub(crate) fn pins(&self) -> Pins<'_> {
        Pins::new(&self.profile.board, &self.settings)
    }

    /// The number of its module; a board with fixed pins is its only module.
    pub(crate) fn module_number(&self) -> u8 {
        self.pins().number
    }
}

/// The module's name as a member. A template's is as it came: escaped as JSON wants it.
pub(crate) fn write_name(view: &View<'_>, key: impl Key, json: &mut Json<'_, '_>) {
    match view.device.profile.board {
        Board::Fixed { module, .. } => json.text(key, module),
        Board::Open { .. } => json.escaped(key, view.device.pins().module.name),
    }
}
