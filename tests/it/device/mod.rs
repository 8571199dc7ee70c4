//! Command-line tools that people let in: what the tool is told, what the person is shown, and what becomes of it.

mod answers;
mod codes;
mod independent;
mod tool;
mod tools;
