//! Who may call what: every route by everyone.

mod callers;
mod matrix;
