//! A virtual Sonoff on real sockets: the parts of the program `sonoff-sim`.
//!
//! The device itself is `sonoff-runtime` over `sonoff-core`, as on a board. Here are the parts that a board brings:
//! pins, clock, network, store, chip and console, made of a host's own; a broker to talk to; and a command line.

pub mod args;
pub mod banner;
pub mod console;
pub mod fingers;
pub mod flash;
pub mod fleet;
pub mod host;
pub mod journal;
pub mod keyboard;
pub mod listen;
pub mod net;
pub mod notice;
pub mod pins;
pub mod plan;
pub mod probes;
pub mod secure;
pub mod store;
pub mod unit;
pub mod url;
