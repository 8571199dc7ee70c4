//! This installation as an issuer of signed access tokens. Called where tokens are issued, shown to be good, or
//! borne; must never call a token good that another issuer signed, or that was meant for another API.

use std::sync::Arc;

use jsonwebtoken::EncodingKey;
use serde_json::Value;

use crate::db::{Database, Sealer};
use crate::error::{Error, Result};
use crate::oauth::jwt::{self, AccessClaims};
use crate::oauth::keys::SigningKeys;

/// Signs access tokens, and checks them.
#[derive(Debug)]
pub struct Issuer {
    database: Database,
    keys: SigningKeys,
    url: Arc<str>,
}

impl Issuer {
    /// The issuer at `url`, the public URL without a slash at its end.
    #[must_use]
    pub fn new(database: Database, sealer: Sealer, url: &str) -> Self {
        Self { keys: SigningKeys::new(database.clone(), sealer), database, url: url.into() }
    }

    /// The public URL: `iss`, and `aud` too.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Signs a token that says this.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the keys cannot be read; [`Error::Internal`] when they cannot be used.
    pub async fn sign(&self, claims: &AccessClaims) -> Result<String> {
        let (kid, key) = self.signing_key().await?;
        jwt::sign(claims, kid, &key)
    }

    /// The key that signs now, and its name. May have to make the first one: not to be called within a write.
    pub(super) async fn signing_key(&self) -> Result<(String, EncodingKey)> {
        self.keys.signing().await
    }

    /// What a token says: issued here, meant for this API, unaltered, not over. Whether its app is still enabled, and what
    /// of the scope its roles still allow, is for the caller to ask.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for any defect; [`Error::Unavailable`] when the keys cannot be read.
    pub async fn verify(&self, token: &str) -> Result<AccessClaims> {
        let kid = jwt::key_name(token)?;
        let key = self.keys.find(&kid).await?.ok_or(Error::InvalidToken)?;
        jwt::verify(token, &key, &self.url, self.database.clock().now())
    }

    /// The public keys by which anyone can check these tokens (RFC 7517).
    ///
    /// # Errors
    /// [`Error::Unavailable`] when they cannot be read.
    pub async fn public_keys(&self) -> Result<Value> {
        self.keys.published().await
    }
}
