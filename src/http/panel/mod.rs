//! The panel: pages for people. Works without script: forms, POST, 303, GET. Each page's context is a type; nothing
//! here knows SQL or decides.

mod problem;
/// Signing in: the page of providers, and what can go wrong on the way.
pub(super) mod sign_in;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

pub(super) use self::problem::{bare_problem, problem};
use crate::error::Error;
use crate::http::routes::Routes;

/// Every page.
pub(super) fn routes() -> Routes {
    sign_in::routes()
}

/// A rendered page.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let mut response = html.into_response();
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(error) => Error::internal("a page cannot be rendered", error).into_response(),
    }
}
