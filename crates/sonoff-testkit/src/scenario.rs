//! Scenarios: how a device behaves, as data that anyone can read and extend.

use std::fmt;

use serde::Deserialize;
use sonoff_core::settings::Number;
use sonoff_core::{Input, Profile, io};

use crate::bench::{Bench, network};

/// The longest that is waited before the first step, so that the start of the session is over; milliseconds.
const SETTLED_MS: u64 = 10_000;

/// A file of cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

/// One case: a device, what is done to it, and what it must do. What is not named is not looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence.
    pub name: String,
    #[serde(default = "one")]
    relays: u8,
    buttons: Option<u8>,
    #[serde(default)]
    switches: u8,
    /// Levels of the switches before the start; high where nothing is said.
    #[serde(default)]
    levels: Vec<u8>,
    /// Commands before the first step.
    #[serde(default)]
    set: Vec<String>,
    /// Its messages to Home Assistant count, too.
    #[serde(default)]
    discovery: bool,
    steps: Vec<Step>,
    sends: Option<Vec<String>>,
    /// Among all that was sent, in any order and without times.
    #[serde(default)]
    among: Vec<String>,
    /// Texts that nothing that was sent contains.
    #[serde(default)]
    never: Vec<String>,
    drives: Option<Vec<String>>,
    lights: Option<Vec<String>>,
    /// What the relays are at the end.
    ends: Option<Vec<Level>>,
    /// How often it has asked for a restart.
    restarts: Option<usize>,
}

const fn one() -> u8 {
    1
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    On,
    Off,
}

impl Level {
    const fn of(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

/// One step, as it is written: one of its words, and what belongs to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    wait: Option<u64>,
    press: Option<u8>,
    ms: Option<u64>,
    down: Option<u8>,
    up: Option<u8>,
    switch: Option<u8>,
    level: Option<u8>,
    command: Option<String>,
    message: Option<String>,
    payload: Option<String>,
    #[serde(default)]
    retained: bool,
    broker: Option<Link>,
    network: Option<Link>,
    power: Option<Power>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Link {
    Lost,
    Back,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Power {
    Cut,
    Reset,
}

/// Why a scenario cannot be read, or what it did not show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file is no scenario; the text says where and why.
    File(String),
    /// A step, counted from 1, is none.
    Step(usize),
    /// What happened is not what was expected.
    Differs {
        /// Which list: `sends`, `among`, `never`, `drives`, `lights`, `ends` or `restarts`.
        what: &'static str,
        /// As it is written.
        expected: Vec<String>,
        /// As it was.
        happened: Vec<String>,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(why) => write!(f, "{why}"),
            Self::Step(number) => {
                write!(f, "step {number} must have exactly one of the words that README.md lists")
            }
            Self::Differs { what, expected, happened } => {
                writeln!(f, "{what}: expected")?;
                expected.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
                writeln!(f, "  but it was")?;
                happened.iter().try_for_each(|line| writeln!(f, "    {line}"))
            }
        }
    }
}

impl std::error::Error for ScenarioError {}

/// Reads the cases of a file.
///
/// # Errors
/// [`ScenarioError::File`].
pub fn read(text: &str) -> Result<Vec<Case>, ScenarioError> {
    toml::from_str::<File>(text)
        .map(|file| file.cases)
        .map_err(|error| ScenarioError::File(error.to_string()))
}

/// All that a device did, with times since the first step or the last start.
#[derive(Debug, Default)]
struct Happened {
    sends: Vec<String>,
    drives: Vec<String>,
    lights: Vec<String>,
    restarts: usize,
    start: u64,
}

impl Happened {
    fn collect(&mut self, bench: &mut Bench) {
        let start = self.start;
        self.sends.extend(bench.sent_at().into_iter().map(|(ms, line)| format!("{} {line}", ms - start)));
        let moved = |what: &str, (ms, number, on): (u64, u8, bool)| {
            format!("{} {what} {number} {}", ms - start, if on { "on" } else { "off" })
        };
        self.drives.extend(bench.driven().into_iter().map(|change| moved("relay", change)));
        self.lights.extend(bench.lit().into_iter().map(|change| moved("led", change)));
        self.restarts += bench.restarted().len();
    }

    /// All that was sent, without times.
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.sends.iter().map(|line| line.split_once(' ').map_or("", |(_, line)| line))
    }
}

impl Case {
    /// Plays the case.
    ///
    /// # Errors
    /// [`ScenarioError::Step`], [`ScenarioError::Differs`].
    pub fn run(&self) -> Result<(), ScenarioError> {
        let mut bench = self.bench();
        let mut happened = Happened { start: bench.now_ms(), ..Happened::default() };
        for (number, step) in (1..).zip(&self.steps) {
            step.run(&mut bench, &mut happened).ok_or(ScenarioError::Step(number))?;
        }
        happened.collect(&mut bench);
        same("drives", self.drives.as_ref(), &happened.drives)?;
        same("sends", self.sends.as_ref(), &happened.sends)?;
        same("lights", self.lights.as_ref(), &happened.lights)?;
        self.judge_lines(&happened)?;
        let restarts = |count: usize| vec![count.to_string()];
        same("restarts", self.restarts.map(restarts).as_ref(), &restarts(happened.restarts))?;
        let power = bench.device().power();
        let ends = (1..=power.count()).map(|relay| Level::of(power.is_on(relay)).to_string());
        let expected = self.ends.as_ref().map(|levels| levels.iter().map(Level::to_string).collect());
        same("ends", expected.as_ref(), &ends.collect())
    }

    fn judge_lines(&self, happened: &Happened) -> Result<(), ScenarioError> {
        let differs = |what, expected: Vec<String>| {
            let happened = happened.lines().map(str::to_owned).collect();
            if expected.is_empty() {
                Ok(())
            } else {
                Err(ScenarioError::Differs { what, expected, happened })
            }
        };
        let missing = |line: &&String| !happened.lines().any(|sent| sent == line.as_str());
        differs("among", self.among.iter().filter(missing).cloned().collect())?;
        let there = |text: &&String| happened.lines().any(|sent| sent.contains(text.as_str()));
        differs("never", self.never.iter().filter(there).cloned().collect())
    }

    /// The device before the first step: online, with all that was set, and everything forgotten that it has said.
    fn bench(&self) -> Bench {
        let profile = Profile::with_relays(self.relays).with_switches(self.switches);
        let profile = profile.with_buttons(self.buttons.unwrap_or(self.relays));
        let mut bench = Bench::of(profile, |settings| _ = settings.set_number(Number::GROUP_STATE, 0));
        if self.discovery {
            bench = bench.discovery();
        }
        bench.connect();
        for (number, level) in (1..).zip(&self.levels) {
            bench.switch(number, *level == 1).wait_ms(SETTLED_MS);
        }
        for line in &self.set {
            bench.line(line);
        }
        bench.wait_ms(SETTLED_MS).sent();
        bench.driven();
        bench.lit();
        bench.restarted();
        bench
    }
}

fn same(
    what: &'static str,
    expected: Option<&Vec<String>>,
    happened: &Vec<String>,
) -> Result<(), ScenarioError> {
    match expected {
        Some(expected) if expected != happened => {
            Err(ScenarioError::Differs { what, expected: expected.clone(), happened: happened.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

impl Step {
    /// How many of its words say what to do.
    fn words(&self) -> usize {
        let numbers = [self.press, self.down, self.up, self.switch];
        let texts = [&self.command, &self.message];
        numbers.iter().flatten().count()
            + texts.into_iter().flatten().count()
            + [self.broker, self.network].iter().flatten().count()
            + usize::from(self.wait.is_some())
            + usize::from(self.power.is_some())
    }

    /// Does it; `None` when it is no step.
    fn run(&self, bench: &mut Bench, happened: &mut Happened) -> Option<()> {
        if self.words() != 1 {
            return None;
        }
        if let Some(button) = self.press {
            bench.button(button, true).wait_ms(self.ms?).button(button, false);
        }
        if let Some((button, down)) = self.down.zip(Some(true)).or(self.up.zip(Some(false))) {
            bench.button(button, down);
        }
        if let Some(switch) = self.switch {
            bench.switch(switch, self.level? == 1);
        }
        if let Some(line) = &self.command {
            bench.line(line);
        }
        if let Some(topic) = &self.message {
            bench.message(topic, self.payload.as_deref().unwrap_or("").as_bytes(), self.retained);
        }
        self.run_world(bench, happened);
        Some(())
    }

    fn run_world(&self, bench: &mut Bench, happened: &mut Happened) {
        if let Some(ms) = self.wait {
            bench.wait_ms(ms);
        }
        match self.broker {
            Some(Link::Lost) => _ = bench.lose(-3),
            Some(Link::Back) => _ = bench.connect(),
            None => {}
        }
        match self.network {
            Some(Link::Lost) => _ = bench.input(Input::Link(io::Link::Down)),
            Some(Link::Back) => _ = bench.input(Input::Link(io::Link::Up(&network()))),
            None => {}
        }
        if let Some(power) = self.power {
            happened.collect(bench);
            happened.start = 0;
            bench.reboot(matches!(power, Power::Cut));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(text: &str) -> Result<(), ScenarioError> {
        read(text).and_then(|cases| cases.iter().try_for_each(Case::run))
    }

    const HEAD: &str = "[[case]]\nname = 'a press'\nsteps = [ { press = 1, ms = 60 } ]\n";

    #[test]
    fn a_case_passes_or_says_what_was_different() {
        assert_eq!(result(&format!("{HEAD}drives = [ '40 relay 1 on' ]\nends = [ 'on' ]")), Ok(()));
        let error = result(&format!("{HEAD}drives = [ '41 relay 1 on' ]")).unwrap_err();
        assert!(error.to_string().contains("41 relay 1 on\n  but it was\n    40 relay 1 on"), "{error}");
        assert!(result(&format!("{HEAD}ends = [ 'off' ]")).is_err());
        assert!(result(&format!("{HEAD}sends = []")).is_err());
    }

    #[test]
    fn what_must_be_among_the_lines_and_what_must_never_be() {
        assert_eq!(result(&format!("{HEAD}among = [ 'stat/sonoff/POWER = ON' ]\nnever = [ 'OFF' ]")), Ok(()));
        assert!(result(&format!("{HEAD}among = [ 'stat/sonoff/POWER' ]")).is_err());
        assert!(result(&format!("{HEAD}never = [ 'POWER = ON' ]")).is_err());
    }

    #[test]
    fn restarts_are_counted() {
        const RESTART: &str =
            "[[case]]\nname = 'x'\nsteps = [ { command = 'Restart 1' }, { wait = 4000 } ]\n";
        assert_eq!(result(&format!("{RESTART}restarts = 1")), Ok(()));
        assert!(result(&format!("{RESTART}restarts = 0")).is_err());
    }

    #[test]
    fn what_is_no_step_is_told() {
        for step in ["{ ms = 60 }", "{ press = 1 }", "{ press = 1, ms = 60, wait = 1 }", "{ switch = 1 }"] {
            let text = format!("[[case]]\nname = 'x'\nsteps = [ {{ wait = 1 }}, {step} ]");
            assert_eq!(result(&text), Err(ScenarioError::Step(2)), "{step}");
        }
        let error = result("[[case]]\nname = 'x'\nsteps = [ { pres = 1 } ]").unwrap_err();
        assert!(error.to_string().contains("unknown field `pres`"), "{error}");
    }
}
