//! The keys of roles. Called when a role is made, for a key never changes after that. Must never give a key that
//! is taken, looks like an id, or stands for something else in our paths.

use super::RoleView;
use crate::error::{Error, Result};
use crate::names::{Slug, words_of};

/// The longest key.
const MAX: usize = 40;

/// What stands in the place of a role in paths of ours.
const RESERVED: &[&str] = &["new"];

/// The key that was asked for.
pub(super) fn chosen(key: &str, roles: &[RoleView]) -> Result<String> {
    if is_taken(key, roles) {
        return Err(Error::Conflict("A role with this key exists. Choose another key.".into()));
    }
    if Slug::parse(key).is_none() {
        let text = "Use 3 to 40 lower-case letters and digits, with single hyphens between them.";
        return Err(Error::invalid("/key", "key", text));
    }
    if is_reserved(key) {
        return Err(Error::invalid("/key", "reserved", "This key is reserved. Choose another."));
    }
    Ok(key.to_owned())
}

/// A free key like the name. Names of one or two letters, and those of other alphabets, get `role` before them.
pub(super) fn made(name: &str, roles: &[RoleView]) -> Result<String> {
    let words = words_of(name);
    let plain = match words.len() {
        0 => "role".to_owned(),
        1 | 2 => format!("role-{words}"),
        _ => words,
    };
    // Of so many different keys, one is free.
    let mut keys = std::iter::once(plain.clone()).chain((2..roles.len() + 4).map(|n| numbered(&plain, n)));
    keys.find(|key| !is_taken(key, roles) && !is_reserved(key))
        .ok_or(Error::Internal("no key is left for a role", None))
}

fn numbered(key: &str, number: usize) -> String {
    let tail = format!("-{number}");
    let head: String = key.chars().take(MAX - tail.len()).collect();
    format!("{}{tail}", head.trim_end_matches('-'))
}

fn is_taken(key: &str, roles: &[RoleView]) -> bool {
    roles.iter().any(|role| role.key == key)
}

fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key) || uuid::Uuid::try_parse(key).is_ok()
}
