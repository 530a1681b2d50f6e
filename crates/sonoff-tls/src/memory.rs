//! Memory that the caller hands in.

use embedded_tls::MaxFragmentLength;

/// The memory of the secure link of one device: `READ` bytes for a record from the broker, `WRITE` for one to it.
///
/// The broker is asked for records that fit into `READ`, which OpenSSL grants, and mosquitto with it. A broker that
/// does not sends up to 16,640 bytes at once. The broker's certificates must fit into one record.
#[derive(Debug)]
pub struct Memory<const READ: usize = 4352, const WRITE: usize = 1024> {
    read: [u8; READ],
    write: [u8; WRITE],
}

/// The parts of a [`Memory`].
#[derive(Debug)]
pub struct Rooms<'b> {
    /// A record from the broker, at least 768 bytes.
    pub read: &'b mut [u8],
    /// A record to the broker, at least 512 bytes.
    pub write: &'b mut [u8],
}

/// What a record is longer than its text by, at most.
const AROUND: usize = 256;

impl<const READ: usize, const WRITE: usize> Memory<READ, WRITE> {
    /// Empty memory; may be a `static`.
    pub const fn new() -> Self {
        const { assert!(READ >= 512 + AROUND && WRITE >= 512, "a room is too small for a handshake") };
        Self { read: [0; READ], write: [0; WRITE] }
    }

    /// Its parts.
    pub const fn rooms(&mut self) -> Rooms<'_> {
        Rooms { read: &mut self.read, write: &mut self.write }
    }
}

impl<const READ: usize, const WRITE: usize> Default for Memory<READ, WRITE> {
    fn default() -> Self {
        Self::new()
    }
}

/// The text of a record that the broker is asked not to exceed, where the memory is not enough for any.
pub(crate) fn largest_text(read: &[u8]) -> Option<MaxFragmentLength> {
    const LENGTHS: &[(usize, Option<MaxFragmentLength>)] = &[
        (16384, None),
        (4096, Some(MaxFragmentLength::Bits12)),
        (2048, Some(MaxFragmentLength::Bits11)),
        (1024, Some(MaxFragmentLength::Bits10)),
    ];
    let fits = |(text, _): &&(usize, _)| read.len() >= text + AROUND;
    LENGTHS.iter().find(fits).map_or(Some(MaxFragmentLength::Bits9), |(_, length)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_is_asked_for_what_fits() {
        let asked = |bytes| largest_text([0; 20_000].get(..bytes).unwrap());
        assert_eq!((asked(16_640), asked(16_639)), (None, Some(MaxFragmentLength::Bits12)));
        assert_eq!(
            (asked(4352), asked(4351)),
            (Some(MaxFragmentLength::Bits12), Some(MaxFragmentLength::Bits11))
        );
        assert_eq!(asked(768), Some(MaxFragmentLength::Bits9));
    }
}
