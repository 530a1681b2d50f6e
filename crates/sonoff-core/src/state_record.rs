//! The small record of what changes often.

use crate::settings::SettingsError;
use crate::settings::document::{Value, Writer, fields};

/// The small record of what changes often, at most 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateRecord {
    /// Relay 1 is bit 0.
    pub power: u8,
    /// Boots so far (S-28).
    pub boots: u16,
    /// When they were last set to 0, in seconds since 1970; 0 is never.
    pub boots_since: u32,
}

impl StateRecord {
    /// Writes the record.
    ///
    /// # Errors
    /// [`SettingsError::NoRoom`] when `buf` is too small.
    pub fn encode(self, buf: &mut [u8]) -> Result<&[u8], SettingsError> {
        let mut writer = Writer::new(buf, 3);
        writer.number(1, self.power.into());
        writer.number(2, self.boots.into());
        writer.number(3, self.boots_since);
        writer.end()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`SettingsError::NotADocument`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SettingsError> {
        let mut record = Self::default();
        fields(bytes, &mut |number, value| record.take(number, value))?;
        Ok(record)
    }

    /// A value that is impossible leaves the default.
    fn take(&mut self, number: u16, value: Value<'_>) {
        let Value::Number(value) = value else { return };
        match number {
            1 => self.power = u8::try_from(value).unwrap_or(0),
            2 => self.boots = u16::try_from(value).unwrap_or(u16::MAX),
            3 => self.boots_since = value,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Slot;
    use proptest::prelude::*;

    #[test]
    fn the_state_record_fits_its_slot_and_reads_back() {
        let record = StateRecord { power: 0xFF, boots: u16::MAX, boots_since: u32::MAX };
        let mut buf = [0; Slot::STATE_BYTES];
        let bytes = record.encode(&mut buf).unwrap();
        assert_eq!(StateRecord::decode(bytes), Ok(record));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = StateRecord::decode(&bytes);
        }
    }
}
