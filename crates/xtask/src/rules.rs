//! Citations of the protocol's rules: none of a rule that does not exist, and a test for every rule of a finished
//! section.

mod citation;
mod definition;
mod finished;

use std::collections::BTreeSet;
use std::path::Path;

use crate::files;
use crate::{Failure, Outcome};
use citation::Citation;
use definition::{Definition, Id};
use finished::Section;

const REFERENCE: &str = "docs/protocol";
const FINISHED: &str = "docs/protocol/finished.txt";
/// Where citations are looked for.
const CITING: &[&str] = &["crates", "tests", "examples", "fuzz", "boards"];
/// Here names of rules are examples of text, not citations.
const OWN: &str = "crates/xtask/";

/// Prints what is wrong, then how many rules and examples are cited by tests.
///
/// # Errors
/// [`Failure::Found`] when something is wrong.
pub fn run(root: &Path, _: &[String]) -> Outcome {
    let reference = files::below(root, &[REFERENCE], &[".md"])?;
    let definitions: Vec<Definition> = reference.iter().flat_map(definition::all).collect();
    let finished = finished::parse(&files::read(&root.join(FINISHED))?)?;
    let mut citing = files::below(root, CITING, &[".rs", ".toml"])?;
    citing.retain(|file| !file.path.starts_with(OWN));
    let citations: Vec<Citation> = citing.iter().chain(&reference).flat_map(citation::all).collect();

    let mut wrong = twice(&definitions);
    wrong.extend(unknown(&definitions, &citations));
    wrong.extend(unfinished(&definitions, &finished, &cited_by_tests(&citations)));
    wrong.extend(empty_sections(&definitions, &finished));
    wrong.iter().for_each(|line| println!("{line}"));
    println!("{}", counts(&definitions, &cited_by_tests(&citations)));
    match wrong.len() {
        0 => Ok(()),
        count => Err(Failure::Found(count, "wrong or missing citations")),
    }
}

fn cited_by_tests(citations: &[Citation]) -> BTreeSet<Id> {
    citations.iter().filter(|citation| citation.by_test).map(|citation| citation.id.clone()).collect()
}

fn twice(definitions: &[Definition]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let again = definitions.iter().filter(|definition| !seen.insert(&definition.id));
    again.map(|definition| format!("{}: {} is defined twice", definition.place, definition.id)).collect()
}

fn unknown(definitions: &[Definition], citations: &[Citation]) -> Vec<String> {
    let known: BTreeSet<&Id> = definitions.iter().map(|definition| &definition.id).collect();
    let unknown = citations.iter().filter(|citation| !known.contains(&citation.id));
    unknown.map(|citation| format!("{}: {} does not exist", citation.place, citation.id)).collect()
}

fn unfinished(definitions: &[Definition], finished: &[Section], cited: &BTreeSet<Id>) -> Vec<String> {
    let due = definitions.iter().filter(|definition| !definition.exempt);
    let due = due.filter(|definition| finished.iter().any(|section| section.holds(definition)));
    let missing = due.filter(|definition| !cited.contains(&definition.id));
    missing.map(|definition| format!("{}: no test cites {}", definition.place, definition.id)).collect()
}

fn empty_sections(definitions: &[Definition], finished: &[Section]) -> Vec<String> {
    let empty =
        finished.iter().filter(|section| !definitions.iter().any(|definition| section.holds(definition)));
    empty.map(|section| format!("{FINISHED}: nothing is defined in \"{section}\"")).collect()
}

/// `T 60/65, TX 30/34, …`: cited by tests, of those that this device has.
fn counts(definitions: &[Definition], cited: &BTreeSet<Id>) -> String {
    let letters: BTreeSet<(bool, &str)> =
        definitions.iter().map(|definition| (definition.id.is_example(), definition.id.letters())).collect();
    let count = |letters: &str| {
        let of =
            definitions.iter().filter(|definition| !definition.exempt && definition.id.letters() == letters);
        let (tested, all) = of.fold((0, 0), |(tested, all), definition| {
            (tested + usize::from(cited.contains(&definition.id)), all + 1)
        });
        format!("{letters} {tested}/{all}")
    };
    let examples = cited.iter().filter(|id| id.is_example()).count();
    let parts: Vec<String> = letters.into_iter().map(|(_, letters)| count(letters)).collect();
    format!("cited by tests: {}; examples in all: {examples}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::File;

    fn definitions() -> Vec<Definition> {
        let text = "## 1. A\n| T-1 | a |\n| T-2 | b [later] |\n## 2. B\n| T-3 | c |\n| TX-1 | – | x |\n";
        definition::all(&File { path: "docs/protocol/topics.md".into(), text: text.into() })
    }

    fn cited(path: &str, text: &str) -> Vec<Citation> {
        citation::all(&File { path: path.into(), text: text.into() })
    }

    #[test]
    fn a_rule_of_a_finished_section_needs_a_test() {
        let finished = finished::parse("topics 1").unwrap();
        assert_eq!(
            unfinished(&definitions(), &finished, &BTreeSet::new()),
            ["docs/protocol/topics.md:2: no test cites T-1"]
        );
        let cited = cited_by_tests(&cited("tests/a.rs", "// T-1"));
        assert!(unfinished(&definitions(), &finished, &cited).is_empty());
    }

    #[test]
    fn a_citation_of_nothing_is_found() {
        assert_eq!(
            unknown(&definitions(), &cited("crates/a/src/b.rs", "\n// T-9, T-3")),
            ["crates/a/src/b.rs:2: T-9 does not exist"]
        );
    }

    #[test]
    fn a_finished_section_that_does_not_exist_is_found() {
        let finished = finished::parse("topics 7").unwrap();
        assert_eq!(empty_sections(&definitions(), &finished).len(), 1);
    }

    #[test]
    fn what_this_device_lacks_is_not_counted() {
        let cited = cited_by_tests(&cited("tests/a.rs", "// TX-1"));
        assert_eq!(counts(&definitions(), &cited), "cited by tests: T 0/2, TX 1/1; examples in all: 1");
    }

    #[test]
    fn a_number_is_given_once() {
        let twofold = [definitions(), definitions()].concat();
        assert_eq!(twice(&twofold).len(), 4);
    }
}
