//! Texts for people about commands and options: what they take, what they do.

/// A text for people. Without the feature `help` it takes no room, and nothing can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help(&'static str);

/// A text for people.
pub const fn help(text: &'static str) -> Help {
    Help(text)
}

impl Help {
    /// The text; empty without the feature `help`.
    pub const fn text(self) -> &'static str {
        self.0
    }
}
