//! The virtual Sonoff as a user starts it.

use std::process::{Command, ExitStatus};

use crate::process::Process;

/// The running program.
pub struct Device(Process);

impl Device {
    /// Starts it with these options.
    #[track_caller]
    pub fn start(options: &[&str]) -> Self {
        Self(Process::start(Command::new(env!("CARGO_BIN_EXE_sonoff-sim")).args(options)))
    }

    /// Starts it on the broker of this address.
    #[track_caller]
    pub fn on(broker: &str, options: &[&str]) -> Self {
        Self::start(&[&["--broker", broker], options].concat())
    }

    /// Waits for a line of its log that contains this, and passes over all before it.
    #[track_caller]
    pub fn logs(&mut self, text: &str) -> String {
        self.0.lines.find_text(text)
    }

    /// Whether what was passed over contains this.
    pub fn has_logged(&self, text: &str) -> bool {
        self.0.lines.have_had(text)
    }

    /// Types a line.
    #[track_caller]
    pub fn type_line(&mut self, line: &str) {
        self.0.type_line(line);
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        self.0.close_input();
    }

    /// Ends it in order.
    #[cfg(unix)]
    #[track_caller]
    pub fn terminate(&mut self) -> ExitStatus {
        self.0.terminate();
        self.0.wait()
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        self.0.wait()
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.0.kill();
    }
}
