//! Google, or any `OpenID` Connect issuer set in its place. Called by [`crate::login::Providers`]; must never
//! believe anything but a checked ID token.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::clock::Clock;
use crate::email::EmailAddress;
use crate::login::attempt::{Callback, Secrets};
use crate::login::cached::Cached;
use crate::login::client::Outbound;
use crate::login::discovery::{self, Discovery};
use crate::login::exchange::Registration;
use crate::login::id_token::{self, Claims, Expected};
use crate::login::identity::{avatar_url, shown_name};
use crate::login::keys::Keys;
use crate::login::{ExternalIdentity, Provider, SignInError};

/// How we are registered at Google.
#[derive(Debug, Clone)]
pub struct GoogleSettings {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
    /// The issuer, character by character as it calls itself; Google is `https://accounts.google.com`.
    pub issuer_url: String,
}

#[derive(Debug)]
pub(super) struct Google {
    us: Registration,
    issuer: String,
    clock: Clock,
    discovery: Cached<Discovery>,
    keys: Keys,
}

impl Google {
    pub(super) fn new(settings: GoogleSettings, clock: Clock, redirect_uri: Url) -> Self {
        let GoogleSettings { client_id, client_secret, issuer_url } = settings;
        Self {
            us: Registration { client_id, client_secret, redirect_uri },
            issuer: issuer_url,
            discovery: Cached::new(clock.clone()),
            keys: Keys::new(clock.clone()),
            clock,
        }
    }

    async fn discover(&self, outbound: &Outbound) -> Result<std::sync::Arc<Discovery>, SignInError> {
        let fresh =
            |held: &crate::login::cached::Held<_>| self.clock.now().since(held.since) < discovery::KEPT;
        self.discovery.get(fresh, || discovery::fetch(outbound, &self.issuer)).await
    }

    pub(super) async fn authorize_url(
        &self,
        outbound: &Outbound,
        secrets: &Secrets,
        select_account: bool,
    ) -> Result<Url, SignInError> {
        let endpoint = self.discover(outbound).await?.authorization_endpoint.clone();
        let mut more = vec![("nonce", secrets.nonce.as_str())];
        if select_account {
            more.push(("prompt", "select_account"));
        }
        self.us.authorize_url(endpoint, &["openid", "email", "profile"], secrets, &more)
    }

    pub(super) async fn identify(
        &self,
        outbound: &Outbound,
        callback: &Callback,
        secrets: &Secrets,
    ) -> Result<ExternalIdentity, SignInError> {
        callback.check_issuer(&self.issuer, false)?;
        let discovery = self.discover(outbound).await?;
        callback.check_issuer(&self.issuer, discovery.sends_iss)?;
        let endpoint = discovery.token_endpoint.clone();
        let tokens = self.us.exchange(outbound, endpoint, callback, secrets).await?;
        let token = tokens.id.ok_or(SignInError::Rejected("there is no ID token"))?;
        let (id, algorithm) = id_token::signing_key(token.expose_secret())?;
        let key = self.keys.find(outbound, &discovery.jwks_uri, &id, algorithm).await?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.us.client_id,
            nonce: &secrets.nonce,
            now: self.clock.now(),
        };
        let claims = id_token::verify(token.expose_secret(), &key, &expected)?;
        Ok(self.identity(claims))
    }

    fn identity(&self, claims: Claims) -> ExternalIdentity {
        let email: Option<EmailAddress> = claims.email.and_then(|email| email.parse().ok());
        let email_verified = claims.email_verified && email.is_some();
        ExternalIdentity {
            provider: Provider::Google,
            issuer: self.issuer.clone(),
            subject: claims.sub,
            name: shown_name(claims.name.as_deref()),
            username: None,
            verified_emails: email.iter().filter(|_| email_verified).cloned().collect(),
            email,
            email_verified,
            avatar_url: avatar_url(claims.picture.as_deref()),
        }
    }
}
