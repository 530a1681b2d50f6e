//! The proof that nothing in the device can panic: a program that calls all of it, and whose panic handler cannot be
//! linked.

use std::path::Path;

use crate::{Outcome, boards, check};

/// The program that calls everything, and its feature that takes the panic handler away.
const PROBE: &str = "size-probe";
const FEATURE: &str = "panic-free";

/// Links the probe without a panic handler, for each kind of chip. What the linker misses is a panic that the compiler
/// could not rule out; `boards/size-probe/src/main.rs` says what is left out and why.
///
/// # Errors
/// [`Failure::Step`](crate::Failure::Step) when a panic is left.
pub fn run(root: &Path, _: &[String]) -> Outcome {
    for target in check::TARGETS {
        for probe in boards::named(root, &[PROBE])? {
            let purpose = format!("{FEATURE}-{target}");
            probe.build_with(root, &purpose, |cargo| {
                cargo.args(["--features", FEATURE, "--target", target]);
            })?;
            println!("{target}: no panic is left");
        }
    }
    Ok(())
}
