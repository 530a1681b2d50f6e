//! Rules and examples as the reference defines them: a row whose first cell is the number.

use std::fmt;

use crate::files::File;

/// Letters in front of a number: rules, then examples.
const LETTERS: &[&str] =
    &["T", "D", "S", "P", "U", "N", "C", "M", "W", "TX", "DX", "SX", "PX", "UX", "NX", "CX", "MX", "WX"];

/// The name of a rule or example, such as `T-50`, `D-31a` or `TX-3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    letters: &'static str,
    number: u16,
    /// A rule that was put in between.
    tail: Option<char>,
}

impl Id {
    /// Its letters.
    pub fn letters(&self) -> &'static str {
        self.letters
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// A worked example, not a rule.
    pub fn is_example(&self) -> bool {
        self.letters.ends_with('X')
    }

    /// The name at the front of `text`, and how long it is. `dash` is `-`, or `_` in the name of a function.
    pub fn at_front(text: &str, dash: char) -> Option<(Self, usize)> {
        let (letters, rest) = text.split_once(dash)?;
        let letters = LETTERS.iter().find(|known| known.eq_ignore_ascii_case(letters))?;
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = rest.get(..digits)?.parse().ok()?;
        let tail = rest.get(digits..)?.chars().next().filter(char::is_ascii_lowercase);
        let len = letters.len() + 1 + digits + tail.map_or(0, char::len_utf8);
        let next = text.get(len..)?.chars().next();
        let ends = !next.is_some_and(char::is_alphanumeric);
        ends.then_some((Self { letters, number, tail }, len))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.letters, self.number)?;
        self.tail.map_or(Ok(()), |tail| write!(out, "{tail}"))
    }
}

/// Where the reference defines something.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub id: Id,
    /// `topics` for `topics.md`.
    pub file: String,
    /// Number of the section that it stands in.
    pub section: u16,
    /// Marked `[other]` or `[later]`: nothing here to test.
    pub exempt: bool,
    /// `docs/protocol/topics.md:12`
    pub place: String,
}

/// All definitions of one file of the reference. Fenced text defines nothing.
pub fn all(file: &File) -> Vec<Definition> {
    let name = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".md");
    let mut section = 0;
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        fenced ^= line.starts_with("```");
        section = heading(line).unwrap_or(section);
        let Some(id) = defined(line).filter(|_| !fenced) else { continue };
        let place = format!("{}:{}", file.path, at + 1);
        let exempt = ["[other]", "[later]"].iter().any(|mark| line.contains(mark));
        found.push(Definition { id, file: name.to_owned(), section, exempt, place });
    }
    found
}

/// The number of `## 3. Title`.
fn heading(line: &str) -> Option<u16> {
    line.strip_prefix("## ")?.split('.').next()?.parse().ok()
}

fn defined(line: &str) -> Option<Id> {
    let cell = line.strip_prefix("| ").unwrap_or(line);
    let (id, len) = Id::at_front(cell, '-')?;
    let rest = cell.get(len..)?.trim_start();
    (rest.is_empty() || rest.starts_with(['|', ':'])).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let file = File { path: "docs/protocol/topics.md".into(), text: text.into() };
        all(&file).iter().map(|definition| format!("{} in {}", definition.id, definition.section)).collect()
    }

    #[test]
    fn a_row_or_a_line_that_begins_with_a_name_defines_it() {
        let text = "## 4. A\n| T-5 | x |\n| D-31a | y |\nTX-3: z\n## 5. B\n| PX-16 | w | T-9 |\n";
        assert_eq!(names(text), ["T-5 in 4", "D-31a in 4", "TX-3 in 4", "PX-16 in 5"]);
    }

    #[test]
    fn lists_of_changes_and_fenced_text_define_nothing() {
        assert!(
            names("| T-5, T-6 | x |\n| T-5 to T-9 | x |\n```\n| T-7 | x |\n```\n| V-8 | x |\nT-5 is so\n")
                .is_empty()
        );
    }

    #[test]
    fn a_name_ends_where_its_number_ends() {
        let front = |text| Id::at_front(text, '-').map(|(id, len)| (id.to_string(), len));
        assert_eq!(front("T-50), and"), Some(("T-50".to_owned(), 4)));
        assert_eq!(front("D-31a."), Some(("D-31a".to_owned(), 5)));
        assert_eq!(front("T-50abc"), None);
        assert_eq!(front("X-1"), None);
        assert_eq!(front("T-"), None);
        assert_eq!(front("S-99999999"), None);
    }
}
