//! Every fuzz target for some time.

use std::path::Path;

use crate::{Failure, Outcome, files, run};

/// Runs each target for the seconds given, 60 without.
///
/// # Errors
/// [`Failure::Usage`] for no number; [`Failure::Step`] when cargo-fuzz or the nightly compiler is missing, or when a
/// target finds something.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let seconds = seconds(args)?;
    if !run::works(run::cargo_of("nightly", root, &["fuzz", "--version"])) {
        let install = "rustup toolchain install nightly && cargo install cargo-fuzz";
        return Err(Failure::Step(format!("cargo fuzz is missing: {install}")));
    }
    let targets = files::below(root, &["fuzz/fuzz_targets"], &[".rs"])?;
    targets.iter().map(|file| name(&file.path)).try_for_each(|target| fuzz(root, target, seconds))
}

fn seconds(args: &[String]) -> Result<u32, Failure> {
    match args {
        [] => Ok(60),
        [number] => number.parse().map_err(|_| Failure::Usage(format!("{number} is no number of seconds"))),
        _ => Err(Failure::Usage("one number of seconds".to_owned())),
    }
}

/// `message` for `fuzz/fuzz_targets/message.rs`.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// What a target finds is kept in `fuzz/corpus`; the first inputs, if any, lie in `fuzz/seeds`.
fn fuzz(root: &Path, target: &str, seconds: u32) -> Outcome {
    println!("== {target}, {seconds} s");
    let corpus = format!("fuzz/corpus/{target}");
    let seeds = format!("fuzz/seeds/{target}");
    let words = root.join("fuzz/words.dict");
    let limit = format!("-max_total_time={seconds}");
    let dictionary = format!("-dict={}", words.display());
    std::fs::create_dir_all(root.join(&corpus)).map_err(|error| Failure::File(root.join(&corpus), error))?;
    let mut args = vec!["fuzz", "run", target, &corpus];
    if root.join(&seeds).is_dir() {
        args.push(&seeds);
    }
    args.extend(["--", &limit]);
    if words.is_file() {
        args.push(&dictionary);
    }
    run::run(run::cargo_of("nightly", root, &args))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_unless_told() {
        assert_eq!(seconds(&[]).unwrap(), 60);
        assert_eq!(seconds(&["300".to_owned()]).unwrap(), 300);
        assert!(seconds(&["long".to_owned()]).is_err());
    }

    #[test]
    fn a_target_is_named_by_its_file() {
        assert_eq!(name("fuzz/fuzz_targets/command_line.rs"), "command_line");
    }
}
