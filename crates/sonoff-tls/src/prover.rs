//! What a broker has to prove in the handshake, in this order: a certificate that is believed, then its key.

use embedded_tls::{
    CertificateEntryRef, CertificateRef, CertificateVerifyRef, CryptoProvider, CryptoRngCore, Sha256,
    TlsError as Failure, TlsVerifier,
};
use heapless::Vec;
use p256::ecdsa::signature::digest::Digest;
use pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use sonoff_hal::tls::{Fingerprint, Peer, Proof, TlsError};
use webpki::{EndEntityCert, RawPublicKeyEntity};

use crate::algorithms::{KEY_INFO, of_handshake};
use crate::chain::{self, Between};
use crate::fingerprint::{self, Verdict};
use crate::suite::Suite;

/// What is in front of the hash that a broker signs (RFC 8446, 4.4.3).
const SIGNED: &[u8] = b"TLS 1.3, server CertificateVerify\0";
/// 64 blanks, that, and a SHA-256.
const MESSAGE: usize = 64 + 34 + 32;

/// One broker while it proves that it is the one.
pub(crate) struct Prover<'p, R> {
    rng: &'p mut R,
    peer: &'p Peer<'p>,
    authority: Option<&'p [u8]>,
    stage: Stage,
    /// Why it is not.
    pub refusal: Option<TlsError>,
}

/// How far it has come.
#[expect(clippy::large_enum_variant, reason = "there is one, and no allocator")]
enum Stage {
    Nothing,
    /// A certificate that is believed, if its key is there, too.
    Certificate {
        transcript: Sha256,
        key_info: Vec<u8, KEY_INFO>,
        /// A key that nobody had named.
        new: Option<Fingerprint>,
    },
    Proved {
        new: Option<Fingerprint>,
    },
}

impl<'p, R> Prover<'p, R> {
    pub fn new(rng: &'p mut R, peer: &'p Peer<'p>, authority: Option<&'p [u8]>) -> Self {
        Self { rng, peer, authority, stage: Stage::Nothing, refusal: None }
    }

    /// Whether all is proved, and the key that has to be learned. A handshake may end without: the library does not ask.
    pub fn proved(self) -> Result<Option<Fingerprint>, TlsError> {
        match self.stage {
            Stage::Proved { new } => Ok(new),
            Stage::Nothing | Stage::Certificate { .. } => Err(TlsError::Protocol),
        }
    }

    fn certificate(&mut self, transcript: &Sha256, shown: &CertificateRef<'_>) -> Result<(), TlsError> {
        let Stage::Nothing = self.stage else { return Err(TlsError::Protocol) };
        let mut shown = shown.entries.iter().filter_map(|entry| match entry {
            CertificateEntryRef::X509(bytes) => Some(CertificateDer::from(*bytes)),
            CertificateEntryRef::RawPublicKey(_) => None,
        });
        let first = shown.next().ok_or(TlsError::Certificate)?;
        let certificate = EndEntityCert::try_from(&first).map_err(|_| TlsError::Certificate)?;
        let key_info = crate::der::key_info(&first).ok_or(TlsError::Certificate)?;
        let new = match &self.peer.proof {
            Proof::Keys(named) => by_key(named, key_info)?,
            Proof::Authority => {
                let between: Between<'_> = shown.take(Between::new().capacity()).collect();
                let authority = self.authority.ok_or(TlsError::NoAuthority)?;
                chain::check(authority, &certificate, &between, self.peer.host, self.peer.now)?;
                None
            }
        };
        let key_info = Vec::from_slice(key_info).map_err(|_| TlsError::Certificate)?;
        self.stage = Stage::Certificate { transcript: transcript.clone(), key_info, new };
        Ok(())
    }

    fn signature(&mut self, shown: &CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        let stage = core::mem::replace(&mut self.stage, Stage::Nothing);
        let Stage::Certificate { transcript, key_info, new } = stage else { return Err(TlsError::Protocol) };
        let message = message(transcript).ok_or(TlsError::Protocol)?;
        let algorithm = of_handshake(shown.signature_scheme).ok_or(TlsError::Certificate)?;
        let key_info = SubjectPublicKeyInfoDer::from(&key_info[..]);
        let key = RawPublicKeyEntity::try_from(&key_info).map_err(|_| TlsError::Certificate)?;
        key.verify_signature(algorithm, &message, shown.signature).map_err(|_| TlsError::Signature)?;
        self.stage = Stage::Proved { new };
        Ok(())
    }

    /// What goes wrong is kept, since the library has few words for it.
    fn keep(&mut self, outcome: Result<(), TlsError>) -> Result<(), Failure> {
        outcome.map_err(|reason| {
            self.refusal = Some(reason);
            Failure::InvalidCertificate
        })
    }
}

/// Judges a key; tells the one that has to be learned.
fn by_key(named: &[Option<Fingerprint>; 2], key_info: &[u8]) -> Result<Option<Fingerprint>, TlsError> {
    let seen = fingerprint::of(key_info).ok_or(TlsError::Certificate)?;
    let verdict = fingerprint::judge(named, &seen)?;
    Ok((verdict == Verdict::Learn).then_some(seen))
}

/// What a broker signs.
fn message(transcript: Sha256) -> Option<Vec<u8, MESSAGE>> {
    let mut message = Vec::new();
    message.resize(64, b' ').ok()?;
    message.extend_from_slice(SIGNED).ok()?;
    message.extend_from_slice(&transcript.finalize()).ok()?;
    Some(message)
}

impl<R> TlsVerifier<Suite> for Prover<'_, R> {
    fn set_hostname_verification(&mut self, _: &str) -> Result<(), Failure> {
        // The peer has it.
        Ok(())
    }

    fn verify_certificate(&mut self, transcript: &Sha256, shown: CertificateRef<'_>) -> Result<(), Failure> {
        let outcome = self.certificate(transcript, &shown);
        self.keep(outcome)
    }

    fn verify_signature(&mut self, shown: CertificateVerifyRef<'_>) -> Result<(), Failure> {
        let outcome = self.signature(&shown);
        self.keep(outcome)
    }
}

impl<R: CryptoRngCore> CryptoProvider for Prover<'_, R> {
    type CipherSuite = Suite;
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut *self.rng
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Suite>, Failure> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-93: the library ends a handshake in which a broker has shown nothing as if it were a good one.
    #[test]
    fn a_broker_that_has_shown_nothing_has_proved_nothing() {
        let peer = Peer { host: "hub.local", proof: Proof::Keys([Some([0xFF; 20]), None]), now: None };
        let stages = [
            Stage::Nothing,
            Stage::Certificate { transcript: Sha256::new(), key_info: Vec::new(), new: None },
        ];
        for stage in stages {
            let mut rng = ();
            let prover = Prover { stage, ..Prover::new(&mut rng, &peer, None) };
            assert_eq!(prover.proved(), Err(TlsError::Protocol));
        }
    }

    // S-93
    #[test]
    fn a_signature_without_a_certificate_is_worth_nothing() {
        use embedded_tls::SignatureScheme::EcdsaSecp256r1Sha256;
        let peer = Peer { host: "hub.local", proof: Proof::Authority, now: None };
        let shown = CertificateVerifyRef { signature_scheme: EcdsaSecp256r1Sha256, signature: &[] };
        assert_eq!(Prover::new(&mut (), &peer, None).signature(&shown), Err(TlsError::Protocol));
    }
}
