//! Pages of other web sites that may call the API with a token: those whose origin an app registered. Called by the
//! boundary; must never let a page use a visitor's cookie, nor one tenant's tokens at an origin of another.

use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use quick_cache::sync::Cache;

use crate::apps;
use crate::authz::Principal;
use crate::clock::Timestamp;
use crate::http::guard::RequestTrace;
use crate::http::state::AppState;
use crate::ids::TenantId;

/// What a page may send.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, x-policy-version, x-request-id",
);
/// What a page may read, besides the body and what every page may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, idempotency-replayed, location, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, \
     www-authenticate, x-policy-version, x-request-id",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const POST: HeaderValue = HeaderValue::from_static("POST");
/// For how many seconds a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
/// How long what was found of an origin is used without looking again.
const KEPT: Duration = Duration::from_secs(2);
/// Origins that are remembered, and how long one may be.
const ORIGINS: usize = 10_000;
const LONGEST_ORIGIN: usize = 300;

/// Which origins were found to be registered lately: by whichever tenant, or by one.
#[derive(Debug)]
pub(crate) struct Origins(Cache<(Option<TenantId>, String), (bool, Timestamp)>);

impl Default for Origins {
    fn default() -> Self {
        Self(Cache::new(ORIGINS))
    }
}

/// Whether pages elsewhere may call this path. Everything else does not know of them.
pub(super) fn is_open(path: &str) -> bool {
    path.starts_with("/api/v1/") || matches!(path, "/oauth/token" | "/oauth/revoke")
}

/// The one origin a request says it comes from.
pub(super) fn origin(headers: &HeaderMap) -> Option<String> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next()?.to_str().ok()?;
    let plain = origins.next().is_none() && origin.len() <= LONGEST_ORIGIN && origin != "null";
    plain.then(|| origin.to_owned())
}

/// What a browser asks before it lets a page send a request: for which origin, and what may be sent.
pub(super) struct Question {
    origin: String,
    methods: HeaderValue,
}

/// The question, if the request is one.
pub(super) fn question(request: &Request) -> Option<Question> {
    let asks =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let path = request.uri().path();
    let origin = origin(request.headers()).filter(|_| asks && is_open(path))?;
    Some(Question { origin, methods: if path.starts_with("/oauth/") { POST } else { METHODS } })
}

/// The answer to a question. None when the origin is nobody's: then the method is not one of this path's.
pub(super) async fn preflight(app: &AppState, question: Option<Question>) -> Option<Response> {
    let Question { origin, methods } = question?;
    if !app.origins.registered(app, None, &origin).await {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_str(&origin).ok()?);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    Some(response)
}

/// Lets the page at `origin` read the answer, if it may: with a token the page of an app of the token's tenant; without
/// a credential, or with none that works, the page of any app; with a cookie nobody.
pub(super) async fn allow(
    app: &AppState,
    origin: Option<&str>,
    trace: &RequestTrace,
    response: &mut Response,
) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    let Some(origin) = origin.filter(|_| !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)) else { return };
    let tenant = match trace.principal() {
        None => None,
        Some(Principal::Token(bearer)) => Some(bearer.token.tenant),
        Some(Principal::Session(_)) => return,
    };
    if app.origins.registered(app, tenant, origin).await
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

impl Origins {
    /// Whether an enabled app registered `origin`, in `tenant` if one is given. What cannot be known is not so.
    async fn registered(&self, app: &AppState, tenant: Option<TenantId>, origin: &str) -> bool {
        let now = app.database.clock().now();
        let key = (tenant, origin.to_owned());
        if let Some((registered, at)) = self.0.get(&key)
            && now.since(at) < KEPT
        {
            return registered;
        }
        match apps::registered(&app.database, tenant, origin).await {
            Ok(registered) => {
                self.0.insert(key, (registered, now));
                registered
            }
            Err(error) => {
                tracing::warn!(%error, cause = ?error, "whose origin it is cannot be looked up");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_origin_is_one() {
        let headers = |values: &[&'static str]| {
            values.iter().map(|value| (ORIGIN, HeaderValue::from_static(value))).collect()
        };
        assert_eq!(origin(&headers(&["https://a.example"])).as_deref(), Some("https://a.example"));
        for none in
            [&[][..], &["null"], &["https://a.example", "https://a.example"], &["https://a.example", "null"]]
        {
            assert_eq!(origin(&headers(none)), None, "{none:?}");
        }
    }

    #[test]
    fn pages_elsewhere_know_of_the_api_only() {
        for open in ["/api/v1/me", "/oauth/token", "/oauth/revoke"] {
            assert!(is_open(open), "{open}");
        }
        for closed in [
            "/",
            "/account",
            "/api/openapi.json",
            "/api/v1",
            "/oauth/introspect",
            "/auth/google",
            "/access/v1/evaluation",
            "/healthz",
        ] {
            assert!(!is_open(closed), "{closed}");
        }
    }
}
