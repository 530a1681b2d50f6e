//! What runs beside the link: nothing waits for it.

#[cfg(all(feature = "pages", feature = "search"))]
mod announce;
#[cfg(all(feature = "pages", not(feature = "search")))]
#[path = "announce/none.rs"]
mod announce;
#[cfg(feature = "search")]
pub(crate) mod search;
#[cfg(not(feature = "search"))]
#[path = "search/none.rs"]
pub(crate) mod search;
#[cfg(feature = "setup")]
pub(crate) mod setup;
#[cfg(all(feature = "pages", not(feature = "setup")))]
#[path = "setup/none.rs"]
pub(crate) mod setup;
pub(crate) mod syslog;
pub(crate) mod time;
#[cfg(feature = "pages")]
pub(crate) mod web;
