//! Writing compact JSON in the order of the calls.

use crate::text::Sink;

/// An object or array that is being written. Commas and escapes are its business; it cannot fail (see [`Sink`]).
#[derive(Debug)]
pub struct Json<'s, 'b> {
    sink: &'s mut Sink<'b>,
    first: bool,
}

/// A key: a name, or a name and its number (`("POWER", 2)` gives `POWER2`).
pub trait Key {
    /// Writes the key without quotes.
    fn write(self, sink: &mut Sink<'_>);
}

impl Key for &str {
    fn write(self, sink: &mut Sink<'_>) {
        sink.push(self);
    }
}

impl Key for (&str, u8) {
    fn write(self, sink: &mut Sink<'_>) {
        sink.push(self.0);
        sink.push_number(u32::from(self.1));
    }
}

impl Key for u16 {
    fn write(self, sink: &mut Sink<'_>) {
        sink.push_number(u32::from(self));
    }
}

impl<'s, 'b> Json<'s, 'b> {
    /// Writes `{…}`, filled by `body`.
    pub fn object(sink: &'s mut Sink<'b>, body: impl FnOnce(&mut Json<'_, 'b>)) {
        sink.push_byte(b'{');
        body(&mut Json { sink, first: true });
        sink.push_byte(b'}');
    }

    fn key(&mut self, key: impl Key) {
        self.comma();
        self.sink.push_byte(b'"');
        key.write(self.sink);
        self.sink.push("\":");
    }

    /// A key and the bracket or quote with which its value begins.
    #[inline(never)]
    fn begin(&mut self, key: impl Key, opening: u8) {
        self.key(key);
        self.sink.push_byte(opening);
        self.first = true;
    }

    #[inline(never)]
    fn end(&mut self, closing: u8) {
        self.sink.push_byte(closing);
        self.first = false;
    }

    fn comma(&mut self) {
        if !core::mem::take(&mut self.first) {
            self.sink.push_byte(b',');
        }
    }

    /// A text member.
    pub fn text(&mut self, key: impl Key, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    /// A text member that is escaped already.
    pub fn escaped(&mut self, key: impl Key, value: &str) {
        self.begin(key, b'"');
        self.sink.push(value);
        self.end(b'"');
    }

    /// A text member that `write` fills; what it writes must not need escapes.
    pub fn text_with(&mut self, key: impl Key, write: impl FnOnce(&mut Sink<'b>)) {
        self.begin(key, b'"');
        write(self.sink);
        self.end(b'"');
    }

    /// A text member that `write` makes of names that someone chose: at most a topic long, or empty.
    pub(crate) fn topic(&mut self, key: impl Key, write: impl FnOnce(&mut Sink<'_>)) {
        let mut room = [0; crate::topic::MAX_TOPIC + 1];
        let mut text = Sink::new(&mut room);
        write(&mut text);
        self.text(key, text.into_str());
    }

    /// A number member.
    pub fn number(&mut self, key: impl Key, value: impl Into<u32>) {
        self.whole(key, value.into());
    }

    /// Compiled once for numbers of every size.
    fn whole(&mut self, key: impl Key, value: u32) {
        self.key(key);
        self.sink.push_number(value);
    }

    /// A number member where there is something to count.
    #[inline(never)]
    pub(crate) fn number_unless_0(&mut self, key: &str, value: u32) {
        if value > 0 {
            self.number(key, value);
        }
    }

    /// A number member with a sign.
    pub fn signed(&mut self, key: impl Key, value: impl Into<i32>) {
        self.key(key);
        self.sink.push_signed(value.into());
    }

    /// A member that is already JSON, such as `17.0`.
    pub fn raw(&mut self, key: impl Key, value: &str) {
        self.key(key);
        self.sink.push(value);
    }

    /// A nested object.
    pub fn nested(&mut self, key: impl Key, body: impl FnOnce(&mut Self)) {
        self.begin(key, b'{');
        body(self);
        self.end(b'}');
    }

    /// A nested array of numbers.
    pub fn numbers(&mut self, key: impl Key, values: impl Iterator<Item = u32>) {
        self.array(key, values, |json, value| json.sink.push_number(value));
    }

    /// A nested array of numbers with signs.
    pub fn signed_numbers(&mut self, key: impl Key, values: impl Iterator<Item = i32>) {
        self.array(key, values, |json, value| json.sink.push_signed(value));
    }

    /// A nested array of texts that `write` fills; what it writes must not need escapes.
    pub fn texts_with<T>(
        &mut self,
        key: impl Key,
        values: impl Iterator<Item = T>,
        write: impl Fn(T, &mut Sink<'b>),
    ) {
        self.array(key, values, |json, value| {
            json.sink.push_byte(b'"');
            write(value, json.sink);
            json.sink.push_byte(b'"');
        });
    }

    /// A nested array of texts, with `null` for those that are not there.
    pub fn optional_texts<'t>(&mut self, key: impl Key, values: impl Iterator<Item = Option<&'t str>>) {
        self.array(key, values, |json, value| match value {
            Some(value) => json.quoted(value),
            None => json.sink.push("null"),
        });
    }

    /// A nested array of texts.
    pub fn texts<'t>(&mut self, key: impl Key, values: impl Iterator<Item = &'t str>) {
        self.array(key, values, |json, value| json.quoted(value));
    }

    fn array<T>(&mut self, key: impl Key, values: impl Iterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.begin(key, b'[');
        for value in values {
            self.comma();
            write(self, value);
        }
        self.end(b']');
    }

    /// A text in quotes, escaped (D-18).
    fn quoted(&mut self, value: &str) {
        self.sink.push_byte(b'"');
        for byte in value.bytes() {
            if needs_escape(byte) {
                self.escape(byte);
            } else {
                self.sink.push_byte(byte);
            }
        }
        self.sink.push_byte(b'"');
    }

    fn escape(&mut self, special: u8) {
        self.sink.push_byte(b'\\');
        match special {
            b'\n' => self.sink.push_byte(b'n'),
            b'\r' => self.sink.push_byte(b'r'),
            b'\t' => self.sink.push_byte(b't'),
            b'"' | b'\\' => self.sink.push_byte(special),
            _ => {
                self.sink.push("u00");
                self.sink.push_hex(special);
            }
        }
    }
}

const fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: impl FnOnce(&mut Json<'_, '_>)) -> String {
        let mut buf = [0; 256];
        let mut sink = Sink::new(&mut buf);
        Json::object(&mut sink, body);
        sink.into_str().to_owned()
    }

    #[test]
    fn members_stand_in_the_order_of_the_calls() {
        let text = written(|json| {
            json.text("Topic", "sonoff");
            json.number(("PulseTime", 2), 160u32);
            json.nested("Wifi", |json| json.signed("Signal", -52));
            json.numbers("Set", [1, 2].into_iter());
            json.texts("Names", ["a", "b"].into_iter());
            json.raw("WifiPower", "17.0");
            json.signed_numbers("swc", [-1, 2].into_iter());
            json.optional_texts("swn", [None, Some("a")].into_iter());
            json.texts_with("so", 1..3, |number, sink| sink.push_hex(number));
        });
        assert_eq!(
            text,
            r#"{"Topic":"sonoff","PulseTime2":160,"Wifi":{"Signal":-52},"Set":[1,2],"Names":["a","b"],"WifiPower":17.0,"swc":[-1,2],"swn":[null,"a"],"so":["01","02"]}"#
        );
    }

    #[test]
    fn d_18_texts_are_escaped() {
        let text = written(|json| json.text("k", "a\"b\\c\nd\u{1}ü"));
        assert_eq!(text, "{\"k\":\"a\\\"b\\\\c\\nd\\u0001ü\"}");
    }
}
