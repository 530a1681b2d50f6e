#![doc = include_str!("../README.md")]

pub mod bench;
pub mod broker;
pub mod clock;
pub mod flash;
pub mod mdns;
pub mod net;
pub mod pins;
pub mod plug;
pub mod scenario;
pub mod station;
pub mod store;
pub mod tls;
pub mod torture;
pub mod transcript;
pub mod world;
