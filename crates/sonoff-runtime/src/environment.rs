//! First settings from the environment in which a firmware is built, for a device that has stored none (S-89).

use sonoff_core::settings::{Number, Settings, Text};

/// Settings and what their variables hold; a variable is named after the command.
const TEXTS: &[(Text, u8, Option<&str>)] = &[
    (Text::SSID, 1, text(option_env!("SONOFF_SSID"), 1, 32)),
    (Text::SSID, 2, text(option_env!("SONOFF_SSID2"), 1, 32)),
    (Text::WIFI_PASSWORD, 1, text(option_env!("SONOFF_PASSWORD"), 8, 63)),
    (Text::WIFI_PASSWORD, 2, text(option_env!("SONOFF_PASSWORD2"), 8, 63)),
    (Text::MQTT_HOST, 1, text(option_env!("SONOFF_MQTT_HOST"), 1, 32)),
    (Text::MQTT_USER, 1, text(option_env!("SONOFF_MQTT_USER"), 1, 32)),
    (Text::MQTT_PASSWORD, 1, text(option_env!("SONOFF_MQTT_PASSWORD"), 1, 32)),
    (Text::MQTT_CLIENT, 1, text(option_env!("SONOFF_MQTT_CLIENT"), 1, 32)),
    (Text::TOPIC, 1, text(option_env!("SONOFF_TOPIC"), 1, 32)),
    (Text::GROUP_TOPIC, 1, text(option_env!("SONOFF_GROUP_TOPIC"), 1, 32)),
];
const MQTT_PORT: Option<u16> = number(option_env!("SONOFF_MQTT_PORT"));

/// The file that holds the authority's certificate is for `sonoff-tls`: here it says that TLS is wanted (S-95).
const CA: Option<&str> = text(option_env!("SONOFF_MQTT_CA"), 1, usize::MAX);
/// SetOption103.
const TLS: u8 = 103;

/// The key of the device's own access point, for a firmware that is built for one device (S-101).
#[cfg(feature = "setup")]
pub(crate) const SETUP_KEY: Option<&str> = text(option_env!("SONOFF_SETUP_KEY"), 8, 63);

/// Gives a new device what the environment said.
pub(crate) fn set_up(settings: &mut Settings) {
    // Lengths and range were checked while it was built.
    for (text, n, value) in TEXTS {
        let _ = value.map(|value| settings.set_nth_text(*text, *n, value));
    }
    let _ = MQTT_PORT.map(|port| settings.set_number(Number::MQTT_PORT, port));
    // Whoever names a CA has no password to say in the clear.
    let _ = CA.map(|_| settings.set_option(TLS, true));
}

/// Whether firmware with or without TLS may be built in this environment.
pub(crate) const fn suits(has_tls: bool) -> bool {
    let can = has_tls && cfg!(feature = "tls");
    can || CA.is_none() || !cfg!(feature = "environment")
}

/// Does not build with a text that is too long or too short; an empty variable is none.
const fn text(value: Option<&'static str>, least: usize, most: usize) -> Option<&'static str> {
    let Some(held) = value else { return None };
    if held.is_empty() {
        return None;
    }
    assert!(least <= held.len() && held.len() <= most, "a SONOFF_ variable is too long or too short");
    value
}

/// Does not build with anything but a number of 16 bits.
const fn number(value: Option<&'static str>) -> Option<u16> {
    let Some(digits) = text(value, 1, 5) else { return None };
    let (mut digits, mut number) = (digits.as_bytes(), 0_u32);
    while let [digit, rest @ ..] = digits {
        assert!(digit.is_ascii_digit(), "a SONOFF_ variable is no number");
        number = number * 10 + (*digit - b'0') as u32;
        digits = rest;
    }
    assert!(number <= u16::MAX as u32, "a SONOFF_ variable is too large a number");
    Some(number as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!((text(None, 1, 3), text(Some(""), 1, 3)), (None, None));
        assert_eq!((number(None), number(Some(""))), (None, None));
    }

    #[test]
    fn what_fits_is_taken() {
        assert_eq!((text(Some("a"), 1, 3), text(Some("abc"), 1, 3)), (Some("a"), Some("abc")));
        assert_eq!((number(Some("0")), number(Some("65535"))), (Some(0), Some(u16::MAX)));
    }

    #[test]
    #[should_panic = "too long or too short"]
    fn what_is_too_long_does_not_build() {
        text(Some("abcd"), 1, 3);
    }

    #[test]
    #[should_panic = "too large"]
    fn what_is_too_large_does_not_build() {
        number(Some("65536"));
    }

    #[test]
    #[should_panic = "no number"]
    fn what_is_no_number_does_not_build() {
        number(Some("18x3"));
    }
}
