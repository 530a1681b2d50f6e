//! The image for the Pico W in rp2040js, an emulator of its chip: without a radio, in virtual time, edge by edge.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use sonoff_testkit::transcript;

use crate::qemu::program::Program;
use crate::{Failure, Outcome, files, run, uf2};

/// The emulator, as its registry knows it.
const PACKAGE: &str = "rp2040js@1.4.1";
/// What plays the world around the chip.
const WORLD: &str = "boards/rp2040-w/emulator.mjs";
const TRANSCRIPT: &str = "tests/transcript/console.txt";

/// Pins of the board.
const BUTTON: &str = "14";
const RELAY: &str = "15";
/// From an edge at the button to one at the relay, at most: the debounce time and some instructions.
const AT_ONCE_MS: f64 = 41.0;
/// From a reset to the level of the relay, at most.
const BOOT_MS: f64 = 10.0;
/// The watchdog's patience, and a little more.
const HANG_MS: f64 = 8_100.0;

/// The stack, by the memory map; the half is for what this emulator cannot show.
const STACK: u32 = 32 << 10;

/// A check by its name; it tells its figures. One goes on where the one before it ended.
type Check = (&'static str, fn(&mut Pico) -> Result<String, Failure>);

const CHECKS: &[Check] = &[
    ("boot", boot),
    ("console", console),
    ("button", button),
    ("settings", settings),
    ("power cut", power_cut),
    ("identity", identity),
    ("watchdog", watchdog),
    ("crash", crash),
    ("stack", stack),
];

/// Builds the image, runs it, and prints what it showed. Without node.js it is skipped, or with `--strict` a failure.
///
/// # Errors
/// [`Failure::Step`] for the first thing that is not as it should be.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let strict = args.iter().any(|arg| arg == "--strict");
    if !is_installed("node") || !is_installed("npm") {
        let install = "apt install nodejs npm";
        println!("skipped: {install}");
        return if strict { Err(Failure::Step(install.to_owned())) } else { Ok(()) };
    }
    let (packages, image) = (packages(root)?, uf2::make(root)?);
    let lines = Pico::start(root, &packages, &image)?.plays(&files::read(&root.join(TRANSCRIPT))?)?;
    tell(
        "transcript",
        &format!("{lines} lines at the console, byte for byte as the virtual Sonoff says them"),
    );
    let mut pico = Pico::start(root, &packages, &image)?;
    for (name, check) in CHECKS {
        tell(name, &check(&mut pico)?);
    }
    Ok(())
}

fn tell(name: &str, figures: &str) {
    println!("{name:12} {figures}");
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version");
    run::works(command)
}

/// Where the emulator is installed; once.
fn packages(root: &Path) -> Result<PathBuf, Failure> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let folder = target.join("npm");
    let version = PACKAGE.rsplit('@').next().unwrap_or_default();
    let known = files::read(&folder.join("node_modules/rp2040js/package.json")).unwrap_or_default();
    if !known.contains(&format!("\"version\": \"{version}\"")) {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
        npm.arg(&folder).arg(PACKAGE);
        run::run(npm)?;
    }
    Ok(folder)
}

/// A board in the emulator.
struct Pico {
    emulator: Program,
}

/// What happened to the chip, at the relay or at the button, and when, in milliseconds.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    ms: f64,
    what: String,
}

impl Event {
    /// `1234.567 pin 15 high`, `1234.567 reset timer`, `1234.567 pulled 14 low`, `1234.567 hangs`.
    fn of(line: &str) -> Option<Self> {
        let (ms, what) = line.split_once(' ')?;
        let words: Vec<&str> = what.split(' ').collect();
        let what = match words[..] {
            ["pin", RELAY, level] => level.to_owned(),
            ["pulled", BUTTON, level] => format!("pulled {level}"),
            ["reset", why] => format!("reset {why}"),
            ["hangs"] => "hangs".to_owned(),
            _ => return None,
        };
        Some(Self { ms: ms.parse().ok()?, what })
    }
}

impl Pico {
    fn start(root: &Path, packages: &Path, image: &Path) -> Result<Self, Failure> {
        let mut node = Command::new("node");
        node.arg(root.join(WORLD)).arg(packages).arg(image);
        Ok(Self { emulator: Program::start(&mut node)? })
    }

    fn says(&mut self, line: &str) -> Outcome {
        self.emulator.types(line)
    }

    /// Lets time pass; tells all that happened.
    fn runs(&mut self, ms: u32) -> Result<Vec<String>, Failure> {
        self.says(&format!("run {ms}"))?;
        let lines = self.emulator.lines.up_to(&format!("ran {ms}"))?;
        match lines.iter().find(|line| is_bad(line)) {
            Some(bad) => Err(Failure::Step(bad.clone())),
            None => Ok(lines),
        }
    }

    /// Types a line and gives the device time to do it.
    fn types(&mut self, line: &str, ms: u32) -> Result<Vec<String>, Failure> {
        self.says(&format!("type {line}"))?;
        self.runs(ms)
    }

    /// Types a line; what follows must have this in it.
    fn asks(&mut self, line: &str, answer: &str) -> Outcome {
        let lines = self.types(line, 50)?;
        let answered = lines.iter().any(|line| line.contains(answer));
        if answered { Ok(()) } else { Err(unlike(answer, &lines)) }
    }

    fn plays(&mut self, text: &str) -> Result<usize, Failure> {
        self.runs(500)?;
        let pico = RefCell::new(self);
        let waiting = RefCell::new(VecDeque::new());
        let type_line = |line: &str| drop(pico.borrow_mut().says(&format!("type {line}")));
        // An emulator that is gone says nothing, which is a difference.
        let next = || {
            for _ in 0..100 {
                if let Some(line) = waiting.borrow_mut().pop_front() {
                    return Some(line);
                }
                let lines = pico.borrow_mut().runs(100).ok()?;
                let said = lines.iter().filter_map(|line| line.strip_prefix("console "));
                waiting.borrow_mut().extend(said.map(str::to_owned));
            }
            None
        };
        let played = transcript::play(&transcript::read(text), type_line, next);
        played.map_err(|difference| Failure::Step(difference.to_string()))
    }
}

/// The program, the emulator or what is around it has failed.
fn is_bad(line: &str) -> bool {
    let own = line.strip_prefix("console ");
    own.map_or(["emulator: ", "breakpoint", "Error"].iter().any(|bad| line.contains(bad)), |said| {
        said.contains("PANIC")
    })
}

fn unlike(wanted: &str, lines: &[String]) -> Failure {
    Failure::Step(format!("{wanted:?} did not come, but:\n    {}", lines.join("\n    ")))
}

fn events(lines: &[String]) -> Vec<Event> {
    lines.iter().filter_map(|line| Event::of(line)).collect()
}

/// Exactly these things happened; the milliseconds between each and the next.
fn follows(lines: &[String], wanted: &[&str]) -> Result<Vec<f64>, Failure> {
    let events = events(lines);
    if !events.iter().map(|event| event.what.as_str()).eq(wanted.iter().copied()) {
        return Err(unlike(&wanted.join(", "), lines));
    }
    Ok(events.iter().zip(events.iter().skip(1)).map(|(one, next)| next.ms - one.ms).collect())
}

/// The chip started anew, and the first thing the relay's pin did then was to take this level; after how long.
fn begins(lines: &[String], before: &[&str], reset: &str, level: &str) -> Result<f64, Failure> {
    let times = follows(lines, &[before, &[reset, level]].concat())?;
    let ms = times.last().copied().unwrap_or(f64::MAX);
    if ms <= BOOT_MS { Ok(ms) } else { Err(unlike(&format!("{level} within {BOOT_MS} ms"), lines)) }
}

fn boot(pico: &mut Pico) -> Result<String, Failure> {
    let lines = pico.runs(100)?;
    let ms = begins(&lines, &[], "reset power", "low")?;
    Ok(format!("no edge at the relay; its level {ms:.3} ms after the reset, without a radio"))
}

fn console(pico: &mut Pico) -> Result<String, Failure> {
    const ROUNDS: usize = 10;
    for (word, level) in [("ON", "high"), ("OFF", "low")].into_iter().cycle().take(ROUNDS) {
        let lines = pico.types(&format!("Power {}", u8::from(word == "ON")), 50)?;
        follows(&lines, &[level])?;
        let answers = [
            "CMD: Power ".to_owned(),
            format!(r#"RSL: RESULT = {{"POWER":"{word}"}}"#),
            format!("RSL: POWER = {word}"),
        ];
        if let Some(missing) = answers.iter().find(|answer| !lines.iter().any(|line| line.contains(*answer)))
        {
            return Err(unlike(missing, &lines));
        }
    }
    Ok(format!("{ROUNDS} times Power typed, seen at the relay and answered"))
}

fn button(pico: &mut Pico) -> Result<String, Failure> {
    const ROUNDS: usize = 20;
    let mut longest: f64 = 0.0;
    for level in ["high", "low"].into_iter().cycle().take(ROUNDS) {
        pico.says(&format!("pin {BUTTON} low"))?;
        let lines = pico.runs(60)?;
        longest = follows(&lines, &["pulled low", level])?.into_iter().fold(longest, f64::max);
        pico.says(&format!("pin {BUTTON} high"))?;
        follows(&pico.runs(541)?, &["pulled high"])?;
    }
    let figures = format!("{ROUNDS} presses; the relay follows after {longest:.3} ms at most");
    if longest <= AT_ONCE_MS { Ok(figures) } else { Err(Failure::Step(figures)) }
}

fn settings(pico: &mut Pico) -> Result<String, Failure> {
    pico.asks("FriendlyName Garden", r#""FriendlyName1":"Garden""#)?;
    follows(&pico.types("Power 1", 2000)?, &["high"])?;
    let ms = begins(&pico.types("Restart 1", 5000)?, &["input"], "reset forced", "high")?;
    pico.asks("FriendlyName", r#""FriendlyName1":"Garden""#)?;
    pico.asks("Status 1", r#""RestartReason":"Software/System restart""#)?;
    Ok(format!(
        "kept over Restart 1; the relay lets go at the reset and is on again {ms:.3} ms later, without an edge"
    ))
}

/// The power fails in the middle of what is done to the flash, one byte later each time.
fn power_cut(pico: &mut Pico) -> Result<String, Failure> {
    const ROUNDS: u32 = 100;
    let (mut period, mut fresh) = (300, 0);
    for round in 0..ROUNDS {
        let next = 400 + round;
        pico.asks(&format!("TelePeriod {next}"), r#"RSL: RESULT = {"TelePeriod""#)?;
        pico.says(&format!("cut {}", 1 + round * 17 % 850))?;
        let mut lines = pico.runs(2000)?;
        if events(&lines).is_empty() {
            pico.says("cut")?;
            lines = pico.runs(100)?;
        }
        begins(&lines, &["input"], "reset power", "high")?;
        let lines = pico.types("TelePeriod", 50)?;
        let is =
            |period: u32| lines.iter().any(|line| line.contains(&format!("{{\"TelePeriod\":{period}}}")));
        match (is(period), is(next)) {
            (false, true) => (period, fresh) = (next, fresh + 1),
            (true, false) => {}
            _ => return Err(unlike(&format!("TelePeriod {period} or {next}"), &lines)),
        }
    }
    pico.asks("Status 1", r#""RestartReason":"Power On""#)?;
    Ok(format!("{ROUNDS} while settings are saved: {fresh} new ones, {} old ones, 0 lost", ROUNDS - fresh))
}

/// The address of a radio that has run once, as it then lies in the flash.
fn identity(pico: &mut Pico) -> Result<String, Failure> {
    const REMEMBERED: &str = "flash 1f0000 28cdc1123456d7323eedcba9";
    pico.asks("Status 5", r#""Mac":"02:08:43:12:34:56""#)?;
    pico.says(REMEMBERED)?;
    pico.says("cut")?;
    pico.runs(100)?;
    pico.asks("Status 5", r#""Mac":"28:CD:C1:12:34:56""#)?;
    Ok("from the flash chip; from the second start on the radio's own address".to_owned())
}

fn watchdog(pico: &mut Pico) -> Result<String, Failure> {
    pico.says("hang")?;
    let lines = pico.runs(9000)?;
    begins(&lines, &["hangs", "input"], "reset timer", "high")?;
    let ms =
        follows(&lines, &["hangs", "input", "reset timer", "high"])?.first().copied().unwrap_or(f64::MAX);
    pico.asks("Status 1", r#""RestartReason":"Hardware Watchdog""#)?;
    let figures = format!("a program that hangs is started anew after {ms:.0} ms, the relay is on again");
    if ms <= HANG_MS { Ok(figures) } else { Err(Failure::Step(figures)) }
}

fn crash(pico: &mut Pico) -> Result<String, Failure> {
    pico.says("fault")?;
    let lines = pico.runs(1000)?;
    let ms = begins(&lines, &["input"], "reset forced", "high")?;
    if !lines.iter().any(|line| line.starts_with("console FAULT at 0x1")) {
        return Err(unlike("FAULT", &lines));
    }
    pico.asks("Status 1", r#""RestartReason":"Exception""#)?;
    Ok(format!("a fault is told and starts the program anew; the relay is on again {ms:.3} ms later"))
}

fn stack(pico: &mut Pico) -> Result<String, Failure> {
    pico.says("stack")?;
    let line = pico.emulator.lines.hears("stack ")?;
    let deepest: u32 = line.rsplit(' ').next().and_then(|bytes| bytes.parse().ok()).unwrap_or(u32::MAX);
    let figures = format!("{deepest} of {STACK} bytes at most");
    if deepest <= STACK / 2 { Ok(figures) } else { Err(Failure::Step(figures)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_level_after_a_reset_is_no_edge() {
        let trace = lines(
            "1.0 pin 15 input\n1.0 reset forced\nconsole 2.0 pin 15 low\n1.5 pin 2 high\n3.5 pin 15 high",
        );
        assert_eq!(begins(&trace, &["input"], "reset forced", "high").unwrap(), 2.5);
    }

    #[test]
    fn an_edge_around_a_reset_is_found() {
        for trace in [
            "1.0 reset power\n3.5 pin 15 low\n3.6 pin 15 high",
            "1.0 reset power",
            "1.0 reset power\n99 pin 15 high",
        ] {
            assert!(begins(&lines(trace), &[], "reset power", "high").is_err(), "{trace}");
        }
    }
}
