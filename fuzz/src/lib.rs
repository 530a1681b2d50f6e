//! What is done with an input, one module for each fuzz target. `tests/seeds.rs` of the repository plays the seeds through
//! them with every `cargo test`, so that an input that was found once is looked at for ever.

pub mod frame;
pub mod http;
pub mod line;
pub mod message;
pub mod scenario;
pub mod settings;
pub mod template;
