#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]

mod air;
mod files;
pub mod form;
mod head;
mod journal;
mod login;
mod memory;
mod origin;
mod route;
mod site;
mod status;

pub use air::Air;
pub use files::File;
pub use head::{Head, Method};
pub use journal::Journal;
pub use memory::{Memory, Rooms};
pub use route::Route;
pub use site::Site;
pub use status::{Kind, Status, write_head};
