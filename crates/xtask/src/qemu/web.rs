//! A client of the device's pages, as small as one can be.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::lines::PATIENCE;
use crate::Failure;

/// After so long one that was turned away comes again.
const AGAIN: Duration = Duration::from_millis(50);

/// What a request was answered with.
pub struct Answer {
    /// The three digits.
    pub status: u16,
    /// The lines of the head.
    head: String,
    /// What follows it.
    pub body: Vec<u8>,
}

/// A connection on which nothing is said.
///
/// # Errors
/// [`Failure::Step`] when there is none.
pub fn connect(port: u16) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|stream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    });
    stream.map_err(|error| Failure::Step(format!("the pages: {error}")))
}

/// Asks for a page; `lines` are further lines of the head, each with its end. One that is turned away comes again: while
/// three connections end, which takes as long as this machine lets it, the device takes no fourth.
///
/// # Errors
/// [`Failure::Step`] when the answer is not whole.
pub fn get(port: u16, target: &str, lines: &str) -> Result<Answer, Failure> {
    let request = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{lines}\r\n");
    let until = Instant::now() + PATIENCE;
    loop {
        let mut heard = Vec::new();
        let mut stream = connect(port)?;
        let asked = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut heard));
        let said =
            asked.map(|_| String::from_utf8_lossy(&heard)).unwrap_or_else(|error| error.to_string().into());
        match Answer::read(&heard) {
            None if heard.is_empty() && Instant::now() < until => thread::sleep(AGAIN),
            answer => return answer.ok_or_else(|| Failure::Step(format!("{target}: {said}"))),
        }
    }
}

impl Answer {
    /// `None` for one that is not whole.
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = bytes.split_at_checked(end + 4)?;
        let head = String::from_utf8(head.to_vec()).ok()?;
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let answer = Self { status, head, body: body.to_vec() };
        let length: usize = answer.value("Content-Length")?.parse().ok()?;
        (length == body.len()).then_some(answer)
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// How long the body is when it is unpacked: gzip ends with that number.
    pub fn unpacked(&self) -> Option<u32> {
        let is_gzip = self.value("Content-Encoding") == Some("gzip") && self.body.starts_with(&[0x1F, 0x8B]);
        self.body.last_chunk().filter(|_| is_gzip).map(|length| u32::from_le_bytes(*length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let text = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX: y\r\n\r\n{}";
        let answer = Answer::read(text).unwrap();
        assert_eq!((answer.status, answer.text().as_str(), answer.unpacked()), (403, "{}", None));
        assert!(Answer::read(&text[..text.len() - 1]).is_none() && Answer::read(b"").is_none());
    }

    #[test]
    fn gzip_tells_its_length() {
        let text =
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1F\x8B\x07\x01\0\0";
        assert_eq!(Answer::read(text).unwrap().unpacked(), Some(0x107));
    }
}
