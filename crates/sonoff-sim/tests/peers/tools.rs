//! The clients that come with mosquitto, run by command lines as the manual shows them.

use std::process::Command;

use crate::process::Process;

/// Runs `mosquitto_pub` to its end. The line is what follows host and port; its words have no spaces in them.
#[track_caller]
pub fn mosquitto_pub(port: u16, line: &str) {
    Process::start(&mut client("mosquitto_pub", port, line)).succeed();
}

/// Starts `mosquitto_sub`. It is subscribed when this returns.
#[track_caller]
pub fn mosquitto_sub(port: u16, line: &str) -> Subscriber {
    // With -d it tells when the broker has its subscription, and more that is passed over.
    let mut process = Process::start(client("mosquitto_sub", port, line).arg("-d"));
    process.lines.find("subscription", |line| line.starts_with("Subscribed "));
    Subscriber(process)
}

fn client(program: &str, port: u16, line: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).args(line.split_whitespace());
    command
}

/// A running `mosquitto_sub`.
pub struct Subscriber(Process);

impl Subscriber {
    /// The next message that it prints.
    #[track_caller]
    pub fn next(&mut self) -> String {
        self.0.lines.find("message", is_message)
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
        self.0.lines.find(&format!("message {message:?}"), |line| line == message);
    }

    /// Waits for a message that begins like this.
    #[track_caller]
    pub fn finds(&mut self, beginning: &str) -> String {
        self.0.lines.find(&format!("message {beginning:?}"), |line| line.starts_with(beginning))
    }
}

fn is_message(line: &str) -> bool {
    !line.starts_with("Client ") && !line.starts_with("Subscribed ")
}
