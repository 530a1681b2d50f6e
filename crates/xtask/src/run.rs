//! Starting other programs.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Failure, Outcome};

/// Cargo of the toolchain in use.
pub fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(args);
    command
}

/// Cargo of another toolchain.
pub fn cargo_of(toolchain: &str, root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(root).args(["run", toolchain, "cargo"]).args(args);
    command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
    command
}

/// Whether a program starts and ends well; what it says is dropped.
pub fn works(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A tool is not there: only with `strict` is that a failure.
///
/// # Errors
/// [`Failure::Step`], with what installs it.
pub fn missing(strict: bool, install: &str) -> Outcome {
    println!("skipped: {install}");
    if strict { Err(Failure::Step(install.to_owned())) } else { Ok(()) }
}

/// Runs a program to its end; it writes where this one writes.
///
/// # Errors
/// [`Failure::Step`] when it cannot start or does not succeed.
pub fn run(mut command: Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::Step(shown(&command))),
        Err(error) => Err(Failure::Step(format!("{} ({error})", shown(&command)))),
    }
}

/// What a program writes to its standard output.
///
/// # Errors
/// [`Failure::Step`] when it cannot start, does not succeed or writes no text.
pub fn output(mut command: Command) -> Result<String, Failure> {
    let step = shown(&command);
    let output = command.stderr(Stdio::inherit()).output().map_err(|_| Failure::Step(step.clone()))?;
    if !output.status.success() {
        return Err(Failure::Step(step));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::Step(step))
}

/// The line that a person types to repeat it.
fn shown(command: &Command) -> String {
    let program =
        Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let settings = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let settings =
        settings.map(|(name, value)| format!("{}='{}' ", name.to_string_lossy(), value.to_string_lossy()));
    let args = command.get_args().map(|arg| format!(" {}", arg.to_string_lossy()));
    format!("{}{program}{}", settings.collect::<String>(), args.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_types_it() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("CARGO");
        assert_eq!(shown(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn a_program_that_does_not_exist_is_a_failed_step() {
        assert!(matches!(run(Command::new("no-such-program")), Err(Failure::Step(_))));
        assert!(!works(Command::new("no-such-program")));
    }
}
