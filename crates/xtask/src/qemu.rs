//! The image for QEMU, end to end: a real network stack, a real broker, real power cuts.

mod broker;
pub mod home;
mod kills;
pub mod lines;
mod machine;
mod pages;
mod papers;
pub mod program;
mod relay;
mod secure;
mod time;
mod web;

use std::path::{Path, PathBuf};
use std::{fs, process};

use sonoff_testkit::transcript;

use crate::{Failure, Outcome, boards, files};
use home::Home;
use lines::PATIENCE;
use machine::{Flash, Machine};

/// The board that is run.
pub const BOARD: &str = "qemu-riscv32";
/// Power cuts, unless told.
const KILLS: u32 = 100;
const TRANSCRIPT: &str = "tests/transcript/console.txt";

/// What all checks use.
pub struct Lab {
    /// The program.
    image: PathBuf,
    /// Where files may lie; gone afterwards.
    folder: PathBuf,
}

impl Lab {
    /// For this image.
    ///
    /// # Errors
    /// [`Failure::File`] when there is no room for files.
    pub fn new(root: &Path, image: PathBuf) -> Result<Self, Failure> {
        let folder = root.join("target").join(format!("qemu-{}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| Failure::File(folder.clone(), error))?;
        Ok(Self { image, folder })
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // What is left behind is only in the way.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Builds the image, runs it, and prints what it showed. Without QEMU or mosquitto it is skipped, or with `--strict`
/// a failure.
///
/// # Errors
/// [`Failure::Step`] for the first thing that is not as it should be.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let kills = kills_wanted(args)?;
    if !can_run(args.iter().any(|arg| arg == "--strict"))? {
        return Ok(());
    }
    let lab = Lab::new(root, image(root)?)?;
    tell("transcript", &play(root, &lab)?);
    let mut home = Home::start(&lab)?;
    for (name, check) in home::CHECKS {
        tell(name, &check(&mut home)?);
    }
    drop(home);
    tell("kills", &kills::run(&lab, kills)?);
    // Last, since its image takes the place of the other one.
    tell("tls", &secure::run(root, &lab)?);
    Ok(())
}

/// Whether everything that is needed is installed; says so if not.
///
/// # Errors
/// [`Failure::Step`] if it must be and is not.
pub fn can_run(strict: bool) -> Result<bool, Failure> {
    if machine::is_installed() && broker::is_installed() && papers::is_installed() {
        return Ok(true);
    }
    let install = "apt install qemu-system-misc mosquitto mosquitto-clients openssl";
    println!("skipped: {install}");
    if strict { Err(Failure::Step(install.to_owned())) } else { Ok(false) }
}

/// Whether the one option that there is was given.
///
/// # Errors
/// [`Failure::Usage`] for anything else.
pub fn is_strict(args: &[String]) -> Result<bool, Failure> {
    match args {
        [] => Ok(false),
        [strict] if strict == "--strict" => Ok(true),
        other => Err(Failure::Usage(format!("{other:?}? There is --strict"))),
    }
}

fn tell(name: &str, figures: &str) {
    println!("{name:12} {figures}");
}

fn kills_wanted(args: &[String]) -> Result<u32, Failure> {
    let rest: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--strict").collect();
    match rest[..] {
        [] => Ok(KILLS),
        [number] => number.parse().map_err(|_| Failure::Usage(format!("{number} is no number of kills"))),
        _ => Err(Failure::Usage("one number of kills".to_owned())),
    }
}

/// Builds the image.
///
/// # Errors
/// [`Failure::Step`] when it does not build.
pub fn image(root: &Path) -> Result<PathBuf, Failure> {
    let boards = boards::named(root, &[BOARD])?;
    let board = boards.first().ok_or_else(|| Failure::Step(format!("no board {BOARD}")))?;
    board.build(root)
}

/// Plays the transcript that the virtual Sonoff plays, too.
fn play(root: &Path, lab: &Lab) -> Result<String, Failure> {
    let exchanges = transcript::read(&files::read(&root.join(TRANSCRIPT))?);
    let flash = Flash::new(lab.folder.join("transcript.flash.bin"))?;
    let mut machine = Machine::start(&lab.image, &flash, false)?;
    machine.trace.hears("12 output low")?;
    let machine = std::cell::RefCell::new(machine);
    // A machine that is gone says nothing, which is a difference.
    let type_line = |line: &str| drop(machine.borrow_mut().types(line));
    let lines = transcript::play(&exchanges, type_line, || machine.borrow_mut().console().next(PATIENCE));
    let lines = lines.map_err(|difference| Failure::Step(difference.to_string()))?;
    Ok(format!("{lines} lines at the console, byte for byte as the virtual Sonoff says them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_kills_unless_told() {
        assert_eq!(kills_wanted(&[]).unwrap(), 100);
        assert_eq!(kills_wanted(&["--strict".to_owned(), "7".to_owned()]).unwrap(), 7);
        assert!(kills_wanted(&["many".to_owned()]).is_err());
    }
}
