//! A broker as the command line names it.

use std::str::FromStr;

use crate::args::{MQTT_PORT, MQTTS_PORT};

/// `mqtt://user:pass@host:port`, or `mqtts://` for TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// It speaks TLS.
    pub secure: bool,
    /// Name or IPv4 address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// User name, if one is given.
    pub user: Option<String>,
    /// Password, if one is given.
    pub password: Option<String>,
}

impl FromStr for BrokerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("mqtt", text));
        let (secure, usual_port) = match scheme {
            "mqtt" => (false, MQTT_PORT),
            "mqtts" => (true, MQTTS_PORT),
            _ => return Err(format!("{scheme}:// is not served, only mqtt:// and mqtts://")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) =
            rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
        let port = port.map_or(Ok(usual_port), |port| port.parse().map_err(|_| format!("port {port}")))?;
        if host.is_empty() || host.contains(['/', '[', ']']) || port == 0 {
            return Err(
                "a name or IPv4 address, and a port from 1 if need be, as mqtt://localhost:1883".to_owned()
            );
        }
        let (user, password) = login.map_or(Ok((None, None)), read_login)?;
        Ok(Self { secure, host: host.to_owned(), port, user, password })
    }
}

fn read_login(login: &str) -> Result<(Option<String>, Option<String>), String> {
    let (user, password) = login.split_once(':').map_or((login, None), |(user, word)| (user, Some(word)));
    Ok((Some(decoded(user)?), password.map(decoded).transpose()?))
}

/// `%40` is an `@`.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut pieces = text.split('%');
    bytes.extend(pieces.next().unwrap_or_default().as_bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2).ok_or("% needs two hexadecimal digits")?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| "% needs two hexadecimal digits")?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| "user and password are UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<(String, u16, Option<String>, Option<String>), String> {
        text.parse().map(|url: BrokerUrl| (url.host, url.port, url.user, url.password))
    }

    #[test]
    fn all_but_the_host_may_be_left_out() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parts("mqtt://10.0.0.1"), Ok(("10.0.0.1".to_owned(), 1883, None, None)));
        assert_eq!(parts("broker.local:1884"), Ok(("broker.local".to_owned(), 1884, None, None)));
        assert_eq!(parts("mqtt://u@h:1/"), Ok(("h".to_owned(), 1, some("u"), None)));
        assert_eq!(parts("mqtt://u:p%40%3a@x@h"), Ok(("h".to_owned(), 1883, some("u"), some("p@:@x"))));
        assert_eq!(parts("mqtt://:@h"), Ok(("h".to_owned(), 1883, some(""), some(""))));
    }

    #[test]
    fn a_secure_broker_has_a_port_of_its_own() {
        let url = |text: &str| text.parse().map(|url: BrokerUrl| (url.secure, url.port));
        assert_eq!(url("mqtts://h"), Ok((true, 8883)));
        assert_eq!(url("mqtts://u:p@h:1/"), Ok((true, 1)));
        assert_eq!(url("h"), Ok((false, 1883)));
    }

    #[test]
    fn what_is_not_served_is_refused() {
        for text in [
            "",
            "https://h",
            "mqtt://",
            "mqtt://h:0",
            "mqtt://h:x",
            "mqtt://[::1]:1883",
            "mqtt://h/x",
            "u:%4@h",
        ] {
            assert!(parts(text).is_err(), "{text}");
        }
    }
}
