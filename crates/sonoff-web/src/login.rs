//! Who may come in.

use base64ct::{Base64, Encoding};
use heapless::Deque;
use sonoff_core::Instant;
use sonoff_core::text::Sink;
use subtle::ConstantTimeEq;

use crate::form;
use crate::head::Head;
use crate::status::Status;

/// Wrong logins that are judged in a minute (W-8).
const TRIES: usize = 10;
const MINUTE_MS: u64 = 60_000;
/// The longest login and its length: `admin:` and a password of 32 bytes fit, and nothing that begins like them.
const LOGIN: usize = 64;

/// A login in a form in which all take the same time to compare: zeros behind it, its length at the end.
#[derive(Clone, Copy)]
struct Login([u8; LOGIN]);

impl Login {
    /// `None` for one that is too long to be right.
    fn new(user: &str, password: &str) -> Option<Self> {
        let mut bytes = [0; LOGIN];
        let (text, last) = bytes.split_at_mut_checked(LOGIN - 1)?;
        let mut sink = Sink::new(text);
        sink.push(user);
        sink.push(":");
        sink.push(password);
        let len = u8::try_from(sink.total()).ok().filter(|_| sink.is_whole())?;
        last.fill(len);
        Some(Self(bytes))
    }

    fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// What a request offers.
enum Offer {
    Nothing,
    Login(Option<Login>),
}

/// When logins were wrong.
#[derive(Debug, Default)]
pub(crate) struct Door(Deque<Instant, TRIES>);

impl Door {
    /// Lets a request in that has the right login, where one is needed.
    pub fn check(
        &mut self,
        now: Instant,
        password: Option<&str>,
        head: &Head<'_>,
        query: bool,
    ) -> Result<(), Status> {
        let Some(password) = password else { return Ok(()) };
        let Offer::Login(login) = offered(head, query) else { return Err(Status::Unauthorized) };
        while self.0.front().is_some_and(|first| now.millis_since(*first) >= MINUTE_MS) {
            self.0.pop_front();
        }
        if self.0.is_full() {
            return Err(Status::TooManyTries);
        }
        let wanted = Login::new("admin", password);
        if wanted.zip(login).is_some_and(|(wanted, login)| wanted.is(&login)) {
            return Ok(());
        }
        let _ = self.0.push_back(now);
        Err(Status::Unauthorized)
    }
}

/// Basic, or in the query where that is allowed (W-7).
fn offered(head: &Head<'_>, query: bool) -> Offer {
    if let Some(value) = head.value("authorization") {
        return Offer::Login(basic(value));
    }
    match form::raw(head.query, "password").filter(|_| query) {
        Some(password) => Offer::Login(asked(form::raw(head.query, "user").unwrap_or(""), password)),
        None => Offer::Nothing,
    }
}

fn basic(value: &str) -> Option<Login> {
    let (scheme, code) = value.trim_ascii().split_once(' ')?;
    let mut room = [0; LOGIN];
    let login = Base64::decode(code.trim_ascii(), &mut room).ok()?;
    let (user, password) = core::str::from_utf8(login).ok()?.split_once(':')?;
    Login::new(user, password).filter(|_| scheme.eq_ignore_ascii_case("basic"))
}

fn asked(user: &str, password: &str) -> Option<Login> {
    let (mut user_room, mut password_room) = ([0; LOGIN], [0; 3 * LOGIN]);
    let user = form::decode(user, &mut user_room)?;
    Login::new(user, form::decode(password, &mut password_room)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "correct horse battery staple 123";

    fn check(door: &mut Door, at_ms: u64, lines: &str, query: &str) -> Result<(), Status> {
        let text = format!("GET /cm?{query} HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        let head = Head::read(text.as_bytes()).unwrap().unwrap();
        door.check(Instant::from_millis(at_ms), Some(PASSWORD), &head, true)
    }

    fn basic_line(login: &str) -> String {
        format!("Authorization: Basic {}\r\n", Base64::encode_string(login.as_bytes()))
    }

    fn with(lines: &str, query: &str) -> Result<(), Status> {
        check(&mut Door::default(), 0, lines, query)
    }

    // W-7
    #[test]
    fn the_right_login_comes_in_either_way() {
        assert_eq!(with(&basic_line(&format!("admin:{PASSWORD}")), ""), Ok(()));
        assert_eq!(with("", &format!("user=admin&password={}", PASSWORD.replace(' ', "%20"))), Ok(()));
        assert_eq!(with("", ""), Err(Status::Unauthorized));
        let open = Head::read(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap().unwrap();
        assert_eq!(Door::default().check(Instant::ZERO, None, &open, false), Ok(()));
    }

    // W-7
    #[test]
    fn nothing_that_is_nearly_right_comes_in() {
        let right = format!("admin:{PASSWORD}");
        let mut wrong: Vec<String> = (0..right.len()).map(|end| basic_line(&right[..end])).collect();
        wrong.extend((1..right.len()).map(|start| basic_line(&right[start..])));
        let code = Base64::encode_string(right.as_bytes());
        wrong.extend((0..code.len()).map(|end| format!("Authorization: Basic {}\r\n", &code[..end])));
        wrong.extend(
            [right.to_uppercase(), right.clone() + "\0", right.clone() + "x", format!("Admin:{PASSWORD}")]
                .map(|login| basic_line(&login)),
        );
        wrong.push(format!("Authorization: Basic {code}{code}\r\n"));
        wrong.push(format!("Authorization: Digest {code}\r\n"));
        wrong.push(format!("Authorization: {code}\r\n"));
        for line in wrong {
            assert_eq!(with(&line, ""), Err(Status::Unauthorized), "{line}");
        }
        for query in ["password=", "user=admin&password=x", "user=&password=correct", "user=admin&password=%"]
        {
            assert_eq!(with("", query), Err(Status::Unauthorized), "{query}");
        }
    }

    // W-7
    #[test]
    fn a_wrong_line_is_not_made_good_by_the_query() {
        let query = format!("user=admin&password={}", PASSWORD.replace(' ', "+"));
        assert_eq!(with("Authorization: Basic AAAA\r\n", &query), Err(Status::Unauthorized));
        let text = format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        let head = Head::read(text.as_bytes()).unwrap().unwrap();
        let elsewhere = Door::default().check(Instant::ZERO, Some(PASSWORD), &head, false);
        assert_eq!(elsewhere, Err(Status::Unauthorized), "only where it is allowed");
    }

    // W-8
    #[test]
    fn ten_wrong_logins_are_judged_in_a_minute() {
        let mut door = Door::default();
        let right = basic_line(&format!("admin:{PASSWORD}"));
        for at in 0..10 {
            assert_eq!(check(&mut door, at * 100, "", "password=x"), Err(Status::Unauthorized));
            assert_eq!(check(&mut door, at * 100, "", ""), Err(Status::Unauthorized), "no try");
        }
        assert_eq!(check(&mut door, 1000, "", "password=x"), Err(Status::TooManyTries));
        assert_eq!(check(&mut door, 59_999, &right, ""), Err(Status::TooManyTries), "not judged");
        assert_eq!(check(&mut door, 60_000, &right, ""), Ok(()));
        let judged = (0..6000).filter(|at| {
            let outcome = check(&mut door, 200_000 + at * 100, "", "password=x");
            outcome == Err(Status::Unauthorized)
        });
        assert_eq!(judged.count(), 100, "ten a minute in ten minutes");
    }
}
