//! The outermost layer: what comes in is named, checked and limited; what goes out has its headers, and errors get
//! their final form. The one place that logs errors, with their causes, once.

mod check;
mod client;
mod headers;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use tracing::Instrument as _;

use crate::db::Via;
use crate::error::Error;
use crate::http::guard::RequestTrace;
use crate::http::panel::{Asked, Look};
use crate::http::state::AppState;

use check::check;
use client::{client_ip, request_id};
use headers::add_headers;
use settle::settle;

pub use client::Peer;

/// A request takes at most this long, from its head to its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(40);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request through the application, between its checks and its headers.
pub async fn boundary(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let via = Via {
        ip: client_ip(&app, &request).to_string().into(),
        request_id: request_id(request.headers()).into(),
    };
    request.extensions_mut().insert(via.clone());
    let trace = Arc::new(RequestTrace::default());
    request.extensions_mut().insert(Arc::clone(&trace));
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let look = Look::of(request.headers());
    let span = tracing::info_span!("request", id = %via.request_id, %method, path = shown(uri.path()));
    let answered = async {
        let response = match check(&app, &request) {
            Err(response) => *response,
            Ok(()) => match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
                Ok(response) => response,
                Err(_elapsed) => Error::Unavailable("the request took too long", None).into_response(),
            },
        };
        settle(&app, Asked { method: &method, uri: &uri, look }, &trace, &via, response).await
    };
    let mut response = answered.instrument(span).await;
    add_headers(&app, &via, &mut response);
    if uri.path().starts_with("/auth/") {
        // The address of a callback holds a code and a state, which no page may pass on.
        let none = HeaderValue::from_static("no-referrer");
        response.headers_mut().insert(header::REFERRER_POLICY, none);
    }
    response
}

/// The path as it may be logged: the address of an invitation is its secret.
fn shown(path: &str) -> &str {
    if path.starts_with("/invitations/") { "/invitations/…" } else { path }
}
