//! A template: what a device is called and what its pins are, as people pass it on (M-1).

use super::Pins;
use super::arch::{Arch, PINS};
use super::component::{NONE, USER};
use super::legacy;
use crate::args;
use crate::backlog::MAX_PARTS;
use crate::json::Json;
use crate::text::Sink;

/// Shorter texts are no templates, longer ones are not looked at.
pub(super) const LENGTHS: core::ops::RangeInclusive<usize> = 9..=500;
/// Most bytes of a name.
const NAME: usize = 60;
/// Room of [`Text::PINS`](crate::settings::Text::PINS).
pub(super) const ROOM: usize = 255;
/// More than any number.
const TOO_MUCH: u32 = 1 << 16;
/// What may stand behind a `\`: those that stand for themselves, and those that move the cursor.
const ESCAPES: [u8; 8] = *b"\"\\/bfnrt";
const THEMSELVES: usize = 3;

/// What a device is called and what its pins are.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Template<'a> {
    /// A JSON string without its quotes: what was escaped still is.
    pub name: &'a str,
    /// Commands with `|` between them, a JSON string as the name is.
    pub cmnd: &'a str,
    pub flag: u8,
    /// The module whose behaviour it has.
    pub base: u8,
    pub codes: Codes,
}

/// What the pins are, in the chip's order; beyond its pins `None`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes(pub(super) [u16; PINS]);

/// What else a text brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Brought {
    /// Commands.
    pub commands: bool,
    /// An old code that has no number today.
    pub unknown: bool,
    /// What only a stored text has.
    pub user: bool,
}

impl Template<'_> {
    /// Becomes a module, if there is one.
    #[inline(never)]
    pub(super) fn become_module(&mut self, arch: &Arch, number: u8) -> bool {
        let Some(module) = arch.module(number.into()) else { return false };
        self.name = args::nth(arch.modules.names, module);
        (self.flag, self.base, self.cmnd) = (0, number, "");
        let packed = arch.modules.codes.get(module * arch.pins.len()..).unwrap_or(&[]);
        for ((place, code), _) in self.codes.0.iter_mut().zip(packed).zip(arch.pins) {
            *place = arch.components.unpacked(*code);
        }
        true
    }

    /// Takes what the owner has wired for its own. Free pins to which nothing is wired stay free.
    pub(super) fn merge(&mut self, user: &Codes) {
        self.name = "Merged";
        for (code, user) in self.codes.0.iter_mut().zip(user.0.iter()) {
            if *code == USER && *user != NONE {
                *code = *user;
            }
        }
    }

    /// Writes the members of its JSON object (M-2), with so many pins.
    pub(super) fn write(&self, arch: &Arch, pins: usize, json: &mut Json<'_, '_>) {
        json.escaped("NAME", self.name);
        if !arch.is_first {
            json.text("ARCH", arch.name);
        }
        self.codes.write("GPIO", pins, json);
        json.number("FLAG", self.flag);
        json.number("BASE", self.base);
        if !self.cmnd.is_empty() {
            json.escaped("CMND", self.cmnd);
        }
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self([NONE; PINS])
    }
}

impl Codes {
    pub(super) fn at(&self, place: usize) -> u16 {
        self.0.get(place).copied().unwrap_or(NONE)
    }

    /// Wires a component to a pin, and to no other one.
    pub(super) fn wire(&mut self, place: usize, code: u16) {
        for (at, other) in self.0.iter_mut().enumerate() {
            if at == place {
                *other = code;
            } else if *other == code {
                *other = NONE;
            }
        }
    }

    /// Pins up to the last one that is used.
    fn used(&self) -> usize {
        self.0.iter().rposition(|code| *code != NONE).map_or(0, |last| last + 1)
    }

    #[inline(never)]
    fn write(&self, key: &str, count: usize, json: &mut Json<'_, '_>) {
        json.numbers(key, self.0.iter().take(count).map(|code| u32::from(*code)));
    }

    /// Reads codes and tells how many. A shorter array leaves the other pins as they are.
    fn read(&mut self, text: &mut Reader<'_>) -> usize {
        let pins = text.arch.pins;
        text.need(b'[');
        for (count, (place, gpio)) in self.0.iter_mut().zip(pins).enumerate() {
            if text.take(b']') {
                return count;
            }
            if count > 0 {
                text.need(b',');
            }
            *place = text.number();
            if *place != NONE && text.arch.is_taken(*gpio) {
                text.refuse();
            }
        }
        text.need(b']');
        pins.len()
    }
}

impl<'a> Pins<'a> {
    /// Changes what `text` names, the rest stays. `false`: it is no template for this chip, and only half read.
    pub(super) fn change(&mut self, text: &'a str, arch: &'static Arch) -> bool {
        let mut text = Reader { arch, text, at: 0 };
        let mut codes = 0;
        self.brought = Brought::default();
        text.need(b'{');
        loop {
            let key = text.string();
            text.need(b':');
            if !self.member(key, &mut text, &mut codes) {
                text.refuse();
            }
            if !text.take(b',') {
                break;
            }
        }
        text.need(b'}');
        // `FLAG` may stand behind the codes that need it.
        if arch.is_first && codes == legacy::PINS_THEN {
            self.brought.unknown = legacy::renew(&mut self.stored);
        }
        text.is_read()
    }

    /// `false`: there is no such member, or it is not for this chip.
    fn member(&mut self, key: &str, text: &mut Reader<'a>, codes: &mut usize) -> bool {
        const KEYS: [[u8; 4]; 7] = [*b"NAME", *b"GPIO", *b"FLAG", *b"BASE", *b"CMND", *b"ARCH", *b"USER"];
        let template = &mut self.stored;
        match KEYS.iter().position(|known| known.eq_ignore_ascii_case(key.as_bytes())) {
            Some(0) => {
                template.name = text.string();
                return template.name.len() <= NAME;
            }
            Some(1) => {
                *codes = template.codes.read(text);
            }
            Some(2) => {
                let [flag, beyond] = text.number().to_le_bytes();
                template.flag = flag;
                return beyond == 0;
            }
            Some(3) => template.base = base(text.number(), text.arch),
            Some(4) => {
                template.cmnd = text.string();
                self.brought.commands = true;
                return is_backlog(template.cmnd);
            }
            Some(5) => return text.string() == text.arch.name,
            Some(_) => {
                self.user.read(text);
                self.brought.user = true;
            }
            None => return false,
        }
        true
    }

    /// All that is stored, as a JSON object; `None`: it is too long. What nothing is wired to at the end of the pins takes
    /// no room.
    pub(super) fn text<'b>(&self, arch: &Arch, buf: &'b mut [u8; ROOM]) -> Option<&'b str> {
        let mut text = Sink::new(buf);
        Json::object(&mut text, |json| {
            self.stored.write(arch, self.stored.codes.used(), json);
            let used = self.user.used();
            if used > 0 {
                self.user.write("USER", used, json);
            }
        });
        let len = text.total();
        core::str::from_utf8(buf.get(..len)?).ok()
    }
}

/// Writes a template's commands as a Backlog takes them. A line end becomes a blank: a command is one line.
pub(super) fn write_commands(cmnd: &str, sink: &mut Sink<'_>) {
    let mut rest = cmnd.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'|' => sink.push_byte(b';'),
            b'\\' => {
                let (c, len) = escaped(rest).unwrap_or((' ', 1));
                sink.push(c.encode_utf8(&mut [0; 4]));
                rest = rest.get(len..).unwrap_or(&[]);
            }
            byte => sink.push_byte(*byte),
        }
    }
}

/// The character that stands behind a `\`, and the length of what stands for it; a blank for what moves the cursor.
/// Halves of characters are refused: many readers choke on them.
fn escaped(text: &[u8]) -> Option<(char, usize)> {
    let (first, rest) = text.split_first()?;
    if *first == b'u' {
        return Some((char::from_u32(hex(rest.get(..4)?)?)?, 5));
    }
    let at = ESCAPES.iter().position(|known| known == first)?;
    Some((if at < THEMSELVES { char::from(*first) } else { ' ' }, 1))
}

/// The number of hex digits.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, byte| Some(number * 16 + char::from(*byte).to_digit(16)?))
}

/// A Backlog takes so many commands.
fn is_backlog(cmnd: &str) -> bool {
    cmnd.bytes().filter(|byte| matches!(byte, b'|' | b';')).count() < MAX_PARTS
}

/// A module that is not known has nothing to be the base of.
fn base(number: u16, arch: &Arch) -> u8 {
    match number.to_le_bytes() {
        [known, _] if arch.module(number).is_some() => known,
        _ => arch.generic,
    }
}

/// JSON that is read from the front, without its blanks. Arrays in arrays and objects in objects are no part of a
/// template, so nothing here calls itself.
///
/// What is not as it must be puts the reader behind the end, where nothing is found any more: only at the end is asked
/// whether all was well.
struct Reader<'a> {
    arch: &'static Arch,
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte; 0 at the end, which is part of no template.
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn refuse(&mut self) {
        self.at = self.text.len() + 1;
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        self.blanks();
        let found = self.byte() == wanted;
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, wanted: u8) {
        if !self.take(wanted) {
            self.refuse();
        }
    }

    /// All was as it must be, and nothing follows.
    fn is_read(&mut self) -> bool {
        self.blanks();
        self.at == self.text.len()
    }

    fn number(&mut self) -> u16 {
        self.blanks();
        let (from, mut number) = (self.at, 0);
        while let digit @ b'0'..=b'9' = self.byte() {
            number = (number * 10 + u32::from(digit - b'0')).min(TOO_MUCH);
            self.at += 1;
        }
        match u16::try_from(number) {
            Ok(number) if self.at > from => number,
            _ => {
                self.refuse();
                0
            }
        }
    }

    /// What stands between the next two quotes, with all escapes.
    fn string(&mut self) -> &'a str {
        self.need(b'"');
        let from = self.at;
        loop {
            let byte = self.byte();
            self.at += 1;
            match byte {
                b'"' => return self.text.get(from..self.at - 1).unwrap_or(""),
                b'\\' => match escaped(self.text.as_bytes().get(self.at..).unwrap_or(&[])) {
                    Some((_, len)) => self.at += len,
                    None => break,
                },
                ..b' ' => break,
                _ => {}
            }
        }
        self.refuse();
        ""
    }
}
