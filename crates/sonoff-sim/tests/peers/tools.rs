//! The clients that come with mosquitto, run by command lines as the manual shows them.

use std::collections::VecDeque;
use std::process::Command;

use crate::process::Process;

/// The broker keeps this message, so that a subscriber gets it as soon as it is subscribed.
const MARK: &str = "now-it-is-subscribed";
const MARK_TOPIC: &str = "mark";

/// Runs `mosquitto_pub` to its end. The line is what follows host and port; its words have no spaces in them.
#[track_caller]
pub fn mosquitto_pub(port: u16, line: &str) {
    Process::start(&mut client("mosquitto_pub", port, line)).succeed();
}

/// Starts `mosquitto_sub`. It is subscribed when this returns.
#[track_caller]
pub fn mosquitto_sub(port: u16, line: &str) -> Subscriber {
    mosquitto_pub(port, &format!("-r -t {MARK_TOPIC} -m {MARK}"));
    let process = Process::start(client("mosquitto_sub", port, line).args(["-t", MARK_TOPIC]));
    let mut subscriber = Subscriber { process, early: VecDeque::new() };
    subscriber.wait_for_mark();
    subscriber
}

/// What openssl prints to this command line.
#[track_caller]
pub fn openssl(program: &str, line: &str) -> String {
    let made = Command::new(program).args(line.split_whitespace()).output().unwrap();
    assert!(made.status.success(), "openssl {line}");
    String::from_utf8(made.stdout).unwrap()
}

fn client(program: &str, port: u16, line: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).args(line.split_whitespace());
    command
}

/// A running `mosquitto_sub`.
pub struct Subscriber {
    process: Process,
    /// What the broker had kept.
    early: VecDeque<String>,
}

impl Subscriber {
    /// The next message that it prints.
    #[track_caller]
    pub fn next(&mut self) -> String {
        self.early.pop_front().unwrap_or_else(|| self.process.lines.find("message", |line| !is_mark(line)))
    }

    /// It prints these next, in this order.
    #[track_caller]
    pub fn prints(&mut self, messages: &[&str]) {
        let printed: Vec<_> = messages.iter().map(|_| self.next()).collect();
        assert_eq!(printed, messages);
    }

    /// It prints this, sooner or later.
    #[track_caller]
    pub fn comes_to(&mut self, message: &str) {
        while self.next() != message {}
    }

    /// Waits for a message that begins like this.
    #[track_caller]
    pub fn finds(&mut self, beginning: &str) -> String {
        loop {
            let message = self.next();
            if message.starts_with(beginning) {
                return message;
            }
        }
    }

    #[track_caller]
    fn wait_for_mark(&mut self) {
        loop {
            let line = self.process.lines.find("message", |_| true);
            if is_mark(&line) {
                return;
            }
            self.early.push_back(line);
        }
    }
}

fn is_mark(line: &str) -> bool {
    line.ends_with(MARK)
}
