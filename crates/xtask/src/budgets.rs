//! Files and functions that have grown too long to be read.

use std::path::Path;

use crate::files::{self, File};
use crate::{Failure, Outcome, source};

/// Most lines of a file, before its tests.
const FILE_LINES: usize = 400;
/// Most lines of a function, from `fn` to its last brace.
const FUNCTION_LINES: usize = 40;

/// Where code lies that is counted. Integration tests may be as long as the transcripts that they hold.
const FOLDERS: &[&str] = &["crates", "examples", "fuzz", "boards"];

/// A file or function that may be longer, and why.
struct Allowed {
    /// Path, or path and function as `path: name`.
    what: &'static str,
    /// Why it is better in one piece.
    reason: &'static str,
}

const ALLOWED: &[Allowed] = &[];

/// Prints what is too long.
///
/// # Errors
/// [`Failure::Found`] when there is something.
pub fn run(root: &Path, _: &[String]) -> Outcome {
    let files = files::below(root, FOLDERS, &[".rs"])?;
    let files: Vec<File> = files.into_iter().filter(|file| !files::is_test(&file.path)).collect();
    let mut offenders: Vec<Offender> = files.iter().flat_map(offenders).collect();
    let stale =
        ALLOWED.iter().filter(|allowed| !offenders.iter().any(|offender| offender.what == allowed.what));
    let stale = stale
        .inspect(|allowed| println!("{}: no longer too long, take it off the list", allowed.what))
        .count();
    offenders.retain(|offender| !is_allowed(offender));
    for offender in &offenders {
        println!("{}: {} lines, at most {}", offender.what, offender.lines, offender.most);
    }
    println!("{} files looked at", files.len());
    match offenders.len() + stale {
        0 => Ok(()),
        count => Err(Failure::Found(count, "over budget")),
    }
}

fn is_allowed(offender: &Offender) -> bool {
    let allowed = ALLOWED.iter().find(|allowed| allowed.what == offender.what);
    allowed.inspect(|allowed| println!("{}: allowed, {}", allowed.what, allowed.reason)).is_some()
}

/// Something too long.
#[derive(Debug, PartialEq, Eq)]
struct Offender {
    what: String,
    lines: usize,
    most: usize,
}

fn offenders(file: &File) -> Vec<Offender> {
    let before_tests = source::lines_before_tests(&file.text);
    let functions = source::functions(&source::code(&file.text));
    let functions = functions.into_iter().filter(|function| function.first <= before_tests);
    let functions = functions.map(|function| Offender {
        what: format!("{}: {}", file.path, function.name),
        lines: function.last - function.first + 1,
        most: FUNCTION_LINES,
    });
    let whole = Offender { what: file.path.clone(), lines: before_tests, most: FILE_LINES };
    functions.chain([whole]).filter(|offender| offender.lines > offender.most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: String) -> File {
        File { path: "a.rs".to_owned(), text }
    }

    #[test]
    fn a_long_function_is_named() {
        let text = format!("fn short() {{}}\nfn long() {{\n{}}}\n", "    a();\n".repeat(39));
        let expected = Offender { what: "a.rs: long".to_owned(), lines: 41, most: 40 };
        assert_eq!(offenders(&file(text)), [expected]);
    }

    #[test]
    fn a_file_counts_up_to_its_tests() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// t\n".repeat(900));
        assert_eq!(offenders(&file("// a\n".repeat(400) + &tests)), []);
        assert_eq!(offenders(&file("// a\n".repeat(401) + &tests)).len(), 1);
    }

    #[test]
    fn a_function_among_tests_may_be_long() {
        let text = format!("#[cfg(test)]\nmod tests {{\nfn long() {{\n{}}}\n}}\n", "    a();\n".repeat(80));
        assert_eq!(offenders(&file(text)), []);
    }
}
