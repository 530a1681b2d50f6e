//! What runs beside the link: nothing waits for it.

pub(crate) mod syslog;
pub(crate) mod time;
