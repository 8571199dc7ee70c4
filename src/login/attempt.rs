//! One attempt to sign in: what we keep while the browser is away, and what it brings back. Made and stored
//! by the sign-in flow; must never be printed, so `Debug` shows nothing of it.

use std::fmt;

use crate::ids::secret_text;
use crate::login::SignInError;

/// What one attempt is bound by: fresh each time, used once, 256 bits each.
#[derive(Clone)]
pub struct Secrets {
    /// Comes back in the callback and proves that this browser started the attempt.
    pub state: String,
    /// The PKCE code verifier (RFC 7636); only its SHA-256 goes through the browser.
    pub verifier: String,
    /// Comes back inside Google's ID token (`OpenID` Connect Core 3.1.3.7). GitHub has no such thing.
    pub nonce: String,
}

impl Secrets {
    /// Secrets for one attempt.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a default that differs each time would surprise")]
    pub fn new() -> Self {
        Self { state: secret_text(), verifier: secret_text(), nonce: secret_text() }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

/// What the provider sends back through the browser when a person agreed.
#[derive(Clone)]
pub struct Callback {
    /// The authorization code.
    pub code: String,
    /// Who says they sent it (RFC 9207), when they say so.
    pub iss: Option<String>,
}

impl Callback {
    /// Holds the callback against the issuer it must come from (RFC 9207): by simple string comparison when
    /// it says so, and it must say so when `required`.
    pub(super) fn check_issuer(&self, issuer: &str, required: bool) -> Result<(), SignInError> {
        match self.iss.as_deref() {
            Some(iss) if iss == issuer => Ok(()),
            Some(_) => Err(SignInError::Rejected("the callback comes from another issuer")),
            None if required => {
                Err(SignInError::Rejected("the callback does not say which issuer it comes from"))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_has_its_own_secrets() {
        let (one, other) = (Secrets::new(), Secrets::new());
        let all = [&one.state, &one.verifier, &one.nonce, &other.state, &other.verifier, &other.nonce];
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|secret| secret.len() == 43), "43 characters: what PKCE asks for, 256 bits");
    }

    #[test]
    fn the_issuer_of_a_callback_is_compared_to_the_letter() {
        let check = |iss: Option<&str>, required| {
            let callback = Callback { code: "c".into(), iss: iss.map(str::to_owned) };
            callback.check_issuer("https://id.example", required).is_ok()
        };
        assert!(check(Some("https://id.example"), true) && check(None, false));
        assert!(!check(None, true));
        for other in
            ["", "https://id.example/", "HTTPS://id.example", "https://id.example.evil", "id.example"]
        {
            assert!(!check(Some(other), false), "{other}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let secrets = Secrets::new();
        assert_eq!(format!("{secrets:?}"), "Secrets");
        let callback = Callback { code: "c0de".into(), iss: None };
        assert!(!format!("{callback:?}").contains("c0de"));
    }
}
