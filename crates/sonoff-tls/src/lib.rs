#![doc = include_str!("../README.md")]
#![no_std]

mod algorithms;
mod chain;
mod der;
mod fingerprint;
mod memory;
mod prover;
mod secure;
mod suite;
mod tap;
mod wire;

/// The certificate of the authority that the environment named when this was built, as DER (S-95).
#[cfg(feature = "environment")]
pub const CA: Option<&[u8]> = {
    let certificate: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ca.der"));
    if certificate.is_empty() { None } else { Some(certificate) }
};

pub use embedded_tls::{CryptoRng, CryptoRngCore};
pub use memory::{Memory, Rooms};
pub use secure::Secure;
