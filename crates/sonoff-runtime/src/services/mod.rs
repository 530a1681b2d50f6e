//! What runs beside the link: nothing waits for it.

pub(crate) mod syslog;
pub(crate) mod time;
#[cfg(feature = "pages")]
pub(crate) mod web;
