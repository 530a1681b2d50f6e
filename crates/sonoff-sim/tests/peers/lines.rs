//! Lines that another program writes, waited for with a limit.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// No test waits longer for one event.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// So many lines are shown when a test fails.
const SHOWN: usize = 60;

/// A stream of a program.
pub type Stream = Box<dyn Read + Send>;

/// The lines of one program.
pub struct Lines {
    program: String,
    received: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    /// Reads these streams, each in a thread of its own, until they end.
    pub fn read(program: &str, streams: Vec<Stream>) -> Self {
        let (sender, received) = channel();
        for stream in streams {
            let sender = sender.clone();
            thread::spawn(move || forward(stream, &sender));
        }
        Self { program: program.to_owned(), received, seen: Vec::new() }
    }

    /// Waits for a line that is wanted, and passes over all before it.
    #[track_caller]
    pub fn find(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.line_before(deadline) {
                Ok(line) if wanted(&line) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => self.fail(&format!("no {what} within {PATIENCE:?}")),
                Err(RecvTimeoutError::Disconnected) => self.fail(&format!("it ended without {what}")),
            }
        }
    }

    /// Waits for a line that contains this text.
    #[track_caller]
    pub fn find_text(&mut self, text: &str) -> String {
        self.find(&format!("line with {text:?}"), |line| line.contains(text))
    }

    /// Waits until the program has closed its streams.
    #[track_caller]
    pub fn wait_for_end(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.line_before(deadline) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.fail(&format!("it did not end within {PATIENCE:?}")),
            }
        }
    }

    /// Whether a line that has been passed over contains this text.
    pub fn have_had(&self, text: &str) -> bool {
        self.seen.iter().any(|line| line.contains(text))
    }

    /// Ends the test, and shows what the program said last.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        let last = &self.seen[self.seen.len().saturating_sub(SHOWN)..];
        panic!("{}: {why}. Its last lines:\n{}", self.program, last.join("\n"))
    }

    fn line_before(&mut self, deadline: Instant) -> Result<String, RecvTimeoutError> {
        let line = self.received.recv_timeout(deadline.saturating_duration_since(Instant::now()))?;
        self.seen.push(line.clone());
        Ok(line)
    }
}

fn forward(stream: Stream, lines: &Sender<String>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|len| len > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(text).is_err() {
            return;
        }
        line.clear();
    }
}
