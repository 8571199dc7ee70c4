//! Documents about the API: its description, and what each kind of problem means. The same for everyone.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use crate::error::{Error, Result};
use crate::http::access::{Public, reason};
use crate::http::extract::{Path, SlugWord};
use crate::http::openapi::{Operation, Output};
use crate::http::problem::KINDS;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;

pub(super) fn routes() -> Routes {
    let problems = Routes::new(Area::Panel).get("/problems/{slug}", "What a kind of problem means", problem);
    Routes::new(Area::Service).get("/api/openapi.json", "The OpenAPI document", description).and(problems)
}

/// The document about the API.
struct Description(Response);

impl IntoResponse for Description {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Description {
    fn describe(operation: &mut Operation) {
        operation.file_answer(200, &["application/json"]);
    }
}

async fn description(_: Public<reason::Document>, State(app): State<AppState>) -> Description {
    let text = app.document.of(&app.routes, &app.authz).to_string();
    Description(document("application/json", text))
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
