//! In place of the texts for people where they are not compiled.

/// A text for people. Without the feature `help` it takes no room, and nothing can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help;

/// A text for people.
pub const fn help(_: &'static str) -> Help {
    Help
}

impl Help {
    /// The text; empty without the feature `help`.
    pub const fn text(self) -> &'static str {
        ""
    }
}
