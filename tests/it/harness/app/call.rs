//! One request through the router, and what came back. Used through the callers of `harness/app.rs`.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use freehold::http::Peer;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// A request under construction.
pub(crate) struct Call {
    pub(super) router: Router,
    pub(super) request: http::request::Builder,
}

impl Call {
    /// With one more header.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.request = self.request.header(name, value.as_ref());
        self
    }

    /// From this address.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.request = self.request.extension(Peer((address.parse::<IpAddr>().unwrap(), 1).into()));
        self
    }

    /// Sends it without a body.
    pub(crate) async fn send(self) -> Answer {
        self.body(Body::empty()).await
    }

    /// Sends it without a body, and leaves the answer's to be read as it comes.
    pub(crate) async fn begin(self) -> http::Response<Body> {
        self.router.oneshot(self.request.body(Body::empty()).unwrap()).await.unwrap()
    }

    /// Sends it with a JSON body.
    #[allow(clippy::needless_pass_by_value, reason = "made in place by every caller")]
    pub(crate) async fn json(self, body: Value) -> Answer {
        self.header("content-type", "application/json").body(body.to_string()).await
    }

    /// Sends it with this body.
    pub(crate) async fn body(self, body: impl Into<Body>) -> Answer {
        let request = self.request.body(body.into()).unwrap();
        let (parts, body) = self.router.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The same, after its status was found to be this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// The same, after it was found to be a problem of this kind.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text());
        assert_eq!(answer.json()["type"], format!("/problems/{slug}"), "{}", answer.text());
        answer
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status, headers and body without what names this one request.
    pub(crate) fn without_request_id(&self) -> (StatusCode, Vec<(String, String)>, String) {
        let id = self.header("x-request-id").unwrap_or("?");
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            // How much is left of a limit is less after each request.
            .filter(|(name, _)| !name.as_str().starts_with("ratelimit-"))
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).replace(id, "…"))
            })
            .collect();
        headers.sort();
        (self.status, headers, self.text().replace(id, "…"))
    }
}
