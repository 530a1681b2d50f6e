//! A program while it runs. It never outlives its owner.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::lines::{Lines, PATIENCE};
use crate::{Failure, Outcome};

/// A program, its standard input, and the lines of its two outputs.
pub struct Program {
    name: String,
    child: Child,
    pub lines: Lines,
}

impl Program {
    /// Starts it.
    ///
    /// # Errors
    /// [`Failure::Step`] when it is not there.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Failure::Step(format!("{name}: {error}")))?;
        let out = child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        let err = child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>);
        let lines = Lines::of(&name, out.into_iter().chain(err));
        Ok(Self { name, child, lines })
    }

    /// Types a line.
    ///
    /// # Errors
    /// [`Failure::Step`] when it reads no more.
    pub fn types(&mut self, line: &str) -> Outcome {
        let stdin = self.child.stdin.as_mut();
        let typed = stdin.map(|stdin| stdin.write_all(format!("{line}\n").as_bytes()));
        let typed = typed.is_some_and(|typed| typed.is_ok());
        if typed { Ok(()) } else { Err(Failure::Step(format!("{} reads no more", self.name))) }
    }

    /// Ends it at once, without a last word: by its process number, so that nothing else is hit.
    pub fn kill(&mut self) {
        // One that has ended cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it ends by itself; tells its exit code.
    ///
    /// # Errors
    /// [`Failure::Step`] when it does not.
    pub fn ends(&mut self) -> Result<Option<i32>, Failure> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Failure::Step(format!("{} does not end", self.name)))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
