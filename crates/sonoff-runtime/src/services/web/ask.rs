//! What answers a request.

use core::cell::Cell;

use embedded_io_async::Write;
use sonoff_core::Device;
use sonoff_core::log::before_secret;
use sonoff_core::text::Sink;
use sonoff_hal::{Clock, Pins, System};
use sonoff_web::{Kind, Route, Site, Status, form, write_head};

use super::Server;
use super::visit::End;

/// The longest that a command waits while the device accepts none, milliseconds.
const TURN_MS: u64 = 5_000;
/// How often it is looked whether its turn has come, milliseconds: so short a wait is not worth a signal.
const LOOK_MS: u64 = 10;

impl<P: Pins, C: Clock, Y: System> Server<'_, '_, '_, '_, P, C, Y> {
    pub(super) async fn answer<S: Write>(
        &self,
        socket: &mut S,
        window: &mut [u8],
        route: Route,
        fields: &mut [u8],
    ) -> Result<(), End> {
        let name = match route {
            Route::File(file) => return self.file(socket, window, file).await,
            Route::Run => return self.run(socket, window, fields).await,
            Route::Command => "cmnd",
            Route::Shown => "list",
            Route::Log => "after",
            Route::Complete => "line",
            Route::Facts => "",
            Route::Scan => return self.scan(socket, window).await,
        };
        let values = form::gather(fields, name).ok_or(Status::BadRequest)?;
        let value = values.lines().next().unwrap_or("").trim_ascii();
        let now = self.shared.now();
        let body: &dyn Fn(&Device, &mut Sink<'_>) = match route {
            Route::Command => return self.command(socket, window, value).await,
            Route::Shown => &|device, sink| self.site.borrow().write_shown(now, device, value, sink),
            Route::Log => {
                let after = value.parse().unwrap_or(0);
                return self.log(socket, window, after).await;
            }
            Route::Complete => &|device, sink| Site::write_meant(device, value, sink),
            Route::Facts => &|device, sink| {
                self.site.borrow().write_facts(device, self.shared.rc(), sink);
            },
            Route::File(_) | Route::Run | Route::Scan => return Err(Status::NotFound.into()),
        };
        self.send(socket, window, Status::Ok, body).await
    }

    async fn log<S: Write>(&self, socket: &mut S, window: &mut [u8], after: u32) -> Result<(), End> {
        self.send(socket, window, Status::Ok, &|_, sink| self.journal.borrow().write(after, sink)).await
    }

    /// W-21
    async fn scan<S: Write>(&self, socket: &mut S, window: &mut [u8]) -> Result<(), End> {
        let scan = &self.shared.due.scan;
        scan.ask(self.shared).await?;
        self.send(socket, window, Status::Ok, &|device, sink| scan.write(device, sink)).await
    }

    /// W-1, W-3
    async fn command<S: Write>(&self, socket: &mut S, window: &mut [u8], line: &str) -> Result<(), End> {
        if line.is_empty() {
            let nothing = |_: &Device, sink: &mut Sink<'_>| sink.push(r#"{"WARNING":"Enter command cmnd="}"#);
            return self.send(socket, window, Status::Ok, &nothing).await;
        }
        self.check(line)?;
        self.turn().await?;
        let answers = self.carry_out(line);
        let now = self.shared.now();
        let body = |device: &Device, sink: &mut Sink<'_>| device.write_answers(now, &answers, sink);
        self.send(socket, window, Status::Ok, &body).await
    }

    /// W-9: all commands are checked before the first is carried out, and carried out even if nobody listens any more.
    async fn run<S: Write>(&self, socket: &mut S, window: &mut [u8], fields: &mut [u8]) -> Result<(), End> {
        let form = core::str::from_utf8(fields).map_err(|_| Status::BadRequest)?;
        let token = form::raw(form, "token").unwrap_or("");
        if !self.site.borrow().knows(token.as_bytes()) {
            return Err(Status::Forbidden.into());
        }
        let lines = form::gather(fields, "cmnd").ok_or(Status::BadRequest)?;
        lines.lines().try_for_each(|line| self.check(line))?;
        self.turn().await?;
        let mut sink = Sink::new(window);
        write_head(Status::Ok, Kind::Json, None, &mut sink);
        let mut used = sink.total();
        let listens = Cell::new(true);
        let mut before = "[";
        for line in lines.lines() {
            self.turn().await.map_err(|_| End::Gone)?;
            let answers = self.carry_out(line);
            let now = self.shared.now();
            let body = |device: &Device, sink: &mut Sink<'_>| {
                sink.push(before);
                device.write_answers(now, &answers, sink);
            };
            if listens.get() {
                listens.set(self.stream(socket, window, used, &body).await.is_ok());
            }
            (used, before) = (0, ",");
        }
        let end = if before == "[" { "[]" } else { "]" };
        if !listens.get() {
            return Err(End::Gone);
        }
        self.stream(socket, window, used, &|_, sink| sink.push(end)).await
    }

    fn check(&self, line: &str) -> Result<(), Status> {
        let allowed = self.shared.look(|device| self.site.borrow().allows(device, line));
        if allowed { Ok(()) } else { Err(Status::Forbidden) }
    }

    fn carry_out(&self, line: &str) -> sonoff_core::Answers {
        match before_secret(line) {
            Some(part) => self.shared.info(format_args!("WEB: {part} ****")),
            None => self.shared.info(format_args!("WEB: {line}")),
        }
        self.shared.ask(line)
    }

    /// Waits until the device accepts a command.
    async fn turn(&self) -> Result<(), End> {
        let until = self.in_ms(TURN_MS);
        while !self.shared.accepts_command() {
            if self.shared.clock.now() >= until {
                return Err(Status::Busy.into());
            }
            self.shared.clock.wait_until(self.in_ms(LOOK_MS)).await;
        }
        Ok(())
    }
}
