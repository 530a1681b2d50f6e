//! Which lines of the libraries their tests run, by cargo-llvm-cov.

use std::path::Path;

use crate::{Failure, Outcome, run};

/// What must be reached; the rest is judged in `docs/coverage.md`.
const LEAST_PERCENT: &str = "95";
/// Whose tests run no library. The simulator's do: its peers are a broker, a browser and a phone.
const OTHER: &str = "xtask";
/// Files that are not counted: those of tests and programs.
const NOT_COUNTED: &str = r"(^|/)(tests?|examples|fuzz|xtask|sonoff-sim|sonoff-testkit)(/|\.rs$)";

/// Runs the tests with counters, and prints what they ran; `--html` writes pages, `--lines` names every line that was not
/// run.
///
/// # Errors
/// [`Failure::Step`] when a tool is missing, a test fails or too little is run; [`Failure::Usage`].
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let form: &[&str] = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => &[],
        ["--html"] => &["--html"],
        ["--lines"] => &["--show-missing-lines"],
        _ => return Err(Failure::Usage("coverage takes nothing, --html or --lines".to_owned())),
    };
    if !run::works(run::cargo(root, &["llvm-cov", "--version"])) {
        let install = "rustup component add llvm-tools && cargo install --locked cargo-llvm-cov";
        return Err(Failure::Step(install.to_owned()));
    }
    let mut command = run::cargo(root, &["llvm-cov", "--workspace", "--ignore-filename-regex", NOT_COUNTED]);
    command.args(["--exclude", OTHER, "--fail-under-lines", LEAST_PERCENT]).args(form);
    run::run(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_form_is_refused() {
        assert!(matches!(run(Path::new("."), &["--xml".to_owned()]), Err(Failure::Usage(_))));
    }
}
