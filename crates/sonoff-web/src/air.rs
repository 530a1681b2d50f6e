//! Access points that a radio has seen, for the page that offers them. Anybody may have named them.

use heapless::{String, Vec};
use sonoff_core::json::Json;
use sonoff_core::text::Sink;

/// Access points that are shown; of more, the strongest.
const MOST: usize = 12;

/// An access point.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Point {
    ssid: String<32>,
    channel: u8,
    dbm: i8,
    is_open: bool,
}

/// What is in the air, the strongest first.
#[derive(Debug, Default)]
pub struct Air(Vec<Point, MOST>);

impl Air {
    /// Nothing has been seen.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes an access point that was seen. Of several with one name the strongest counts; one without a name, or with
    /// one that nobody could type, is left out.
    pub fn take(&mut self, ssid: &str, channel: u8, dbm: i8, is_open: bool) {
        let Ok(name) = String::try_from(ssid) else { return };
        if ssid.is_empty() || ssid.bytes().any(|byte| byte.is_ascii_control()) {
            return;
        }
        if self.0.iter().any(|point| point.ssid == ssid && point.dbm >= dbm) {
            return;
        }
        self.0.retain(|point| point.ssid != ssid);
        let place = self.0.iter().position(|point| point.dbm < dbm).unwrap_or(self.0.len());
        if self.0.is_full() && place < MOST {
            self.0.pop();
        }
        // One that is weaker than all of a full list is left out.
        let _ = self.0.insert(place, Point { ssid: name, channel, dbm, is_open });
    }

    /// Lists of names, channels, signals in dBm, and whether they are open (W-21).
    pub fn write(&self, sink: &mut Sink<'_>) {
        Json::object(sink, |json| {
            json.texts("ssid", self.0.iter().map(|point| point.ssid.as_str()));
            json.numbers("channel", self.0.iter().map(|point| point.channel.into()));
            json.signed_numbers("dbm", self.0.iter().map(|point| point.dbm.into()));
            json.numbers("open", self.0.iter().map(|point| point.is_open.into()));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(air: &Air) -> std::string::String {
        let mut buf = [0; 1000];
        let mut sink = Sink::new(&mut buf);
        air.write(&mut sink);
        sink.into_str().to_owned()
    }

    // W-21
    #[test]
    fn the_strongest_of_each_name_comes_first() {
        let mut air = Air::new();
        assert_eq!(shown(&air), r#"{"ssid":[],"channel":[],"dbm":[],"open":[]}"#);
        air.take("barn", 11, -80, true);
        air.take("home", 1, -60, false);
        air.take("barn", 6, -50, true);
        air.take("home", 9, -90, false);
        let wanted = r#"{"ssid":["barn","home"],"channel":[6,1],"dbm":[-50,-60],"open":[1,0]}"#;
        assert_eq!(shown(&air), wanted);
    }

    // W-21
    #[test]
    fn no_name_breaks_the_list() {
        let mut air = Air::new();
        for ssid in ["", "\n", "x\0", "\u{7F}", "a name that is longer than thirty-two bytes"] {
            air.take(ssid, 1, -50, false);
        }
        assert!(air.0.is_empty());
        air.take("\"},<script>\\", 1, -50, false);
        assert!(shown(&air).starts_with(r#"{"ssid":["\"},<script>\\"],"#), "{}", shown(&air));
    }

    #[test]
    fn a_full_list_keeps_the_strongest() {
        let mut air = Air::new();
        for n in 0..40 {
            let dbm = i8::try_from(n * 7 % 40 - 100).unwrap();
            air.take(&format!("{dbm}"), 1, dbm, false);
        }
        let kept: std::vec::Vec<i8> = air.0.iter().map(|point| point.dbm).collect();
        assert_eq!(kept, (-72..=-61).rev().collect::<std::vec::Vec<_>>());
    }
}
