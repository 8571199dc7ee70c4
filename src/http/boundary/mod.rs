//! The outermost layer: what comes in is named, checked and limited; what goes out has its headers, and errors get
//! their final form. The one place that logs errors, with their causes, once.

mod check;
mod client;
mod headers;
mod settle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tracing::Instrument as _;

use crate::db::Via;
use crate::error::{Error, Result};
use crate::http::cors;
use crate::http::guard::RequestTrace;
use crate::http::panel::{Asked, Look};
use crate::http::state::AppState;

use check::check;
use client::{client_ip, request_id};
use headers::add_headers;
use settle::{is_for_people, settle};

pub use client::Peer;

/// A request takes at most this long, from its head to its answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(40);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request through the application, between its checks and its headers.
pub async fn boundary(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let address = client_ip(&app, &request);
    let via = Via { ip: address.to_string().into(), request_id: request_id(request.headers()).into() };
    request.extensions_mut().insert(via.clone());
    let trace = Arc::new(RequestTrace::default());
    request.extensions_mut().insert(Arc::clone(&trace));
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let look = Look::of(request.headers());
    let page = cors::is_open(uri.path()).then(|| cors::origin(request.headers()));
    let span = tracing::info_span!("request", id = %via.request_id, %method, path = shown(uri.path()));
    let answered = async {
        let admitted = admit(&app, address, uri.path(), &trace);
        let admitted = admitted.map_err(|error| Box::new(error.into_response()));
        let response = match admitted.and_then(|()| check(&app, &request)) {
            Err(response) => *response,
            Ok(()) => answer(&app, request, next).await,
        };
        let asked = Asked { method: &method, uri: &uri, look };
        let response = settle(&app, asked, &trace, &via, response).await;
        if response.status() != StatusCode::UNAUTHORIZED {
            return response;
        }
        match app.rate.failure(address, app.database.clock().now(), &trace) {
            Ok(()) => response,
            Err(error) => settle(&app, asked, &trace, &via, error.into_response()).await,
        }
    };
    let mut response = answered.instrument(span).await;
    add_headers(&app, &via, &mut response);
    if let Some(page) = page {
        cors::allow(&app, page.as_deref(), &trace, &mut response).await;
    }
    if let Some(left) = trace.left().filter(|_| !is_for_people(uri.path())) {
        left.tell(response.headers_mut());
    }
    if uri.path().starts_with("/auth/") {
        // The address of a callback holds a code and a state, which no page may pass on.
        let none = HeaderValue::from_static("no-referrer");
        response.headers_mut().insert(header::REFERRER_POLICY, none);
    }
    response
}

async fn answer(app: &AppState, request: Request, next: Next) -> Response {
    if let Some(response) = cors::preflight(app, cors::question(&request)).await {
        return response;
    }
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Error::Unavailable("the request took too long", None).into_response(),
    }
}

/// Counts a request before anything is done for it. Health and what pages are made of are free.
fn admit(app: &AppState, address: IpAddr, path: &str, trace: &RequestTrace) -> Result<()> {
    if matches!(path, "/healthz" | "/readyz") || path.starts_with("/assets/") {
        return Ok(());
    }
    let now = app.database.clock().now();
    app.rate.peer(address, now, trace)?;
    if path.starts_with("/auth/") && !path.starts_with("/auth/forward") {
        app.rate.sign_in(address, now, trace)?;
    }
    Ok(())
}

/// The path as it may be logged: the address of an invitation is its secret.
fn shown(path: &str) -> &str {
    if path.starts_with("/invitations/") { "/invitations/…" } else { path }
}
