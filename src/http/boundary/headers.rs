//! The headers every answer carries. Called by the boundary, last of all, so that no handler can leave one out; must
//! never loosen one for a single page.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use super::REQUEST_ID;
use crate::db::Via;
use crate::http::state::AppState;

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; \
                   font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// On every answer, in this form: names are parsed when the program is compiled, not for each request.
static FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()"),
    ),
];

pub(super) fn add_headers(app: &AppState, via: &Via, response: &mut Response) {
    let headers = response.headers_mut();
    headers.reserve(FIXED.len() + 3);
    for (name, value) in &FIXED {
        headers.insert(name.clone(), value.clone());
    }
    if app.config.is_https() {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(&via.request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
