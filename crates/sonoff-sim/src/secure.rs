//! The secure link of a virtual device.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use embedded_io_async::{Read, Write};
use rand_core::OsRng;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};
use sonoff_hal::tls::{Conversation, Peer, Tls, TlsError};
use sonoff_tls::{Memory, Secure};

/// The authority that signs brokers' certificates.
#[derive(Clone)]
pub struct Authority(Arc<[u8]>);

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({} bytes)", self.0.len())
    }
}

impl Authority {
    /// Reads the first certificate of a PEM file.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(file: &Path) -> Result<Self, String> {
        let wrong = |why: &dyn fmt::Display| format!("--ca {}: {why}", file.display());
        let text = fs::read(file).map_err(|error| wrong(&error))?;
        let certificate = CertificateDer::from_pem_slice(&text).map_err(|error: pem::Error| wrong(&error))?;
        Ok(Self(Arc::from(certificate.as_ref())))
    }
}

/// TLS with room for the largest records. It takes memory only while a link is secure.
#[derive(Debug, Clone, Default)]
pub struct HostTls(pub Option<Authority>);

impl Tls for HostTls {
    async fn secure<R: Read, W: Write, C: Conversation>(
        &mut self,
        reader: R,
        writer: W,
        peer: &Peer<'_>,
        conversation: &mut C,
    ) -> Result<(), TlsError> {
        let mut memory = Box::new(Memory::<16640, 2048>::new());
        let secure = Secure::new(OsRng, memory.rooms());
        match &self.0 {
            Some(Authority(certificate)) => {
                secure.with_authority(certificate).secure(reader, writer, peer, conversation).await
            }
            None => { secure }.secure(reader, writer, peer, conversation).await,
        }
    }
}
