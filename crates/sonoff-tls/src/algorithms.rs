//! The signatures that can be checked, by the RustCrypto libraries.

use embedded_tls::SignatureScheme;
use p256::ecdsa::signature::Verifier;
use pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

/// The largest `SubjectPublicKeyInfo` of a key that is known here.
pub(crate) const KEY_INFO: usize = if cfg!(feature = "rsa") { 600 } else { 128 };

/// Those of certificates.
pub(crate) const OF_CERTIFICATES: &[&dyn SignatureVerificationAlgorithm] = &[
    &P256,
    #[cfg(feature = "p384")]
    &P384,
    #[cfg(feature = "rsa")]
    &of_rsa::PKCS1_SHA256,
    #[cfg(feature = "rsa")]
    &of_rsa::PKCS1_SHA384,
    #[cfg(feature = "rsa")]
    &of_rsa::PKCS1_SHA512,
];

/// Those of handshakes, by their names there.
const OF_HANDSHAKES: &[(SignatureScheme, &dyn SignatureVerificationAlgorithm)] = &[
    (SignatureScheme::EcdsaSecp256r1Sha256, &P256),
    #[cfg(feature = "p384")]
    (SignatureScheme::EcdsaSecp384r1Sha384, &P384),
    #[cfg(feature = "rsa")]
    (SignatureScheme::RsaPssRsaeSha256, &of_rsa::PSS_SHA256),
    #[cfg(feature = "rsa")]
    (SignatureScheme::RsaPssRsaeSha384, &of_rsa::PSS_SHA384),
    #[cfg(feature = "rsa")]
    (SignatureScheme::RsaPssRsaeSha512, &of_rsa::PSS_SHA512),
];

/// The one of a handshake.
pub(crate) fn of_handshake(scheme: SignatureScheme) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    OF_HANDSHAKES.iter().find(|(name, _)| name.as_u16() == scheme.as_u16()).map(|(_, algorithm)| *algorithm)
}

/// Checks with a key, for a message, a signature; `None` for a wrong one.
type Check = fn(&[u8], &[u8], &[u8]) -> Option<()>;

/// A kind of key, a kind of signature, and what checks the one with the other.
#[derive(Debug)]
struct Algorithm {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    check: Check,
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        (self.check)(key, message, signature).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

static P256: Algorithm =
    Algorithm { key: alg_id::ECDSA_P256, signature: alg_id::ECDSA_SHA256, check: check_p256 };
#[cfg(feature = "p384")]
static P384: Algorithm =
    Algorithm { key: alg_id::ECDSA_P384, signature: alg_id::ECDSA_SHA384, check: check_p384 };

fn check_p256(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    use p256::ecdsa::{Signature, VerifyingKey};
    let (key, signature) = (VerifyingKey::from_sec1_bytes(key).ok()?, Signature::from_der(signature).ok()?);
    key.verify(message, &signature).ok()
}

#[cfg(feature = "p384")]
fn check_p384(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    use p384::ecdsa::{Signature, VerifyingKey};
    let (key, signature) = (VerifyingKey::from_sec1_bytes(key).ok()?, Signature::from_der(signature).ok()?);
    key.verify(message, &signature).ok()
}

/// RSA, whose numbers want an allocator.
#[cfg(feature = "rsa")]
mod of_rsa {
    use pki_types::{AlgorithmIdentifier, alg_id};
    use rsa::PublicKey;
    use rsa::pkcs1::DecodeRsaPublicKey;
    use rsa::sha2::{Sha256, Sha384, Sha512};
    use rsa::signature::Verifier;
    use rsa::{pkcs1v15, pss};

    use super::{Algorithm, Check};

    pub static PKCS1_SHA256: Algorithm = rsa(alg_id::RSA_PKCS1_SHA256, |key, message, signature| {
        check(&pkcs1v15::VerifyingKey::<Sha256>::new(public(key)?), message, signature)
    });
    pub static PKCS1_SHA384: Algorithm = rsa(alg_id::RSA_PKCS1_SHA384, |key, message, signature| {
        check(&pkcs1v15::VerifyingKey::<Sha384>::new(public(key)?), message, signature)
    });
    pub static PKCS1_SHA512: Algorithm = rsa(alg_id::RSA_PKCS1_SHA512, |key, message, signature| {
        check(&pkcs1v15::VerifyingKey::<Sha512>::new(public(key)?), message, signature)
    });
    pub static PSS_SHA256: Algorithm = rsa(alg_id::RSA_PSS_SHA256, |key, message, signature| {
        check(&pss::VerifyingKey::<Sha256>::new(public(key)?), message, signature)
    });
    pub static PSS_SHA384: Algorithm = rsa(alg_id::RSA_PSS_SHA384, |key, message, signature| {
        check(&pss::VerifyingKey::<Sha384>::new(public(key)?), message, signature)
    });
    pub static PSS_SHA512: Algorithm = rsa(alg_id::RSA_PSS_SHA512, |key, message, signature| {
        check(&pss::VerifyingKey::<Sha512>::new(public(key)?), message, signature)
    });

    const fn rsa(signature: AlgorithmIdentifier, check: Check) -> Algorithm {
        Algorithm { key: alg_id::RSA_ENCRYPTION, signature, check }
    }

    /// A key of 2,048 bits at least: shorter ones are no proof of anything.
    fn public(key: &[u8]) -> Option<PublicKey> {
        use rsa::traits::PublicKeyParts;
        PublicKey::from_pkcs1_der(key).ok().filter(|key| key.size() >= 256)
    }

    fn check<'s, S: TryFrom<&'s [u8]>>(
        key: &impl Verifier<S>,
        message: &[u8],
        signature: &'s [u8],
    ) -> Option<()> {
        key.verify(message, &S::try_from(signature).ok()?).ok()
    }
}
