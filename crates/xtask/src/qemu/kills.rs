//! Power cuts while records are saved, at random moments.
//!
//! QEMU is killed; its flash is a file, to which every word goes at once, so the file is the flash at that moment. What
//! this shows: the image, its store and its flash driver recover whatever words were written by then. What it does
//! not show: bits that were half programmed or half erased (the store's own tests do), and a host that loses power.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Lab;
use super::lines::PATIENCE;
use super::machine::{Flash, Machine};
use super::relay::begins_without_an_edge;
use crate::{Failure, Outcome};

/// From the first word that is written to the kill, at most: erasing and programming both records takes less.
const WINDOW_MS: u64 = 130;
/// Where the relay's state begins in the flash; the settings lie before it.
const STATE_AT: usize = 4 * 4096;
/// How often the device is asked how many records it has saved.
const ASK: Duration = Duration::from_millis(10);

/// What the records hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Records {
    period: u16,
    on: bool,
}

/// What is known when the power is back.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    old: Records,
    new: Records,
    /// Records that the device had told to be saved: none, the settings, both.
    told: u32,
}

/// What the flash was at when the power went.
#[derive(Debug, Clone, Copy)]
enum Phase {
    ErasingSettings,
    ProgrammingSettings,
    ErasingState,
    ProgrammingState,
    /// Both were told to be saved.
    Done,
}

/// How the kills went.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    phases: [u32; 5],
    new_periods: u32,
    new_states: u32,
}

impl Tally {
    fn with(self, other: Self) -> Self {
        Self {
            phases: std::array::from_fn(|at| {
                self.phases.get(at).unwrap_or(&0) + other.phases.get(at).unwrap_or(&0)
            }),
            new_periods: self.new_periods + other.new_periods,
            new_states: self.new_states + other.new_states,
        }
    }
}

/// Kills so often; two machines share the work.
///
/// # Errors
/// [`Failure::Step`] at the first record that is lost or spoilt.
pub fn run(lab: &Lab, kills: u32) -> Result<String, Failure> {
    let halves = [(0, kills / 2), (1, kills - kills / 2)];
    let tallies = thread::scope(|scope| {
        let series = halves.map(|(number, kills)| scope.spawn(move || series(lab, number, kills)));
        series.map(|series| series.join().unwrap_or_else(|_| Err(Failure::Step("panicked".to_owned()))))
    });
    let [first, second] = tallies;
    let Tally { phases: [erase, program, erase_state, program_state, done], new_periods, new_states } =
        first?.with(second?);
    Ok(format!(
        "{kills} power cuts while records were saved: 0 lost, 0 corrupt\n{:12} settings' page being erased {erase}, \
         programmed {program}; relay's page being erased {erase_state}, programmed {program_state}; behind both \
         {done}\n{:12} found new afterwards: {new_periods} settings, {new_states} relay states",
        "", "",
    ))
}

fn series(lab: &Lab, number: u32, kills: u32) -> Result<Tally, Failure> {
    let flash = Flash::new(lab.folder.join(format!("kills-{number}.flash.bin")))?;
    let mut chance = Chance::new(number);
    let mut tally = Tally::default();
    let factory = Records { period: 300, on: false };
    let mut doubt = Doubt { old: factory, new: factory, told: 0 };
    for round in 0..=kills {
        let mut machine = Machine::start(&lab.image, &flash, false)?;
        let found = found(&mut machine)?;
        judge(found, doubt, &mut tally)?;
        if round == kills {
            break;
        }
        let period = 10 + u16::try_from(round % 3000).unwrap_or(0);
        doubt = Doubt { old: found, new: Records { period, on: !found.on }, told: 0 };
        let before = flash.content()?;
        change(&mut machine, doubt.new)?;
        doubt.told = kill(&mut machine, &flash, &before, chance.below(WINDOW_MS))?;
        let phase = phase(&before, &flash.content()?, doubt.told);
        tally.phases.get_mut(phase as usize).into_iter().for_each(|count| *count += 1);
    }
    Ok(tally)
}

/// What the device has after a start; its relay makes no edge on the way.
fn found(machine: &mut Machine) -> Result<Records, Failure> {
    // What is typed earlier is lost: the port is not set up.
    let mut trace = machine.trace.up_to("12 output")?;
    machine.types("teleperiod")?;
    let period = machine.console().finds("TelePeriod or a failure", |line| {
        if line.contains("PANIC") || line.contains("cannot be read") {
            return Some(Err(Failure::Step(line.to_owned())));
        }
        number_behind(line, r#"{"TelePeriod":"#).map(Ok)
    })??;
    trace.extend(machine.trace.so_far());
    let on = begins_without_an_edge(&trace)?;
    Ok(Records { period: u16::try_from(period).unwrap_or(0), on })
}

/// Old or new, and new where the device had told that it is saved.
fn judge(found: Records, doubt: Doubt, tally: &mut Tally) -> Outcome {
    let Doubt { old, new, told } = doubt;
    let period = found.period == new.period || (found.period == old.period && told < 1);
    let state = found.on == new.on || (found.on == old.on && told < 2);
    if !period || !state {
        return Err(Failure::Step(format!("found {found:?} after {doubt:?}")));
    }
    if old != new {
        tally.new_periods += u32::from(found.period == new.period);
        tally.new_states += u32::from(found.on == new.on);
    }
    Ok(())
}

/// Changes both records; the device saves them a second later.
fn change(machine: &mut Machine, new: Records) -> Outcome {
    let word = if new.on { "on" } else { "off" };
    machine.types(&format!("backlog0 teleperiod {}; power {word}", new.period))
}

/// Cuts the power so many milliseconds after the first word is written; how many records were told to be saved.
fn kill(machine: &mut Machine, flash: &Flash, before: &[u8], delay_ms: u64) -> Result<u32, Failure> {
    let until = Instant::now() + PATIENCE;
    while flash.content()? == before {
        if Instant::now() > until {
            return Err(Failure::Step("nothing is saved".to_owned()));
        }
    }
    let kill_at = Instant::now() + Duration::from_millis(delay_ms);
    while Instant::now() < kill_at {
        machine.types("status 1")?;
        thread::sleep(ASK.min(kill_at.saturating_duration_since(Instant::now())));
    }
    machine.cut();
    let said = machine.console().rest();
    Ok(said.iter().filter_map(|line| number_behind(line, r#""SaveCount":"#)).max().unwrap_or(0).min(2))
}

/// What the flash was at, by what it was before and is now.
fn phase(before: &[u8], now: &[u8], told: u32) -> Phase {
    let changes = |range: std::ops::Range<usize>| {
        let pairs = before.iter().zip(now).skip(range.start).take(range.len());
        pairs.filter(|(old, new)| old != new).map(|(_, new)| *new).collect::<Vec<u8>>()
    };
    let (settings, state) = (changes(0..STATE_AT), changes(STATE_AT..now.len()));
    let is_erased = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0xFF);
    match (settings, state) {
        _ if told == 2 => Phase::Done,
        (settings, state) if state.is_empty() && is_erased(&settings) => Phase::ErasingSettings,
        (_, state) if state.is_empty() => Phase::ProgrammingSettings,
        (_, state) if is_erased(&state) => Phase::ErasingState,
        _ => Phase::ProgrammingState,
    }
}

/// The number that stands behind these words.
fn number_behind(line: &str, words: &str) -> Option<u32> {
    let (_, rest) = line.split_once(words)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

/// Random numbers, begun with the time.
struct Chance(u64);

impl Chance {
    fn new(number: u32) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(now.as_secs() << 32 | u64::from(now.subsec_nanos()) << 1 | u64::from(number) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Records = Records { period: 300, on: false };
    const NEW: Records = Records { period: 10, on: true };

    fn judged(found: Records, told: u32) -> bool {
        judge(found, Doubt { old: OLD, new: NEW, told }, &mut Tally::default()).is_ok()
    }

    #[test]
    fn old_and_new_are_right_and_what_was_told_is_not_lost() {
        assert!(judged(OLD, 0) && judged(NEW, 0) && judged(NEW, 2));
        assert!(judged(Records { on: false, ..NEW }, 1));
        assert!(!judged(OLD, 1), "the settings were told to be saved");
        assert!(!judged(Records { on: false, ..NEW }, 2), "the state was told to be saved");
        assert!(!judged(Records { period: 11, ..NEW }, 0), "neither old nor new");
    }

    #[test]
    fn numbers_are_read_from_answers() {
        assert_eq!(number_behind(r#"RSL: RESULT = {"TelePeriod":300}"#, r#"{"TelePeriod":"#), Some(300));
        assert_eq!(number_behind("none", "SaveCount"), None);
    }
}
