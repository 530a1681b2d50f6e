//! What one switch costs, in instructions: a count, not a time, and so the same on every run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, Outcome, files, run};

/// The example that is counted, whose package builds in a minute, and its function that is one round.
const PACKAGE: &str = "sonoff-mqtt";
const EXAMPLE: &str = "toggle_cost";
const ROUND: &str = "toggle_cost::toggle";
/// A round may cost no more than this as released.
const MOST: u64 = 4000;

/// One way to build it: a cargo profile and its opt-level.
struct Build {
    profile: &'static str,
    opt_level: &'static str,
}

const FAST: Build = Build { profile: "release", opt_level: "3" };
/// As a firmware is built that must be small.
const SMALL: Build = Build { profile: "release-small", opt_level: "z" };

/// Prints the instructions of one round, built for speed and built for size.
///
/// # Errors
/// [`Failure::Step`] when valgrind is missing or a step fails; [`Failure::Found`] when the fast build costs more than
/// [`MOST`].
pub fn run(root: &Path, args: &[String]) -> Outcome {
    if let Some(wrong) = args.first() {
        return Err(Failure::Usage(format!("{wrong}? This job has no options")));
    }
    if !run::works(version()) {
        let where_from =
            "apt install valgrind, or dnf install valgrind; there is none for Windows and new macOS";
        return Err(Failure::Step(format!("valgrind is missing: {where_from}")));
    }
    let fast = measured(root, &FAST)?;
    measured(root, &SMALL)?;
    judge(fast)
}

fn version() -> Command {
    let mut command = Command::new("valgrind");
    command.arg("--version");
    command
}

fn judge(cost: u64) -> Outcome {
    let over = usize::try_from(cost).unwrap_or(usize::MAX);
    if cost > MOST { Err(Failure::Found(over, "instructions a round; 4000 are allowed")) } else { Ok(()) }
}

/// Builds the example, runs it under callgrind, prints and returns what one round costs.
fn measured(root: &Path, build: &Build) -> Result<u64, Failure> {
    let folder = built(root, build)?;
    let counts = folder.join(format!("{EXAMPLE}.callgrind"));
    let said = run::output(callgrind(&folder.join("examples").join(EXAMPLE), &counts))?;
    let total = total(&files::read(&counts)?);
    let round = said_rounds(&said).zip(total).and_then(|(said, total)| Round::of(said, total));
    let Round { instructions, bytes } = round
        .ok_or_else(|| Failure::Step(format!("{}: nothing was counted in {ROUND}", counts.display())))?;
    println!("opt-level {}: {instructions} instructions a round, {bytes} bytes of answers", build.opt_level);
    Ok(instructions)
}

/// Builds the example and tells the folder of its profile.
fn built(root: &Path, build: &Build) -> Result<PathBuf, Failure> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    let profile = format!("profile.{}", build.profile);
    let mut command = run::cargo(root, &["build", "--quiet", "--package", PACKAGE, "--example", EXAMPLE]);
    command.args(["--profile", build.profile, "--target-dir"]).arg(&target);
    if build.opt_level != FAST.opt_level {
        command.args(["--config", &format!("{profile}.inherits=\"{}\"", FAST.profile)]);
        command.args(["--config", &format!("{profile}.opt-level=\"{}\"", build.opt_level)]);
    }
    run::run(command)?;
    Ok(target.join(build.profile))
}

fn callgrind(program: &Path, counts: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind", &format!("--toggle-collect={ROUND}")]);
    command.arg(format!("--callgrind-out-file={}", counts.display())).arg(program);
    command
}

/// What one round is.
#[derive(Debug, PartialEq, Eq)]
struct Round {
    instructions: u64,
    bytes: u64,
}

impl Round {
    /// `None` where a round did nothing: then something else than the answers was counted.
    fn of((rounds, bytes): (u64, u64), total: u64) -> Option<Self> {
        let round = Self { instructions: total.checked_div(rounds)?, bytes: bytes.checked_div(rounds)? };
        (round.instructions > 0 && round.bytes > 0).then_some(round)
    }
}

/// The numbers of `10000 rounds, 600000 bytes of answers`.
fn said_rounds(text: &str) -> Option<(u64, u64)> {
    let (rounds, rest) = text.split_once(" rounds, ")?;
    let (bytes, _) = rest.split_once(' ')?;
    Some((rounds.parse().ok()?, bytes.parse().ok()?))
}

/// The sum in a file of callgrind.
fn total(counts: &str) -> Option<u64> {
    counts.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_the_sum_divided() {
        assert_eq!(said_rounds("10000 rounds, 600000 bytes of answers\n"), Some((10_000, 600_000)));
        assert_eq!(total("events: Ir\nfn=(1)\ntotals: 32880009\n"), Some(32_880_009));
        let round = Round { instructions: 3288, bytes: 60 };
        assert_eq!(Round::of((10_000, 600_000), 32_880_009), Some(round));
    }

    #[test]
    fn rounds_that_did_nothing_are_no_figure() {
        assert_eq!(Round::of((10_000, 0), 90_000), None);
        assert_eq!(Round::of((10_000, 600_000), 0), None);
        assert_eq!(Round::of((0, 0), 5), None);
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn four_thousand_are_the_limit() {
        assert!(judge(MOST).is_ok());
        assert!(judge(MOST + 1).unwrap_err().to_string().starts_with("4001 instructions a round; 4000 "));
    }

    #[test]
    fn the_example_has_the_function_that_is_counted() {
        let text =
            files::read(&files::root().join(format!("crates/{PACKAGE}/examples/{EXAMPLE}.rs"))).unwrap();
        let function = ROUND.strip_prefix(EXAMPLE).unwrap().trim_start_matches(':');
        assert!(text.contains(&format!("#[inline(never)]\nfn {function}(")));
    }
}
