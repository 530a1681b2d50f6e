//! Log lines, for the sink and for the page that shows them.

use core::cell::RefCell;
use core::fmt;

use sonoff_core::io::Level;
use sonoff_web::Journal;

use crate::log::LogSink;

/// A sink that keeps the last lines for the page.
pub(crate) struct PageLog<'l, 'b> {
    pub log: &'l dyn LogSink,
    pub journal: &'l RefCell<Journal<'b>>,
}

impl LogSink for PageLog<'_, '_> {
    fn line(&self, stamp: &dyn fmt::Display, level: Level, text: fmt::Arguments<'_>) {
        self.log.line(stamp, level, text);
    }

    fn page_line(&self, stamp: &dyn fmt::Display, level: Level, text: fmt::Arguments<'_>) {
        self.journal.borrow_mut().push(format_args!("{stamp} {text}"));
        self.log.page_line(stamp, level, text);
    }
}
