//! The settings of pages, where a firmware has them, and what pages ask the device.

use heapless::Vec;

use crate::command::{self, Call, Command, CommandError, Index, Run, Show, Word};
use crate::device::Device;
use crate::help::help;
use crate::io::{Input, Level, Network, Source};
use crate::json::Json;
use crate::profile::Part as BoardPart;
use crate::report::{Entry, Part};
use crate::settings::{Number, Text};
use crate::status;
use crate::telemetry::write_ip;
use crate::text::Sink;
use crate::time::Instant;
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

const PAGES: Command = Command { needs: Some(BoardPart::Pages), ..Command::PLAIN };

impl Device {
    /// Whether the page of the log wants a line of this level (D-46).
    pub fn wants_page_line(&self, level: Level) -> bool {
        level as u8 <= self.page_log_level()
    }

    /// Which lines the page of the log wants.
    pub(crate) fn page_log_level(&self) -> u8 {
        self.page_number(Number::WEB_LOG)
    }

    /// Who the pages are for: 1 everybody but without settings, 2 everybody; 0 while there are none.
    pub fn webserver(&self) -> u8 {
        self.page_number(Number::WEBSERVER)
    }

    /// The password that a page must ask for; `None` where everybody may see it.
    pub fn web_password(&self) -> Option<&str> {
        Some(self.settings.text(Text::WEB_PASSWORD)).filter(|password| !password.is_empty())
    }

    /// The host name in force.
    pub fn hostname(&self) -> &str {
        &self.names.hostname
    }

    /// The network that the device was told of.
    pub fn network(&self) -> Option<&Network> {
        self.facts.network.as_ref()
    }

    /// Carries out a command line of a page and tells what answers it; the broker gets the same answers as ever.
    ///
    /// Only while [`Device::accepts_command`]: an answer that still waits would be taken for one of these. Write them
    /// with [`Device::write_answers`].
    pub fn ask(&mut self, now: Instant, line: &str) -> Answers {
        self.handle(now, Input::Line { source: Source::WebConsole, text: line });
        let mut answers = Answers::default();
        for entry in self.reports.waiting_answers() {
            // More than there is room for cannot come of one command.
            let _ = answers.0.push(*entry);
        }
        answers
    }

    /// Writes answers as one object (W-1). What changes meanwhile shows: a text that is written twice need not come
    /// out the same.
    pub fn write_answers(&self, now: Instant, answers: &Answers, sink: &mut Sink<'_>) {
        let view = View { device: self, now, power: &self.power, facts: &self.facts };
        Json::object(sink, |json| answers.0.iter().for_each(|entry| self.write_answer(&view, entry, json)));
    }

    fn write_answer(&self, view: &View<'_>, entry: &Entry, json: &mut Json<'_, '_>) {
        for cursor in 0..u8::MAX {
            match self.part(entry, cursor) {
                Part::Publish(publication) => publication.body.members(view, json),
                Part::Subscribe(_) | Part::Disconnect | Part::Skip => {}
                Part::End => return,
            }
        }
    }

    /// Writes what the commands of a list such as `State,MqttHost2,Status5` show, as one object, without carrying them
    /// out: nothing changes and nobody else hears of it (W-11). Words that show nothing are left out.
    pub fn write_shown(&self, now: Instant, list: &str, sink: &mut Sink<'_>) {
        let view = View { device: self, now, power: &self.power, facts: &self.facts };
        Json::object(sink, |json| {
            list.split(',').for_each(|word| self.write_one_shown(&view, Word::new(word.trim_ascii()), json));
        });
    }

    fn write_one_shown(&self, view: &View<'_>, word: Word<'_>, json: &mut Json<'_, '_>) {
        let Some(command) = command::find(word.name, self.profile.commands) else { return };
        if command.name == status::COMMAND {
            status::write_numbered(view, word.index, json);
        } else if self.has_all_for(command) && self.has_index(command, word.index) {
            command.show.write(view, command.name, word.index, json);
        }
    }

    /// A setting of pages; 0 where there are none.
    fn page_number(&self, number: Number) -> u8 {
        if self.has(BoardPart::Pages) { self.settings.byte(number) } else { 0 }
    }
}

/// What answers a command, until it is written.
#[derive(Debug, Clone, Default)]
pub struct Answers(Vec<Entry, 4>);

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
