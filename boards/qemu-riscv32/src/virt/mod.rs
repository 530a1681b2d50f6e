//! QEMU's machine `virt`: what a chip's maker would supply.

pub mod clint;
pub mod nic;
pub mod nor;
pub mod plic;
pub mod power;
pub mod register;
#[cfg(feature = "tls")]
pub mod rng;
pub mod stack;
pub mod uart;
mod virtio;
