//! Pages that promise something name the test that holds it: `[name](file)`. Each such test must exist.

use std::path::Path;

use crate::{Failure, Outcome, files};

/// A page, and the letter of its numbered rows, of which none may be left out.
struct Page {
    path: &'static str,
    rows: Option<(char, usize)>,
}

const PAGES: &[Page] = &[
    Page { path: "SECURITY.md", rows: Some(('S', 25)) },
    Page { path: "docs/pains.md", rows: Some(('P', 25)) },
    Page { path: "tests/museum/README.md", rows: None },
];

/// How a row that promises nothing yet begins its last cell.
const NOT_YET: &str = "not there yet";

/// Looks up every test that a page names.
///
/// # Errors
/// [`Failure::Found`] for a test that does not exist and a row without one; [`Failure::File`].
pub fn run(root: &Path, _: &[String]) -> Outcome {
    let mut wrong = Vec::new();
    let mut named = 0;
    for page in PAGES {
        let text = files::read(&root.join(page.path))?;
        let links = links(&text);
        named += links.len();
        let missing = links.iter().filter(|link| !link.holds(root, page.path));
        wrong.extend(missing.map(|link| format!("{}: no test {} in {}", page.path, link.name, link.file)));
        if let Some((letter, last)) = page.rows {
            wrong.extend(bad_rows(&text, letter, last).map(|what| format!("{}: {what}", page.path)));
        }
    }
    wrong.iter().for_each(|line| println!("{line}"));
    match wrong.len() {
        0 => {
            println!("{named} tests named, all there");
            Ok(())
        }
        count => Err(Failure::Found(count, "promises without a test")),
    }
}

/// A test, and where the page says it is.
#[derive(Debug, PartialEq, Eq)]
struct Link<'t> {
    name: &'t str,
    file: &'t str,
}

/// All links to tests: those to a file of Rust or of scenarios.
fn links(text: &str) -> Vec<Link<'_>> {
    let parts = text.match_indices("](").filter_map(|(at, _)| {
        let (before, after) = text.split_at_checked(at)?;
        let (_, name) = before.rsplit_once('[')?;
        let (file, _) = after.strip_prefix("](")?.split_once(')')?;
        Some(Link { name, file })
    });
    parts.filter(|link| link.file.ends_with(".rs") || link.file.ends_with(".toml")).collect()
}

impl Link<'_> {
    fn holds(&self, root: &Path, page: &str) -> bool {
        let folder = Path::new(page).parent().unwrap_or(Path::new(""));
        let Ok(text) = files::read(&root.join(folder).join(self.file)) else { return false };
        if self.file.ends_with(".toml") { has_case(&text) } else { has_test(&text, self.name) }
    }
}

fn has_case(text: &str) -> bool {
    text.lines().any(|line| line == "[[case]]")
}

/// A function of this name below `#[test]`, with nothing but attributes between the two.
fn has_test(text: &str, name: &str) -> bool {
    let start = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let places = lines.iter().enumerate().filter(|(_, line)| line.starts_with(&start));
    places.map(|(at, _)| lines.iter().take(at).rev()).any(|mut above| {
        above
            .find(|line| !line.starts_with("#[") || **line == "#[test]")
            .is_some_and(|line| *line == "#[test]")
    })
}

/// Rows that are missing, and rows that name no test and do not say why.
fn bad_rows(text: &str, letter: char, last: usize) -> impl Iterator<Item = String> {
    (1..=last).filter_map(move |number| {
        let begin = format!("| {letter}{number} |");
        let Some(row) = text.lines().find(|line| line.starts_with(&begin)) else {
            return Some(format!("no row {letter}{number}"));
        };
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or("").trim();
        let promises = !links(cell).is_empty() || cell.starts_with(NOT_YET);
        (!promises).then(|| format!("{letter}{number} names no test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_tests_are_found() {
        let text = "| a [one](tests/a.rs), [page](b.md) [two](../c.toml) [x] (d.rs) |";
        let expected = [Link { name: "one", file: "tests/a.rs" }, Link { name: "two", file: "../c.toml" }];
        assert_eq!(links(text), expected);
    }

    #[test]
    fn a_test_is_a_function_below_its_mark() {
        let text = "    #[test]\n    #[cfg(unix)]\n    fn one() {\n}\nfn two() {}\n// fn three()\n";
        assert!(has_test(text, "one"));
        assert!(!has_test(text, "two") && !has_test(text, "three") && !has_test(text, "on"));
    }

    #[test]
    fn a_row_names_a_test_or_says_that_there_is_none_yet() {
        let text =
            "| S1 | a | [one](tests/a.rs) |\n| S2 | b | not there yet: no pages |\n| S3 | c | sure |\n";
        assert_eq!(bad_rows(text, 'S', 4).collect::<Vec<_>>(), ["S3 names no test", "no row S4"]);
    }

    #[test]
    fn every_page_is_there() {
        assert!(PAGES.iter().all(|page| files::root().join(page.path).is_file()));
    }
}
