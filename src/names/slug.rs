//! Slugs, by which people and paths name a tenant or role. Read wherever a path or body brings one; must never be
//! mistaken for an id, or for a word of our own paths.

use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

/// A tenant's or role's name in paths: `^[a-z0-9]+(-[a-z0-9]+)*$`, 3 to 40 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Slug(#[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"), length(min = 3, max = 40))] String);

/// First words of our own paths, and words that would mislead.
const RESERVED: &[&str] = &[
    "access",
    "account",
    "api",
    "assets",
    "auth",
    "dev",
    "device",
    "healthz",
    "invitations",
    "login",
    "logout",
    "metrics",
    "oauth",
    "operator",
    "problems",
    "readyz",
    "search",
    "tenants",
    "well-known",
    "admin",
    "app",
    "root",
    "system",
    "default",
    "www",
    "mail",
    "support",
    "new",
    "null",
    "undefined",
    "static",
];

impl Slug {
    /// Reads a slug as it stands in a path or body. Reserved words parse: they may not be taken, but asking for
    /// one is an ordinary miss.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let words_ok = text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        (words_ok && (3..=40).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// Reads a slug someone wants to take.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `pointer` when it has the wrong form or is reserved.
    pub fn choose(text: &str, pointer: &str) -> Result<Self> {
        let slug = Self::parse(text).ok_or_else(|| {
            Error::invalid(
                pointer,
                "slug",
                "Use 3 to 40 lower-case letters and digits, with single hyphens between them.",
            )
        })?;
        // A slug that looks like an id could hide the tenant with that id; 40 characters leave room for one.
        if RESERVED.contains(&text) || uuid::Uuid::try_parse(text).is_ok() {
            return Err(Error::invalid(pointer, "reserved", "This slug is reserved. Choose another."));
        }
        Ok(slug)
    }

    /// A slug made from a name: what can be kept is kept, the rest becomes hyphens. Absent when nothing is left.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::choose(&words_of(name), "/slug").ok()
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a name has of a slug: at most 40 lower-case letters and digits with single hyphens between them, perhaps
/// none, perhaps a reserved word.
pub(crate) fn words_of(name: &str) -> String {
    let plain: String = name
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let mut slug = words.join("-");
    slug.truncate(40);
    slug.trim_end_matches('-').to_owned()
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a slug"))
    }
}
