//! Names and descriptions, the text people give things. Read wherever a body or a provider brings one; must never
//! hold a character that is not seen.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

/// A name for people: NFC, trimmed, 1 to 80 characters, none of them control, bidirectional or invisible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Name(#[schemars(length(min = 1, max = 80))] String);

/// How much of what someone looks for is looked for, in characters.
const LONGEST_SEARCH: usize = 100;

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
        let kept: String = visible(text).take(Self::MAX).collect();
        let kept = kept.trim();
        (!kept.is_empty()).then(|| Self(kept.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What people are sorted and searched by: the name in lower case, by the rules of Unicode.
#[must_use]
pub fn sort_name(name: &str) -> String {
    name.to_lowercase()
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

/// Text in lines, otherwise as a description is: what someone writes to explain something. Line ends become one
/// character, and the ends of lines are trimmed.
///
/// # Errors
/// [`Error::Invalid`] at `pointer`.
pub fn paragraph(text: &str, max: usize, pointer: &str) -> Result<String> {
    let lines: Vec<String> = text.lines().map(|line| clean(line, pointer)).collect::<Result<_>>()?;
    let text = lines.join("\n").trim().to_owned();
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

/// The text in NFC, without the characters that may not stand in a name.
pub(crate) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.nfc().filter(|c| !is_unseen(*c))
}

/// What someone looks for, as it stands in what they look in: in NFC, without characters that are not seen, and without
/// what is too much of it.
pub(crate) fn searched(text: &str) -> String {
    let seen: String = visible(text.trim()).take(LONGEST_SEARCH).collect();
    seen.trim().to_owned()
}

/// Characters that change what is read without being seen: controls, zero-width, bidirectional marks, tags.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
