//! The columns of a table one may sort by: each head is a link, and says which way the rows go now.

use crate::lists::{self, Sort};

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

/// The head of the column `by` of a list that is in the order `now`. `href` is where the list is in another order.
pub(in crate::http::panel) fn column<C: lists::Column>(
    label: &'static str,
    by: C,
    now: Sort<C>,
    href: impl Fn(Sort<C>) -> String,
) -> Column {
    let up = Sort { by, down: false };
    let (order, other) = match now {
        now if now == up => (Some(Direction::Ascending), up.reversed()),
        now if now == up.reversed() => (Some(Direction::Descending), up),
        _ => (None, up),
    };
    Column { label, href: href(other), order }
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
