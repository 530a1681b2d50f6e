//! What a program says, line by line, while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;

/// Nothing is waited for longer than this.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Lines of one source, in order.
pub struct Lines {
    of: String,
    lines: Receiver<String>,
    heard: Vec<String>,
}

impl Lines {
    /// Reads these streams, each in a thread that ends with its stream.
    pub fn of(name: &str, streams: impl IntoIterator<Item = Box<dyn Read + Send>>) -> Self {
        let (sender, lines) = channel();
        streams.into_iter().for_each(|stream| {
            let sender = sender.clone();
            thread::spawn(move || pass_on(stream, &sender));
        });
        Self { of: name.to_owned(), lines, heard: Vec::new() }
    }

    /// The next line; `None` when the source has ended or none comes in time.
    pub fn next(&mut self, patience: Duration) -> Option<String> {
        let line = self.lines.recv_timeout(patience).ok()?;
        self.heard.push(line.clone());
        Some(line)
    }

    /// The next line that has this in it.
    ///
    /// # Errors
    /// [`Failure::Step`] with the last lines when it does not come.
    pub fn hears(&mut self, part: &str) -> Result<String, Failure> {
        self.finds(part, |line| line.contains(part).then(|| line.to_owned()))
    }

    /// What `find` makes of the first line of which it makes something.
    ///
    /// # Errors
    /// [`Failure::Step`] with the last lines when there is none.
    pub fn finds<R>(&mut self, what: &str, find: impl Fn(&str) -> Option<R>) -> Result<R, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.next(left).ok_or_else(|| self.missing(what))?;
            if let Some(found) = find(&line) {
                return Ok(found);
            }
        }
    }

    /// All lines up to the next one that has this in it.
    ///
    /// # Errors
    /// [`Failure::Step`] with the last lines when it does not come.
    pub fn up_to(&mut self, part: &str) -> Result<Vec<String>, Failure> {
        let from = self.heard.len();
        self.hears(part)?;
        Ok(self.heard.split_at_checked(from).map(|(_, lines)| lines.to_vec()).unwrap_or_default())
    }

    fn missing(&self, what: &str) -> Failure {
        let last = self.heard.len().saturating_sub(12);
        let last = self.heard.get(last..).unwrap_or_default().join("\n    ");
        Failure::Step(format!("{}: {what:?} did not come; before:\n    {last}", self.of))
    }

    /// All that has come by now, and nothing more.
    pub fn so_far(&mut self) -> Vec<String> {
        let fresh: Vec<String> = self.lines.try_iter().collect();
        self.heard.extend(fresh.iter().cloned());
        fresh
    }

    /// All that still comes until the source ends; for one that was ended.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next(PATIENCE)).collect()
    }
}

fn pass_on(stream: Box<dyn Read + Send>, to: &Sender<String>) {
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
        if to.send(line).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &'static str) -> Lines {
        Lines::of("test", [Box::new(text.as_bytes()) as Box<dyn Read + Send>])
    }

    #[test]
    fn lines_come_in_order_and_end() {
        let mut lines = lines("one\r\ntwo\nthree");
        assert_eq!(lines.hears("n").unwrap(), "one");
        assert_eq!(lines.up_to("th").unwrap(), ["two", "three"]);
        assert!(lines.rest().is_empty());
    }

    #[test]
    fn what_does_not_come_is_told_with_what_came() {
        let text = lines("one\ntwo\n").hears("four").unwrap_err().to_string();
        assert!(text.contains("four") && text.contains("two"), "{text}");
    }
}
