//! Repository jobs: `cargo xtask check` is all that a change must pass.

mod boards;
mod budgets;
mod check;
mod cost;
mod coverage;
mod deny;
mod deps;
mod docs;
mod elf;
mod files;
mod fuzz;
mod image;
mod options;
mod panics;
mod promises;
mod qemu;
mod rp2040js;
mod rules;
mod run;
mod size;
mod source;
mod stack;
mod tier;
mod torture;
mod twins;
mod uf2;

use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why a job did not succeed.
#[derive(Debug)]
enum Failure {
    /// Nobody knows this job or option.
    Usage(String),
    /// A file could not be read or written.
    File(PathBuf, io::Error),
    /// A program could not be started, or ended with an error.
    Step(String),
    /// What was looked for was found; it is printed already.
    Found(usize, &'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) => write!(out, "{what}"),
            Self::File(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Step(step) => write!(out, "failed: {step}"),
            Self::Found(count, what) => write!(out, "{count} {what}"),
        }
    }
}

/// What every job returns.
type Outcome = Result<(), Failure>;

/// A job, by the word that starts it.
struct Job {
    name: &'static str,
    args: &'static str,
    help: &'static str,
    run: fn(&Path, &[String]) -> Outcome,
}

const JOBS: &[Job] = &[
    Job {
        name: "check",
        args: "[--strict] [--tested] [STEP]...",
        help: "all that a change must pass; STEP: one or more of its steps",
        run: check::run,
    },
    Job {
        name: "budgets",
        args: "",
        help: "files and functions that have grown too long",
        run: budgets::run,
    },
    Job {
        name: "twins",
        args: "",
        help: "what stands in the programs of two boards and belongs into a crate",
        run: twins::run,
    },
    Job {
        name: "rules",
        args: "",
        help: "citations of docs/protocol: which do not exist, which no test makes",
        run: rules::run,
    },
    Job {
        name: "promises",
        args: "",
        help: "tests that SECURITY.md and docs/pains.md name: which do not exist",
        run: promises::run,
    },
    Job { name: "deps", args: "", help: "what the libraries may depend on", run: deps::run },
    Job {
        name: "docs",
        args: "[--check]",
        help: "writes crates/sonoff-core/COMMANDS.md, or says that it is stale",
        run: docs::run,
    },
    Job {
        name: "cost",
        args: "",
        help: "what one switch costs, in instructions (valgrind); 4000 are allowed",
        run: cost::run,
    },
    Job {
        name: "boards",
        args: "[--strict] [BOARD]...",
        help: "builds the programs for boards",
        run: boards::run,
    },
    Job {
        name: "size",
        args: "[BOARD]...",
        help: "what the programs for boards cost, in bytes, against their budgets",
        run: size::run,
    },
    Job {
        name: "panics",
        args: "",
        help: "that nothing in the device can panic: a program without a panic handler links",
        run: panics::run,
    },
    Job {
        name: "qemu",
        args: "[--strict] [KILLS]",
        help: "the image for QEMU, end to end, and so many power cuts (100)",
        run: qemu::run,
    },
    Job {
        name: "stack",
        args: "[--strict]",
        help: "how much stack the image for QEMU needs, against its budget",
        run: stack::run,
    },
    Job {
        name: "image",
        args: "[--strict]",
        help: "what an ESP32-C3 starts from its flash (esptool)",
        run: image::run,
    },
    Job {
        name: "uf2",
        args: "",
        help: "the file that makes a Pico W a Sonoff when it is dropped on it",
        run: uf2::run,
    },
    Job {
        name: "rp2040js",
        args: "[--strict]",
        help: "the image for the Pico W in an emulator of its chip",
        run: rp2040js::run,
    },
    Job {
        name: "deny",
        args: "[--strict] [CHECK]...",
        help: "licences, sources and advisories of what is built upon (cargo-deny)",
        run: deny::run,
    },
    Job {
        name: "coverage",
        args: "[--html | --lines]",
        help: "which lines of the libraries their tests run (cargo-llvm-cov)",
        run: coverage::run,
    },
    Job {
        name: "fuzz",
        args: "[SECONDS [TARGET]...]",
        help: "each fuzz target for that long (60); 0 plays what was found before",
        run: fuzz::run,
    },
    Job {
        name: "torture",
        args: "[--seeds N] [--seed S] [--hours H] | --planted",
        help: "devices under every fault, in virtual time: docs/torture.md",
        run: torture::run,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match start(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn start(args: &[String]) -> Outcome {
    let (name, rest) = args.split_first().ok_or_else(usage)?;
    let job = JOBS.iter().find(|job| job.name == name).ok_or_else(usage)?;
    (job.run)(&files::root(), rest)
}

fn usage() -> Failure {
    let lines = JOBS
        .iter()
        .map(|job| format!("\n  cargo xtask {:24} {}", format!("{} {}", job.name, job.args), job.help));
    Failure::Usage(format!("which job?{}", lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_job_lists_the_jobs() {
        let text = start(&["dance".to_owned()]).unwrap_err().to_string();
        assert!(JOBS.iter().all(|job| text.contains(job.name)), "{text}");
    }
}
