//! What several test files build on.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod longest;
pub mod table;
