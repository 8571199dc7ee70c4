//! What people ask of every page through their system. Told to a [`super::Browser`] by tests of the looks; must
//! never name a wish that browsers do not pass on to pages.

use serde_json::{Value, json};

/// One wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Light,
    Dark,
    MoreContrast,
    ForcedColors,
    ReducedMotion,
}

impl Wish {
    /// The media feature and its value.
    pub(super) fn feature(self) -> Value {
        let (name, value) = match self {
            Self::Light => ("prefers-color-scheme", "light"),
            Self::Dark => ("prefers-color-scheme", "dark"),
            Self::MoreContrast => ("prefers-contrast", "more"),
            Self::ForcedColors => ("forced-colors", "active"),
            Self::ReducedMotion => ("prefers-reduced-motion", "reduce"),
        };
        json!({ "name": name, "value": value })
    }
}
