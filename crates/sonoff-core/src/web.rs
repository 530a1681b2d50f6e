//! The settings of pages, where a firmware has them: who may see them, and what they show of the log.

use crate::command::{Call, Command, CommandError, Index, Run, Show};
use crate::device::Device;
use crate::help::help;
use crate::io::Level;
use crate::json::Json;
use crate::profile::Part;
use crate::settings::{Number, Text};
use crate::telemetry::write_ip;
use crate::text::Sink;
use crate::view::View;

/// The commands of this room.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "Webserver",
        args: help("0 off, 1 user, 2 admin"),
        help: help("Who the pages are for."),
        run: Run::Change(set_webserver),
        show: Show::By(show_webserver),
        ..PAGES
    },
    Command {
        name: "WebPassword",
        index: Index::UpTo(2),
        args: help("text of at most 32 bytes; 0 none, 1 factory"),
        help: help("The password of the pages, for the user admin. It is never shown."),
        run: Run::STORE,
        show: Show::Text(Text::WEB_PASSWORD),
        ..PAGES
    },
    Command {
        name: "WebLog",
        args: help("0 none, 1 errors, 2 information, 3, 4 all"),
        help: help("Which lines the page of the log shows."),
        run: Run::STORE,
        show: Show::Number(Number::WEB_LOG),
        ..PAGES
    },
];

const PAGES: Command = Command { needs: Some(Part::Pages), ..Command::PLAIN };

impl Device {
    /// Whether the page of the log wants a line of this level (D-46).
    pub fn wants_page_line(&self, level: Level) -> bool {
        level as u8 <= self.page_number(Number::WEB_LOG)
    }

    /// Who the pages are for: 1 everybody but without settings, 2 everybody; 0 while there are none.
    pub fn webserver(&self) -> u8 {
        self.page_number(Number::WEBSERVER)
    }

    /// The password that a page must ask for; `None` where everybody may see it.
    pub fn web_password(&self) -> Option<&str> {
        Some(self.settings.text(Text::WEB_PASSWORD)).filter(|password| !password.is_empty())
    }

    /// A setting of pages; 0 where there are none.
    pub(crate) fn page_number(&self, number: &Number) -> u8 {
        if self.has(Part::Pages) { self.settings.byte(number) } else { 0 }
    }
}

fn set_webserver(device: &mut Device, call: &Call<'_>) -> Result<(), CommandError> {
    device.settings.set_number(Number::WEBSERVER, call.number_in(0..=2)?)?;
    Ok(())
}

fn show_webserver(view: &View<'_>, _: Option<u8>, json: &mut Json<'_, '_>) {
    if view.device.webserver() == 0 {
        return json.text("Webserver", view.on_off(false));
    }
    let mut buf = [0; 100];
    let mut text = Sink::new(&mut buf);
    text.push("Active for ");
    text.push(mode(view));
    text.push(" on ");
    text.push(&view.device.names.hostname);
    text.push(" with IP address ");
    write_ip(&mut text, view.ip());
    json.text("Webserver", text.into_str());
}

fn mode(view: &View<'_>) -> &'static str {
    if view.device.webserver() == 2 { "Admin" } else { "User" }
}

/// All members of INFO2 (S-25).
pub(crate) fn info2(view: &View<'_>, json: &mut Json<'_, '_>) {
    json.text("WebServerMode", mode(view));
    if view.facts.network.is_some() {
        json.text("Hostname", &view.device.names.hostname);
        json.text_with("IPAddress", |sink| write_ip(sink, view.ip()));
    }
}
