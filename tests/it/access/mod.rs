//! Who may call what: every route by everyone.

mod callers;
mod described;
mod forms;
mod keyed;
mod matrix;
mod secrets;
mod slugs;
mod tokens;
