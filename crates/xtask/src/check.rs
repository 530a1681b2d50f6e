//! All that a change must pass, in one order, on a desk as on a server.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::{Failure, Outcome, budgets, deps, docs, files, panics, promises, rules, run, size, twins};

/// Where workspaces of their own lie.
const BESIDE: &[&str] = &["boards", "fuzz"];
/// Crates that others build upon.
const LIBRARIES: &[&str] = &[
    "sonoff-core",
    "sonoff-mqtt",
    "sonoff-hal",
    "sonoff-sensors",
    "sonoff-tls",
    "sonoff-web",
    "sonoff-setup",
    "sonoff-runtime",
    "sonoff-embassy",
    HOSTED,
];
/// The one of them that needs an operating system.
const HOSTED: &str = "sonoff-testkit";
/// What the core can do without.
const CORE_FEATURES: &[&str] = &[
    "discovery",
    "help",
    "lists",
    "pages",
    "search",
    "sensors",
    "setup",
    "switch-text",
    "syslog",
    "templates",
    "tls",
];
/// Where those must build.
pub const TARGETS: &[&str] = &["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"];
/// The search's codec wants compare-and-swap, which these chips lack: their firmware says how it comes by that.
const ONE_CORE: &str = "--cfg portable_atomic_unsafe_assume_single_core";
/// The oldest compiler that must do, as in Cargo.toml.
const OLDEST: &str = "1.88";
/// What need not build with it: its network stack does not.
const NEWER: &str = "sonoff-embassy";

/// The first settings of a device that was built so (S-89); all differ.
const VARIABLES: &[(&str, &str)] = &[
    ("SONOFF_SETUP_KEY", "open at once"),
    ("SONOFF_SSID", "attic"),
    ("SONOFF_SSID2", "cellar"),
    ("SONOFF_PASSWORD", "swordfish"),
    ("SONOFF_PASSWORD2", "open sesame"),
    ("SONOFF_MQTT_HOST", "10.0.0.7"),
    ("SONOFF_MQTT_PORT", "18830"),
    ("SONOFF_MQTT_USER", "miller"),
    ("SONOFF_MQTT_PASSWORD", "flour"),
    ("SONOFF_MQTT_CLIENT", "mill"),
    ("SONOFF_TOPIC", "wheel"),
    ("SONOFF_GROUP_TOPIC", "wheels"),
];

/// A file that SONOFF_MQTT_CA names (S-95).
const CA: &str = "crates/sonoff-tls/tests/ca.pem";

/// What is asked of every step.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// A missing tool is a failure.
    strict: bool,
    /// `cargo test` was run already.
    tested: bool,
}

/// One step and its name.
struct Step {
    name: &'static str,
    run: fn(&Path, Asked) -> Outcome,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", run: |root, _| fmt(root) },
    Step { name: "budgets", run: |root, _| budgets::run(root, &[]) },
    Step { name: "twins", run: |root, _| twins::run(root, &[]) },
    Step { name: "rules", run: |root, _| rules::run(root, &[]) },
    Step { name: "promises", run: |root, _| promises::run(root, &[]) },
    Step { name: "deps", run: |root, _| deps::run(root, &[]) },
    Step { name: "commands", run: |root, _| docs::run(root, &["--check".to_owned()]) },
    Step { name: "clippy", run: |root, _| clippy(root) },
    Step { name: "features", run: |root, _| features(root) },
    Step { name: "tests", run: tests },
    Step { name: "environment", run: |root, _| environment(root) },
    Step { name: "docs", run: |root, _| rustdoc(root) },
    Step { name: "bare", run: |root, _| bare(root) },
    Step { name: "size", run: |root, _| size::run(root, &[]) },
    Step { name: "panics", run: |root, _| panics::run(root, &[]) },
    Step { name: "oldest", run: oldest },
    Step { name: "package", run: |root, _| package(root) },
];

/// Runs the steps named, or all, each with the time that it took; ends at the first that fails. With `--strict` a
/// missing tool is a failure; with `--tested` the tests are left out that `cargo test` runs.
///
/// # Errors
/// What the step says; [`Failure::Usage`] for an unknown step.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let (options, names): (Vec<&str>, Vec<&str>) =
        args.iter().map(String::as_str).partition(|arg| arg.starts_with('-'));
    let asked = Asked { strict: options.contains(&"--strict"), tested: options.contains(&"--tested") };
    let is_step = |name: &&str| STEPS.iter().any(|step| step.name == *name);
    let is_option = |option: &&str| ["--strict", "--tested"].contains(option);
    let strange = names.iter().find(|name| !is_step(name)).or(options.iter().find(|name| !is_option(name)));
    if let Some(wrong) = strange {
        let steps: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(Failure::Usage(format!("{wrong}? The steps are: {}", steps.join(" "))));
    }
    for step in STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)) {
        println!("== {}", step.name);
        let start = Instant::now();
        (step.run)(root, asked)?;
        println!("== {}: {} s", step.name, start.elapsed().as_secs());
    }
    println!("== all well");
    Ok(())
}

fn cargo(root: &Path, args: &[&str]) -> Outcome {
    run::run(run::cargo(root, args))
}

/// The workspace, and each that lies beside it.
fn fmt(root: &Path) -> Outcome {
    let manifests = files::below(root, BESIDE, &["Cargo.toml"])?;
    let folders = manifests.iter().filter_map(|file| root.join(&file.path).parent().map(Path::to_owned));
    [root.to_owned()]
        .into_iter()
        .chain(folders)
        .try_for_each(|folder| cargo(&folder, &["fmt", "--all", "--", "--check"]))
}

/// What `cargo test` leaves out are the tests of this program.
fn tests(root: &Path, asked: Asked) -> Outcome {
    cargo(root, if asked.tested { &["test", "--package", "xtask"] } else { &["test", "--workspace"] })
}

fn clippy(root: &Path) -> Outcome {
    cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn rustdoc(root: &Path) -> Outcome {
    let mut command: Command = run::cargo(root, &["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run::run(command)
}

/// Each library with no feature, each feature of the core alone, and each library with all; not linked, since `defmt`
/// wants a logger.
fn features(root: &Path) -> Outcome {
    let alone = CORE_FEATURES
        .iter()
        .map(|feature| ("sonoff-core", vec!["--no-default-features", "--features", feature]));
    let none = LIBRARIES.iter().map(|library| (*library, vec!["--no-default-features"]));
    let all = LIBRARIES.iter().map(|library| (*library, vec!["--all-features"]));
    none.chain(alone).chain(all).try_for_each(|(library, features)| {
        let clippy = ["clippy", "--quiet", "--package", library];
        cargo(root, &[&clippy[..], &features, &["--", "-D", "warnings"]].concat())
    })
}

/// What the environment holds while the libraries are built is what their tests look for.
fn environment(root: &Path) -> Outcome {
    [("sonoff-testkit", "environment"), ("sonoff-tls", "authority")].iter().try_for_each(|(package, test)| {
        let args = ["test", "--package", package, "--features", "environment", "--test", test];
        let mut command = run::cargo(root, &args);
        command.envs(VARIABLES.iter().copied()).env("SONOFF_MQTT_CA", root.join(CA));
        run::run(command)
    })
}

fn bare_libraries() -> impl Iterator<Item = &'static str> {
    LIBRARIES.iter().copied().filter(|package| *package != HOSTED)
}

fn bare(root: &Path) -> Outcome {
    TARGETS.iter().try_for_each(|target| {
        let packages = bare_libraries().flat_map(|package| ["--package", package]);
        let args: Vec<&str> = ["build", "--lib", "--target", target].into_iter().chain(packages).collect();
        let mut command = run::cargo(root, &args);
        command.env("RUSTFLAGS", ONE_CORE);
        run::run(command)
    })
}

fn oldest(root: &Path, asked: Asked) -> Outcome {
    if !run::works(run::cargo_of(OLDEST, root, &["--version"])) {
        return run::missing(asked.strict, &format!("rustup toolchain install {OLDEST}"));
    }
    let packages = bare_libraries().filter(|package| *package != NEWER);
    let packages = packages.flat_map(|package| ["--package", package]);
    let args: Vec<&str> = ["check", "--lib"].into_iter().chain(packages).collect();
    run::run(run::cargo_of(OLDEST, root, &args))
}

/// Packs the libraries together, as they would be published, and builds each from its package.
///
/// In a folder of its own: cargo keeps what it has unpacked by the folder's name and the crate's version, and would
/// build yesterday's packages of the same version.
fn package(root: &Path) -> Outcome {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let folder = root.join("target").join(format!("package-{}", since_1970.as_millis()));
    let packages = LIBRARIES.iter().flat_map(|package| ["--package", package]);
    let args: Vec<&str> = ["package", "--quiet", "--allow-dirty"].into_iter().chain(packages).collect();
    let mut command = run::cargo(root, &args);
    command.arg("--target-dir").arg(&folder);
    let outcome = run::run(command);
    // What is left behind is only in the way.
    let _ = fs::remove_dir_all(&folder);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_lists_the_steps() {
        let text = run(&files::root(), &["dance".to_owned()]).unwrap_err().to_string();
        assert!(STEPS.iter().all(|step| text.contains(step.name)), "{text}");
    }

    #[test]
    fn the_oldest_compiler_is_the_one_of_the_manifest() {
        let manifest = files::read(&files::root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("rust-version = \"{OLDEST}\"")));
    }

    #[test]
    fn the_features_of_the_core_are_those_of_its_manifest() {
        let manifest = files::read(&files::root().join("crates/sonoff-core/Cargo.toml")).unwrap();
        let (_, rest) = manifest.split_once("[features]\n").unwrap();
        let (features, _) = rest.split_once("\n\n").unwrap();
        let names = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
        // All at once, and what works on a board alone.
        let own: Vec<&str> = names.filter(|name| !["default", "defmt"].contains(name)).collect();
        assert_eq!(own, CORE_FEATURES);
    }

    #[test]
    fn the_toolchain_file_names_the_bare_targets() {
        let toolchain = files::read(&files::root().join("rust-toolchain.toml")).unwrap();
        assert!(TARGETS.iter().all(|target| toolchain.contains(target)));
    }
}
