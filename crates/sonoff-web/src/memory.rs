//! Memory that the caller hands in.

/// Bytes that the head of an answer has at most.
pub(crate) const HEAD: usize = 512;

/// The memory of the pages of one device: `REQUEST` bytes for a request, `LOG` for the last log lines.
///
/// A browser's head takes about 700 bytes; the longest form that the pages send takes 1,000 after it.
#[derive(Debug)]
pub struct Memory<const REQUEST: usize = 1536, const LOG: usize = 1024> {
    request: [u8; REQUEST],
    window: [u8; WINDOW],
    log: [u8; LOG],
}

/// A window has room for the head of an answer and more.
const WINDOW: usize = 768;

/// The parts of a [`Memory`].
#[derive(Debug)]
pub struct Rooms<'b> {
    /// A request; a longer one is refused.
    pub request: &'b mut [u8],
    /// What leaves in one write.
    pub window: &'b mut [u8],
    /// The last log lines.
    pub log: &'b mut [u8],
}

impl<const REQUEST: usize, const LOG: usize> Memory<REQUEST, LOG> {
    /// Empty memory; may be a `static`.
    pub const fn new() -> Self {
        const { assert!(REQUEST >= 256 && WINDOW > HEAD, "a room is too small for any request") };
        Self { request: [0; REQUEST], window: [0; WINDOW], log: [0; LOG] }
    }

    /// Its parts, for one run.
    pub const fn rooms(&mut self) -> Rooms<'_> {
        Rooms { request: &mut self.request, window: &mut self.window, log: &mut self.log }
    }
}

impl<const REQUEST: usize, const LOG: usize> Default for Memory<REQUEST, LOG> {
    fn default() -> Self {
        Self::new()
    }
}
