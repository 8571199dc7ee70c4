//! The columns of a table one may sort by: each head is a link, and says which way the rows go now.

/// A column's head.
#[derive(Debug, Clone)]
pub(in crate::http::panel) struct Column {
    /// What it is called.
    pub(in crate::http::panel) label: &'static str,
    /// Where the rows are in its order, or in the other direction when they are already.
    pub(in crate::http::panel) href: String,
    /// Which way the rows go, if they go by it.
    pub(in crate::http::panel) order: Option<Direction>,
}

/// Which way rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::panel) enum Direction {
    /// From the least.
    Ascending,
    /// From the greatest.
    Descending,
}

impl Direction {
    /// As `aria-sort` says it.
    pub(in crate::http::panel) fn word(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}
