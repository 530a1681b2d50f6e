//! Devices under every fault, in virtual time, on all cores: what `cargo xtask torture` runs.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use sonoff_testkit::torture::Case;
use sonoff_testkit::torture::planted::Plant;
use sonoff_testkit::torture::watch::{Broken, Tally, clock};

const USAGE: &str =
    "[--seeds N] [--seed FIRST] [--hours H] [--keep PLACE,...] [--loud] [--brief] | --planted";
const YEAR_MS: f64 = 365.25 * 86_400_000.0;

/// What is asked for.
#[derive(Debug, Clone)]
struct Options {
    seeds: u64,
    first: u64,
    hours: u64,
    keep: Option<Vec<usize>>,
    loud: bool,
    /// Says no more than what broke: nothing is shrunk.
    brief: bool,
    /// Looks for deliberate faults instead.
    planted: bool,
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options =
            Self { seeds: 1, first: 0, hours: 24, keep: None, loud: false, brief: false, planted: false };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--loud" => options.loud = true,
                "--planted" => options.planted = true,
                "--brief" => options.brief = true,
                "--seeds" => options.seeds = args.next()?.parse().ok()?,
                "--seed" => options.first = args.next()?.parse().ok()?,
                "--hours" => options.hours = args.next()?.parse().ok()?,
                "--keep" => options.keep = Some(places(&args.next()?)?),
                _ => return None,
            }
        }
        Some(options)
    }

    fn case(&self, seed: u64) -> Case {
        Case { keep: self.keep.clone(), ..Case::whole(seed, self.hours) }
    }
}

fn places(text: &str) -> Option<Vec<usize>> {
    text.split(',').filter(|place| !place.is_empty()).map(|place| place.parse().ok()).collect()
}

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    if options.planted {
        return planted();
    }
    let start = Instant::now();
    let (tally, broken) = live(&options);
    print!("{}", report(&tally, start.elapsed().as_secs_f64()));
    let Some((seed, broken)) = broken else {
        println!("all held");
        return ExitCode::SUCCESS;
    };
    println!("seed {seed}: {broken}");
    if !options.brief {
        print!("{}", story(&options.case(seed), &broken));
    }
    ExitCode::FAILURE
}

/// Each deliberate fault, with the seeds that it took to find it.
fn planted() -> ExitCode {
    println!("{:16} seeds  found by", "planted");
    let mut missed = 0;
    for plant in Plant::ALL {
        match Case::find(plant, 1000, 6) {
            Some((seed, broken)) => {
                println!("{:16} {:>5}  {}: {}", format!("{plant:?}"), seed + 1, broken.invariant, broken.why);
            }
            None => {
                missed += 1;
                println!("{:16}     -  NOT FOUND", format!("{plant:?}"));
            }
        }
    }
    println!("{} of {} found", Plant::ALL.len() - missed, Plant::ALL.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Lives all seeds on all cores, until the first that breaks something.
fn live(options: &Options) -> (Tally, Option<(u64, Broken)>) {
    let next = AtomicU64::new(options.first);
    let end = AtomicU64::new(options.first + options.seeds);
    let result = Mutex::new((Tally::default(), None));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end.load(Ordering::Relaxed) {
                return;
            }
            let (tally, broken) = options.case(seed).run(options.loud);
            let Ok(mut result) = result.lock() else { return };
            result.0.add(&tally);
            if let Some(broken) = broken {
                // Lower seeds that are under way may still break something.
                end.fetch_min(seed, Ordering::Relaxed);
                if result.1.as_ref().is_none_or(|(lower, _)| seed < *lower) {
                    result.1 = Some((seed, broken));
                }
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
    result.into_inner().unwrap_or_default()
}

fn report(tally: &Tally, wall_s: f64) -> String {
    let years = tally.ms as f64 / YEAR_MS;
    let cpu_s = processor_time().unwrap_or(wall_s);
    let mut out = String::new();
    _ = writeln!(
        out,
        "{} lives, {years:.2} device-years in {wall_s:.1} s, {cpu_s:.1} s of them on a core",
        tally.lives
    );
    _ = writeln!(
        out,
        "{:.0} years in an hour of a core, {:.0} s in a second",
        years * 3600.0 / cpu_s,
        years * YEAR_MS / 1000.0 / cpu_s
    );
    let Tally { boots, sessions, edges, saves, .. } = tally;
    _ = writeln!(out, "{boots} boots, {sessions} sessions, {edges} edges of relays, {saves} records saved\n");
    for (title, counts) in [("what happened", &tally.events), ("what was checked", &tally.checks)] {
        _ = writeln!(out, "{title:56} times");
        counts.iter().for_each(|(name, count)| _ = writeln!(out, "  {name:52} {count:>8}"));
    }
    out
}

/// Seconds that this process has had a core; `None` where nobody tells.
fn processor_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
    let ticks: f64 = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks / 100.0)
}

/// The shortest life that ends so, and how to repeat it.
fn story(case: &Case, broken: &Broken) -> String {
    let case = case.shrunk(broken);
    let plan = case.plan();
    let mut out = format!("with {:?}\n", plan.setup);
    for place in case.keep.iter().flatten() {
        if let Some((at, event)) = plan.events.get(*place) {
            _ = writeln!(out, "  {place:3}  {}  {event}", clock(*at));
        }
    }
    if let (_, Some(broken)) = case.run(false) {
        _ = writeln!(out, "{broken}");
    }
    _ = writeln!(out, "again: cargo xtask torture {} --loud", case.options());
    out
}
