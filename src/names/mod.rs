//! What people may call things: slugs, which stand in paths, and names, which are labels for people. Used
//! wherever a request brings one; never part of a decision.

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
    "healthz",
    "invitations",
    "login",
    "logout",
    "metrics",
    "oauth",
    "operator",
    "problems",
    "readyz",
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
        let plain: String = name
            .nfkd()
            .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
        let mut slug = words.join("-");
        slug.truncate(40);
        let slug = slug.trim_end_matches('-');
        Self::choose(slug, "/slug").ok()
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name for people: NFC, trimmed, 1 to 80 characters, none of them control, bidirectional or invisible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Name(#[schemars(length(min = 1, max = 80))] String);

impl Name {
    /// The longest name, in characters.
    pub const MAX: usize = 80;

    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `pointer` when it is empty, too long, or holds characters that are not seen.
    pub fn parse(text: &str, pointer: &str) -> Result<Self> {
        let name = clean(text, pointer)?;
        if name.is_empty() {
            return Err(Error::invalid(pointer, "required", "Give a name."));
        }
        if name.chars().count() > Self::MAX {
            return Err(Error::invalid(pointer, "too_long", "Use at most 80 characters."));
        }
        Ok(Self(name))
    }

    /// A name from elsewhere, such as a provider: what may not stand in a name is left out, and what is too long
    /// is cut. Absent when nothing is left.
    #[must_use]
    pub fn salvage(text: &str) -> Option<Self> {
        let kept: String = text.nfc().filter(|c| !is_unseen(*c)).take(Self::MAX).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// Text that may be empty and is otherwise as a name is; at most `max` characters.
///
/// # Errors
/// [`Error::Invalid`] at `pointer`.
pub fn description(text: &str, max: usize, pointer: &str) -> Result<String> {
    let text = clean(text, pointer)?;
    if text.chars().count() > max {
        return Err(Error::invalid(pointer, "too_long", format!("Use at most {max} characters.")));
    }
    Ok(text)
}

fn clean(text: &str, pointer: &str) -> Result<String> {
    let text: String = text.trim().nfc().collect();
    if text.chars().any(is_unseen) {
        return Err(Error::invalid(
            pointer,
            "characters",
            "Leave out control characters, line breaks and invisible characters.",
        ));
    }
    Ok(text)
}

/// Characters that change what is read without being seen: controls, zero-width, bidirectional marks, tags.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a slug"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_words_of_letters_and_digits() {
        for good in ["abc", "acme-2", "a-b-c", "0aa"] {
            assert!(Slug::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "ab", "Acme", "-abc", "abc-", "a--b", "a_b", "a.b", "äbc", "a b", "a%2fb", &"a".repeat(41)]
        {
            assert!(Slug::parse(bad).is_none(), "{bad}");
        }
        for taken in ["api", "admin", "operator", "null"] {
            assert!(Slug::choose(taken, "/slug").is_err(), "{taken}");
        }
    }

    #[test]
    fn a_slug_can_be_made_from_a_name() {
        assert_eq!(Slug::from_name("Café Größe & Co.").unwrap().as_str(), "cafe-gro-e-co");
        assert!(Slug::from_name("日本").is_none());
        assert!(Slug::from_name("Admin").is_none());
    }

    #[test]
    fn names_are_nfc_and_hide_nothing() {
        assert_eq!(Name::parse(" Cafe\u{301} ", "/name").unwrap().as_str(), "Café");
        for bad in ["", "  ", "a\u{0}b", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{feff}b", &"x".repeat(81)] {
            assert!(Name::parse(bad, "/name").is_err(), "{bad:?}");
        }
        assert!(Name::parse("a, \"b\" # c", "/name").is_ok());
        assert_eq!(Name::salvage("a\u{202e}b\n").unwrap().as_str(), "ab");
    }
}
