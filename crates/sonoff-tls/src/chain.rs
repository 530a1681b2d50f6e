//! The way from a broker's certificate to the firmware's authority (S-51, S-92).

use core::time::Duration;

use heapless::Vec;
use pki_types::{CertificateDer, ServerName, UnixTime};
use sonoff_hal::tls::TlsError;
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use crate::algorithms::OF_CERTIFICATES;

/// Certificates between the broker's and the authority's; what comes behind them is not looked at.
pub(crate) type Between<'c> = Vec<CertificateDer<'c>, 6>;

/// Checks the broker's certificate: signed by the authority, over others that the broker sent, for this host, now.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(
    authority: &[u8],
    certificate: &EndEntityCert<'_>,
    between: &Between<'_>,
    host: &str,
    now: Option<u64>,
) -> Result<(), TlsError> {
    let authority = CertificateDer::from(authority);
    let anchor = [anchor_from_trusted_cert(&authority).map_err(|_| TlsError::NoAuthority)?];
    let signed_at = |time| {
        let usage = KeyUsage::server_auth();
        certificate.verify_for_usage(OF_CERTIFICATES, &anchor, between, time, usage, None, None).map(|_| ())
    };
    let signed = match now {
        Some(now) => signed_at(UnixTime::since_unix_epoch(Duration::from_secs(now))),
        None => at_some_time(signed_at),
    };
    signed.map_err(|error| reason(&error))?;
    let name = ServerName::try_from(host).map_err(|_| TlsError::WrongName)?;
    certificate.verify_is_valid_for_subject_name(&name).map_err(|_| TlsError::WrongName)
}

/// Whoever knows no time believes that all is valid that was valid together at any time: the earliest such (S-92).
fn at_some_time(signed_at: impl Fn(UnixTime) -> Result<(), Error>) -> Result<(), Error> {
    let mut time = UnixTime::since_unix_epoch(Duration::ZERO);
    // One step for each certificate at most.
    for _ in 0..Between::<'_>::new().capacity() {
        match signed_at(time) {
            Err(Error::CertNotValidYet { not_before, .. }) if not_before > time => time = not_before,
            signed => return signed,
        }
    }
    signed_at(time)
}

fn reason(error: &Error) -> TlsError {
    match error {
        Error::CertExpired { .. } => TlsError::Expired,
        Error::CertNotValidYet { .. } => TlsError::NotYetValid,
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => TlsError::UnknownIssuer,
        _ => TlsError::Certificate,
    }
}
