//! A secure link without secrets, for tests of what a device does with one.

use std::cell::Cell;
use std::rc::Rc;

use embedded_io_async::{Read, Write};
use sonoff_hal::tls::{Conversation, Peer, Tls, TlsError};

/// What becomes of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handshake {
    /// The broker proves that it is the one.
    #[default]
    Succeeds,
    /// It does not, or is another one.
    Fails(TlsError),
    /// It never ends.
    Stalls,
}

/// A link that lets everything through as it is, and tells whoever asks when it would be secure. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct MockTls {
    handshake: Rc<Cell<Handshake>>,
    secure: Rc<Cell<bool>>,
}

impl MockTls {
    /// Lets handshakes come to this from now on.
    pub fn handshakes(&self, outcome: Handshake) {
        self.handshake.set(outcome);
    }

    /// Whether what is said now is said over the secure link.
    pub fn is_secure(&self) -> bool {
        self.secure.get()
    }
}

impl Tls for MockTls {
    async fn secure<R: Read, W: Write, C: Conversation>(
        &mut self,
        mut reader: R,
        mut writer: W,
        _: &Peer<'_>,
        conversation: &mut C,
    ) -> Result<(), TlsError> {
        match self.handshake.get() {
            Handshake::Succeeds => {}
            Handshake::Fails(why) => return Err(why),
            Handshake::Stalls => {
                conversation.patience().await;
                return Err(TlsError::TimedOut);
            }
        }
        let _open = Open::new(&self.secure);
        conversation.talk(&mut reader, &mut writer).await;
        Ok(())
    }
}

/// The link while it is secure, which a power cut ends, too.
struct Open<'s>(&'s Cell<bool>);

impl<'s> Open<'s> {
    fn new(secure: &'s Cell<bool>) -> Self {
        secure.set(true);
        Self(secure)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
