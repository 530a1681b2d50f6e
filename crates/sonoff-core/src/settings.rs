//! What the owner set, and how it is stored.

use heapless::String;
use heapless::string::StringView;
use minicbor::data::Type;
use minicbor::decode::Error as DecodeError;
use minicbor::encode::Error as EncodeError;
use minicbor::encode::write::{Cursor, EndOfSlice};
use minicbor::{Decoder, Encoder};

use crate::POWERS;
use crate::reading::Units;
use crate::timezone::Zone;

/// A name of the device, the network or the broker: at most 32 bytes.
pub type Name = String<32>;

/// Why stored bytes were refused, or did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SettingsError {
    /// The bytes are no settings document; the defaults are in force.
    NotADocument,
    /// The buffer is too small for the document.
    NoRoom,
}

/// All that commands set and a restart keeps.
///
/// A field has a number in `fields` that is never given to another one. A document that lacks a field
/// leaves its default, one with an unknown number is read without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `Topic`.
    pub topic: Name,
    /// `FullTopic`, as it was entered.
    pub full_topic: String<100>,
    /// `Prefix1` to `Prefix3`.
    pub prefixes: [Name; 3],
    /// `GroupTopic1` to `GroupTopic4`.
    pub groups: [Name; 4],
    /// `MqttClient`, the pattern.
    pub client: Name,
    /// `MqttHost`, `MqttHost2`, `MqttHost3`.
    pub hosts: [Name; 3],
    /// `MqttPort`, `MqttPort2`, `MqttPort3`.
    pub ports: [u16; 3],
    /// `MqttUser`.
    pub user: Name,
    /// `MqttPassword`.
    pub password: Name,
    /// `MqttRetry`, seconds.
    pub retry: u16,
    /// `MqttKeepAlive`, seconds.
    pub keep_alive: u16,
    /// `MqttTimeout`, seconds.
    pub timeout: u16,
    /// `StateText1` to `StateText4`.
    pub state_texts: [String<10>; 4],
    /// `TelePeriod`, seconds; 0 is off.
    pub tele_period: u16,
    /// `PowerOnState`, 0 to 5.
    pub power_on_state: u8,
    /// `BlinkTime`, tenths of a second.
    pub blink_time: u16,
    /// `BlinkCount`.
    pub blink_count: u16,
    /// `PulseTime1` …, raw (see [`PulseTime`](crate::pulse::PulseTime)).
    pub pulse_times: [u16; POWERS],
    /// `Interlock` is on.
    pub interlock: bool,
    /// Interlock groups as relay masks; 0 is none.
    pub interlock_groups: [u8; 4],
    /// SetOption words: 0–31, 50–81, 82–113, 114–145, 146–177.
    pub options: [u32; 5],
    /// SetOption32 to SetOption49.
    pub option_bytes: [u8; 18],
    /// Retain flags, one bit for each [`Retain`](crate::retain::Retain).
    pub retain: u8,
    /// `GroupState`.
    pub group_state: bool,
    /// `RetainedCommands`.
    pub retained_commands: u8,
    /// How measured values are shown.
    pub units: Units,
    /// `ButtonTopic`.
    pub button_topic: Name,
    /// `SwitchTopic`.
    pub switch_topic: Name,
    /// `ButtonDebounce`, milliseconds.
    pub button_debounce: u16,
    /// `SwitchDebounce`, milliseconds.
    pub switch_debounce: u16,
    /// `SwitchMode1` to `SwitchMode8`, 0 to 16.
    pub switch_modes: [u8; POWERS],
    /// `LedState`, 0 to 7; 8 while `LedPower` has switched a LED on.
    pub led_state: u8,
    /// The LEDs that `LedPower` has switched on; LED 1 is bit 0.
    pub led_power: u8,
    /// `LedMask`.
    pub led_mask: u16,
    /// `Timezone`, `TimeStd` and `TimeDst`.
    pub zone: Zone,
    /// `NtpServer1` to `NtpServer3`.
    pub time_servers: [Name; 3],
    /// `Time`, the format of telemetry: 1 to 4.
    pub time_format: u8,
    /// `DeviceName`.
    pub device_name: Name,
    /// `FriendlyName1` to `FriendlyName8`.
    pub friendly_names: [Name; POWERS],
    /// `Hostname`; a text with `%` is the factory's pattern (T-24).
    pub hostname: Name,
    /// `SaveData`, seconds; 0 is only before a restart.
    pub save_data: u16,
    /// `SerialLog`, the level.
    pub serial_log: u8,
    /// `MqttLog`, the level.
    pub mqtt_log: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            topic: text("sonoff"),
            full_topic: text("%prefix%/%topic%"),
            prefixes: [text("cmnd"), text("stat"), text("tele")],
            groups: [text("sonoffs"), Name::new(), Name::new(), Name::new()],
            client: text("DVES_%06X"),
            hosts: Default::default(),
            ports: [1883; 3],
            user: text("DVES_USER"),
            password: text("DVES_PASS"),
            retry: 10,
            keep_alive: 30,
            timeout: 4,
            state_texts: [text("OFF"), text("ON"), text("TOGGLE"), text("HOLD")],
            tele_period: 300,
            power_on_state: 3,
            blink_time: 10,
            blink_count: 10,
            pulse_times: [0; POWERS],
            interlock: false,
            interlock_groups: [0xFF, 0, 0, 0],
            options: [0; 5],
            option_bytes: [0; 18],
            retain: 0,
            group_state: true,
            retained_commands: 1,
            units: Units::default(),
            button_topic: text("0"),
            switch_topic: text("0"),
            button_debounce: 50,
            switch_debounce: 50,
            switch_modes: [0; POWERS],
            led_state: 1,
            led_power: 0,
            led_mask: u16::MAX,
            zone: Zone::UTC,
            time_servers: [text("2.pool.ntp.org"), text("2.europe.pool.ntp.org"), text("2.nl.pool.ntp.org")],
            time_format: 1,
            device_name: text("Sonoff"),
            friendly_names: FRIENDLY_NAMES.map(text),
            hostname: text("%s-%04d"),
            save_data: 1,
            serial_log: 2,
            mqtt_log: 0,
        }
        .with_default_options()
    }
}

const FRIENDLY_NAMES: [&str; POWERS] =
    ["Sonoff", "Sonoff2", "Sonoff3", "Sonoff4", "Sonoff5", "Sonoff6", "Sonoff7", "Sonoff8"];

/// A factory text; all of them fit their fields.
fn text<const N: usize>(value: &str) -> String<N> {
    String::try_from(value).unwrap_or_default()
}

impl Settings {
    /// Field numbers, each declared once for writing and for reading. A number is never reused.
    fn fields(&mut self, visit: &mut Visit<'_, '_>) -> Result<(), SettingsError> {
        visit.text(1, &mut self.topic)?;
        visit.text(2, &mut self.full_topic)?;
        visit.texts(3, &mut self.prefixes)?;
        visit.texts(6, &mut self.groups)?;
        visit.text(10, &mut self.client)?;
        visit.texts(11, &mut self.hosts)?;
        visit.numbers(14, &mut self.ports)?;
        visit.text(17, &mut self.user)?;
        visit.text(18, &mut self.password)?;
        visit.number(19, &mut self.retry)?;
        visit.number(20, &mut self.keep_alive)?;
        visit.number(21, &mut self.timeout)?;
        visit.texts(22, &mut self.state_texts)?;
        visit.number(26, &mut self.tele_period)?;
        visit.number(27, &mut self.power_on_state)?;
        visit.number(28, &mut self.blink_time)?;
        visit.number(29, &mut self.blink_count)?;
        visit.numbers(30, &mut self.pulse_times)?;
        visit.flag(38, &mut self.interlock)?;
        visit.numbers(39, &mut self.interlock_groups)?;
        visit.numbers(43, &mut self.options)?;
        visit.numbers(48, &mut self.option_bytes)?;
        visit.number(66, &mut self.retain)?;
        visit.flag(67, &mut self.group_state)?;
        visit.number(68, &mut self.retained_commands)?;
        self.local_fields(visit)?;
        self.unit_fields(visit)
    }

    /// Buttons, switches, LEDs; names for people; time.
    fn local_fields(&mut self, visit: &mut Visit<'_, '_>) -> Result<(), SettingsError> {
        visit.text(69, &mut self.button_topic)?;
        visit.text(70, &mut self.switch_topic)?;
        visit.number(71, &mut self.button_debounce)?;
        visit.number(72, &mut self.switch_debounce)?;
        visit.numbers(73, &mut self.switch_modes)?;
        visit.number(81, &mut self.led_state)?;
        visit.number(82, &mut self.led_power)?;
        visit.number(83, &mut self.led_mask)?;
        visit.number(170, &mut self.zone.timezone)?;
        visit.number(171, &mut self.zone.standard)?;
        visit.number(172, &mut self.zone.daylight)?;
        visit.texts(173, &mut self.time_servers)?;
        visit.number(176, &mut self.time_format)?;
        visit.text(86, &mut self.device_name)?;
        visit.texts(87, &mut self.friendly_names)?;
        visit.text(95, &mut self.hostname)?;
        visit.number(96, &mut self.save_data)?;
        visit.number(97, &mut self.serial_log)?;
        visit.number(98, &mut self.mqtt_log)
    }

    /// Writes the document.
    ///
    /// # Errors
    /// [`SettingsError::NoRoom`] when `buf` is too small.
    pub fn encode<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], SettingsError> {
        // The fields are visited by `&mut`, for reading and writing alike; writing changes nothing.
        let mut fields = self.clone();
        let mut count = Visit::Count(0);
        fields.fields(&mut count)?;
        let mut encoder = Encoder::new(Cursor::new(&mut *buf));
        if let Visit::Count(count) = count {
            encoder.map(count).map_err(no_room)?;
        }
        fields.fields(&mut Visit::Write(&mut encoder))?;
        let len = encoder.writer().position();
        buf.get(..len).ok_or(SettingsError::NoRoom)
    }

    /// Reads a document over the present values; what it lacks stays.
    ///
    /// # Errors
    /// [`SettingsError::NotADocument`]; the fields read before the fault keep what they got.
    pub fn decode(&mut self, document: &[u8]) -> Result<(), SettingsError> {
        self.read(&mut Decoder::new(document)).map_err(|_| SettingsError::NotADocument)
    }

    fn read(&mut self, decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
        let fields = decoder.map()?.ok_or_else(|| DecodeError::message("indefinite map"))?;
        for _ in 0..fields {
            let number = decoder.u16()?;
            let start = decoder.position();
            skip(decoder)?;
            let value = decoder.input().get(start..decoder.position()).unwrap_or(&[]);
            let _ = self.fields(&mut Visit::Read { number, value });
        }
        Ok(())
    }

    fn unit_fields(&mut self, visit: &mut Visit<'_, '_>) -> Result<(), SettingsError> {
        let Units { decimals, temp_offset, hum_offset, altitude } = &mut self.units;
        visit.numbers(216, decimals)?;
        // Numbers of a document have no sign.
        let mut offsets = [temp_offset.cast_unsigned(), hum_offset.cast_unsigned()];
        let mut metres = altitude.cast_unsigned();
        visit.numbers(219, &mut offsets)?;
        visit.number(221, &mut metres)?;
        [*temp_offset, *hum_offset] = offsets.map(u8::cast_signed);
        *altitude = metres.cast_signed();
        Ok(())
    }
}

/// Passes over one value. A document has numbers, texts and flags alone, now and in each later version; that spares a
/// small chip the 3 KB of code that pass over anything.
pub(crate) fn skip(decoder: &mut Decoder<'_>) -> Result<(), DecodeError> {
    match decoder.datatype()? {
        Type::Bool => decoder.bool().map(drop),
        Type::String => decoder.str().map(drop),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map(drop),
        other => Err(DecodeError::type_mismatch(other)),
    }
}

fn no_room(_: EncodeError<EndOfSlice>) -> SettingsError {
    SettingsError::NoRoom
}

/// Something that is done with every field. One type for all, so that the list of fields is compiled once.
enum Visit<'v, 'b> {
    /// A map needs its length first.
    Count(u64),
    Write(&'v mut Encoder<Cursor<&'b mut [u8]>>),
    /// Gives the field `number` its value; a value that does not fit leaves the field as it was.
    Read {
        number: u16,
        value: &'v [u8],
    },
}

impl Visit<'_, '_> {
    fn text(&mut self, number: u16, field: &mut StringView) -> Result<(), SettingsError> {
        match self {
            Self::Count(count) => *count += 1,
            Self::Write(encoder) => {
                encoder.u16(number).and_then(|e| e.str(field)).map(drop).map_err(no_room)?
            }
            Self::Read { number: wanted, value } if *wanted == number => read_text(value, field),
            Self::Read { .. } => {}
        }
        Ok(())
    }

    /// Consecutive numbers from `first`.
    fn texts<const N: usize>(&mut self, first: u16, fields: &mut [String<N>]) -> Result<(), SettingsError> {
        (first..).zip(fields).try_for_each(|(number, field)| self.text(number, field))
    }

    fn number<T: Number>(&mut self, number: u16, field: &mut T) -> Result<(), SettingsError> {
        let value = self.value(number, (*field).into())?;
        *field = T::try_from(value).unwrap_or(*field);
        Ok(())
    }

    /// Consecutive numbers from `first`.
    fn numbers<T: Number>(&mut self, first: u16, fields: &mut [T]) -> Result<(), SettingsError> {
        (first..).zip(fields).try_for_each(|(number, field)| self.number(number, field))
    }

    fn flag(&mut self, number: u16, field: &mut bool) -> Result<(), SettingsError> {
        match self {
            Self::Count(count) => *count += 1,
            Self::Write(encoder) => {
                encoder.u16(number).and_then(|e| e.bool(*field)).map(drop).map_err(no_room)?
            }
            Self::Read { number: wanted, value } if *wanted == number => {
                *field = Decoder::new(value).bool().unwrap_or(*field);
            }
            Self::Read { .. } => {}
        }
        Ok(())
    }

    /// A number field's value after the visit.
    fn value(&mut self, number: u16, value: u32) -> Result<u32, SettingsError> {
        match self {
            Self::Count(count) => *count += 1,
            Self::Write(encoder) => {
                encoder.u16(number).and_then(|e| e.u32(value)).map(drop).map_err(no_room)?
            }
            Self::Read { number: wanted, value: stored } if *wanted == number => {
                return Ok(Decoder::new(stored).u32().unwrap_or(value));
            }
            Self::Read { .. } => {}
        }
        Ok(value)
    }
}

fn read_text(value: &[u8], field: &mut StringView) {
    let text = Decoder::new(value).str().ok().filter(|text| text.len() <= field.capacity());
    if let Some(text) = text {
        field.clear();
        let _ = field.push_str(text);
    }
}

/// An unsigned field of up to 32 bits.
trait Number: Copy + Into<u32> + TryFrom<u32> {}
impl<T: Copy + Into<u32> + TryFrom<u32>> Number for T {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Slot;
    use proptest::prelude::*;

    fn longest() -> Settings {
        let mut settings = Settings::default();
        let long = text::<32>(&"x".repeat(32));
        settings.topic = long.clone();
        settings.full_topic = text(&"y".repeat(100));
        settings.prefixes = [long.clone(), long.clone(), long.clone()];
        settings.groups = [long.clone(), long.clone(), long.clone(), long.clone()];
        settings.hosts = [long.clone(), long.clone(), long.clone()];
        settings.client = long.clone();
        settings.button_topic = long.clone();
        settings.switch_topic = long.clone();
        settings.time_servers = [long.clone(), long.clone(), long.clone()];
        settings.user = long.clone();
        settings.friendly_names = core::array::from_fn(|_| long.clone());
        settings.device_name = long.clone();
        settings.hostname = long.clone();
        settings.password = long;
        settings.state_texts = core::array::from_fn(|_| text("0123456789"));
        settings.pulse_times = [u16::MAX; POWERS];
        settings.options = [u32::MAX; 5];
        settings.option_bytes = [u8::MAX; 18];
        settings.units = Units { decimals: [3; 3], temp_offset: -126, hum_offset: -100, altitude: -30_000 };
        settings.switch_modes = [u8::MAX; POWERS];
        (settings.button_debounce, settings.switch_debounce) = (1000, 1000);
        settings
    }

    #[test]
    fn the_longest_document_fits_its_slot_and_reads_back() {
        let mut buf = [0; Slot::SETTINGS_BYTES];
        let settings = longest();
        let document = settings.encode(&mut buf).unwrap();
        let mut read = Settings::default();
        read.decode(document).unwrap();
        assert_eq!(read, settings);
    }

    #[test]
    fn a_missing_field_keeps_its_default_and_an_unknown_one_is_skipped() {
        let mut buf = [0; 64];
        let mut encoder = Encoder::new(Cursor::new(&mut buf[..]));
        encoder.map(2).unwrap().u16(9999).unwrap().str("later").unwrap();
        encoder.u16(1).unwrap().str("hall").unwrap();
        let mut settings = Settings::default();
        settings.decode(&buf).unwrap();
        assert_eq!(settings, Settings { topic: text("hall"), ..Settings::default() });
    }

    proptest! {
        #[test]
        fn a_buffer_of_any_size_is_enough_or_an_error(size in 0usize..2048) {
            let mut buf = vec![0; size];
            let settings = longest();
            if let Ok(document) = settings.encode(&mut buf) {
                let mut read = Settings::default();
                read.decode(document).unwrap();
                prop_assert_eq!(read, settings);
            }
        }

        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Settings::default().decode(&bytes);
        }
    }
}
