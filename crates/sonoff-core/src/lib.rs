#![cfg_attr(not(test), no_std)]
#![doc = include_str!("../README.md")]
// Kinds of messages that only discovery sends.
#![cfg_attr(not(feature = "discovery"), allow(dead_code))]

pub mod args;
pub mod backlog;
pub mod blink;
pub mod button;
pub mod clock;
pub mod command;
pub mod completion;
#[cfg(feature = "help")]
pub mod help;
#[cfg(not(feature = "help"))]
#[path = "help/none.rs"]
pub mod help;
pub mod input;
pub mod interlock;
pub mod io;
pub mod json;
pub mod keys;
pub mod led;
pub mod log;
pub mod module;
pub mod names;
pub mod power;
pub mod profile;
pub mod pulse;
pub mod reading;
pub mod retain;
pub mod setoption;
pub mod settings;
pub mod state_record;
pub mod switch;
pub mod text;
pub mod time;
pub mod timezone;
pub mod topic;
pub mod wiring;

mod admin;
mod board;
mod broker;
mod calendar;
mod device;
#[cfg(feature = "discovery")]
mod discovery;
#[cfg(not(feature = "discovery"))]
#[path = "discovery/none.rs"]
mod discovery;
mod dispatch;
mod facts;
mod firmware;
mod identity;
mod joining;
mod kept;
mod life;
mod logging;
mod naming;
mod publication;
mod publish;
mod report;
mod reset;
mod save;
mod savedata;
#[cfg(feature = "search")]
mod search;
#[cfg(not(feature = "search"))]
#[path = "search/none.rs"]
mod search;
mod sensor;
#[cfg(feature = "setup")]
mod setup;
#[cfg(not(feature = "setup"))]
#[path = "setup/none.rs"]
mod setup;
mod status;
#[cfg(feature = "syslog")]
mod syslog;
#[cfg(not(feature = "syslog"))]
#[path = "syslog/none.rs"]
mod syslog;
mod telemetry;
mod texts;
mod timekeeping;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls/none.rs"]
mod tls;
mod transmit;
mod view;
#[cfg(feature = "pages")]
mod web;
#[cfg(not(feature = "pages"))]
#[path = "web/none.rs"]
mod web;
mod wifi;

pub use device::Device;
pub use io::{Action, Input, Transmit};
pub use profile::Profile;
pub use time::Instant;
pub use view::View;
#[cfg(feature = "pages")]
pub use web::Answers;

/// Power channels that a device can have.
pub const POWERS: usize = 8;
