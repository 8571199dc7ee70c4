//! The configured providers and the two steps of a sign-in. Made once at start; called by the sign-in flow.
//! Must never let a step outlast its time, nor build an address from anything but the public URL.

use std::future::Future;

use tokio::time::timeout;
use url::Url;

use crate::clock::Clock;
use crate::login::client::{Limits, Outbound, is_allowed_address, is_plain_loopback};
use crate::login::github::Github;
use crate::login::google::Google;
use crate::login::{
    Callback, ExternalIdentity, GithubSettings, GoogleSettings, Provider, Secrets, SignInError,
};

/// The providers people can sign in with here.
#[derive(Debug)]
pub struct Providers {
    google: Option<Google>,
    github: Option<Github>,
    outbound: Outbound,
}

impl Providers {
    /// The providers of these settings; people come back to `{public_url}/auth/{provider}/callback`.
    ///
    /// # Errors
    /// [`SignInError::Misconfigured`] when an address is not a URL, or neither https nor on loopback, or when
    /// TLS is needed and the machine trusts no certificate.
    pub fn new(
        google: Option<GoogleSettings>,
        github: Option<GithubSettings>,
        clock: Clock,
        public_url: &Url,
    ) -> Result<Self, SignInError> {
        Self::with_limits(google, github, clock, public_url, Limits::PRODUCTION)
    }

    pub(super) fn with_limits(
        google: Option<GoogleSettings>,
        github: Option<GithubSettings>,
        clock: Clock,
        public_url: &Url,
        limits: Limits,
    ) -> Result<Self, SignInError> {
        let addresses = google.iter().map(|google| &google.issuer_url);
        let addresses = addresses.chain(github.iter().flat_map(|github| [&github.url, &github.api_url]));
        let addresses: Vec<Url> = addresses.map(|text| address(text)).collect::<Result<_, _>>()?;
        let outbound = Outbound::new(limits, !addresses.iter().all(is_plain_loopback))?;
        let google = match google {
            Some(settings) => Some(Google::new(settings, clock, redirect_uri(public_url, Provider::Google)?)),
            None => None,
        };
        let github = match github {
            Some(settings) => Some(Github::new(settings, redirect_uri(public_url, Provider::Github)?)?),
            None => None,
        };
        Ok(Self { google, github, outbound })
    }

    /// The providers to offer, in order.
    #[must_use]
    pub fn configured(&self) -> Vec<Provider> {
        Provider::ALL.into_iter().filter(|provider| self.is_configured(*provider)).collect()
    }

    /// Whether people can sign in with this provider.
    #[must_use]
    pub const fn is_configured(&self, provider: Provider) -> bool {
        match provider {
            Provider::Google => self.google.is_some(),
            Provider::Github => self.github.is_some(),
        }
    }

    /// Where to send the browser to start an attempt; `select_account` asks the provider not to choose silently.
    ///
    /// # Errors
    /// When the provider is not configured, or Google's discovery document cannot be had in time.
    pub async fn authorize_url(
        &self,
        provider: Provider,
        secrets: &Secrets,
        select_account: bool,
    ) -> Result<Url, SignInError> {
        match provider {
            Provider::Google => {
                let google = self.google.as_ref().ok_or(SignInError::NotConfigured(provider))?;
                self.in_time(google.authorize_url(&self.outbound, secrets, select_account)).await
            }
            Provider::Github => {
                let github = self.github.as_ref().ok_or(SignInError::NotConfigured(provider))?;
                github.authorize_url(secrets, select_account)
            }
        }
    }

    /// Who the person is that came back with this callback. The caller has already consumed the attempt.
    ///
    /// # Errors
    /// Always instead of a doubtful identity; within six seconds, however slow the provider.
    pub async fn identify(
        &self,
        provider: Provider,
        callback: &Callback,
        secrets: &Secrets,
    ) -> Result<ExternalIdentity, SignInError> {
        match provider {
            Provider::Google => {
                let google = self.google.as_ref().ok_or(SignInError::NotConfigured(provider))?;
                self.in_time(google.identify(&self.outbound, callback, secrets)).await
            }
            Provider::Github => {
                let github = self.github.as_ref().ok_or(SignInError::NotConfigured(provider))?;
                self.in_time(github.identify(&self.outbound, callback, secrets)).await
            }
        }
    }

    async fn in_time<T>(&self, step: impl Future<Output = Result<T, SignInError>>) -> Result<T, SignInError> {
        timeout(self.outbound.limits().step, step).await.unwrap_or(Err(SignInError::TimedOut))
    }
}

fn address(text: &str) -> Result<Url, SignInError> {
    Url::parse(text)
        .ok()
        .filter(is_allowed_address)
        .ok_or(SignInError::Misconfigured("a provider's address must be https, or http on loopback"))
}

fn redirect_uri(public_url: &Url, provider: Provider) -> Result<Url, SignInError> {
    let base = public_url.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/auth/{}/callback", provider.as_str()))
        .map_err(|_error| SignInError::Misconfigured("the public URL cannot be extended"))
}

#[cfg(test)]
#[path = "providers_tests.rs"]
mod tests;
