//! Every fuzz target for some time.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sonoff_core::command::TABLES;
use sonoff_core::setoption::OPTIONS;

use crate::{Failure, Outcome, files, run};

/// What was found interesting so far; not kept in the repository.
const CORPUS: &str = "fuzz/corpus";
/// Words of the protocol that belong to no command.
const WORDS: &[&str] = &[
    "cmnd/sonoff/",
    "cmnd/sonoffs/",
    "cmnd/DVES_123456/",
    "%prefix%",
    "%topic%",
    "on",
    "off",
    "toggle",
    "blink",
    "wait ",
    "down ",
    "up ",
    "high ",
    "low ",
    "type ",
    "say ",
    "keep ",
    "lost",
    "back",
    "gone",
    "there",
    "cut",
    "reset",
    "NAME",
    "GPIO",
    "FLAG",
    "BASE",
    "CMND",
    "GET /",
    "POST /run HTTP/1.1\\x0D\\x0A",
    "/cm?cmnd=",
    "/show?list=",
    "/log?after=",
    "/complete?line=",
    "/facts",
    "/scan",
    "&user=admin&password=",
    " HTTP/1.1\\x0D\\x0AHost: 10.0.0.5\\x0D\\x0A",
    "Authorization: Basic ",
    "Content-Length: ",
    "Content-Type: application/x-www-form-urlencoded\\x0D\\x0A",
    "Transfer-Encoding: chunked\\x0D\\x0A",
    "Origin: http://10.0.0.5\\x0D\\x0A",
    "Referer: http://10.0.0.5/\\x0D\\x0A",
    "Sec-Fetch-Site: cross-site\\x0D\\x0A",
    "\\x0D\\x0A\\x0D\\x0A\\x00",
];

/// Runs the targets named, or all, each for the seconds given, 60 without; with 0 what is there already is played once.
///
/// # Errors
/// [`Failure::Usage`] for something else; [`Failure::Step`] when cargo-fuzz or the nightly compiler is missing, or when a
/// target finds something.
pub fn run(root: &Path, args: &[String]) -> Outcome {
    let (seconds, wanted) = asked(args)?;
    if !run::works(run::cargo_of("nightly", root, &["fuzz", "--version"])) {
        let install = "rustup toolchain install nightly && cargo install cargo-fuzz";
        return Err(Failure::Step(format!("cargo fuzz is missing: {install}")));
    }
    let files = files::below(root, &["fuzz/fuzz_targets"], &[".rs"])?;
    let targets: Vec<&str> = files.iter().map(|file| name(&file.path)).collect();
    if let Some(strange) = wanted.iter().find(|word| !targets.contains(&word.as_str())) {
        return Err(Failure::Usage(format!("{strange}? The targets are: {}", targets.join(" "))));
    }
    fs::create_dir_all(root.join(CORPUS)).map_err(|error| Failure::File(root.join(CORPUS), error))?;
    files::write(&root.join(CORPUS).join("words.dict"), &dictionary())?;
    let is_wanted = |target: &&&str| wanted.is_empty() || wanted.iter().any(|word| word == **target);
    targets.iter().filter(is_wanted).try_for_each(|target| fuzz(root, target, seconds))
}

/// The seconds, and the targets.
fn asked(args: &[String]) -> Result<(u32, &[String]), Failure> {
    match args.split_first() {
        None => Ok((60, &[])),
        Some((number, targets)) => {
            let seconds = number.parse();
            let seconds = seconds.map_err(|_| Failure::Usage(format!("{number} is no number of seconds")))?;
            Ok((seconds, targets))
        }
    }
}

/// `message` for `fuzz/fuzz_targets/message.rs`.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// The words that mean something to a device, in the form of libFuzzer.
fn dictionary() -> String {
    let commands = TABLES.iter().flat_map(|table| table.iter()).map(|command| command.name.to_owned());
    let options = OPTIONS.iter().map(|option| format!("SetOption{}", option.number));
    let words = WORDS.iter().map(|word| (*word).to_owned());
    commands.chain(options).chain(words).fold(String::new(), |mut text, word| {
        let _ = writeln!(text, "\"{word}\"");
        text
    })
}

/// What a target finds interesting is kept in its folder of the corpus; the first inputs lie in `fuzz/seeds`.
fn fuzz(root: &Path, target: &str, seconds: u32) -> Outcome {
    println!("== {target}, {seconds} s");
    let (corpus, seeds) = (format!("{CORPUS}/{target}"), format!("fuzz/seeds/{target}"));
    fs::create_dir_all(root.join(&corpus)).map_err(|error| Failure::File(root.join(&corpus), error))?;
    let limit = if seconds == 0 { "-runs=0".to_owned() } else { format!("-max_total_time={seconds}") };
    let dictionary = format!("-dict={}", root.join(CORPUS).join("words.dict").display());
    let args = ["fuzz", "run", target, &corpus, &seeds, "--", &limit, &dictionary, "-print_final_stats=1"];
    run::run(run::cargo_of("nightly", root, &args))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_and_all_targets_unless_told() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(asked(&[]).unwrap(), (60, &[][..]));
        assert_eq!(asked(&words("300 frame line")).unwrap(), (300, &words("frame line")[..]));
        assert!(asked(&words("long")).is_err());
    }

    #[test]
    fn a_target_is_named_by_its_file() {
        assert_eq!(name("fuzz/fuzz_targets/command_line.rs"), "command_line");
    }

    #[test]
    fn the_dictionary_has_every_command() {
        let text = dictionary();
        assert!(text.contains("\"PulseTime\"\n\"") && text.contains("\"SetOption19\"\n"), "{text}");
    }
}
