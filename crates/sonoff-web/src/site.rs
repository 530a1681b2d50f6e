//! The site of one device: what it answers, and to whom.

use core::fmt;

use sonoff_core::completion::meant;
use sonoff_core::json::Json;
use sonoff_core::profile::Part;
use sonoff_core::text::Sink;
use sonoff_core::{Device, Instant};
use subtle::ConstantTimeEq;

use crate::head::{Head, Method};
use crate::login::Door;
use crate::origin;
use crate::route::{Route, is_for_everybody};
use crate::status::Status;

/// Hex digits of a token.
const TOKEN: usize = 16;
/// Commands that are named at once.
const MEANT: usize = 12;

/// What a run of the pages knows.
pub struct Site {
    door: Door,
    token: [u8; TOKEN],
    /// The device is an access point itself: who is on it may set all, and wherever he wanted to go, he is here.
    set_up: bool,
}

/// The token is nobody's business.
impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("door", &self.door).finish_non_exhaustive()
    }
}

impl Site {
    /// A site whose token is made of these random numbers.
    pub fn new(random: [u32; 2]) -> Self {
        let mut token = [0; TOKEN];
        let mut sink = Sink::new(&mut token);
        random.iter().flat_map(|number| number.to_be_bytes()).for_each(|byte| sink.push_hex(byte));
        Self { door: Door::default(), token, set_up: false }
    }

    /// The device is an access point itself, or it is not (W-25).
    pub fn set_up(&mut self, open: bool) {
        self.set_up = open;
    }

    /// Judges the head of a request.
    ///
    /// # Errors
    /// The status to refuse it with.
    pub fn judge(
        &mut self,
        now: Instant,
        device: &Device,
        head: &Head<'_>,
        room: usize,
    ) -> Result<Route, Status> {
        if self.set_up && head.method == Method::Get && !origin::is_for(head, device.hostname()) {
            return Err(Status::Found);
        }
        origin::check(head, device.hostname())?;
        self.door.check(now, device.web_password(), head, head.path == "/cm")?;
        let route = Route::find(head.method, head.path).map_err(|status| self.instead_of(status))?;
        if route.is_for_admins() && self.user(device) < 2 {
            return Err(Status::Forbidden);
        }
        if route == Route::Scan && !can_scan(device) {
            return Err(Status::NotFound);
        }
        if head.length > room {
            return Err(Status::TooLarge);
        }
        if route == Route::Run && !head.is_form() {
            return Err(Status::NotAForm);
        }
        Ok(route)
    }

    /// The token of a form is that of this run (W-9).
    pub fn knows(&self, token: &[u8]) -> bool {
        self.token.as_slice().ct_eq(token).into()
    }

    /// Phones look whether they have the world at addresses, too, and at pages that are nowhere here.
    fn instead_of(&self, status: Status) -> Status {
        if self.set_up && status == Status::NotFound { Status::Found } else { status }
    }

    /// Who sees the pages: 1 everybody but without settings, 2 everybody.
    fn user(&self, device: &Device) -> u8 {
        if self.set_up { 2 } else { device.webserver() }
    }

    /// Whether whoever sees the pages may give this command.
    pub fn allows(&self, device: &Device, line: &str) -> bool {
        self.user(device) >= 2 || is_for_everybody(line)
    }

    /// What commands show; a list with one that is not for everybody shows nothing to them.
    pub fn write_shown(&self, now: Instant, device: &Device, list: &str, sink: &mut Sink<'_>) {
        let allowed = list.split(',').all(|word| self.allows(device, word));
        device.write_shown(now, if allowed { list } else { "" }, sink);
    }

    /// What the pages have to know. `rc` is the last return code of MQTT (S-42).
    pub fn write_facts(&self, device: &Device, rc: i8, sink: &mut Sink<'_>) {
        let flag = |flag: bool| u32::from(flag);
        Json::object(sink, |json| {
            json.text("token", core::str::from_utf8(&self.token).unwrap_or(""));
            json.number("user", self.user(device));
            json.number("setup", flag(self.set_up));
            json.number("locked", flag(device.web_password().is_some()));
            json.number("scan", flag(can_scan(device)));
            json.number("mqtt", flag(device.settings().option(3)));
            json.number("broker", flag(device.broker(0).is_some()));
            json.number("online", flag(device.is_online()));
            json.signed("rc", rc);
        });
    }

    /// The commands that may be meant by a line, with what they take and do.
    pub fn write_meant(device: &Device, line: &str, sink: &mut Sink<'_>) {
        Json::object(sink, |json| {
            for command in meant(line, device.profile().commands).take(MEANT) {
                json.nested(command.name, |json| {
                    json.text("takes", command.args.text());
                    json.text("does", command.help.text());
                });
            }
        });
    }
}

fn can_scan(device: &Device) -> bool {
    device.profile().parts.contains(&Part::Scan)
}
