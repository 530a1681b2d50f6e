//! SaveData: how often settings and states are stored.

use crate::command::{Call, Command, CommandError, Reply, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::json::Json;
use crate::settings::Number;
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[Command {
    name: "SaveData",
    args: help("0 only before a restart, 1 a second after a change, 2..3600 seconds after it"),
    help: help("How long a change waits until it is stored; the command stores at once."),
    run: Run::Set(set_save_data),
    show: Show::By(show_save_data),
    ..Command::PLAIN
}];

fn set_save_data(device: &mut Device, call: &Call<'_>) -> Result<Reply, CommandError> {
    device.settings.set_number(Number::SAVE_DATA, call.number_in(0..=u16::MAX)?)?;
    device.saves.set_delay(device.settings.number(Number::SAVE_DATA));
    device.settings_changed();
    device.saves.flush();
    Ok(Reply::Show)
}

fn show_save_data(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    match view.settings().number(Number::SAVE_DATA) {
        seconds @ 0..=1 => json.text("SaveData", view.on_off(seconds == 1)),
        seconds => json.text_with("SaveData", |sink| {
            sink.push("Every ");
            sink.push_number(u32::from(seconds));
            sink.push(" sec");
        }),
    }
}
