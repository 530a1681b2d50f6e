//! The seeds of the fuzz targets, played once each: the first inputs, and all that was ever found (`fuzz/seeds`). Longer runs
//! are `cargo xtask fuzz`.

#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code, missing_docs, reason = "it belongs to another workspace")]
mod fuzz;

use std::fs;
use std::path::{Path, PathBuf};

/// Plays every seed of a target, and parts of it.
fn plays(target: &str, least: usize, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(seeds.len() >= least, "only {} seeds", seeds.len());
    for seed in seeds {
        println!("{}", seed.display());
        let input = fs::read(seed).unwrap();
        for end in [input.len() / 2, input.len().saturating_sub(1), input.len()] {
            run(&input[..end]);
        }
    }
}

#[test]
fn frames() {
    plays("frame", 28, fuzz::frame::run);
}

// W-4 to W-9
#[test]
fn requests() {
    plays("http", 18, fuzz::http::run);
}

#[test]
fn lines() {
    plays("line", 6, fuzz::line::run);
}

#[test]
fn messages() {
    plays("message", 7, fuzz::message::run);
}

#[test]
fn scenarios() {
    plays("scenario", 8, fuzz::scenario::run);
}

#[test]
fn settings() {
    plays("settings", 6, fuzz::settings::run);
}

#[test]
fn templates() {
    plays("template", 14, fuzz::template::run);
}
