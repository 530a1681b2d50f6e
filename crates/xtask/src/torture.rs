//! Devices under every fault, in virtual time: see docs/torture.md.

use std::path::Path;

use crate::{Outcome, run};

/// Hands everything on to the example of the testkit that lives the lives.
///
/// # Errors
/// [`Failure::Step`](crate::Failure::Step) when an invariant is broken, or a planted fault is not found.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let program = ["--package", "sonoff-testkit", "--example", "torture"];
    let mut cargo = run::cargo(root, &["run", "--quiet", "--profile", "torture"]);
    cargo.args(program).arg("--").args(args);
    run::run(cargo)
}
