//! The device's log on standard output, one line at a time.

use std::fmt::{Arguments, Display};
use std::io::Write;

use sonoff_core::io::Level;
use sonoff_runtime::LogSink;

/// Where one device's lines go.
#[derive(Debug, Clone)]
pub struct Journal {
    name: Option<String>,
    level: Level,
}

impl Journal {
    /// Prints lines of this level and of more important ones; a name goes before each when there are many devices.
    pub const fn new(name: Option<String>, level: Level) -> Self {
        Self { name, level }
    }

    /// Prints one line, if it is important enough.
    pub fn line(&self, stamp: impl Display, level: Level, text: Arguments<'_>) {
        if level <= self.level {
            let name = self.name.as_deref().unwrap_or_default();
            let gap = if name.is_empty() { "" } else { " " };
            print(&format!("{name}{gap}{stamp} {text}\n"));
        }
    }
}

impl LogSink for Journal {
    fn line(&self, stamp: &dyn Display, level: Level, text: Arguments<'_>) {
        Self::line(self, stamp, level, text);
    }
}

/// Prints text at once. That nobody reads it any more is no reason to stop.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
