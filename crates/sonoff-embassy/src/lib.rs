#![doc = include_str!("../README.md")]
#![no_std]

mod clock;
pub mod flash;
mod printer;
mod uplink;
mod wire;

pub use clock::EmbassyClock;
pub use printer::Printer;
pub use uplink::Uplink;
pub use wire::Wire;
