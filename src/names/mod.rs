//! What people may call things: slugs, which stand in paths, and names, which are labels for people. Used
//! wherever a request brings one; never part of a decision.

mod name;
mod slug;
#[cfg(test)]
mod tests;

pub use name::{Name, description, paragraph, sort_name};
pub use slug::Slug;

pub(crate) use name::{searched, visible};
pub(crate) use slug::words_of;
