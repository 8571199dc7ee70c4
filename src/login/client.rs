//! The one client for calls to providers. Called by `exchange`, `discovery`, `keys` and `github`; must never
//! follow a redirect, speak plain http off loopback, wait or read without bound, or use a proxy it found in
//! the environment.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::Request;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::{Host, Url};

use crate::login::SignInError;

/// How much of this node a provider may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For one call, from asking for a slot to the last byte of the body.
    pub call: Duration,
    /// For finding a free slot.
    pub slot: Duration,
    /// For everything one step of a sign-in asks of a provider.
    pub step: Duration,
    /// Bytes of a body.
    pub body: usize,
    /// Calls at the same time.
    pub at_once: usize,
}

impl Limits {
    /// The promises of the threat model: 5 s, 1 MiB, 64 at once; a page within 6 s.
    pub(super) const PRODUCTION: Self = Self {
        call: Duration::from_secs(5),
        slot: Duration::from_secs(1),
        step: Duration::from_millis(5_500),
        body: 1 << 20,
        at_once: 64,
    };
}

/// Why a call brought nothing we can use.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// The address is neither https nor on loopback.
    #[error("the address is neither https nor on loopback")]
    Address,
    /// Too many calls are under way.
    #[error("too many calls are under way")]
    Busy,
    /// No whole answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The answer is longer than we read.
    #[error("the answer is too long")]
    TooLong,
    /// An answer of another status than the one a working provider gives.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The answer is not what the protocol says; which answer it was.
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] Arc<reqwest::Error>),
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else {
            // Without its URL: an operator may have put a credential there.
            Self::Connection(Arc::new(error.without_url()))
        }
    }
}

impl From<CallError> for SignInError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error)
    }
}

/// Whether we may call this address: https, or plain http on this machine.
#[must_use]
pub fn is_allowed_address(url: &Url) -> bool {
    url.scheme() == "https" && url.has_host() || is_plain_loopback(url)
}

/// Whether this is plain http to 127.0.0.0/8, `::1` or `localhost`.
pub(super) fn is_plain_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

/// Calls providers within [`Limits`]. Clones share the slots and connections.
#[derive(Debug, Clone)]
pub(super) struct Outbound {
    client: reqwest::Client,
    slots: Arc<Semaphore>,
    limits: Limits,
}

impl Outbound {
    /// A client that can speak TLS if `tls`.
    ///
    /// Without it no certificate is trusted, and a machine that has none (a bare container) can still be
    /// developed on.
    pub(super) fn new(limits: Limits, tls: bool) -> Result<Self, SignInError> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(limits.call)
            .timeout(limits.call)
            .pool_idle_timeout(Duration::from_secs(15))
            .user_agent(concat!("freehold/", env!("CARGO_PKG_VERSION")));
        let builder = if tls { builder } else { builder.tls_certs_only([]) };
        let client = builder.build().map_err(|_error| {
            SignInError::Misconfigured("TLS cannot start: are CA certificates installed?")
        })?;
        Ok(Self { client, slots: Arc::new(Semaphore::new(limits.at_once)), limits })
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    /// The whole answer to one request, whatever its status.
    pub(super) async fn send(&self, request: Request) -> Result<HttpResponse, CallError> {
        if !is_allowed_address(request.url()) {
            return Err(CallError::Address);
        }
        timeout(self.limits.call, self.send_in_slot(request)).await.unwrap_or(Err(CallError::Timeout))
    }

    async fn send_in_slot(&self, request: Request) -> Result<HttpResponse, CallError> {
        let slot = timeout(self.limits.slot, self.slots.acquire()).await;
        let Ok(Ok(_slot)) = slot else { return Err(CallError::Busy) };
        let mut answer = self.client.execute(request).await?;
        if answer.content_length().is_some_and(|length| length > self.limits.body as u64) {
            return Err(CallError::TooLong);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(CallError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut whole = HttpResponse::new(body);
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(whole)
    }

    /// The JSON document at `url`, which `what` names in errors.
    pub(super) async fn get_json<T: DeserializeOwned>(
        &self,
        url: Url,
        what: &'static str,
    ) -> Result<T, CallError> {
        let mut request = Request::new(http::Method::GET, url);
        request
            .headers_mut()
            .insert(http::header::ACCEPT, http::HeaderValue::from_static("application/json"));
        read_json(&self.send(request).await?, what)
    }
}

/// The JSON in an answer of status 200. The parser's error is dropped: it may quote what was sent.
pub(super) fn read_json<T: DeserializeOwned>(
    answer: &HttpResponse,
    what: &'static str,
) -> Result<T, CallError> {
    if answer.status() != StatusCode::OK {
        return Err(CallError::Status(answer.status().as_u16()));
    }
    serde_json::from_slice(answer.body()).map_err(|_error| CallError::Unreadable(what))
}

/// Lets the `oauth2` crate call through us. It sees success and the client's own mistakes (4xx); what else a
/// server may say is not an OAuth answer.
impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.send(Request::try_from(request)?).await?;
            if answer.status() == StatusCode::OK || answer.status().is_client_error() {
                Ok(answer)
            } else {
                Err(CallError::Status(answer.status().as_u16()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::fake::{Fake, Reply};

    const QUICK: Limits = Limits {
        call: Duration::from_millis(300),
        slot: Duration::from_millis(50),
        step: Duration::from_millis(400),
        body: 1_000,
        at_once: 2,
    };

    async fn get(reply: Reply) -> Result<HttpResponse, CallError> {
        let fake = Fake::start(move |_request| reply.clone()).await;
        let outbound = Outbound::new(QUICK, false).unwrap();
        outbound.send(Request::new(http::Method::GET, fake.url("/x"))).await
    }

    #[tokio::test]
    async fn an_answer_comes_whole() {
        let answer = get(Reply::bytes(200, vec![b'x'; 1_000])).await.unwrap();
        assert_eq!((answer.status(), answer.body().len()), (StatusCode::OK, 1_000));
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let answer = get(Reply::redirect("https://elsewhere.example/")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND);
        assert!(matches!(read_json::<serde_json::Value>(&answer, "it"), Err(CallError::Status(302))));
    }

    #[tokio::test]
    async fn a_long_answer_is_cut_off() {
        let declared = get(Reply::bytes(200, vec![b'x'; 1_001])).await;
        assert!(matches!(declared, Err(CallError::TooLong)));
        let streamed = get(Reply::endless()).await;
        assert!(matches!(streamed, Err(CallError::TooLong)));
    }

    #[tokio::test]
    async fn a_silent_provider_is_given_up() {
        assert!(matches!(get(Reply::Silence).await, Err(CallError::Timeout)));
        assert!(matches!(get(Reply::HalfSilence).await, Err(CallError::Timeout)), "also within the body");
    }

    #[tokio::test]
    async fn calls_beyond_the_limit_are_refused() {
        let fake = Fake::start(|_request| Reply::Silence).await;
        let outbound = Outbound::new(QUICK, false).unwrap();
        let call = || outbound.send(Request::new(http::Method::GET, fake.url("/x")));
        let outcomes = futures_util::future::join_all([call(), call(), call(), call()]).await;
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(CallError::Busy))).count();
        assert_eq!(refused, 2);
        assert_eq!(outbound.slots.available_permits(), 2, "slots come back");
    }

    #[tokio::test]
    async fn plain_http_stays_on_this_machine() {
        let outbound = Outbound::new(QUICK, false).unwrap();
        for address in
            ["http://example.com/", "http://localhost.example.com/", "http://10.0.0.1/", "ftp://localhost/"]
        {
            let url = Url::parse(address).unwrap();
            let outcome = outbound.send(Request::new(http::Method::GET, url)).await;
            assert!(matches!(outcome, Err(CallError::Address)), "{address}");
        }
        for address in
            ["https://example.com/", "http://127.9.9.9:1/", "http://[::1]:1/", "http://localhost:1/"]
        {
            assert!(is_allowed_address(&Url::parse(address).unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_a_connection_error() {
        let outbound = Outbound::new(QUICK, false).unwrap();
        let url = Fake::closed_url().await;
        let outcome = outbound.send(Request::new(http::Method::GET, url)).await;
        assert!(matches!(outcome, Err(CallError::Connection(_))));
    }
}
