//! Where rules are cited: in comments, documentation, texts, and in names of functions such as `t_50_one_relay`.

use super::definition::Id;
use crate::files::{self, File};
use crate::source;

/// One mention of a rule.
#[derive(Debug)]
pub struct Citation {
    /// What is cited.
    pub id: Id,
    /// It stands among tests.
    pub by_test: bool,
    /// `crates/sonoff-core/src/topic.rs:12`
    pub place: String,
}

/// All citations of a file: program, scenario or reference.
pub fn all(file: &File) -> Vec<Citation> {
    let first_test_line = first_test_line(file);
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        fenced ^= file.path.ends_with(".md") && line.starts_with("```");
        if fenced {
            continue;
        }
        let by_test = at >= first_test_line && !line.starts_with("//!");
        let place = format!("{}:{}", file.path, at + 1);
        found.extend(in_line(line).into_iter().map(|id| Citation { id, by_test, place: place.clone() }));
    }
    found
}

/// Line (from 0) at which tests begin; none in documents.
fn first_test_line(file: &File) -> usize {
    match file.path.rsplit('.').next() {
        Some("rs" | "toml") if files::is_test(&file.path) => 0,
        Some("rs") => source::lines_before_tests(&file.text),
        _ => usize::MAX,
    }
}

/// The rules that one line names.
fn in_line(line: &str) -> Vec<Id> {
    let starts = line.char_indices().filter(|&(at, _)| begins_word(line, at));
    let mut found: Vec<Id> = starts.filter_map(|(at, _)| written(line.get(at..)?)).collect();
    found.extend(in_name(line));
    found
}

/// `T-50`, in capital letters.
fn written(text: &str) -> Option<Id> {
    let (id, _) = Id::at_front(text, '-')?;
    text.starts_with(id.letters()).then_some(id)
}

fn begins_word(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|head| head.chars().next_back());
    !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// The rules with which a function's name begins: `fn t_50_sx_3_does_it`.
fn in_name(line: &str) -> Vec<Id> {
    let name = line.trim_start().trim_start_matches("pub ").trim_start_matches("async ");
    let mut rest = name.strip_prefix("fn ").unwrap_or_default();
    let mut found = Vec::new();
    while let Some((id, len)) = Id::at_front(rest, '_') {
        found.push(id);
        rest = rest.get(len..).unwrap_or_default().trim_start_matches('_');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        in_line(line).iter().map(Id::to_string).collect()
    }

    fn tested(path: &str, text: &str) -> Vec<String> {
        let all = all(&File { path: path.into(), text: text.into() });
        all.iter().filter(|citation| citation.by_test).map(|citation| citation.id.to_string()).collect()
    }

    #[test]
    fn names_in_text_are_citations() {
        assert_eq!(names("/// Whole words (D-13, TX-3…SX-7). S-4: yes"), ["D-13", "TX-3", "SX-7", "S-4"]);
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        assert!(names("UTF-8, ISO-T-5, a_T-5, t-5, T-5x9, T- 5, P-, RT-6").is_empty());
    }

    #[test]
    fn names_of_functions_cite() {
        assert_eq!(names("    async fn t_50_d_31a_px_3_one_relay() {"), ["T-50", "D-31a", "PX-3"]);
        assert!(names("fn sends_t_50() { s_40() }").is_empty());
    }

    #[test]
    fn only_tests_count_as_tests() {
        let text = "//! T-1\n// T-2\n#[cfg(test)]\nmod tests {\n// T-3\n}\n";
        assert_eq!(tested("crates/a/src/lib.rs", text), ["T-3"]);
        assert_eq!(tested("crates/a/tests/x.rs", text), ["T-2", "T-3"]);
        assert_eq!(tested("tests/x.rs", "// T-4"), ["T-4"]);
        assert_eq!(tested("tests/scenarios/x.toml", "name = \"T-5\""), ["T-5"]);
        assert!(tested("crates/a/Cargo.toml", "# T-6").is_empty());
        assert!(tested("docs/protocol/topics.md", "| T-7 | T-8 |").is_empty());
    }
}
