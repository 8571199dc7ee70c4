//! The door: requests in, answers out. Built from a table of routes, each of which declares who may call it.
//!
//! ```text
//! socket ─ server ─ boundary ─ guard ─ access ─ extract ─ handler ─ answer
//! ```
//! Called by `app.rs`. Handlers here are thin: parse, call the domain, render; no SQL, no rules.

pub mod access;
pub mod answer;
mod api;
pub mod boundary;
pub(crate) mod cors;
pub mod extract;
pub mod guard;
mod health;
mod idempotency;
mod login;
mod oauth;
pub mod openapi;
mod openings;
mod pagination;
mod panel;
pub mod principal;
pub mod problem;
pub(crate) mod rate;
pub mod routes;
mod server;
pub mod state;
mod watch;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate as _, SizeAbove};

use crate::error::Error;
pub use crate::http::boundary::Peer;
use crate::http::routes::{RouteTable, Routes};
pub use crate::http::server::{Limits, serve};
use crate::http::state::AppState;

/// Every route of this program.
#[must_use]
pub fn routes() -> Routes {
    api::routes().and(oauth::routes()).and(login::routes()).and(panel::routes()).and(health::routes())
}

/// The table of every route.
#[must_use]
pub fn table() -> RouteTable {
    routes().finish().1
}

/// The application as one service. `app` must hold [`table`].
pub fn router(app: &AppState) -> Router {
    around(routes().finish().0, app)
}

/// `routes` inside the rings: compression, boundary, panic catcher, guard.
pub fn around(routes: Router<AppState>, app: &AppState) -> Router {
    let pages = SizeAbove::new(860).and(is_page as fn(_, _, &_, &_) -> bool);
    routes
        .fallback(nothing)
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), boundary::boundary))
        .layer(CompressionLayer::new().gzip(true).compress_when(pages))
        .with_state(app.clone())
}

/// The ops port's application: metrics and health in detail.
pub fn ops_router(app: &AppState, metrics: metrics_exporter_prometheus::PrometheusHandle) -> Router {
    health::ops_router(app, metrics)
}

/// Pages, style and script are compressed; form tokens in pages are masked anew each time, so that their length
/// tells nothing.
fn is_page(_: http::StatusCode, _: http::Version, headers: &http::HeaderMap, _: &http::Extensions) -> bool {
    headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|kind| {
        // A stream of events must arrive as it goes, not when a block of it is full.
        let page = kind.starts_with("text/") && !kind.starts_with("text/event-stream");
        page || kind.starts_with("application/json") || kind.starts_with("image/svg")
    })
}

async fn nothing() -> Error {
    Error::NotFound
}

#[allow(clippy::needless_pass_by_value, reason = "the shape the panic catcher calls")]
fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("?"), "a handler panicked");
    Error::Internal("a handler panicked", None).into_response()
}
