//! Status lines and the head of an answer.

use sonoff_core::text::Sink;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It was carried out.
    Ok,
    /// The device is to be set up, and its page is elsewhere.
    Found,
    /// It is no HTTP that this device understands.
    BadRequest,
    /// It needs a login.
    Unauthorized,
    /// It comes from another site, or is not for this user.
    Forbidden,
    /// There is no such page.
    NotFound,
    /// The page takes another method.
    MethodNotAllowed,
    /// It did not come in time.
    Timeout,
    /// Its body is too long.
    TooLarge,
    /// Its body is no form.
    NotAForm,
    /// Too many wrong logins.
    TooManyTries,
    /// Its head is too long.
    HeadTooLarge,
    /// It has a transfer coding.
    NotImplemented,
    /// The device is busy with other commands.
    Busy,
}

/// Each with its line and what clients of this family expect in the body.
const LINES: [(Status, &str, &str); 14] = [
    (Status::Ok, "200 OK", ""),
    (Status::Found, "302 Found", "This device wants to be set up"),
    (Status::BadRequest, "400 Bad Request", "Bad request"),
    (Status::Unauthorized, "401 Unauthorized", "Need user=<username>&password=<password>"),
    (Status::Forbidden, "403 Forbidden", "Not from here"),
    (Status::NotFound, "404 Not Found", "Not found"),
    (Status::MethodNotAllowed, "405 Method Not Allowed", "Not with this method"),
    (Status::Timeout, "408 Request Timeout", "Too slow"),
    (Status::TooLarge, "413 Content Too Large", "Too long"),
    (Status::NotAForm, "415 Unsupported Media Type", "Not a form"),
    (Status::TooManyTries, "429 Too Many Requests", "Too many tries, wait a minute"),
    (Status::HeadTooLarge, "431 Request Header Fields Too Large", "Too long"),
    (Status::NotImplemented, "501 Not Implemented", "No transfer coding"),
    (Status::Busy, "503 Service Unavailable", "Busy"),
];

impl Status {
    fn texts(self) -> (&'static str, &'static str) {
        LINES.iter().find(|(status, ..)| *status == self).map_or(("", ""), |(_, line, text)| (line, text))
    }

    /// `{"WARNING":"…"}`
    pub fn write_body(self, sink: &mut Sink<'_>) {
        sink.push("{\"WARNING\":\"");
        sink.push(self.texts().1);
        sink.push("\"}");
    }

    /// The header line that only this status has.
    const fn own_line(self) -> &'static str {
        match self {
            Self::Unauthorized => "WWW-Authenticate: Basic realm=\"device\", charset=\"UTF-8\"\r\n",
            Self::Found => SET_UP,
            Self::TooManyTries => "Retry-After: 60\r\n",
            _ => "",
        }
    }
}

/// Where the device is on its own access point (S-105).
const SET_UP: &str = "Location: http://192.168.4.1/\r\n";

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An object or array.
    Json,
    /// A compressed page, style or script.
    Gzip(&'static str),
}

/// A strict policy: scripts, styles and data of this device alone, in nobody's frame.
const COMMON: &str = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; \
connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'\r\n\
X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nCache-Control: no-store\r\n\
Connection: close\r\n\r\n";

/// Writes the head of an answer. Without a length the body ends with the connection.
pub fn write_head(status: Status, kind: Kind, length: Option<usize>, sink: &mut Sink<'_>) {
    sink.push("HTTP/1.1 ");
    sink.push(status.texts().0);
    sink.push("\r\nContent-Type: ");
    match kind {
        Kind::Json => sink.push("application/json"),
        Kind::Gzip(name) => {
            sink.push(name);
            sink.push("; charset=utf-8\r\nContent-Encoding: gzip");
        }
    }
    sink.push("\r\n");
    if let Some(length) = length.and_then(|length| u32::try_from(length).ok()) {
        sink.push("Content-Length: ");
        sink.push_number(length);
        sink.push("\r\n");
    }
    sink.push(status.own_line());
    sink.push(COMMON);
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-16
    #[test]
    fn a_refusal_says_what_clients_expect_and_nothing_about_the_device() {
        let mut buf = [0; 1000];
        let mut sink = Sink::new(&mut buf);
        write_head(Status::Unauthorized, Kind::Json, Some(56), &mut sink);
        Status::Unauthorized.write_body(&mut sink);
        let text = sink.into_str();
        let wanted = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 56\r\n\
            WWW-Authenticate: Basic realm=\"device\", charset=\"UTF-8\"\r\n";
        assert_eq!(
            text.strip_prefix(wanted).and_then(|rest| rest.split_once("\r\n\r\n")),
            Some((
                COMMON.trim_end_matches("\r\n"),
                r#"{"WARNING":"Need user=<username>&password=<password>"}"#
            ))
        );
    }

    #[test]
    fn every_status_has_its_line_and_the_head_fits_a_window() {
        for (status, line, _) in LINES {
            let mut sink = Sink::counter();
            write_head(status, Kind::Gzip("text/javascript"), Some(100_000), &mut sink);
            assert!(sink.total() <= crate::memory::HEAD, "{line}");
        }
    }
}
