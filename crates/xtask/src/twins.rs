//! Programs for boards are thin: what stands in two of them belongs into a crate, and each has a short start.

use std::collections::BTreeMap;
use std::path::Path;

use crate::files::{self, File};
use crate::{Failure, Outcome};

/// So many lines may not stand in two boards one behind the other. Empty ones do not count.
const BLOCK: usize = 15;
/// Most lines of a board's `main.rs`.
const MAIN_LINES: usize = 99;
/// No board: it measures what the crates cost.
const PROBE: &str = "boards/size-probe/";

/// Prints blocks of lines that two boards share, and starts that have grown too long.
///
/// # Errors
/// [`Failure::Found`] when there is something.
pub fn run(root: &Path, _: &[String]) -> Outcome {
    let mut files = files::below(root, &["boards"], &[".rs"])?;
    files.retain(|file| !file.path.starts_with(PROBE));
    let (blocks, long) = (twins(&files), long_starts(&files));
    for (path, line, other, other_line) in &blocks {
        println!("{path}:{line}: {BLOCK} lines that stand at {other}:{other_line}, too");
    }
    long.iter().for_each(|(path, lines)| println!("{path}: {lines} lines, at most {MAIN_LINES}"));
    println!("{} files looked at", files.len());
    match blocks.len() + long.len() {
        0 => Ok(()),
        count => Err(Failure::Found(count, "places that two boards share, or starts that are too long")),
    }
}

/// Where a block begins: file and line.
type Place<'f> = (&'f str, usize);

/// The first block of each pair of files of different boards: two places.
fn twins(files: &[File]) -> Vec<(&str, usize, &str, usize)> {
    let mut seen: BTreeMap<Vec<&str>, Place<'_>> = BTreeMap::new();
    let mut found: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for file in files {
        for (line, block) in blocks(&file.text) {
            let (other, other_line) = *seen.entry(block).or_insert((&file.path, line));
            if board(other) != board(&file.path) {
                found.entry((&file.path, other)).or_insert((line, other_line));
            }
        }
    }
    found.into_iter().map(|((path, other), (line, at))| (path, line, other, at)).collect()
}

/// Each block of a file, with the line on which it begins.
fn blocks(text: &str) -> Vec<(usize, Vec<&str>)> {
    let lines: Vec<(usize, &str)> =
        (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty()).collect();
    let block = |window: &[(usize, &'_ str)]| window.first().map_or(0, |(line, _)| *line);
    lines
        .windows(BLOCK)
        .map(|window| (block(window), window.iter().map(|(_, line)| *line).collect()))
        .collect()
}

fn board(path: &str) -> Option<&str> {
    path.split('/').nth(1)
}

fn long_starts(files: &[File]) -> Vec<(&str, usize)> {
    let starts = files.iter().filter(|file| file.path.ends_with("/src/main.rs"));
    starts
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > MAIN_LINES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn lines(count: usize) -> String {
        (0..count).map(|n| format!("    line({n});\n\n")).collect()
    }

    #[test]
    fn a_block_in_two_boards_is_found_with_both_places() {
        let text = lines(BLOCK);
        let files = [file("boards/a/src/x.rs", &text), file("boards/b/src/y.rs", &format!("other\n{text}"))];
        assert_eq!(twins(&files), [("boards/b/src/y.rs", 2, "boards/a/src/x.rs", 1)]);
    }

    #[test]
    fn a_shorter_one_or_one_within_a_board_is_not() {
        let (short, text) = (lines(BLOCK - 1), lines(BLOCK));
        assert!(twins(&[file("boards/a/src/x.rs", &short), file("boards/b/src/y.rs", &short)]).is_empty());
        assert!(twins(&[file("boards/a/src/x.rs", &text), file("boards/a/src/y.rs", &text)]).is_empty());
    }

    #[test]
    fn a_start_of_a_hundred_lines_is_too_long() {
        let files = [99, 100].map(|count| file("boards/a/src/main.rs", &"x\n".repeat(count)));
        assert_eq!(long_starts(&files), [("boards/a/src/main.rs", 100)]);
    }
}
