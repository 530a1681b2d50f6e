//! The device's names: expanded from the settings, checked, and in force until the next start.

use heapless::String;
use heapless::string::StringView;

use crate::args;
use crate::keys::Key;
use crate::settings::{Name, Settings, Text};
use crate::text::Sink;
use crate::topic::{Base, FullTopic, MAX_BASE, Prefix, TOKENS, TopicError};

/// Most bytes of a name.
const MAX_NAME: usize = 32;

/// The expanded names in force since the last start. Topics come from here, never from the stored settings.
#[derive(Debug, Clone)]
#[repr(C)]
pub struct Names {
    fallback_suffix: &'static str,
    group_literal: bool,
    has_topic: bool,
    /// Client identifier (T-17).
    pub client: Name,
    /// Topic, expanded (T-14).
    pub topic: Name,
    /// Host name (T-24).
    pub hostname: Name,
    /// The twelve hex digits of the MAC (T-6).
    pub id: String<12>,
    /// The group topics.
    pub groups: [Name; 4],
    full_topic: String<100>,
    prefixes: [Name; 3],
    /// `cmnd/sonoff/`, `stat/sonoff/`, `tele/sonoff/`.
    own: [Base; 3],
}

/// None, in a loop for each kind: a derived one stores each length for itself.
impl Default for Names {
    fn default() -> Self {
        Self {
            fallback_suffix: "",
            group_literal: false,
            has_topic: false,
            client: Name::new(),
            topic: Name::new(),
            hostname: Name::new(),
            id: String::new(),
            groups: [const { Name::new() }; 4],
            full_topic: String::new(),
            prefixes: [const { Name::new() }; 3],
            own: [const { Base::new() }; 3],
        }
    }
}

impl Names {
    /// Expands the names of `settings` for the device with this MAC.
    ///
    /// # Errors
    /// [`TopicError`] when the result would not work; nothing is in force then.
    pub fn expand(
        settings: &Settings,
        mac: [u8; 6],
        fallback_suffix: &'static str,
    ) -> Result<Self, TopicError> {
        let mut names = Self::default();
        names.put(settings, mac, fallback_suffix)?;
        Ok(names)
    }

    /// Puts the names of `settings` in force.
    ///
    /// # Errors
    /// [`TopicError`] when the result does not work.
    pub(crate) fn put(
        &mut self,
        settings: &Settings,
        mac: [u8; 6],
        fallback_suffix: &'static str,
    ) -> Result<(), TopicError> {
        let full_topic = settings.text(Text::FULL_TOPIC);
        let mut room = [0; MAX_NAME];
        put(&mut self.id, expanded(&mut room, "%12X", &mac));
        put(&mut self.client, expanded(&mut room, settings.text(Text::MQTT_CLIENT), &mac));
        put(&mut self.topic, expanded(&mut room, settings.text(Text::TOPIC), &mac));
        put(&mut self.hostname, hostname(&mut room, settings.text(Text::HOSTNAME), &self.topic, &mac));
        put(&mut self.full_topic, full_topic);
        copy_names(&mut self.groups, settings, Text::GROUP_TOPIC);
        copy_names(&mut self.prefixes, settings, Text::PREFIX);
        self.group_literal = settings.option(75);
        self.has_topic = FullTopic::new(full_topic).has_topic();
        self.fallback_suffix = fallback_suffix;
        self.build_own()?;
        for key in [Key::Button, Key::Switch] {
            self.check_name(settings.key_topic(key).unwrap_or(""))?;
        }
        self.check()
    }

    fn full_topic(&self) -> FullTopic<'_> {
        FullTopic::new(&self.full_topic)
    }

    fn build_own(&mut self) -> Result<(), TopicError> {
        let mut room = [0; MAX_BASE];
        for (at, &prefix) in Prefix::ALL.iter().enumerate() {
            let base = self.base(&mut room, Tree::Own, prefix).ok_or(TopicError::TooLong)?;
            if let Some(place) = self.own.get_mut(at) {
                put(place, base);
            }
        }
        Ok(())
    }

    /// The base of a tree; too long is none, nothing is cut.
    fn base<'b>(&self, room: &'b mut [u8; MAX_BASE], tree: Tree, prefix: Prefix) -> Option<&'b str> {
        let mut sink = Sink::new(room);
        self.write(&mut sink, tree, prefix);
        sink.is_whole().then(|| sink.into_str())
    }

    /// Checks that topics can be made of a name (T-7).
    ///
    /// # Errors
    /// [`TopicError::TooLong`].
    pub fn check_name(&self, name: &str) -> Result<(), TopicError> {
        let mut sink = Sink::counter();
        self.write_named(&mut sink, name, Prefix::Cmnd);
        if sink.total() > MAX_BASE { Err(TopicError::TooLong) } else { Ok(()) }
    }

    /// Writes the base of a tree.
    pub(crate) fn write(&self, sink: &mut Sink<'_>, tree: Tree, prefix: Prefix) {
        match tree {
            Tree::Own => self.write_named(sink, &self.topic, prefix),
            Tree::Group(slot) if self.group_literal => write_literal(sink, prefix, self.slot(slot), ""),
            Tree::Group(slot) => self.write_named(sink, self.slot(slot), prefix),
            Tree::Fallback => write_literal(sink, prefix, &self.client, self.fallback_suffix),
        }
    }

    /// Writes the base of any name's topics (T-7).
    pub(crate) fn write_named(&self, sink: &mut Sink<'_>, name: &str, prefix: Prefix) {
        let values = [self.prefix(prefix), name, &self.hostname, &self.id];
        self.full_topic().write(sink, &values, prefix == Prefix::Cmnd);
    }

    /// The name of group slot 1 to 4.
    fn slot(&self, slot: u8) -> &str {
        usize::from(slot).checked_sub(1).and_then(|at| self.groups.get(at)).map_or("", |name| name.as_str())
    }

    /// `stat/sonoff/`
    pub fn own(&self, prefix: Prefix) -> &str {
        let [cmnd, stat, tele] = &self.own;
        match prefix {
            Prefix::Cmnd => cmnd,
            Prefix::Stat => stat,
            Prefix::Tele => tele,
        }
    }

    /// The prefix in force: the factory word for an empty one (T-3).
    pub fn prefix(&self, prefix: Prefix) -> &str {
        let [cmnd, stat, tele] = &self.prefixes;
        let word = match prefix {
            Prefix::Cmnd => cmnd,
            Prefix::Stat => stat,
            Prefix::Tele => tele,
        };
        if word.is_empty() { prefix.word() } else { word }
    }

    /// FullTopic as a client fills it in: one slash at the end, `%hostname%` and `%id%` replaced (U-62, U-63).
    pub fn write_template(&self, sink: &mut Sink<'_>) {
        let [prefix, topic, ..] = TOKENS;
        self.full_topic().write(sink, &[prefix, topic, &self.hostname, &self.id], false);
    }

    /// The name of group slot 1 to 4, when the device subscribes to it (T-11, T-37).
    pub fn group(&self, slot: u8) -> Option<&str> {
        Some(self.slot(slot)).filter(|name| self.has_topic && !name.is_empty())
    }

    /// `topic` lies under the fallback topic (T-43).
    pub fn is_fallback(&self, topic: &str) -> bool {
        [Prefix::Cmnd.word(), "/", &self.client, self.fallback_suffix, "/"]
            .into_iter()
            .try_fold(topic, |rest, piece| rest.strip_prefix(piece))
            .is_some()
    }

    /// `topic` names a group: it lies under one of the group topics (T-42).
    pub fn is_group(&self, topic: &str) -> bool {
        let mut room = [0; MAX_BASE];
        for slot in 1..5 {
            if self.group(slot).is_some()
                && let Some(base) = self.base(&mut room, Tree::Group(slot), Prefix::Cmnd)
                && topic.starts_with(base)
            {
                return true;
            }
        }
        false
    }

    fn has(&self, tree: Tree) -> bool {
        match tree {
            Tree::Group(slot) => self.group(slot).is_some(),
            Tree::Own | Tree::Fallback => true,
        }
    }

    /// The fallback topic stands alone, and no answer comes back as a command (T-59).
    fn check(&self) -> Result<(), TopicError> {
        let (mut room, mut fallback_room) = ([0; MAX_BASE], [0; MAX_BASE]);
        let fallback =
            self.base(&mut fallback_room, Tree::Fallback, Prefix::Cmnd).ok_or(TopicError::TooLong)?;
        for &tree in &Tree::ALL {
            if !self.has(tree) {
                continue;
            }
            let subscribed = self.base(&mut room, tree, Prefix::Cmnd).ok_or(TopicError::TooLong)?;
            if tree != Tree::Fallback && overlap(subscribed, fallback) {
                return Err(TopicError::HidesFallback);
            }
            self.check_answers(subscribed)?;
        }
        Ok(())
    }

    /// None of the answers lies under `subscribed`.
    fn check_answers(&self, subscribed: &str) -> Result<(), TopicError> {
        let mut room = [0; MAX_BASE];
        for &(tree, prefix) in ANSWERS {
            if self.has(tree)
                && self.base(&mut room, tree, prefix).ok_or(TopicError::TooLong)?.starts_with(subscribed)
            {
                return Err(TopicError::Loop);
            }
        }
        Ok(())
    }
}

/// What the device answers on. Groups get no telemetry.
const ANSWERS: &[(Tree, Prefix)] = &[
    (Tree::Own, Prefix::Stat),
    (Tree::Own, Prefix::Tele),
    (Tree::Group(1), Prefix::Stat),
    (Tree::Group(2), Prefix::Stat),
    (Tree::Group(3), Prefix::Stat),
    (Tree::Group(4), Prefix::Stat),
    (Tree::Fallback, Prefix::Stat),
    (Tree::Fallback, Prefix::Tele),
];

/// Whose topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tree {
    /// The device's own (T-7).
    Own,
    /// Those of group slot 1 to 4: T-7 with the group's name, or the literal of T-21.
    Group(u8),
    /// The fallback topic in the built-in words (T-18): `stat/DVES_123456/`.
    Fallback,
}

impl Tree {
    const ALL: [Self; 6] =
        [Self::Own, Self::Group(1), Self::Group(2), Self::Group(3), Self::Group(4), Self::Fallback];
}

fn write_literal(sink: &mut Sink<'_>, prefix: Prefix, name: &str, suffix: &str) {
    sink.push(prefix.word());
    sink.push_byte(b'/');
    sink.push(name);
    sink.push(suffix);
    sink.push_byte(b'/');
}

fn overlap(a: &str, b: &str) -> bool {
    a.bytes().zip(b.bytes()).all(|(a, b)| a == b)
}

fn copy_names(names: &mut [Name], settings: &Settings, text: Text) {
    for (n, name) in (1..).zip(names) {
        put(name, settings.nth_text(text, n));
    }
}

/// Makes a name of this text in its place; an empty one when the text is too long.
pub(crate) fn put(name: &mut StringView, text: &str) {
    name.clear();
    let _ = name.push_str(text);
}

/// Where a name is written; what it has no room for is left out.
type Room = [u8; MAX_NAME];

/// The chip id: the last three bytes of the MAC.
fn chip_id(mac: &[u8; 6]) -> u32 {
    let [_, _, _, a, b, c] = *mac;
    u32::from_be_bytes([0, a, b, c])
}

/// The four digits of a host name, and of `%4d` (T-14, T-24).
fn short_id(mac: &[u8; 6]) -> u32 {
    chip_id(mac) & 0x1FFF
}

/// A name with its numeric token expanded (T-14 to T-16).
fn expanded<'r>(room: &'r mut Room, pattern: &str, mac: &[u8; 6]) -> &'r str {
    let mut sink = Sink::new(room);
    write_name(&mut sink, pattern, mac);
    sink.into_str()
}

fn write_name(sink: &mut Sink<'_>, pattern: &str, mac: &[u8; 6]) {
    let Some((before, token)) = args::cut(pattern, b'%') else { return sink.push(pattern) };
    let decimal = args::cut(token, b'd').is_some();
    let width = args::number_in::<u8>(token_digits(token), 1..=12).ok();
    if width.is_none() && !decimal {
        return sink.push(pattern);
    }
    sink.push(before);
    match width {
        Some(width) if decimal => sink.push_padded(short_id(mac), width.into()),
        Some(width) => (12 - width..12).for_each(|at| sink.push_digit(nibble(mac, at))),
        None => sink.push_number(chip_id(mac)),
    }
}

/// Digit 0 to 11 of the MAC.
fn nibble(mac: &[u8; 6], at: u8) -> u8 {
    let byte = mac.get(usize::from(at / 2)).copied().unwrap_or(0);
    if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 }
}

/// The digits of `06X`, without leading zeros, which would make them octal.
fn token_digits(token: &str) -> &str {
    let mut digits = token;
    while let Some(rest) = digits.strip_prefix('0') {
        digits = rest;
    }
    digits
}

/// The host name (T-24): the text that was set, or with a `%` in it the factory's pattern, `sonoff-5206`.
fn hostname<'r>(room: &'r mut Room, set: &str, topic: &str, mac: &[u8; 6]) -> &'r str {
    let mut sink = Sink::new(room);
    if args::cut(set, b'%').is_some() {
        write_host(&mut sink, topic, 27);
        sink.push_byte(b'-');
        sink.push_padded(short_id(mac), 4);
    } else {
        write_host(&mut sink, set, 32);
    }
    sink.into_str()
}

/// Whatever a host name cannot have becomes `-`, and `x` in front.
fn write_host(sink: &mut Sink<'_>, text: &str, most: usize) {
    let mut instead = b'x';
    for byte in text.bytes().take(most) {
        let kept = byte.is_ascii_alphanumeric() || byte == b'.';
        sink.push_byte(if kept { byte } else { instead });
        instead = b'-';
    }
}

#[cfg(test)]
mod tests;
