//! A museum of published flaws: each of them was found in a device or library of this kind, and is shown here to a
//! device of this project. `README.md` is the catalogue.
//!
//! An exhibit's name begins with the number under which the flaw was published. Its text tells what went wrong elsewhere;
//! its code, what is sent and what happens here.

mod access;
mod lengths;
mod mqtt;
mod names;
mod pages;
mod requests;
mod target;

#[path = "../support/mod.rs"]
mod support;
