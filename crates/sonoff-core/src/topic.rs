//! The topic language: how names and templates become topics, and how a topic is read.

use heapless::String;

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
pub(crate) const TOKENS: Values<'_> = ["%prefix%", "%topic%", "%hostname%", "%id%"];
const PREFIX: usize = 0;
const TOPIC: usize = 1;

/// What the tokens stand for, in their order.
pub(crate) type Values<'a> = [&'a str; 4];

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
        let mut rest = self.0.as_bytes();
        while let Some((piece, after)) = piece(rest) {
            if piece == Piece::Token(token) {
                return true;
            }
            rest = after;
        }
        false
    }

    /// Writes the base that comes of these values of the tokens: steps (a) to (f) of T-7. That for commands has the
    /// prefix at its end if it has none.
    pub(crate) fn write(self, sink: &mut Sink<'_>, values: &Values<'_>, commands: bool) {
        let mut out = Levels { sink, slashes: 0 };
        let mut rest = self.0.as_bytes();
        while let Some((piece, after)) = piece(rest) {
            match piece {
                Piece::Byte(byte) => out.push(byte),
                Piece::Token(token) => out.push_text(values.get(token).copied().unwrap_or("")),
            }
            rest = after;
        }
        if commands && !self.has(PREFIX) {
            out.push(b'/');
            out.push_text(values.first().copied().unwrap_or(""));
        }
        out.end();
    }
}

/// What stands at the front of `template`, and what is behind it.
fn piece(template: &[u8]) -> Option<(Piece, &[u8])> {
    for (at, token) in TOKENS.iter().enumerate() {
        if let Some(rest) = template.strip_prefix(token.as_bytes()) {
            return Some((Piece::Token(at), rest));
        }
    }
    template.split_first().map(|(byte, rest)| (Piece::Byte(*byte), rest))
}

/// A sink for topics that drops `#`, makes `/` of `//` and ends the last level: steps (d) to (f) of T-7.
struct Levels<'s, 'b> {
    sink: &'s mut Sink<'b>,
    /// Slashes without another byte behind them.
    slashes: u32,
}

impl Levels<'_, '_> {
    fn push_text(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push(byte));
    }

    /// A second slash is dropped; a third one counts as a first, since pairs are replaced once, left to right.
    fn push(&mut self, byte: u8) {
        if byte == b'#' {
            return;
        }
        self.slashes = if byte == b'/' { self.slashes + 1 } else { 0 };
        if self.slashes == 0 || !self.slashes.is_multiple_of(2) {
            self.sink.push_byte(byte);
        }
    }

    /// Ends the last level.
    fn end(&mut self) {
        if self.slashes == 0 {
            self.push(b'/');
        }
    }
}

/// The command word of a topic: all behind the last `/` (T-41).
pub fn word(topic: &str) -> &str {
    let levels = topic.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    topic.get(levels..).unwrap_or("")
}
