//! Transcripts: what is typed at a device's console and what it says then, word for word, whatever it runs on.
//!
//! A line that begins with `> ` is typed; the lines below it, up to the next such line, are what the device must say,
//! without the time. Empty lines and lines that begin with `#` are for people.

use std::fmt;

/// A line that is typed, and the lines that answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What is typed.
    pub typed: String,
    /// What the device says.
    pub answers: Vec<String>,
}

/// What differs from the transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// After which line.
    pub typed: String,
    /// What should have been said.
    pub expected: String,
    /// What was said; `None` when nothing came.
    pub heard: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heard = self.heard.as_deref().unwrap_or("(nothing)");
        write!(f, "after {:?}\n    expected {}\n    heard    {heard}", self.typed, self.expected)
    }
}

impl std::error::Error for Difference {}

/// Reads a transcript. Answers above the first typed line belong to nothing and are dropped.
pub fn read(text: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(typed) = line.strip_prefix("> ") {
            exchanges.push(Exchange { typed: typed.to_owned(), answers: Vec::new() });
        } else if let Some(last) = exchanges.last_mut() {
            last.answers.push(line.to_owned());
        }
    }
    exchanges
}

/// What a line of a console says to a transcript: its text without the time. `None` for a line that is not the
/// device's, or that tells of the world around it.
pub fn said(line: &str) -> Option<&str> {
    const WORLD: &[&str] = &["RLY:", "MQT: Attempting", "MQTT: CONNECT FAILED", "NTP:", "WIF:"];
    let (time, text) = line.split_at_checked("00:00:00.000".len())?;
    let is_time = time.char_indices().all(|(at, c)| match at {
        2 | 5 => c == ':',
        8 => c == '.',
        _ => c.is_ascii_digit(),
    });
    let text = text.strip_prefix(' ').filter(|_| is_time)?;
    (!WORLD.iter().any(|tag| text.starts_with(tag))).then_some(text)
}

/// Types every line and compares what comes back; tells how many lines were compared.
///
/// `next` gives the next line of the console, and `None` when none comes.
///
/// # Errors
/// [`Difference`] for the first one.
pub fn play(
    exchanges: &[Exchange],
    mut type_line: impl FnMut(&str),
    mut next: impl FnMut() -> Option<String>,
) -> Result<usize, Difference> {
    let mut count = 0;
    for Exchange { typed, answers } in exchanges {
        type_line(typed);
        for expected in answers {
            let heard = loop {
                let Some(line) = next() else { break None };
                if let Some(text) = said(&line) {
                    break Some(text.to_owned());
                }
            };
            if heard.as_ref() != Some(expected) {
                return Err(Difference { typed: typed.clone(), expected: expected.clone(), heard });
            }
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# for people\n\n> power on\nCMD: power on\nRSL: POWER = ON\n> power\nCMD: power\n";

    fn played(lines: &[&str]) -> Result<usize, Difference> {
        let mut lines = lines.iter().map(|line| (*line).to_owned());
        play(&read(TEXT), |_| (), || lines.next())
    }

    #[test]
    fn times_and_the_world_around_are_passed_over() {
        let lines = [
            "a banner",
            "00:00:00.123 CMD: power on",
            "23:59:59.999 RLY: 1 ON",
            "00:00:01.000 RSL: POWER = ON",
            "00:00:02.000 CMD: power",
        ];
        assert_eq!(played(&lines), Ok(3));
    }

    #[test]
    fn another_answer_and_none_are_told() {
        let told = played(&["00:00:00.123 CMD: power on", "00:00:01.000 RSL: POWER = OFF"]).unwrap_err();
        assert_eq!((told.typed.as_str(), told.heard.as_deref()), ("power on", Some("RSL: POWER = OFF")));
        let told = played(&["00:00:00.123 CMD: power on"]).unwrap_err();
        assert_eq!((told.expected.as_str(), told.heard), ("RSL: POWER = ON", None));
    }
}
