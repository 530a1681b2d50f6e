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
enum Piece {
    /// A byte that stands for itself.
    Byte(u8),
    /// One of [`TOKENS`], by its place.
    Token(usize),
}

/// The tokens of a template (T-5), compared with their case.
const TOKENS: [&str; 4] = ["%prefix%", "%topic%", "%hostname%", "%id%"];
const PREFIX: usize = 0;
const TOPIC: usize = 1;

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
        self.has(TOPIC)
    }

    fn has(self, token: usize) -> bool {
        let mut has = false;
        self.read(&mut |piece| has |= piece == Piece::Token(token));
        has
    }

    fn read(self, take: &mut dyn FnMut(Piece)) {
        let mut rest = self.0.as_bytes();
        while let [first, after @ ..] = rest {
            let (piece, after) = token(rest).unwrap_or((Piece::Byte(*first), after));
            take(piece);
            rest = after;
        }
    }

    /// Writes the template with these in place of the tokens.
    fn fill(self, out: &mut Levels<'_, '_>, values: [&str; TOKENS.len()]) {
        self.read(&mut |piece| match piece {
            Piece::Byte(byte) => out.push(byte),
            Piece::Token(token) => values.get(token).iter().for_each(|text| out.push_text(text)),
        });
    }

    /// Writes the topic base for `prefix` and the name `topic`: steps (a) to (f) of T-7.
    pub(crate) fn write(self, out: &mut Levels<'_, '_>, words: &Words<'_>, prefix: Prefix, topic: &str) {
        let word = words.prefix(prefix);
        self.fill(out, [word, topic, words.hostname, words.id]);
        if prefix == Prefix::Cmnd && !self.has(PREFIX) {
            out.push(b'/');
            out.push_text(word);
        }
        out.end();
    }

    /// Writes the template for clients that fill in prefix and topic themselves and add a word (U-62, U-63).
    pub(crate) fn write_open(self, out: &mut Levels<'_, '_>, words: &Words<'_>) {
        let [prefix, topic, ..] = TOKENS;
        self.fill(out, [prefix, topic, words.hostname, words.id]);
        out.end();
    }
}

/// The token at the front of `template`, and what is behind it.
fn token(template: &[u8]) -> Option<(Piece, &[u8])> {
    let rest = |token: &str| template.strip_prefix(token.as_bytes());
    (0..).zip(TOKENS).find_map(|(at, token)| Some((Piece::Token(at), rest(token)?)))
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

    fn push_text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push(byte));
    }

    /// A second slash is dropped; a third one counts as a first, since pairs are replaced once, left to right.
    fn push(&mut self, byte: u8) {
        if byte == b'#' {
            return;
        }
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
            self.push(b'/');
        }
    }
}

/// The command word of a topic: all behind the last `/` (T-41).
pub fn word(topic: &str) -> &str {
    let levels = topic.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    topic.get(levels..).unwrap_or("")
}
