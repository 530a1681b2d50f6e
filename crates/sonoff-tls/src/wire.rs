//! TCP below the secure link, with a fence that lets only such records through as may come.
//!
//! The library behind it takes a record that is not encrypted at any time, and ends the program on one that is empty.

use core::cell::Cell;

use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};
use sonoff_hal::tls::TlsError;

/// What a record is longer than its text by: its kind and the tag.
const SEAL: usize = 17;
/// The version in the header of each record, by its second byte (RFC 8446, 5.1), and what the fence makes of it once the
/// handshake has ended: so the cipher knows when a record came.
pub(crate) const VERSION: u8 = 3;
const LATER: u8 = 4;
/// Where in a header it is.
const VERSION_AT: usize = 2;
/// The longest record (RFC 8446, 5.2).
const LONGEST: usize = 16_384 + 256;

/// Both directions of a TCP connection.
pub(crate) struct Wire<R, W> {
    reader: Mutex<NoopRawMutex, Fenced<R>>,
    writer: Mutex<NoopRawMutex, W>,
    refusal: Cell<Option<TlsError>>,
    /// What becomes of the version of a record that comes.
    mark: Cell<u8>,
    /// A record is being written.
    pub writing: Cell<bool>,
}

/// TCP broke, or what came may not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl Error for Broken {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl<R: Read, W: Write> Wire<R, W> {
    pub fn new(reader: R, writer: W) -> Self {
        let fenced = Fenced { reader, fence: Fence::default() };
        Self {
            reader: Mutex::new(fenced),
            writer: Mutex::new(writer),
            refusal: Cell::new(None),
            mark: Cell::new(VERSION),
            writing: Cell::new(false),
        }
    }

    /// The handshake has ended; no byte was read beyond it.
    pub fn opened(&self) {
        self.mark.set(LATER);
    }

    /// Why something that came was not let through.
    pub fn refusal(&self) -> Option<TlsError> {
        self.refusal.get()
    }
}

impl<R, W> ErrorType for &Wire<R, W> {
    type Error = Broken;
}

impl<R: Read, W: Write> Read for &Wire<R, W> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        let mut fenced = self.reader.lock().await;
        let Fenced { reader, fence } = &mut *fenced;
        let room = buf.get_mut(..fence.wanted().min(buf.len())).ok_or(Broken)?;
        let count = reader.read(room).await.map_err(|_| Broken)?;
        let judged = fence.passed(room.get_mut(..count).ok_or(Broken)?, self.mark.get());
        judged.map_err(|reason| {
            self.refusal.set(Some(reason));
            Broken
        })?;
        if count > 0 && fence.is_between() {
            // Whoever has many records to send that say nothing must not keep everybody else from his turn.
            yield_now().await;
        }
        Ok(count)
    }
}

impl<R: Read, W: Write> Write for &Wire<R, W> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Broken> {
        self.writer.lock().await.write(buf).await.map_err(|_| Broken)
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        self.writer.lock().await.flush().await.map_err(|_| Broken)
    }
}

struct Fenced<R> {
    reader: R,
    fence: Fence,
}

/// Where in a record the stream is.
#[derive(Debug, Default)]
struct Fence {
    /// The bytes of the header that have come.
    header: heapless::Vec<u8, 5>,
    /// Bytes of the record that are still to come.
    left: usize,
    phase: Phase,
}

/// What may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// The ServerHello, or an alert.
    #[default]
    Hello,
    /// An encrypted record; before the first one an alert or the ChangeCipherSpec of the handshake.
    Answered,
    /// Encrypted records alone.
    Sealed,
}

impl Fence {
    /// Between two records.
    fn is_between(&self) -> bool {
        self.left == 0 && self.header.is_empty()
    }

    /// The most that may be read at once.
    fn wanted(&self) -> usize {
        if self.left > 0 { self.left } else { self.header.capacity() - self.header.len() }
    }

    /// Takes note of bytes that came, and marks them.
    fn passed(&mut self, bytes: &mut [u8], mark: u8) -> Result<(), TlsError> {
        if self.left > 0 {
            self.left = self.left.saturating_sub(bytes.len());
            return Ok(());
        }
        let version = VERSION_AT.checked_sub(self.header.len()).and_then(|at| bytes.get_mut(at));
        if let Some(version) = version {
            *version = mark;
        }
        self.header.extend_from_slice(bytes).map_err(|_| TlsError::Protocol)?;
        if let [kind, 3, _, high, low] = self.header[..] {
            let len = usize::from(u16::from_be_bytes([high, low]));
            self.phase = self.phase.step(kind, len)?;
            self.left = len;
            self.header.clear();
        } else if self.header.get(1).is_some_and(|version| *version != 3) {
            return Err(self.phase.no_record());
        }
        Ok(())
    }
}

impl Phase {
    fn step(self, kind: u8, len: usize) -> Result<Self, TlsError> {
        match (self, kind, len) {
            (Self::Hello, HANDSHAKE, 1..=LONGEST) => Ok(Self::Answered),
            (Self::Hello | Self::Answered, ALERT, 2) | (Self::Answered, CHANGE_CIPHER_SPEC, 1) => Ok(self),
            (Self::Answered | Self::Sealed, APPLICATION_DATA, SEAL..=LONGEST) => Ok(Self::Sealed),
            _ => Err(self.no_record()),
        }
    }

    /// Why something is no record that may come.
    fn no_record(self) -> TlsError {
        match self {
            Self::Hello => TlsError::NotTls,
            Self::Answered | Self::Sealed => TlsError::Protocol,
        }
    }
}

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

#[cfg(test)]
mod tests {
    use super::*;

    fn fenced(records: &[(u8, u16)]) -> Result<(), TlsError> {
        let mut fence = Fence::default();
        for (kind, len) in records {
            let [high, low] = len.to_be_bytes();
            for (at, byte) in [*kind, 3, 9, high, low].into_iter().enumerate() {
                assert!(fence.wanted() > 0);
                let mut came = [byte];
                fence.passed(&mut came, 4)?;
                assert_eq!(came, [if at == 2 { 4 } else { byte }], "the version alone is marked");
            }
            assert_eq!(fence.wanted(), usize::from(*len).max(if *len == 0 { 5 } else { 0 }));
            fence.passed(&mut [9; 20_000][..usize::from(*len)], 4)?;
        }
        Ok(())
    }

    // S-93
    #[test]
    fn a_handshake_passes_and_then_encrypted_records() {
        let usual = [(22, 90), (20, 1), (23, 40), (23, 1000), (23, 16_640)];
        assert_eq!(fenced(&usual), Ok(()));
        assert_eq!(fenced(&[(21, 2)]), Ok(()), "a refusal");
    }

    // S-93
    #[test]
    fn what_is_no_tls_is_told_from_what_breaks_it() {
        assert_eq!(fenced(&[(0x20, 2)]), Err(TlsError::NotTls));
        assert_eq!(fenced(&[(23, 40)]), Err(TlsError::NotTls));
        let mut connack = Fence::default();
        assert_eq!(connack.passed(&mut [0x20, 2, 0, 5], 3), Err(TlsError::NotTls), "too short for a record");
    }

    // S-93: nobody between device and broker may say anything that is not encrypted.
    #[test]
    fn nothing_passes_in_the_clear_once_the_broker_has_answered() {
        for clear in [(22, 90), (21, 2), (20, 1)] {
            assert_eq!(fenced(&[(22, 90), (23, 40), clear]), Err(TlsError::Protocol), "{clear:?}");
        }
        assert_eq!(fenced(&[(22, 90), (22, 90)]), Err(TlsError::Protocol));
    }

    // S-93
    #[test]
    fn a_record_without_text_or_too_long_is_none() {
        for len in [0, 1, 16, 16_641] {
            assert_eq!(fenced(&[(22, 90), (23, len)]), Err(TlsError::Protocol), "{len}");
        }
        assert_eq!(fenced(&[(22, 90), (23, 17)]), Ok(()));
    }
}
