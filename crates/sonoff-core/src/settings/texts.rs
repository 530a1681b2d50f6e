//! The texts that are set: each with its number in the document, its room and its factory value, declared once.

use heapless::String;
use heapless::string::StringView;

use crate::POWERS;
use crate::args::ArgError;

/// A text that the owner sets, or a family of them that commands number from 1.
///
/// Its number in the stored document is never given to another one; a family takes as many as it has members.
#[derive(Debug)]
pub struct Text {
    /// The first member's number in the document.
    pub(super) number: u16,
    /// Members.
    pub(super) count: u8,
    place: Place,
    /// The members' factory values; those that are not listed are empty.
    factory: &'static [&'static str],
    /// It can be set and never be asked for (D-54).
    secret: bool,
    /// It is one device's alone: no group can set it (T-26).
    personal: bool,
}

/// Where the first member lies, which says how long a member may be.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// At most 10 bytes.
    Word(u8),
    /// At most 32 bytes.
    Name(u8),
    /// At most 63 bytes.
    Key(u8),
    /// At most 100 bytes.
    Long(u8),
    /// At most 255 bytes.
    Longest,
}

const WORDS: usize = if cfg!(feature = "switch-text") { 12 } else { 4 };
const NAMES: usize = 33 + cfg!(feature = "setup") as usize;
/// Two of the radio, two of the broker.
const KEYS: usize = if cfg!(feature = "tls") { 4 } else { 2 };
const LONGS: usize = 1;

impl Text {
    /// `Topic`
    pub const TOPIC: &Self = &Self::one(1, Place::Name(0), &["sonoff"]).personal();
    /// `FullTopic`, as it was entered.
    pub const FULL_TOPIC: &Self = &Self::one(2, Place::Long(0), &["%prefix%/%topic%"]);
    /// `Prefix1` to `Prefix3`
    pub const PREFIX: &Self = &Self::family(3, 3, Place::Name(1), &["cmnd", "stat", "tele"]);
    /// `GroupTopic1` to `GroupTopic4`
    pub const GROUP_TOPIC: &Self = &Self::family(6, 4, Place::Name(4), &["sonoffs"]);
    /// `MqttClient`, the pattern.
    pub const MQTT_CLIENT: &Self = &Self::one(10, Place::Name(8), &["DVES_%06X"]).personal();
    /// `MqttHost`, `MqttHost2`, `MqttHost3`
    pub const MQTT_HOST: &Self = &Self::family(11, 3, Place::Name(9), &[]);
    /// `MqttUser`
    pub const MQTT_USER: &Self = &Self::one(17, Place::Name(12), &["DVES_USER"]);
    /// `MqttPassword`
    pub const MQTT_PASSWORD: &Self = &Self::one(18, Place::Name(13), &["DVES_PASS"]).secret();
    /// `StateText1` to `StateText4`
    pub const STATE_TEXT: &Self = &Self::family(22, 4, Place::Word(0), &["OFF", "ON", "TOGGLE", "HOLD"]);
    /// `ButtonTopic`
    pub const BUTTON_TOPIC: &Self = &Self::one(69, Place::Name(14), &["0"]).personal();
    /// `SwitchTopic`
    pub const SWITCH_TOPIC: &Self = &Self::one(70, Place::Name(15), &["0"]).personal();
    /// `DeviceName`
    pub const DEVICE_NAME: &Self = &Self::one(86, Place::Name(16), &["Sonoff"]).personal();
    /// `FriendlyName1` to `FriendlyName8`
    pub const FRIENDLY_NAME: &Self = &Self::family(87, POWERS as u8, Place::Name(17), &FRIENDLY_NAMES);
    /// `Hostname`; a text with `%` is the factory's pattern (T-24).
    pub const HOSTNAME: &Self = &Self::one(95, Place::Name(25), &["%s-%04d"]).personal();
    /// `NtpServer1` to `NtpServer3`
    pub const NTP_SERVER: &Self = &Self::family(173, 3, Place::Name(26), &TIME_SERVERS);

    /// `SwitchText1` to `SwitchText8`
    #[cfg(feature = "switch-text")]
    pub const SWITCH_TEXT: &Self = &Self::family(150, POWERS as u8, Place::Word(4), &[]);
    /// `SSId1` and `SSId2`
    pub const SSID: &Self = &Self::family(110, 2, Place::Name(29), &[]);
    /// `Password1` and `Password2`
    pub const WIFI_PASSWORD: &Self = &Self::family(112, 2, Place::Key(0), &[]).secret();
    /// `WebPassword`
    pub const WEB_PASSWORD: &Self = &Self::one(127, Place::Name(31), &[]).secret();
    /// `LogHost`
    pub const LOG_HOST: &Self = &Self::one(130, Place::Name(32), &[]);
    /// The key to the device's own access point, which it has made for itself (S-101).
    pub const SETUP_KEY: &Self = &Self::one(250, Place::Name(33), &[]).secret();
    /// `MqttFingerprint1` and `MqttFingerprint2`
    #[cfg(feature = "tls")]
    pub const MQTT_FINGERPRINT: &Self = &Self::family(245, 2, Place::Key(2), &FINGERPRINTS);
    /// What `Template` and `GPIO` set, as one JSON object.
    pub const PINS: &Self = &Self::one(240, Place::Longest, &[]);

    /// Every text.
    pub const ALL: &[&Self] = &[
        Self::TOPIC,
        Self::FULL_TOPIC,
        Self::PREFIX,
        Self::GROUP_TOPIC,
        Self::MQTT_CLIENT,
        Self::MQTT_HOST,
        Self::MQTT_USER,
        Self::MQTT_PASSWORD,
        Self::STATE_TEXT,
        Self::BUTTON_TOPIC,
        Self::SWITCH_TOPIC,
        Self::DEVICE_NAME,
        Self::FRIENDLY_NAME,
        Self::HOSTNAME,
        Self::NTP_SERVER,
        Self::SSID,
        Self::WIFI_PASSWORD,
        Self::WEB_PASSWORD,
        Self::LOG_HOST,
        Self::PINS,
        #[cfg(feature = "switch-text")]
        Self::SWITCH_TEXT,
        #[cfg(feature = "setup")]
        Self::SETUP_KEY,
        #[cfg(feature = "tls")]
        Self::MQTT_FINGERPRINT,
    ];

    const fn one(number: u16, place: Place, factory: &'static [&'static str]) -> Self {
        Self::family(number, 1, place, factory)
    }

    const fn family(number: u16, count: u8, place: Place, factory: &'static [&'static str]) -> Self {
        Self { number, count, place, factory, secret: false, personal: false }
    }

    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    const fn personal(self) -> Self {
        Self { personal: true, ..self }
    }

    /// How many there are; commands number them from 1.
    pub fn count(&self) -> u8 {
        self.count
    }

    /// It leaves the device in no answer, log line or message (D-54).
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// It is one device's alone: no group can set it (T-26).
    pub(crate) fn is_personal(&self) -> bool {
        self.personal
    }

    /// The factory value of member `n`.
    pub fn factory(&self, n: u8) -> &'static str {
        usize::from(n).checked_sub(1).and_then(|at| self.factory.get(at)).copied().unwrap_or("")
    }
}

const FRIENDLY_NAMES: [&str; POWERS] =
    ["Sonoff", "Sonoff2", "Sonoff3", "Sonoff4", "Sonoff5", "Sonoff6", "Sonoff7", "Sonoff8"];
/// The first learns, and the second is none's: it is that of no bytes.
#[cfg(feature = "tls")]
const FINGERPRINTS: [&str; 2] = [
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "DA 39 A3 EE 5E 6B 4B 0D 32 55 BF EF 95 60 18 90 AF D8 07 09",
];
const TIME_SERVERS: [&str; 3] = ["2.pool.ntp.org", "2.europe.pool.ntp.org", "2.nl.pool.ntp.org"];

/// The values of all texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    words: [String<10, u8>; WORDS],
    names: [String<32, u8>; NAMES],
    keys: [String<63, u8>; KEYS],
    longs: [String<100, u8>; LONGS],
    longest: String<255, u8>,
}

impl Texts {
    /// The factory's.
    pub(super) fn new() -> Self {
        let mut texts = Self {
            words: core::array::from_fn(|_| String::new()),
            names: core::array::from_fn(|_| String::new()),
            keys: core::array::from_fn(|_| String::new()),
            longs: core::array::from_fn(|_| String::new()),
            longest: String::new(),
        };
        for text in Text::ALL {
            for n in 1..=text.count {
                let _ = texts.set(text, n, text.factory(n));
            }
        }
        texts
    }

    /// Member `n`; empty when there is none.
    pub(super) fn get(&self, text: &Text, n: u8) -> &str {
        let at = |first: u8| usize::from(first) + usize::from(n).saturating_sub(1);
        match text.place {
            _ if n == 0 || n > text.count => "",
            Place::Word(first) => self.words.get(at(first)).map_or("", |text| text.as_str()),
            Place::Name(first) => self.names.get(at(first)).map_or("", |text| text.as_str()),
            Place::Key(first) => self.keys.get(at(first)).map_or("", |text| text.as_str()),
            Place::Long(first) => self.longs.get(at(first)).map_or("", |text| text.as_str()),
            Place::Longest => &self.longest,
        }
    }

    fn place(&mut self, text: &Text, n: u8) -> Option<&mut StringView<u8>> {
        let at = |first: u8| usize::from(first) + usize::from(n).saturating_sub(1);
        match text.place {
            _ if n == 0 || n > text.count => None,
            Place::Word(first) => self.words.get_mut(at(first)).map(|text| text.as_mut_view()),
            Place::Name(first) => self.names.get_mut(at(first)).map(|text| text.as_mut_view()),
            Place::Key(first) => self.keys.get_mut(at(first)).map(|text| text.as_mut_view()),
            Place::Long(first) => self.longs.get_mut(at(first)).map(|text| text.as_mut_view()),
            Place::Longest => Some(self.longest.as_mut_view()),
        }
    }

    /// Sets member `n`, or leaves it as it is.
    pub(super) fn set(&mut self, text: &Text, n: u8, value: &str) -> Result<(), ArgError> {
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

    fn members() -> impl Iterator<Item = (&'static Text, u8)> {
        Text::ALL.iter().flat_map(|text| (1..=text.count).map(|n| (*text, n)))
    }

    #[test]
    fn no_two_texts_share_a_place_and_none_is_unused() {
        let mut texts = Texts::new();
        for (value, (text, n)) in (100..).zip(members()) {
            texts.set(text, n, &value.to_string()).unwrap();
        }
        for (value, (text, n)) in (100..).zip(members()) {
            assert_eq!(texts.get(text, n), value.to_string());
        }
        assert_eq!(members().count(), WORDS + NAMES + KEYS + LONGS + 1);
    }

    #[test]
    fn a_new_device_has_the_factory_texts() {
        let texts = Texts::new();
        assert!(members().all(|(text, n)| texts.get(text, n) == text.factory(n)));
        assert_eq!((texts.get(Text::PREFIX, 2), texts.get(Text::PREFIX, 4)), ("stat", ""));
    }

    #[test]
    fn a_text_that_is_too_long_leaves_the_old_one() {
        let mut texts = Texts::new();
        assert_eq!(texts.set(Text::TOPIC, 1, &"x".repeat(33)), Err(ArgError::TooLong));
        assert_eq!(texts.set(Text::PREFIX, 4, "x"), Err(ArgError::OutOfRange));
        assert_eq!(texts.get(Text::TOPIC, 1), "sonoff");
    }
}
