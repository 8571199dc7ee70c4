//! Problems as responses. Called by handlers, by way of `?`, and by the boundary; must never log, for the boundary
//! does, once.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use super::Problem;
use super::kinds::kind;
use crate::error::Error;

/// An error on its way to the boundary.
#[derive(Debug, Clone)]
pub struct Failed(pub Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        // The boundary fills in the body: only it knows the request's id and whether a page is wanted.
        let mut response = Response::new(Body::empty());
        *response.status_mut() = kind(&self).0;
        response.extensions_mut().insert(Failed(Arc::new(self)));
        response
    }
}

/// The answer to a path that exists with other methods.
#[must_use]
pub fn method_not_allowed(known: &[Method]) -> Response {
    let mut allowed: Vec<&str> = known.iter().map(Method::as_str).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let problem = Problem {
        kind: "/problems/method-not-allowed".into(),
        title: "Method not allowed",
        status: 405,
        detail: "This path has other methods.".into(),
        request_id: None,
        required: None,
        errors: Vec::new(),
        denial: None,
    };
    let mut response = json(&problem);
    if let Ok(allow) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// The problem as `application/problem+json`, with the headers its kind asks for.
#[must_use]
pub fn json(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Headers that go with an error, in whatever form it is told, at `origin`.
pub fn add_headers(error: &Error, origin: &str, response: &mut Response) {
    let headers = response.headers_mut();
    if let Some(challenge) = challenge(error, origin).and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    } else if let Error::InsufficientScope { required } = error {
        // A permission's name is printable ASCII without quotes (`authz/permission`).
        let challenge =
            format!("Bearer realm=\"freehold\", error=\"insufficient_scope\", scope=\"{required}\"");
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    } else if let Error::TooMany { retry_after, .. } = error {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    } else if matches!(error, Error::Unavailable(..) | Error::InProgress) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(1));
    }
}

/// What is missing of a bearer's credential (RFC 6750 section 3), and where to learn how to get one (RFC 9728).
fn challenge(error: &Error, origin: &str) -> Option<String> {
    let more = if matches!(error, Error::Unauthenticated) {
        String::new()
    } else if matches!(error, Error::InvalidToken) {
        ", error=\"invalid_token\"".to_owned()
    } else if let Error::InsufficientScope { required } = error {
        format!(", error=\"insufficient_scope\", scope=\"{required}\"")
    } else {
        return None;
    };
    let metadata = "/.well-known/oauth-protected-resource";
    Some(format!("Bearer realm=\"freehold\"{more}, resource_metadata=\"{origin}{metadata}\""))
}
