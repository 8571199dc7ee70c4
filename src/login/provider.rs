//! The providers one can sign in with. Called wherever an identity is named; must never grow a name that is
//! not a path word of `/auth/{provider}`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who vouches for a person.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Google, or another OpenID Connect issuer set in its place.
    Google,
    /// GitHub, or a GitHub Enterprise server.
    Github,
}

/// The text names no provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such provider")]
pub struct NoSuchProvider;

impl Provider {
    /// Every provider, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Google, Self::Github];

    /// The word for paths, JSON and the database: `google` or `github`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Github => "github",
        }
    }
}

impl fmt::Display for Provider {
    /// The name for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Google => "Google",
            Self::Github => "GitHub",
        })
    }
}

impl FromStr for Provider {
    type Err = NoSuchProvider;

    fn from_str(text: &str) -> Result<Self, NoSuchProvider> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(NoSuchProvider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_one_word() {
        for provider in Provider::ALL {
            assert_eq!(provider.as_str().parse(), Ok(provider));
            assert_eq!(serde_json::to_value(provider).unwrap(), provider.as_str());
        }
        assert_eq!("GitHub".parse::<Provider>(), Err(NoSuchProvider));
        assert_eq!(Provider::Github.to_string(), "GitHub");
    }
}
