//! The topic language: how names and templates become topics, and how a topic is read.

use heapless::String;

use crate::settings::Name;
use crate::text::Sink;

/// Longest topic that the device ever builds, in bytes.
pub const MAX_TOPIC: usize = 150;
/// Longest last level of an own topic (T-8).
pub const MAX_LEAF: usize = 23;
/// Longest topic up to and with its last `/`.
pub const MAX_BASE: usize = MAX_TOPIC - MAX_LEAF;

/// A topic up to and with its last `/`, such as `stat/sonoff/`.
pub type Base = String<MAX_BASE>;

/// Why a naming setting was refused; the owner must choose another (T-59, T-60).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TopicError {
    /// A topic built from it would have more than [`MAX_TOPIC`] bytes.
    TooLong,
    /// The device would receive its own answers as commands.
    Loop,
    /// Commands on the fallback topic would be taken for others, or run twice.
    HidesFallback,
}

/// What a topic is for: `%prefix%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Prefix {
    /// Commands in, factory `cmnd` (T-1).
    Cmnd,
    /// Answers and states out, factory `stat`.
    Stat,
    /// Telemetry out, factory `tele`.
    Tele,
}

impl Prefix {
    /// All, in the order of `Prefix1` to `Prefix3`.
    pub const ALL: [Self; 3] = [Self::Cmnd, Self::Stat, Self::Tele];

    /// The factory word, which the fallback topic always uses (T-18).
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cmnd => "cmnd",
            Self::Stat => "stat",
            Self::Tele => "tele",
        }
    }
}

/// A piece of a FullTopic template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Literal(&'t str),
    Prefix,
    Topic,
    Hostname,
    Id,
}

/// The tokens of a template (T-5), compared with their case.
const TOKENS: [(&str, Piece<'_>); 4] = [
    ("%prefix%", Piece::Prefix),
    ("%topic%", Piece::Topic),
    ("%hostname%", Piece::Hostname),
    ("%id%", Piece::Id),
];

/// A FullTopic template, read piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullTopic<'t>(&'t str);

impl<'t> FullTopic<'t> {
    /// Reads `template`; every text is one.
    pub const fn new(template: &'t str) -> Self {
        Self(template)
    }

    /// The template contains `%topic%` (T-11).
    pub fn has_topic(self) -> bool {
        self.pieces().any(|piece| piece == Piece::Topic)
    }

    fn has_prefix(self) -> bool {
        self.pieces().any(|piece| piece == Piece::Prefix)
    }

    fn pieces(self) -> impl Iterator<Item = Piece<'t>> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (piece, after) = next_piece(rest)?;
            rest = after;
            Some(piece)
        })
    }

    /// Writes the topic base for `prefix` and the name `topic`: steps (a) to (f) of T-7.
    pub(crate) fn write(self, out: &mut Levels<'_, '_>, words: &Words<'_>, prefix: Prefix, topic: &str) {
        for piece in self.pieces() {
            out.push(match piece {
                Piece::Literal(text) => text,
                Piece::Prefix => words.prefix(prefix),
                Piece::Topic => topic,
                Piece::Hostname => words.hostname,
                Piece::Id => words.id,
            });
        }
        if prefix == Prefix::Cmnd && !self.has_prefix() {
            out.push_byte(b'/');
            out.push(words.prefix(prefix));
        }
        out.end();
    }
}

impl FullTopic<'_> {
    /// Writes the template for clients that fill in prefix and topic themselves and add a word (U-62, U-63).
    pub(crate) fn write_open(self, out: &mut Levels<'_, '_>, words: &Words<'_>) {
        for piece in self.pieces() {
            out.push(match piece {
                Piece::Literal(text) => text,
                Piece::Prefix => "%prefix%",
                Piece::Topic => "%topic%",
                Piece::Hostname => words.hostname,
                Piece::Id => words.id,
            });
        }
        out.end();
    }
}

/// The piece at the front of `template`, and the rest.
fn next_piece(template: &str) -> Option<(Piece<'_>, &str)> {
    if template.is_empty() {
        return None;
    }
    for (token, piece) in TOKENS {
        if let Some(rest) = template.strip_prefix(token) {
            return Some((piece, rest));
        }
    }
    let end = (1..template.len()).find(|&at| starts_token(template, at)).unwrap_or(template.len());
    template.split_at_checked(end).map(|(text, rest)| (Piece::Literal(text), rest))
}

fn starts_token(template: &str, at: usize) -> bool {
    template.get(at..).is_some_and(|rest| TOKENS.iter().any(|(token, _)| rest.starts_with(token)))
}

/// The words that a template's tokens stand for.
pub(crate) struct Words<'a> {
    pub prefixes: &'a [Name; 3],
    pub hostname: &'a str,
    pub id: &'a str,
}

impl<'a> Words<'a> {
    /// A prefix; the factory word for an empty one (T-3).
    pub fn prefix(&self, prefix: Prefix) -> &'a str {
        let [cmnd, stat, tele] = self.prefixes;
        let word = match prefix {
            Prefix::Cmnd => cmnd,
            Prefix::Stat => stat,
            Prefix::Tele => tele,
        };
        if word.is_empty() { prefix.word() } else { word }
    }
}

/// A sink for topics that drops `#`, makes `/` of `//` and ends the last level: steps (d) to (f) of T-7.
pub(crate) struct Levels<'s, 'b> {
    sink: &'s mut Sink<'b>,
    /// A slash now would be the second of a pair.
    after_slash: bool,
    /// The last byte that was kept is a slash.
    ends_level: bool,
}

impl<'s, 'b> Levels<'s, 'b> {
    pub fn new(sink: &'s mut Sink<'b>) -> Self {
        Self { sink, after_slash: false, ends_level: false }
    }

    fn push(&mut self, text: &str) {
        for byte in text.bytes().filter(|&byte| byte != b'#') {
            self.push_byte(byte);
        }
    }

    /// A second slash is dropped; a third one counts as a first, since pairs are replaced once, left to right.
    fn push_byte(&mut self, byte: u8) {
        let slash = byte == b'/';
        let pair = slash && self.after_slash;
        if !pair {
            self.sink.push_byte(byte);
        }
        self.after_slash = slash && !pair;
        self.ends_level = slash;
    }

    /// Ends the last level.
    fn end(&mut self) {
        if !self.ends_level {
            self.push_byte(b'/');
        }
    }
}

/// The command word of a topic: all behind the last `/` (T-41).
pub fn word(topic: &str) -> &str {
    let levels = topic.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    topic.get(levels..).unwrap_or("")
}
