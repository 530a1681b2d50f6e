//! The server's end of a stream.

use super::Net;

/// The server's end of a stream.
#[derive(Debug, Clone)]
pub struct Peer {
    pub(super) net: Net,
    pub(super) id: u64,
}

impl Peer {
    /// A number that no other stream of this network has.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// What the client wrote; nothing while the peer is stalled.
    pub fn take(&self) -> Vec<u8> {
        if self.net.0.borrow().faults.stalled {
            return Vec::new();
        }
        let Some(mut stream) = self.net.stream(self.id) else { return Vec::new() };
        let taken: Vec<u8> = stream.up.bytes.drain(..).collect();
        if !taken.is_empty() {
            stream.up.wake();
        }
        taken
    }

    /// How many bytes [`Self::send`] would take now.
    pub fn room(&self) -> usize {
        let inner = self.net.0.borrow();
        let Some(stream) = inner.streams.get(&self.id).filter(|stream| !stream.reset) else { return 0 };
        if inner.faults.mute { 0 } else { inner.faults.window.saturating_sub(stream.down.bytes.len()) }
    }

    /// Sends what has room; tells how much.
    pub fn send(&self, bytes: &[u8]) -> usize {
        let count = self.room().min(bytes.len());
        if let Some(mut stream) = self.net.stream(self.id).filter(|_| count > 0) {
            stream.down.bytes.extend(bytes.iter().take(count));
            stream.down.wake();
        }
        count
    }

    /// Ends the stream in order: the client reads what was sent, then the end.
    pub fn close(&self) {
        if let Some(mut stream) = self.net.stream(self.id) {
            stream.down.ended = true;
            stream.down.wake();
        }
    }

    /// Resets the stream.
    pub fn reset(&self) {
        if let Some(mut stream) = self.net.stream(self.id) {
            stream.reset();
        }
    }

    /// It was reset, or the other end was dropped before it had ended.
    pub fn is_reset(&self) -> bool {
        self.net.stream(self.id).is_none_or(|stream| stream.reset)
    }

    /// The client has ended the stream and everything it wrote was taken, or the stream was reset.
    pub fn is_over(&self) -> bool {
        let Some(stream) = self.net.stream(self.id) else { return true };
        stream.reset || stream.client_gone || (stream.up.ended && stream.up.bytes.is_empty())
    }

    /// Forgets a stream that is over.
    pub fn forget(&self) {
        let mut inner = self.net.0.borrow_mut();
        if inner.streams.get(&self.id).is_some_and(|stream| stream.client_gone) {
            inner.streams.remove(&self.id);
        }
    }
}
