//! The small record of what changes often.

use minicbor::decode::Error as DecodeError;
use minicbor::encode::write::Cursor;
use minicbor::{Decoder, Encoder};

use crate::settings::{SettingsError, skip};

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
        let mut encoder = Encoder::new(Cursor::new(&mut *buf));
        let written = encoder.map(3).and_then(|e| {
            e.u8(1)?.u8(self.power)?.u8(2)?.u16(self.boots)?.u8(3)?.u32(self.boots_since).map(drop)
        });
        let len = encoder.writer().position();
        written.map_err(|_| SettingsError::NoRoom)?;
        buf.get(..len).ok_or(SettingsError::NoRoom)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`SettingsError::NotADocument`].
    pub fn decode(record: &[u8]) -> Result<Self, SettingsError> {
        Self::read(&mut Decoder::new(record)).map_err(|_| SettingsError::NotADocument)
    }

    fn read(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut record = Self::default();
        let fields = decoder.map()?.ok_or_else(|| DecodeError::message("indefinite map"))?;
        for _ in 0..fields {
            match decoder.u16()? {
                1 => record.power = decoder.u8()?,
                2 => record.boots = decoder.u16()?,
                3 => record.boots_since = decoder.u32()?,
                _ => skip(decoder)?,
            }
        }
        Ok(record)
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
