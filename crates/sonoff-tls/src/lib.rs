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

pub use embedded_tls::{CryptoRng, CryptoRngCore};
pub use memory::{Memory, Rooms};
pub use secure::Secure;
