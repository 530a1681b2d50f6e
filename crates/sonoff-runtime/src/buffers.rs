//! Memory that the caller hands in.

use sonoff_core::io::Slot;

use crate::services::syslog::LINE;

/// The buffers of one device. [`Memory`] has them in sizes that fit together.
#[derive(Debug)]
pub struct Buffers<'b> {
    /// Bytes from the broker; the largest packet that can be received. 1,200 is the protocol's own figure (S-15).
    pub rx: &'b mut [u8],
    /// Bytes to the broker, at least 512. What fits leaves in one write; a longer answer leaves in windows.
    pub tx: &'b mut [u8],
    /// A line of the serial console; longer ones are refused (D-3: 800).
    pub line: &'b mut [u8],
    /// A line of the log while it is written, at least 320. A longer one is cut in the log.
    pub scratch: &'b mut [u8],
    /// Log lines for the log server: 320 bytes for the one that leaves, the rest for those that wait; none sends none.
    pub lines: &'b mut [u8],
    /// A record to be loaded or saved, at least [`Memory::BLOB`].
    pub blob: &'b mut [u8],
}

/// The memory of one device: `RX` bytes for the receive buffer, `TX` for the transmit buffer.
#[derive(Debug)]
pub struct Memory<const RX: usize = 1280, const TX: usize = 1280> {
    rx: [u8; RX],
    tx: [u8; TX],
    line: [u8; 800],
    scratch: [u8; 512],
    lines: [u8; LINES],
    blob: [u8; BLOB],
}

/// One line that leaves, and about ten that wait.
const LINES: usize = LINE + 1024;
const BLOB: usize = Slot::SETTINGS_BYTES + Slot::STATE_BYTES;

impl<const RX: usize, const TX: usize> Memory<RX, TX> {
    /// Both records behind each other.
    pub const BLOB: usize = BLOB;

    /// Empty memory; may be a `static`.
    pub const fn new() -> Self {
        const { assert!(RX >= 512 && TX >= 512, "a buffer is too small for a CONNECT or a topic") };
        Self {
            rx: [0; RX],
            tx: [0; TX],
            line: [0; 800],
            scratch: [0; 512],
            lines: [0; LINES],
            blob: [0; BLOB],
        }
    }

    /// The buffers, for one [`run`](crate::run).
    pub const fn buffers(&mut self) -> Buffers<'_> {
        Buffers {
            rx: &mut self.rx,
            tx: &mut self.tx,
            line: &mut self.line,
            scratch: &mut self.scratch,
            lines: &mut self.lines,
            blob: &mut self.blob,
        }
    }
}

impl<const RX: usize, const TX: usize> Default for Memory<RX, TX> {
    fn default() -> Self {
        Self::new()
    }
}
