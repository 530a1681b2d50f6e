//! A template: what a device is called and what its pins are, as people pass it on (M-1).

use super::arch::{Arch, Module, PINS};
use super::component::{NONE, USER};
use super::legacy;
use crate::backlog::MAX_PARTS;
use crate::json::Json;
use crate::text::Sink;

/// Shorter texts are no templates, longer ones are not looked at.
pub(super) const LENGTHS: core::ops::RangeInclusive<usize> = 9..=500;
/// Most bytes of a name.
const NAME: usize = 60;

/// What a device is called and what its pins are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template<'a> {
    /// A JSON string without its quotes: what was escaped still is.
    pub name: &'a str,
    /// What the pins are, in the chip's order; beyond its pins `None`.
    pub codes: [u16; PINS],
    pub flag: u8,
    /// The module whose behaviour it has.
    pub base: u8,
    /// Commands with `|` between them, a JSON string as the name is.
    pub cmnd: &'a str,
    /// What `GPIO` says of free pins. It is stored with the template, but no part of it.
    pub user: [u16; PINS],
}

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

impl<'a> Template<'a> {
    pub(crate) const EMPTY: Self =
        Self { name: "", codes: [NONE; PINS], flag: 0, base: 0, cmnd: "", user: [NONE; PINS] };

    /// Becomes a module, if there is one. What is wired to free pins stays.
    pub(super) fn become_module(&mut self, module: Option<&'static Module>) -> bool {
        let Some(module) = module else { return false };
        (self.name, self.flag, self.base, self.cmnd) = (module.name, 0, module.number, "");
        self.codes.iter_mut().zip(module.codes).for_each(|(place, code)| *place = *code);
        true
    }

    /// The owner says what the pin is.
    pub(super) fn is_free(&self, place: usize) -> bool {
        self.codes.get(place) == Some(&USER)
    }

    /// What a pin is in the end.
    pub(super) fn code(&self, place: usize) -> u16 {
        let codes = if self.is_free(place) { &self.user } else { &self.codes };
        codes.get(place).copied().unwrap_or(NONE)
    }

    /// Wires a component to a pin, and to no other free one.
    pub(super) fn wire(&mut self, place: usize, code: u16) {
        for (at, other) in self.user.iter_mut().enumerate() {
            if at == place {
                *other = code;
            } else if *other == code {
                *other = NONE;
            }
        }
    }

    /// Takes what the owner has wired for its own. Free pins to which nothing is wired stay free.
    pub(super) fn merge(&mut self) {
        self.name = "Merged";
        for (code, user) in self.codes.iter_mut().zip(self.user) {
            if *code == USER && user != NONE {
                *code = user;
            }
        }
    }

    /// Changes what `text` names, the rest stays. `None`: it is no template for this chip, and only half read.
    pub(super) fn change(&mut self, text: &'a str, arch: &Arch) -> Option<Brought> {
        let mut text = Text::new(text);
        let mut reading = Reading { arch, template: self, brought: Brought::default(), is_old: false };
        text.take(b'{')?;
        loop {
            let key = text.string()?;
            text.take(b':')?;
            reading.member(key, &mut text)?;
            if text.take(b',').is_none() {
                break;
            }
        }
        text.take(b'}')?;
        text.end()?;
        Some(reading.ended())
    }

    /// Writes the members of its JSON object (M-2).
    pub(super) fn write(&self, arch: &Arch, json: &mut Json<'_, '_>) {
        self.write_pins(arch, arch.pins.len(), json);
    }

    /// The same with all that is stored. What nothing is wired to at the end of the pins takes no room.
    pub(super) fn write_stored(&self, arch: &Arch, json: &mut Json<'_, '_>) {
        self.write_pins(arch, used(&self.codes), json);
        let used = used(&self.user);
        if used > 0 {
            numbers("USER", &self.user, used, json);
        }
    }

    fn write_pins(&self, arch: &Arch, pins: usize, json: &mut Json<'_, '_>) {
        json.escaped("NAME", self.name);
        if !arch.is_first {
            json.text("ARCH", arch.name);
        }
        numbers("GPIO", &self.codes, pins, json);
        json.number("FLAG", self.flag);
        json.number("BASE", self.base);
        if !self.cmnd.is_empty() {
            json.escaped("CMND", self.cmnd);
        }
    }

    /// Writes its commands as a Backlog takes them.
    pub(crate) fn write_commands(&self, sink: &mut Sink<'_>) {
        let mut rest = self.cmnd.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'|' => sink.push(";"),
                b'\\' => rest = push_escaped(rest, sink),
                byte => sink.push_bytes(&[*byte]),
            }
        }
    }
}

fn numbers(key: &str, codes: &[u16; PINS], count: usize, json: &mut Json<'_, '_>) {
    json.numbers(key, codes.iter().take(count).map(|code| u32::from(*code)));
}

/// Pins up to the last one that is used.
fn used(codes: &[u16; PINS]) -> usize {
    codes.iter().rposition(|code| *code != NONE).map_or(0, |last| last + 1)
}

/// Writes what follows a `\`, and gives what follows that. A line end becomes a blank: a command is one line.
fn push_escaped<'t>(text: &'t [u8], sink: &mut Sink<'_>) -> &'t [u8] {
    match text.split_first() {
        Some((b'u', after)) => {
            let (digits, after) = after.split_at_checked(4).unwrap_or_default();
            let c = hex(digits).and_then(char::from_u32).unwrap_or(' ');
            sink.push(c.encode_utf8(&mut [0; 4]));
            after
        }
        Some((byte @ (b'"' | b'\\' | b'/'), after)) => {
            sink.push_bytes(&[*byte]);
            after
        }
        Some((_, after)) => {
            sink.push(" ");
            after
        }
        None => text,
    }
}

/// A template on the way.
struct Reading<'t, 'a> {
    arch: &'t Arch,
    template: &'t mut Template<'a>,
    brought: Brought,
    is_old: bool,
}

impl<'a> Reading<'_, 'a> {
    fn member(&mut self, key: &str, text: &mut Text<'a>) -> Option<()> {
        const KEYS: [&str; 7] = ["NAME", "GPIO", "FLAG", "BASE", "CMND", "ARCH", "USER"];
        let (template, arch) = (&mut *self.template, self.arch);
        match KEYS.iter().position(|known| known.eq_ignore_ascii_case(key))? {
            0 => template.name = text.string().filter(|name| name.len() <= NAME)?,
            1 => {
                let count = codes(&mut template.codes, text, arch)?;
                self.is_old = arch.is_first && legacy::is_old(&template.codes, count);
            }
            2 => template.flag = u8::try_from(text.number()?).ok()?,
            3 => template.base = base(text.number()?, arch),
            4 => (template.cmnd, self.brought.commands) = (text.string().filter(is_backlog)?, true),
            5 => return (text.string()? == arch.name).then_some(()),
            _ => self.brought.user = codes(&mut template.user, text, arch).is_some(),
        }
        Some(())
    }

    /// `FLAG` may stand behind the codes that need it.
    fn ended(mut self) -> Brought {
        if self.is_old {
            self.brought.unknown = !legacy::renew(&mut self.template.codes, self.template.flag);
            self.template.flag = 0;
        }
        self.brought
    }
}

/// Reads codes and tells how many. A shorter array leaves the other pins as they are.
fn codes(codes: &mut [u16; PINS], text: &mut Text<'_>, arch: &Arch) -> Option<usize> {
    let mut count = 0;
    text.take(b'[')?;
    while text.take(b']').is_none() {
        if count > 0 {
            text.take(b',')?;
        }
        let place = codes.get_mut(count).filter(|_| count < arch.pins.len())?;
        *place = text.number()?;
        if arch.is_taken(count) && *place != NONE {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// A Backlog takes so many commands.
fn is_backlog(cmnd: &&str) -> bool {
    cmnd.bytes().filter(|byte| matches!(byte, b'|' | b';')).count() < MAX_PARTS
}

/// A module that is not known has nothing to be the base of.
fn base(number: u16, arch: &Arch) -> u8 {
    let known = u8::try_from(number).ok().filter(|number| arch.module(*number).is_some());
    known.unwrap_or(arch.generic)
}

/// JSON that is read from the front, without its blanks. Arrays in arrays and objects in objects are no part of a
/// template, so nothing here calls itself.
struct Text<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Text<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank; it stays.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.byte()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek() == Some(wanted)).then(|| self.at += 1)
    }

    fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    fn number(&mut self) -> Option<u16> {
        let mut number = digit(self.peek()?)?;
        self.at += 1;
        while let Some(digit) = self.byte().and_then(digit) {
            number = number.checked_mul(10)?.checked_add(digit)?;
            self.at += 1;
        }
        Some(number)
    }

    /// What stands between the next two quotes, with all escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let from = self.at;
        loop {
            let byte = self.byte()?;
            self.at += 1;
            match byte {
                b'"' => return self.text.get(from..self.at - 1),
                b'\\' => self.escape()?,
                ..b' ' => return None,
                _ => {}
            }
        }
    }

    /// What may stand behind a `\`. Halves of characters are refused: many readers choke on them.
    fn escape(&mut self) -> Option<()> {
        let byte = self.byte()?;
        self.at += 1;
        if byte != b'u' {
            return b"\"\\/bfnrt".contains(&byte).then_some(());
        }
        let digits = self.text.as_bytes().get(self.at..)?.get(..4)?;
        self.at += 4;
        hex(digits).and_then(char::from_u32).map(drop)
    }
}

fn digit(byte: u8) -> Option<u16> {
    byte.is_ascii_digit().then(|| u16::from(byte - b'0'))
}

/// The number of four hex digits.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        Some(number * 16 + u32::from(digit))
    })
}
