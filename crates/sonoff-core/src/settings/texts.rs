//! The texts that are set: each with its number in the document, its room and its factory value, declared once.

use heapless::String;
use heapless::string::StringView;

use super::is_same;
use crate::POWERS;
use crate::args::{self, ArgError};

/// A text that the owner sets, or a family of them that commands number from 1.
///
/// It is the place of its row in the table: one byte, which costs less than an address wherever it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(u8);

/// How long a member may be.
#[derive(Debug, Clone, Copy)]
enum Room {
    /// At most 10 bytes.
    Word,
    /// At most 32 bytes.
    Name,
    /// At most 63 bytes.
    Key,
    /// At most 100 bytes.
    Long,
    /// At most 255 bytes.
    Longest,
}

/// Who may set it, and who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Anybody.
    Open,
    /// It is one device's alone: no group can set it (T-26).
    Personal,
    /// It can be set and never be asked for (D-54).
    Secret,
}

/// What is declared of a text.
struct Declared {
    name: &'static str,
    row: Row,
    /// The members' factory values between bars; those that are not listed are empty.
    factory: &'static str,
}

/// What the device keeps of a declaration.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// The first member's number in the document. It is never given to another one; a family takes as many as it has
    /// members.
    pub number: u16,
    /// Members.
    pub count: u8,
    /// The first member's place among all in rooms of this kind.
    first: u8,
    room: Room,
    reach: Reach,
}

/// Every text.
const DECLARED: &[Declared] = &[
    one("Topic", 1, Room::Name, "sonoff").personal(),
    one("FullTopic", 2, Room::Long, "%prefix%/%topic%"),
    family("Prefix", 3, 3, Room::Name, "cmnd|stat|tele"),
    family("GroupTopic", 6, 4, Room::Name, "sonoffs"),
    one("MqttClient", 10, Room::Name, "DVES_%06X").personal(),
    family("MqttHost", 11, 3, Room::Name, ""),
    one("MqttUser", 17, Room::Name, "DVES_USER"),
    one("MqttPassword", 18, Room::Name, "DVES_PASS").secret(),
    family("StateText", 22, 4, Room::Word, "OFF|ON|TOGGLE|HOLD"),
    one("ButtonTopic", 69, Room::Name, "0").personal(),
    one("SwitchTopic", 70, Room::Name, "0").personal(),
    one("DeviceName", 86, Room::Name, "Sonoff").personal(),
    family("FriendlyName", 87, POWERS as u8, Room::Name, FRIENDLY_NAMES),
    one("Hostname", 95, Room::Name, "%s-%04d").personal(),
    family("NtpServer", 173, 3, Room::Name, TIME_SERVERS),
    family("SSId", 110, 2, Room::Name, ""),
    family("WifiPassword", 112, 2, Room::Key, "").secret(),
    #[cfg(feature = "pages")]
    one("WebPassword", 127, Room::Name, "").secret(),
    #[cfg(feature = "syslog")]
    one("LogHost", 130, Room::Name, ""),
    one("Pins", 240, Room::Longest, ""),
    #[cfg(feature = "switch-text")]
    family("SwitchText", 150, POWERS as u8, Room::Word, ""),
    #[cfg(feature = "setup")]
    one("SetupKey", 250, Room::Name, "").secret(),
    #[cfg(feature = "tls")]
    family("MqttFingerprint", 245, 2, Room::Key, FINGERPRINTS),
];

const FRIENDLY_NAMES: &str = "Sonoff|Sonoff2|Sonoff3|Sonoff4|Sonoff5|Sonoff6|Sonoff7|Sonoff8";
const TIME_SERVERS: &str = "2.pool.ntp.org|2.europe.pool.ntp.org|2.nl.pool.ntp.org";
/// The first learns, and the second is none's: it is that of no bytes.
#[cfg(feature = "tls")]
const FINGERPRINTS: &str = "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00|\
                            DA 39 A3 EE 5E 6B 4B 0D 32 55 BF EF 95 60 18 90 AF D8 07 09";

const fn one(name: &'static str, number: u16, room: Room, factory: &'static str) -> Declared {
    family(name, number, 1, room, factory)
}

const fn family(name: &'static str, number: u16, count: u8, room: Room, factory: &'static str) -> Declared {
    Declared { name, row: Row { number, count, first: 0, room, reach: Reach::Open }, factory }
}

impl Declared {
    const fn personal(mut self) -> Self {
        self.row.reach = Reach::Personal;
        self
    }

    const fn secret(mut self) -> Self {
        self.row.reach = Reach::Secret;
        self
    }
}

/// Members in rooms of a kind, before a row.
#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn members(room: Room, end: usize) -> u8 {
    let (mut members, mut at) = (0, 0);
    while at < end {
        if DECLARED[at].row.room as u8 == room as u8 {
            members += DECLARED[at].row.count;
        }
        at += 1;
    }
    members
}

const fn all_members(room: Room) -> usize {
    members(room, DECLARED.len()) as usize
}

static ROWS: [Row; DECLARED.len()] = rows();
static FACTORY: [&str; DECLARED.len()] = factory();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn rows() -> [Row; DECLARED.len()] {
    let mut rows = [DECLARED[0].row; DECLARED.len()];
    let mut at = 0;
    while at < rows.len() {
        let row = DECLARED[at].row;
        rows[at] = Row { first: members(row.room, at), ..row };
        at += 1;
    }
    rows
}

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
const fn factory() -> [&'static str; DECLARED.len()] {
    let mut factory = [""; DECLARED.len()];
    let mut at = 0;
    while at < factory.len() {
        factory[at] = DECLARED[at].factory;
        at += 1;
    }
    factory
}

impl Text {
    /// `Topic`
    pub const TOPIC: Self = Self::named("Topic");
    /// `FullTopic`, as it was entered.
    pub const FULL_TOPIC: Self = Self::named("FullTopic");
    /// `Prefix1` to `Prefix3`
    pub const PREFIX: Self = Self::named("Prefix");
    /// `GroupTopic1` to `GroupTopic4`
    pub const GROUP_TOPIC: Self = Self::named("GroupTopic");
    /// `MqttClient`, the pattern.
    pub const MQTT_CLIENT: Self = Self::named("MqttClient");
    /// `MqttHost`, `MqttHost2`, `MqttHost3`
    pub const MQTT_HOST: Self = Self::named("MqttHost");
    /// `MqttUser`
    pub const MQTT_USER: Self = Self::named("MqttUser");
    /// `MqttPassword`
    pub const MQTT_PASSWORD: Self = Self::named("MqttPassword");
    /// `StateText1` to `StateText4`
    pub const STATE_TEXT: Self = Self::named("StateText");
    /// `ButtonTopic`
    pub const BUTTON_TOPIC: Self = Self::named("ButtonTopic");
    /// `SwitchTopic`
    pub const SWITCH_TOPIC: Self = Self::named("SwitchTopic");
    /// `DeviceName`
    pub const DEVICE_NAME: Self = Self::named("DeviceName");
    /// `FriendlyName1` to `FriendlyName8`
    pub const FRIENDLY_NAME: Self = Self::named("FriendlyName");
    /// `Hostname`; a text with `%` is the factory's pattern (T-24).
    pub const HOSTNAME: Self = Self::named("Hostname");
    /// `NtpServer1` to `NtpServer3`
    pub const NTP_SERVER: Self = Self::named("NtpServer");
    /// `SSId1` and `SSId2`
    pub const SSID: Self = Self::named("SSId");
    /// `Password1` and `Password2`
    pub const WIFI_PASSWORD: Self = Self::named("WifiPassword");
    /// `WebPassword`
    #[cfg(feature = "pages")]
    pub const WEB_PASSWORD: Self = Self::named("WebPassword");
    /// `LogHost`
    #[cfg(feature = "syslog")]
    pub const LOG_HOST: Self = Self::named("LogHost");
    /// What `Template` and `GPIO` set, as one JSON object.
    pub const PINS: Self = Self::named("Pins");
    /// `SwitchText1` to `SwitchText8`
    #[cfg(feature = "switch-text")]
    pub const SWITCH_TEXT: Self = Self::named("SwitchText");
    /// The key to the device's own access point, which it has made for itself (S-101).
    #[cfg(feature = "setup")]
    pub const SETUP_KEY: Self = Self::named("SetupKey");
    /// `MqttFingerprint1` and `MqttFingerprint2`
    #[cfg(feature = "tls")]
    pub const MQTT_FINGERPRINT: Self = Self::named("MqttFingerprint");

    /// Members of all.
    pub(super) const MEMBERS: usize =
        all_members(Room::Word) + all_members(Room::Name) + all_members(Room::Key) + 2;
    /// Every text.
    pub const ALL: [Self; DECLARED.len()] = Self::all();

    #[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
    const fn all() -> [Self; DECLARED.len()] {
        let mut all = [Self(0); DECLARED.len()];
        let mut at = 0;
        while (at as usize) < all.len() {
            all[at as usize] = Self(at);
            at += 1;
        }
        all
    }

    /// A name that is not declared does not compile.
    #[expect(clippy::indexing_slicing, reason = "it runs in the compiler alone")]
    const fn named(name: &str) -> Self {
        let mut at = 0;
        while !is_same(DECLARED[at as usize].name, name) {
            at += 1;
        }
        Self(at)
    }

    /// Every one with its row.
    pub(super) fn rows() -> impl Iterator<Item = (Self, &'static Row)> {
        (0..).map(Self).zip(&ROWS)
    }

    /// Names alone make texts, so that there is one.
    fn row(self) -> &'static Row {
        ROWS.get(usize::from(self.0)).unwrap_or(&ROWS[0])
    }

    /// How many there are; commands number them from 1.
    pub fn count(self) -> u8 {
        self.row().count
    }

    /// It leaves the device in no answer, log line or message (D-54).
    pub fn is_secret(self) -> bool {
        self.row().reach == Reach::Secret
    }

    /// It is one device's alone: no group can set it (T-26).
    pub(crate) fn is_personal(self) -> bool {
        self.row().reach == Reach::Personal
    }

    /// The factory value of member `n`.
    pub fn factory(self, n: u8) -> &'static str {
        FACTORY.get(usize::from(self.0)).map_or("", |list| args::nth(list, n.saturating_sub(1).into()))
    }

    /// The room of member `n`, and its place among those of its kind.
    fn place(self, n: u8) -> Option<(Room, usize)> {
        let row = ROWS.get(usize::from(self.0))?;
        let nth = usize::from(n).wrapping_sub(1);
        (nth < usize::from(row.count)).then(|| (row.room, usize::from(row.first) + nth))
    }
}

/// The values of all texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    words: [String<10, u8>; all_members(Room::Word)],
    names: [String<32, u8>; all_members(Room::Name)],
    keys: [String<63, u8>; all_members(Room::Key)],
    /// Of this kind there is one.
    long: String<100, u8>,
    /// Of this one, too.
    longest: String<255, u8>,
}

const _: () = assert!(all_members(Room::Long) == 1 && all_members(Room::Longest) == 1);

impl Texts {
    /// None.
    pub(super) const EMPTY: Self = Self {
        words: [const { String::new() }; all_members(Room::Word)],
        names: [const { String::new() }; all_members(Room::Name)],
        keys: [const { String::new() }; all_members(Room::Key)],
        long: String::new(),
        longest: String::new(),
    };

    /// Makes all of them the factory's.
    pub(super) fn restore(&mut self) {
        for (text, row) in Text::rows() {
            for nth in 0..row.count {
                let _ = self.set(text, nth + 1, text.factory(nth + 1));
            }
        }
    }

    /// Member `n`; empty when there is none.
    pub(super) fn get(&self, text: Text, n: u8) -> &str {
        let Some((room, at)) = text.place(n) else { return "" };
        match room {
            Room::Word => self.words.get(at).map_or("", |text| text.as_str()),
            Room::Name => self.names.get(at).map_or("", |text| text.as_str()),
            Room::Key => self.keys.get(at).map_or("", |text| text.as_str()),
            Room::Long => &self.long,
            Room::Longest => &self.longest,
        }
    }

    fn place(&mut self, text: Text, n: u8) -> Option<&mut StringView<u8>> {
        let (room, at) = text.place(n)?;
        match room {
            Room::Word => self.words.get_mut(at).map(|text| text.as_mut_view()),
            Room::Name => self.names.get_mut(at).map(|text| text.as_mut_view()),
            Room::Key => self.keys.get_mut(at).map(|text| text.as_mut_view()),
            Room::Long => Some(self.long.as_mut_view()),
            Room::Longest => Some(self.longest.as_mut_view()),
        }
    }

    /// Sets member `n`, or leaves it as it is.
    pub(super) fn set(&mut self, text: Text, n: u8, value: &str) -> Result<(), ArgError> {
        let place = self.place(text, n).ok_or(ArgError::OutOfRange)?;
        if value.len() > place.capacity() {
            return Err(ArgError::TooLong);
        }
        place.clear();
        place.push_str(value).map_err(|_| ArgError::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> impl Iterator<Item = (Text, u8)> {
        Text::ALL.into_iter().flat_map(|text| (1..=text.count()).map(move |n| (text, n)))
    }

    #[test]
    fn no_two_texts_share_a_place_and_none_is_unused() {
        let mut texts = Texts::EMPTY;
        for (value, (text, n)) in (100..).zip(members()) {
            texts.set(text, n, &value.to_string()).unwrap();
        }
        for (value, (text, n)) in (100..).zip(members()) {
            assert_eq!(texts.get(text, n), value.to_string());
        }
        assert_eq!(members().count(), Text::MEMBERS);
    }

    #[test]
    fn a_new_device_has_the_factory_texts() {
        let mut texts = Texts::EMPTY;
        texts.restore();
        assert!(members().all(|(text, n)| texts.get(text, n) == text.factory(n)));
        assert_eq!((texts.get(Text::PREFIX, 2), texts.get(Text::PREFIX, 4)), ("stat", ""));
    }

    #[test]
    fn a_text_that_is_too_long_leaves_the_old_one() {
        let mut texts = Texts::EMPTY;
        texts.restore();
        assert_eq!(texts.set(Text::TOPIC, 1, &"x".repeat(33)), Err(ArgError::TooLong));
        assert_eq!(texts.set(Text::PREFIX, 4, "x"), Err(ArgError::OutOfRange));
        assert_eq!(texts.get(Text::TOPIC, 1), "sonoff");
    }
}
