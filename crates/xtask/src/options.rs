//! The test that shows what an option does: the one in `tests/options.rs` whose name begins with its number.

use std::collections::BTreeMap;

use sonoff_core::setoption::SetOption;

/// Where they are.
pub const FILE: &str = "tests/options.rs";

/// The names of the tests by option.
pub type Tests = BTreeMap<u8, String>;

/// All tests that a file has for options: `fn so_26_numbers_the_only_relay()`.
pub fn tests(text: &str) -> Tests {
    let tests = text.lines().zip(text.lines().skip(1)).filter(|(before, _)| before.trim() == "#[test]");
    tests.filter_map(|(_, line)| name(line)).filter_map(|name| Some((number(&name)?, name))).collect()
}

fn name(line: &str) -> Option<String> {
    let (name, _) = line.trim().strip_prefix("fn ")?.split_once('(')?;
    Some(name.to_owned())
}

fn number(name: &str) -> Option<u8> {
    let (number, words) = name.strip_prefix("so_")?.split_once('_')?;
    number.parse().ok().filter(|_| !words.is_empty())
}

/// Options without a test, and tests without an option.
pub fn unmatched(options: &[SetOption], tests: &Tests) -> Vec<String> {
    let has_test = |option: &&SetOption| !tests.contains_key(&option.number);
    let untested = options.iter().filter(has_test).map(|option| option.number);
    let untested =
        untested.map(|number| format!("{FILE}: no test so_{number}_… shows what SetOption{number} does"));
    let is_option = |number: &u8| options.iter().any(|option| option.number == *number);
    let strange = tests.iter().filter(|(number, _)| !is_option(number));
    let strange = strange.map(|(number, name)| format!("{FILE}: {name}, but SetOption{number} does not act"));
    untested.chain(strange).collect()
}

#[cfg(test)]
mod tests_of_this {
    use super::*;

    const TEXT: &str = "#[test]\nfn so_4_answers() {\n}\nfn so_5_no_test() {}\n#[test]\nfn other() {}\n#[test]\nfn so_x() {}\n";

    fn option(number: u8) -> SetOption {
        let help = sonoff_core::help::help("Acts.");
        SetOption { number, default: 0, restarts: false, read_only: false, help }
    }

    #[test]
    fn tests_are_found_by_their_names() {
        assert_eq!(tests(TEXT), Tests::from([(4, "so_4_answers".to_owned())]));
    }

    #[test]
    fn an_option_without_a_test_and_a_test_without_an_option_are_told() {
        let wrong = unmatched(&[option(5)], &tests(TEXT));
        assert!(wrong[0].contains("so_5_") && wrong[1].contains("so_4_answers"), "{wrong:?}");
        assert!(unmatched(&[option(4)], &tests(TEXT)).is_empty());
    }
}
