//! Certificates, made anew for each test.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// An authority, or one that pretends to be.
pub type Authority = CertifiedIssuer<'static, KeyPair>;

/// A certificate and its key.
pub struct Papers {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
}

/// An authority of its own.
pub fn authority(name: &str) -> Authority {
    Authority::self_signed(issuing(name), KeyPair::generate().unwrap()).unwrap()
}

/// An authority below another one.
pub fn authority_below(name: &str, above: &Authority) -> Authority {
    Authority::signed_by(issuing(name), KeyPair::generate().unwrap(), above).unwrap()
}

/// Somebody with a certificate who signs others', which he may not.
pub fn impostor(name: &str, above: &Authority) -> Authority {
    Authority::signed_by(of_broker(name), KeyPair::generate().unwrap(), above).unwrap()
}

/// A broker of this name, from 2020 to 2040.
pub fn broker(name: &str, authority: &Authority) -> Papers {
    signed(of_broker(name), KeyPair::generate().unwrap(), authority)
}

/// The same with a key that it has already.
pub fn renewed(name: &str, authority: &Authority, key: &PrivateKeyDer<'static>) -> Papers {
    signed(of_broker(name), KeyPair::try_from(key).unwrap(), authority)
}

/// The same with a key of this kind.
#[cfg(feature = "p384")]
pub fn broker_with(name: &str, authority: &Authority, kind: &'static rcgen::SignatureAlgorithm) -> Papers {
    signed(of_broker(name), KeyPair::generate_for(kind).unwrap(), authority)
}

fn signed(params: CertificateParams, key: KeyPair, authority: &Authority) -> Papers {
    let certificate = params.signed_by(&key, authority).unwrap();
    Papers { certificate: certificate.der().clone(), key: key.into() }
}

fn issuing(name: &str) -> CertificateParams {
    let mut params = dated(CertificateParams::default(), name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn of_broker(name: &str) -> CertificateParams {
    let mut params = dated(CertificateParams::new([name.to_owned()]).unwrap(), name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn dated(mut params: CertificateParams, name: &str) -> CertificateParams {
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params
}
