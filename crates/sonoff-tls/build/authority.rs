//! A certificate from a file, as somebody wrote it (S-95).

use pki_types::CertificateDer;
use pki_types::pem::PemObject;

/// The first certificate of a file, PEM or DER, as DER.
///
/// # Errors
/// Why it is none.
pub fn der(file: &[u8]) -> Result<Vec<u8>, String> {
    let from_pem = CertificateDer::from_pem_slice(file);
    let certificate = from_pem.unwrap_or_else(|_| CertificateDer::from(file));
    match webpki::anchor_from_trusted_cert(&certificate) {
        Ok(_) => Ok(certificate.to_vec()),
        Err(why) => Err(format!("it is no certificate, neither PEM nor DER: {why}")),
    }
}
