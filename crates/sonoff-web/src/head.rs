//! The head of a request: what matters of it, checked.

use core::ops::Range;

use crate::status::Status;

/// Header lines that a request may have.
const LINES: usize = 32;

/// What is done with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// It is read.
    Get,
    /// Something changes.
    Post,
    /// Nothing that any page takes.
    Other,
}

/// The head of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'r> {
    /// What is done.
    pub method: Method,
    /// The page.
    pub path: &'r str,
    /// What stands behind the `?`.
    pub query: &'r str,
    /// Where the query begins in the request.
    query_at: usize,
    /// Bytes of the head.
    pub bytes: usize,
    /// Bytes of the body.
    pub length: usize,
    /// The values of [`NAMES`].
    values: [Option<&'r str>; NAMES.len()],
}

/// The header lines that matter.
const NAMES: [&str; 8] = [
    "host",
    "origin",
    "referer",
    "sec-fetch-site",
    "authorization",
    "content-type",
    "content-length",
    "transfer-encoding",
];

impl<'r> Head<'r> {
    /// Reads the head at the front of `bytes`; `None` while it is not whole.
    ///
    /// # Errors
    /// The status to refuse it with.
    pub fn read(bytes: &'r [u8]) -> Result<Option<Self>, Status> {
        if bytes.first().is_some_and(|first| !first.is_ascii_uppercase()) {
            return Err(Status::BadRequest);
        }
        let mut lines = [httparse::EMPTY_HEADER; LINES];
        let mut request = httparse::Request::new(&mut lines);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(len)) => Self::take(&request, bytes, len).map(Some),
            Ok(httparse::Status::Partial) => Ok(None),
            Err(httparse::Error::TooManyHeaders) => Err(Status::HeadTooLarge),
            Err(_) => Err(Status::BadRequest),
        }
    }

    fn take(request: &httparse::Request<'_, 'r>, bytes: &'r [u8], len: usize) -> Result<Self, Status> {
        let target = request.path.filter(|target| target.starts_with('/')).ok_or(Status::BadRequest)?;
        let target_at = bytes.iter().position(|byte| *byte == b' ').ok_or(Status::BadRequest)? + 1;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Self {
            method: method(request.method.unwrap_or("")),
            path,
            query,
            query_at: target_at + path.len() + 1,
            bytes: len,
            length: 0,
            values: [None; NAMES.len()],
        };
        request.headers.iter().try_for_each(|line| head.keep(line))?;
        head.check(request.version)
    }

    /// Keeps a line that matters; one that comes twice could mean either.
    fn keep(&mut self, line: &httparse::Header<'r>) -> Result<(), Status> {
        let named = NAMES.iter().zip(&mut self.values);
        let Some((_, place)) = named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(line.name))
        else {
            return Ok(());
        };
        let value = core::str::from_utf8(line.value).map_err(|_| Status::BadRequest)?;
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(Status::BadRequest),
        }
    }

    fn check(mut self, version: Option<u8>) -> Result<Self, Status> {
        let [host, .., length, coding] = self.values;
        if coding.is_some() {
            return Err(Status::NotImplemented);
        }
        if version == Some(1) && host.is_none() {
            return Err(Status::BadRequest);
        }
        self.length = length.map_or(Ok(0), number)?;
        Ok(self)
    }

    /// Where the query lies in the request.
    pub fn query_range(&self) -> Range<usize> {
        self.query_at..self.query_at + self.query.len()
    }

    /// The host that the client believes to talk to, with its port.
    pub fn host(&self) -> Option<&'r str> {
        self.value("host")
    }

    /// A header line that matters.
    pub(crate) fn value(&self, name: &str) -> Option<&'r str> {
        NAMES.iter().zip(self.values).find(|(known, _)| **known == name).and_then(|(_, value)| value)
    }

    /// The body is what a form sends.
    pub(crate) fn is_form(&self) -> bool {
        const FORM: &str = "application/x-www-form-urlencoded";
        let kind = self.value("content-type").and_then(|kind| kind.split(';').next());
        kind.is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(FORM))
    }
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => Method::Other,
    }
}

/// A length; one that no number here can hold is longer than any room.
fn number(text: &str) -> Result<usize, Status> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Status::BadRequest);
    }
    text.parse().map_err(|_| Status::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: &str = "GET /cm?cmnd=Power HTTP/1.1\r\nHost: 10.0.0.5\r\n";

    fn outcome(text: &str) -> Result<Option<(Method, String, String, usize)>, Status> {
        let head = Head::read(text.as_bytes())?;
        Ok(head.map(|head| (head.method, head.path.to_owned(), head.query.to_owned(), head.length)))
    }

    // W-4
    #[test]
    fn a_head_is_read_when_it_is_whole() {
        let whole = format!("{PLAIN}Content-Length: 7\r\n\r\nbody");
        for end in 0..whole.len() - 4 {
            assert_eq!(outcome(&whole[..end]), Ok(None), "{end}");
        }
        assert_eq!(outcome(&whole), Ok(Some((Method::Get, "/cm".into(), "cmnd=Power".into(), 7))));
        let head = Head::read(whole.as_bytes()).unwrap().unwrap();
        assert_eq!(&whole[head.query_range()], "cmnd=Power");
        assert_eq!((head.host(), &whole[head.bytes..]), (Some("10.0.0.5"), "body"));
    }

    // W-4
    #[test]
    fn what_could_mean_two_things_is_refused() {
        let refused = [
            ("Host: 10.0.0.6", Status::BadRequest),
            ("Content-Length: 1\r\nContent-Length: 1", Status::BadRequest),
            ("Content-Length: +1", Status::BadRequest),
            ("Content-Length: -1", Status::BadRequest),
            ("Content-Length: 1, 1", Status::BadRequest),
            ("Content-Length: 99999999999999999999", Status::TooLarge),
            ("Transfer-Encoding: chunked", Status::NotImplemented),
            ("Authorization: a\r\nauthorization: b", Status::BadRequest),
            ("no colon", Status::BadRequest),
        ];
        for (line, status) in refused {
            assert_eq!(outcome(&format!("{PLAIN}{line}\r\n\r\n")), Err(status), "{line}");
        }
        for first in [
            "\r\nGET / HTTP/1.1",
            "GET http://a/ HTTP/1.1",
            "GET * HTTP/1.1",
            "GET / HTTP/2.0",
            "get / HTTP/1.1",
        ] {
            assert_eq!(outcome(&format!("{first}\r\nHost: a\r\n\r\n")), Err(Status::BadRequest), "{first}");
        }
        assert_eq!(outcome("GET / HTTP/1.1\r\n\r\n"), Err(Status::BadRequest), "without a host");
        let many = "X: y\r\n".repeat(40);
        assert_eq!(outcome(&format!("{PLAIN}{many}\r\n")), Err(Status::HeadTooLarge));
    }

    #[test]
    fn a_form_says_so() {
        let is_form = |kind: &str| {
            let text = format!("{PLAIN}Content-Type: {kind}\r\n\r\n");
            Head::read(text.as_bytes()).unwrap().unwrap().is_form()
        };
        assert!(
            is_form("application/x-www-form-urlencoded")
                && is_form("Application/X-WWW-Form-Urlencoded; charset=UTF-8")
        );
        assert!(!is_form("text/plain") && !is_form("application/json"));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Head::read(&bytes);
            let text = [PLAIN.as_bytes(), &bytes, b"\r\n\r\n"].concat();
            let _ = Head::read(&text);
        }
    }
}
