//! Documents about the API: its description, and what each kind of problem means. The same for everyone.

use std::sync::OnceLock;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};

use crate::error::{Error, Result};
use crate::http::access::{Public, reason};
use crate::http::extract::{Path, SlugWord};
use crate::http::openapi;
use crate::http::problem::KINDS;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Service).get("/api/openapi.json", "The OpenAPI document", description).get(
        "/problems/{slug}",
        "What a kind of problem means",
        problem,
    )
}

async fn description(_: Public<reason::Document>, State(app): State<AppState>) -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| openapi::document(&app.routes).to_string());
    document("application/json", text.as_str())
}

async fn problem(_: Public<reason::Document>, Path(slug): Path<SlugWord>) -> Result<Response> {
    let (slug, title, text) = KINDS.iter().find(|(known, ..)| *known == slug.0).ok_or(Error::NotFound)?;
    Ok(document(
        "text/plain; charset=utf-8",
        format!("{title}\n\n{text}\n\nProblem type: /problems/{slug}\n"),
    ))
}

fn document(kind: &'static str, text: impl Into<axum::body::Body>) -> Response {
    let mut response = text.into().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // It changes with the program only.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
