//! The program `sonoff-sim` while a test talks to it.

use std::io::Write;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use super::{Client, PATIENCE, Served, lines};

/// A running `sonoff-sim`.
pub struct Sim {
    child: Child,
    pub stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// What it has said so far, as far as a test has read.
    pub seen: Vec<String>,
}

impl Sim {
    /// With a broker of its own on any free port.
    pub fn alone(arguments: &[&str]) -> Self {
        Self::start(&[&["--listen", "127.0.0.1:0"], arguments].concat())
    }

    /// With this broker.
    pub fn at(served: &Served, arguments: &[&str]) -> Self {
        Self::start(&[&["--broker", &format!("mqtt://{}", served.at)], arguments].concat())
    }

    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sonoff-sim"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        let (sender, receiver) = channel();
        thread::spawn(move || lines(stdout).try_for_each(|line| sender.send(line)));
        Self { child, stdin, lines: receiver, seen: Vec::new() }
    }

    /// Its number among the programs that run.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Types a line at it.
    pub fn types(&mut self, line: &str) {
        self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The next line that has this in it; those before are skipped.
    #[track_caller]
    pub fn says(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("{part:?} did not come; before:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The port of the broker in the banner.
    pub fn port(&mut self) -> u16 {
        let line = self.says("  broker: 127.0.0.1:");
        line.split([':', ' ']).find_map(|word| word.parse().ok()).unwrap()
    }

    /// Until its answer to a typed line has come through the broker at this port: then its subscriptions are there too.
    #[track_caller]
    pub fn is_heard_at(&mut self, port: u16) {
        let mut watcher = Client::at(port, "first");
        watcher.subscribe("stat/sonoff/RESULT");
        self.says("MQT: Connected");
        self.types("teleperiod");
        while !watcher.message().1.contains("TelePeriod") {}
    }

    /// Ends it as Ctrl-C or `kill` does; gives how it ended and every line that it said in all.
    pub fn stop(mut self, signal: Signal) -> (ExitStatus, Vec<String>) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = self.child.wait().unwrap();
        self.seen.extend(self.lines.iter());
        (status, std::mem::take(&mut self.seen))
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
