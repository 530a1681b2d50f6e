#![no_std]
#![doc = include_str!("../README.md")]

pub mod frame;
pub mod inbox;
pub mod packet;
pub mod session;

pub use frame::FrameError;
pub use inbox::Inbox;
pub use packet::{Connect, Full, Incoming, Publish, Will};
pub use session::{Millis, PeerError, Rc, Received, Retry, Session, Timing, Todo};
