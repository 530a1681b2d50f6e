//! Another program while it runs. It never outlives its test.

use std::io::Write;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::lines::{Lines, PATIENCE, Stream};

/// A program with its lines.
pub struct Process {
    child: Child,
    /// What it writes to standard output and standard error.
    pub lines: Lines,
}

impl Process {
    /// Starts it, its three streams in the test's hands.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let name = format!("{command:?}");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let out = child.stdout.take().map(|stream| Box::new(stream) as Stream);
        let err = child.stderr.take().map(|stream| Box::new(stream) as Stream);
        let lines = Lines::read(&name, out.into_iter().chain(err).collect());
        Self { child, lines }
    }

    /// Types a line.
    #[track_caller]
    pub fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).and_then(|()| stdin.flush()).unwrap();
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        self.child.stdin = None;
    }

    /// Asks it to end, as a system does that shuts down.
    #[cfg(unix)]
    pub fn terminate(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Ends it at once, without a last word.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        self.lines.wait_for_end();
        // Its streams are closed: it is as good as gone.
        self.ends_by_itself().unwrap_or_else(|| self.lines.fail("it closed its streams and did not end"))
    }

    /// How it ends, if it does in time.
    pub fn ends_by_itself(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(1));
        }
        None
    }

    /// Waits until it ends, and it must have succeeded.
    #[track_caller]
    pub fn succeed(&mut self) {
        let status = self.wait();
        if !status.success() {
            self.lines.fail(&format!("it ended with {status}"));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
