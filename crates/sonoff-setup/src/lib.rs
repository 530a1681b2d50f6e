#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]

use core::net::Ipv4Addr;

use sonoff_hal::FixedAddress;

pub mod dhcp;
pub mod dns;
mod key;
mod setup;

pub use key::{KEY, key, name};
pub use setup::{Event, Setup};

/// Where the device is on its own access point (S-105).
pub const IP: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// The same with all that belongs to it: nothing lies behind it, and it is its own name server.
pub const ADDRESS: FixedAddress = FixedAddress {
    ip: IP,
    mask: Ipv4Addr::new(255, 255, 255, 0),
    gateway: Ipv4Addr::UNSPECIFIED,
    dns: [Ipv4Addr::UNSPECIFIED; 2],
};
