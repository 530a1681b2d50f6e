//! The list of finished sections: `topics 1-10`, `power 1-4 PX-1..PX-16`.

use std::fmt;

use super::definition::{Definition, Id};
use crate::Failure;

/// A run of sections, or of single rules, that is finished.
#[derive(Debug)]
pub struct Section {
    file: String,
    from: u16,
    to: u16,
    /// `PX` for a run of examples; none for sections.
    letters: Option<&'static str>,
}

impl Section {
    /// Whether this definition is part of it.
    pub fn holds(&self, definition: &Definition) -> bool {
        let within = |number| (self.from..=self.to).contains(&number);
        definition.file == self.file
            && match self.letters {
                None => within(definition.section),
                Some(letters) => definition.id.letters() == letters && within(definition.id.number()),
            }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.letters {
            None => write!(out, "{} {}-{}", self.file, self.from, self.to),
            Some(letters) => write!(out, "{} {letters}-{}..{letters}-{}", self.file, self.from, self.to),
        }
    }
}

/// Reads the list.
///
/// # Errors
/// [`Failure::Usage`] for a word that is neither sections nor rules.
pub fn parse(text: &str) -> Result<Vec<Section>, Failure> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let mut found = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (file, words) = line.split_once(' ').unwrap_or((line, ""));
        for word in words.split_whitespace() {
            let section = rules(file, word).or_else(|| sections(file, word));
            found.push(section.ok_or_else(|| Failure::Usage(format!("finished.txt: {word}?")))?);
        }
    }
    Ok(found)
}

/// `PX-1..PX-16` or `DX-9`.
fn rules(file: &str, word: &str) -> Option<Section> {
    let (first, last) = word.split_once("..").unwrap_or((word, word));
    let (first, _) = Id::at_front(first, '-')?;
    let (last, _) = Id::at_front(last, '-')?;
    let same = first.letters() == last.letters();
    same.then(|| section(file, first.number(), last.number(), Some(first.letters())))
}

/// `1-4` or `7`.
fn sections(file: &str, word: &str) -> Option<Section> {
    let (from, to) = word.split_once('-').unwrap_or((word, word));
    Some(section(file, from.parse().ok()?, to.parse().ok()?, None))
}

fn section(file: &str, from: u16, to: u16, letters: Option<&'static str>) -> Section {
    Section { file: file.to_owned(), from, to, letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_rules_are_read() {
        let list = parse("# comment\ntopics 1-10\ndispatch 7 DX-1..DX-9 D-28 # more\n\n").unwrap();
        let shown: Vec<String> = list.iter().map(Section::to_string).collect();
        assert_eq!(shown, ["topics 1-10", "dispatch 7-7", "dispatch DX-1..DX-9", "dispatch D-28..D-28"]);
    }

    #[test]
    fn anything_else_is_an_error() {
        for line in ["topics one", "topics T-1..TX-2", "topics 1-"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
