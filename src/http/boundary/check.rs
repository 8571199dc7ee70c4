//! What must hold before anything else looks at a request. Called by the boundary; must never let a request for
//! another host through.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use url::Position;

use crate::error::Result;
use crate::http::state::AppState;

/// Header names and values together, at most.
const MAX_HEADERS: usize = 16 * 1024;
/// The path and query, at most.
const MAX_URI: usize = 8 * 1024;

/// What must hold before anything else looks at the request.
pub(super) fn check(app: &AppState, request: &Request) -> Result<(), Box<Response>> {
    let headers = request.headers();
    if request.uri().path_and_query().map_or(0, |text| text.as_str().len()) > MAX_URI {
        return Err(Box::new(StatusCode::URI_TOO_LONG.into_response()));
    }
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > MAX_HEADERS {
        return Err(Box::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()));
    }
    check_host(app, request).map_err(|status| Box::new(status.into_response()))
}

/// The request must be for the public URL's host (SECURITY, trap 12). Health may be asked by any name.
fn check_host(app: &AppState, request: &Request) -> Result<(), StatusCode> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next().and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    if hosts.next().is_some() {
        return Err(StatusCode::BAD_REQUEST);
    }
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return Ok(());
    }
    let public = &app.config.public_url[Position::BeforeHost..Position::AfterPort];
    let default_port = if app.config.is_https() { ":443" } else { ":80" };
    let named = |text: &str| text.strip_suffix(default_port).unwrap_or(text).eq_ignore_ascii_case(public);
    let authority_fits = request.uri().authority().is_none_or(|authority| named(authority.as_str()));
    if named(host) && authority_fits { Ok(()) } else { Err(StatusCode::MISDIRECTED_REQUEST) }
}
