//! The secure link: handshake, conversation, farewell.

use core::fmt;

use embassy_futures::select::{Either, select};
use embedded_io_async::{Read, Write};
use embedded_tls::{CryptoRngCore, FlushPolicy, TlsConfig, TlsConnection, TlsContext, TlsError as Failure};
use pki_types::ServerName;
use sonoff_hal::tls::{Conversation, Peer, Tls, TlsError};

use crate::memory::{Rooms, largest_text};
use crate::prover::Prover;
use crate::suite::Suite;
use crate::tap::{Outflow, Sender, Tap};
use crate::wire::Wire;

/// The secure link of a device: TLS 1.3 with AES-128-GCM.
pub struct Secure<'b, R> {
    rng: R,
    authority: Option<&'b [u8]>,
    rooms: Rooms<'b>,
}

impl<'b, R: CryptoRngCore> Secure<'b, R> {
    /// A link that takes its secrets from `rng`, which must be a source that nobody can guess.
    pub const fn new(rng: R, rooms: Rooms<'b>) -> Self {
        Self { rng, authority: None, rooms }
    }

    /// One with the authority that the environment named when this was built, if it named one (S-95).
    #[cfg(feature = "environment")]
    pub const fn from_environment(rng: R, rooms: Rooms<'b>) -> Self {
        Self { rng, authority: crate::CA, rooms }
    }

    /// The authority that signs brokers' certificates: its certificate, as DER.
    #[must_use]
    pub const fn with_authority(mut self, certificate: &'b [u8]) -> Self {
        self.authority = Some(certificate);
        self
    }
}

impl<R> fmt::Debug for Secure<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secure").field("authority", &self.authority.is_some()).finish_non_exhaustive()
    }
}

impl<R: CryptoRngCore> Tls for Secure<'_, R> {
    async fn secure<I: Read, O: Write, C: Conversation>(
        &mut self,
        reader: I,
        writer: O,
        peer: &Peer<'_>,
        conversation: &mut C,
    ) -> Result<(), TlsError> {
        let wire = Wire::new(reader, writer);
        let config = config(peer, self.rooms.read);
        let mut prover = Prover::new(&mut self.rng, peer, self.authority);
        let mut link = TlsConnection::new(&wire, self.rooms.read, self.rooms.write);
        link.set_flush_policy(FlushPolicy::Relaxed);
        let opening = link.open(TlsContext::new(&config, &mut prover));
        let opened = match select(opening, conversation.patience()).await {
            Either::First(opened) => opened,
            Either::Second(()) => return Err(TlsError::TimedOut),
        };
        let refusal = prover.refusal.or_else(|| wire.refusal());
        opened.map_err(|failure| refusal.unwrap_or_else(|| reason(&failure)))?;
        if let Some(key) = prover.proved()? {
            conversation.learned(&key);
        }
        wire.opened();
        talk(&mut link, &wire, conversation).await;
        // A record that was cut off has used up its number, which encrypts once and never again.
        if !wire.writing.get() {
            // The conversation has ended as it has, whatever becomes of this.
            let _ = select(link.close(), conversation.patience()).await;
        }
        Ok(())
    }
}

/// An address is no name that a broker could be asked for (RFC 6066, 3).
fn config<'p>(peer: &Peer<'p>, read: &[u8]) -> TlsConfig<'p> {
    let mut config = TlsConfig::new();
    if cfg!(feature = "rsa") {
        config = config.enable_rsa_signatures();
    }
    if let Some(length) = largest_text(read) {
        config = config.with_max_fragment_length(length);
    }
    match ServerName::try_from(peer.host) {
        Ok(ServerName::DnsName(_)) => config.with_server_name(peer.host),
        _ => config,
    }
}

/// Lets the conversation go on until it ends, while what comes is read all the time.
async fn talk<R: Read, W: Write, C: Conversation>(
    link: &mut TlsConnection<'_, &Wire<R, W>, Suite>,
    wire: &Wire<R, W>,
    conversation: &mut C,
) {
    let (reader, writer) = link.split();
    let tap = Tap::new();
    let (mut outflow, mut sender) = (Outflow(&tap), Sender(writer, wire));
    select(conversation.talk(&mut outflow, &mut sender), tap.fill(reader)).await;
}

fn reason(failure: &Failure) -> TlsError {
    match failure {
        Failure::HandshakeAborted(_, alert) => TlsError::Alert(*alert as u8),
        Failure::IoError | Failure::Io(_) | Failure::ConnectionClosed => TlsError::Closed,
        Failure::InsufficientSpace | Failure::OutOfMemory => TlsError::TooLarge,
        _ => TlsError::Protocol,
    }
}
