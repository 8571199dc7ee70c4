//! Codes and access tokens, in memory. Called by the callbacks, token and profile endpoints; a code must never
//! work twice, for another client, redirect URI or verifier, or after a minute.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::people::Provider;
use crate::clock::Timestamp;
use crate::ids;

const CODE_LIFE: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(super) struct Grants {
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, Grant>,
}

/// What a person has agreed to.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) provider: Provider,
    pub(super) person: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) at: Timestamp,
}

/// What a client presents with a code.
pub(super) struct Presented<'a> {
    pub(super) provider: Provider,
    pub(super) code: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) verifier: &'a str,
}

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Unknown, used, expired, of the other provider, or with another verifier.
    Code(&'static str),
    /// For another redirect URI.
    RedirectUri,
}

impl Grants {
    pub(super) fn code(&mut self, grant: Grant) -> String {
        let code = ids::secret_text();
        self.codes.insert(code.clone(), grant);
        code
    }

    /// Takes the code, which is gone afterwards whatever the outcome.
    pub(super) fn redeem(&mut self, presented: &Presented<'_>, now: Timestamp) -> Result<Grant, Refused> {
        let grant =
            self.codes.remove(presented.code).ok_or(Refused::Code("the code is unknown or was used"))?;
        if grant.provider != presented.provider {
            return Err(Refused::Code("the code is another provider's"));
        }
        if now.since(grant.at) > CODE_LIFE {
            return Err(Refused::Code("the code has expired"));
        }
        if grant.redirect_uri != presented.redirect_uri {
            return Err(Refused::RedirectUri);
        }
        if !is_verifier(presented.verifier) || challenge_of(presented.verifier) != grant.challenge {
            return Err(Refused::Code("the code_verifier does not fit the code_challenge"));
        }
        Ok(grant)
    }

    pub(super) fn token(&mut self, prefix: &str, grant: Grant) -> String {
        let token = format!("{prefix}{}", ids::secret_text());
        self.tokens.insert(token.clone(), grant);
        token
    }

    pub(super) fn holder(&self, provider: Provider, token: &str) -> Option<Grant> {
        self.tokens.get(token).filter(|grant| grant.provider == provider).cloned()
    }
}

/// RFC 7636 section 4.2, S256.
pub(super) fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(ids::secret_hash(verifier))
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}
