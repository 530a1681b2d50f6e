//! The virtual Sonoff end to end: the program as it is shipped, real sockets, real brokers and real MQTT clients.
//!
//! A test whose peer is not installed says so on standard error and passes; with `SONOFF_REQUIRE_PEERS=1` it fails.
//! The peers: mosquitto and its clients; openssl; avahi, and busybox with curl, where a test may make a network of its own (Linux, as root); Python 3 with
//! `paho-mqtt`, `hatasmota` and `tasmota-http`; Chromium; Node with `mqtt` and `ws`, which are looked for in `node_modules`
//! here and above, and in the folder that `SONOFF_NODE_MODULES` names. No test sleeps: each waits for
//! an event, with a limit.

// What a test is built of may fail as the test may.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod announced;
mod broker;
mod built_in;
mod codes;
mod device;
mod first_steps;
mod fleet;
mod folder;
#[cfg(target_os = "linux")]
mod found;
mod hatasmota;
mod home;
mod installed;
mod lines;
mod outages;
mod pages;
mod process;
mod programs;
#[cfg(target_os = "linux")]
mod set_up;
mod tls;
mod tools;
