//! Who may call what: every route by everyone.

mod callers;
mod forms;
mod keyed;
mod matrix;
mod secrets;
mod slugs;
mod tokens;
