//! GitHub, or a GitHub Enterprise server. Called by [`crate::login::Providers`]; must never take an address
//! from `/user` (it may be unverified), nor a login for an id (it can pass to somebody else).

use http::header::{ACCEPT, AUTHORIZATION, LINK};
use http::{HeaderValue, Method, StatusCode};
use oauth2::HttpResponse;
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::email::EmailAddress;
use crate::login::client::{CallError, Outbound, read_json};
use crate::login::exchange::Registration;
use crate::login::identity::{avatar_url, shown_name};
use crate::login::{Callback, ExternalIdentity, Provider, Secrets, SignInError};

const PAGE: usize = 30;
const MOST_PAGES: usize = 10;

/// How we are registered at GitHub.
#[derive(Debug, Clone)]
pub struct GithubSettings {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
    /// Where people sign in: `https://github.com`, or the Enterprise server's own address.
    pub url: String,
    /// Where the API is: `https://api.github.com`, or the Enterprise server's `/api/v3`.
    pub api_url: String,
}

#[derive(Debug)]
pub(super) struct Github {
    us: Registration,
    issuer: String,
    authorize: Url,
    token: Url,
    api: String,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

impl Github {
    pub(super) fn new(settings: GithubSettings, redirect_uri: Url) -> Result<Self, SignInError> {
        let GithubSettings { client_id, client_secret, url, api_url } = settings;
        let issuer = format!("{}/login/oauth", url.trim_end_matches('/'));
        Ok(Self {
            us: Registration { client_id, client_secret, redirect_uri },
            authorize: parse(&format!("{issuer}/authorize"))?,
            token: parse(&format!("{issuer}/access_token"))?,
            issuer,
            api: api_url.trim_end_matches('/').to_owned(),
        })
    }

    pub(super) fn authorize_url(&self, secrets: &Secrets, select_account: bool) -> Result<Url, SignInError> {
        let more: &[_] = if select_account { &[("prompt", "select_account")] } else { &[] };
        self.us.authorize_url(self.authorize.clone(), &["read:user", "user:email"], secrets, more)
    }

    pub(super) async fn identify(
        &self,
        outbound: &Outbound,
        callback: &Callback,
        secrets: &Secrets,
    ) -> Result<ExternalIdentity, SignInError> {
        // Enterprise servers may not send `iss` yet, so it is checked when there.
        callback.check_issuer(&self.issuer, false)?;
        let tokens = self.us.exchange(outbound, self.token.clone(), callback, secrets).await?;
        let answer = self.get(outbound, "/user", &tokens.access).await?;
        let user: User = read_json(&answer, "the user")?;
        let addresses = self.addresses(outbound, &tokens.access).await?;
        Ok(self.identity(&user, &addresses))
    }

    async fn get(
        &self,
        outbound: &Outbound,
        path: &str,
        token: &SecretString,
    ) -> Result<HttpResponse, SignInError> {
        let mut request = Request::new(Method::GET, parse(&format!("{}{path}", self.api))?);
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_error| CallError::Unreadable("the access token"))?;
        bearer.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
        Ok(outbound.send(request).await?)
    }

    /// Every address of the person, at most ten pages of them.
    ///
    /// Pages are counted, not followed: the address in a `Link` header is the server's word.
    async fn addresses(
        &self,
        outbound: &Outbound,
        token: &SecretString,
    ) -> Result<Vec<Address>, SignInError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let path = format!("/user/emails?per_page={PAGE}&page={page}");
            let answer = self.get(outbound, &path, token).await?;
            // What GitHub answers when the person did not grant `user:email`.
            if answer.status() == StatusCode::NOT_FOUND {
                break;
            }
            let mut some: Vec<Address> = read_json(&answer, "the e-mail addresses")?;
            let more = has_next(&answer, some.len());
            all.append(&mut some);
            if !more {
                break;
            }
        }
        Ok(all)
    }

    fn identity(&self, user: &User, addresses: &[Address]) -> ExternalIdentity {
        let usable = |address: &&Address| address.verified;
        let parsed = |address: &Address| address.email.parse().ok().filter(|email| !is_noreply(email));
        let verified_emails: Vec<EmailAddress> = addresses.iter().filter(usable).filter_map(parsed).collect();
        let email = addresses.iter().filter(usable).find(|address| address.primary).and_then(parsed);
        ExternalIdentity {
            provider: Provider::Github,
            issuer: self.issuer.clone(),
            subject: user.id.to_string(),
            name: shown_name(user.name.as_deref()),
            username: shown_name(Some(&user.login)),
            email_verified: email.is_some(),
            email,
            verified_emails,
            avatar_url: avatar_url(user.avatar_url.as_deref()),
        }
    }
}

/// Whether a page is not the last: as `Link` says, or without one when it is full.
fn has_next(answer: &HttpResponse, items: usize) -> bool {
    match answer.headers().get(LINK).map(HeaderValue::to_str) {
        Some(Ok(link)) => link.contains("rel=\"next\""),
        Some(Err(_)) | None => items >= PAGE,
    }
}

/// GitHub's stand-in addresses receive no mail (`users.noreply.` and the server's name).
fn is_noreply(email: &EmailAddress) -> bool {
    email.domain().starts_with("users.noreply.") || email.domain() == "noreply.github.com"
}

fn parse(address: &str) -> Result<Url, SignInError> {
    Url::parse(address).map_err(|_error| SignInError::Misconfigured("GitHub's address is not a URL"))
}
