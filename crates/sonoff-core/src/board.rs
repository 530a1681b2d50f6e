//! What the board itself can be told: how long its radio sleeps, how fast its serial port is.

use crate::args::{self, ArgError};
use crate::command::{Call, Command, CommandError, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Action;
use crate::json::Json;
use crate::profile::Part;
use crate::settings::Number;
use crate::setup::Wish;
use crate::view::View;

/// Speeds are multiples of this many bits per second.
const STEP: i32 = 300;

/// What the board has not been told yet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Untold {
    sleep: bool,
    baudrate: bool,
    pub(crate) wish: Wish,
}

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Sleep",
        args: help("0..250 milliseconds"),
        help: help("How long the radio may sleep between two moments at which it listens; 0 keeps it awake."),
        run: Run::Change(set_sleep),
        show: Show::Active(Number::SLEEP),
        needs: Some(Part::RadioSleep),
        ..Command::PLAIN
    },
    Command {
        name: "Baudrate",
        args: help("300..3000000 bits per second, in steps of 300"),
        help: help("The speed of the serial port, at once."),
        run: Run::Change(set_baudrate),
        show: Show::By(show_baudrate),
        needs: Some(Part::Serial),
        ..Command::PLAIN
    },
];

impl Device {
    /// A run begins: the board knows nothing.
    pub(crate) fn tell_board(&mut self) {
        let (sleep, baudrate) = (self.has(Part::RadioSleep), self.has(Part::Serial));
        self.untold = Untold { sleep, baudrate, wish: Wish::default() };
    }

    pub(crate) fn next_board_action(&mut self) -> Option<Action> {
        if core::mem::take(&mut self.untold.sleep) {
            return Some(Action::Sleep { ms: self.settings.byte(Number::SLEEP) });
        }
        if core::mem::take(&mut self.untold.baudrate) {
            return Some(Action::Baudrate { baud: self.baudrate() });
        }
        self.next_set_up()
    }

    pub(crate) fn baudrate(&self) -> u32 {
        u32::from(self.settings.number(Number::BAUDRATE)) * STEP.unsigned_abs()
    }

    /// What telemetry tells; 0 where nothing sleeps.
    pub(crate) fn sleep_ms(&self) -> u8 {
        if self.has(Part::RadioSleep) { self.settings.byte(Number::SLEEP) } else { 0 }
    }
}

fn set_sleep(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.store(call)?;
    device.untold.sleep = true;
    Ok(())
}

fn set_baudrate(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    let baud = args::number(call.argument).ok_or(ArgError::NotANumber)?;
    let steps = u16::try_from(baud / STEP).map_err(|_| ArgError::OutOfRange)?;
    device.settings.set_number(Number::BAUDRATE, steps)?;
    device.untold.baudrate = true;
    Ok(())
}

fn show_baudrate(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    json.number("Baudrate", view.device.baudrate());
}
