//! Gives errors their final form, a page or a problem, and logs and records them. Called by the boundary, once for
//! each request; must never tell a cause to whoever asked.

use axum::response::Response;
use http::{StatusCode, header};

use crate::audit;
use crate::db::{Target, Via};
use crate::error::Error;
use crate::http::guard::RequestTrace;
use crate::http::oauth;
use crate::http::panel::{self, Asked, Look};
use crate::http::principal::is_safe;
use crate::http::problem::{self, Failed, Problem};
use crate::http::state::AppState;

/// Whether errors at this path are told as pages.
pub(super) fn is_for_people(path: &str) -> bool {
    let programs =
        ["/api/", "/oauth/", "/access/", "/auth/forward", "/.well-known/", "/assets/", "/healthz", "/readyz"];
    // Its pages are the one thing for people there.
    path.starts_with("/api/docs") || !programs.iter().any(|prefix| path.starts_with(prefix))
}

/// Logs what failed, records what was denied, and gives errors their final form.
pub(super) async fn settle(
    app: &AppState,
    asked: Asked<'_>,
    trace: &RequestTrace,
    via: &Via,
    mut response: Response,
) -> Response {
    let Asked { method, uri, .. } = asked;
    let for_people = is_for_people(uri.path());
    let Some(Failed(error)) = response.extensions_mut().remove::<Failed>() else {
        return settle_bare(response, uri.path(), for_people.then_some(asked.look), via);
    };
    log(&error);
    if let (Error::Forbidden(denial), false) = (error.as_ref(), is_safe(method))
        && let Some((actor, chain, permission)) = trace.asked()
        && let Err(failure) = {
            let target = Target::new("request", format!("{method} {}", uri.path()), "");
            audit::record_denied(&app.database, chain, actor, (permission, target), denial).await
        }
    {
        tracing::error!(cause = ?failure, "a denied change could not be recorded");
    }
    let problem = Problem::of(&error, Some(via.request_id.to_string()));
    let mut settled = if for_people {
        panel::problem(app, &error, &problem, asked, trace.session())
    } else if oauth::is_at(uri.path()) {
        oauth::told(&problem)
    } else {
        problem::json(&problem)
    };
    problem::add_headers(&error, &app.config.origin(), &mut settled);
    settled
}

/// Errors that come from below our handlers, without a body of ours: no such path, too long, and the like.
fn settle_bare(response: Response, path: &str, for_people: Option<Look>, via: &Via) -> Response {
    let status = response.status();
    // The guard's own answer has the form of the API.
    let by_guard = oauth::is_at(path) && status == StatusCode::METHOD_NOT_ALLOWED;
    let has_body = response.headers().contains_key(header::CONTENT_TYPE) && !by_guard;
    if !(status.is_client_error() || status.is_server_error()) || has_body {
        return response;
    }
    let error = match status {
        StatusCode::NOT_FOUND => Some(Error::NotFound),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Error::TooLarge),
        _ => None,
    };
    let mut problem = Problem::of(
        &error.unwrap_or(Error::Malformed("it is not for us".into())),
        Some(via.request_id.to_string()),
    );
    if problem.status != status.as_u16() {
        problem.kind = "about:blank".into();
        problem.title = status.canonical_reason().unwrap_or("Error");
        problem.detail = match status {
            StatusCode::MISDIRECTED_REQUEST => {
                "This server answers for another host name. Use its public URL.".into()
            }
            StatusCode::METHOD_NOT_ALLOWED => "This path has other methods.".into(),
            StatusCode::URI_TOO_LONG => "The address is longer than 8 kB.".into(),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "The headers are larger than 16 kB.".into(),
            _ => "The request cannot be read.".into(),
        };
        problem.status = status.as_u16();
    }
    let mut settled = match for_people {
        Some(look) => panel::bare_problem(&problem, look),
        None if oauth::is_at(path) => oauth::told(&problem),
        None => problem::json(&problem),
    };
    for (name, value) in response.headers() {
        if name == header::ALLOW {
            settled.headers_mut().insert(name, value.clone());
        }
    }
    settled
}

/// Defects and failing dependencies are events for operators; the rest is for whoever debugs a client.
#[allow(clippy::cognitive_complexity, reason = "what the log macros expand to is not ours to read")]
fn log(error: &Error) {
    if matches!(error, Error::Internal(..)) {
        tracing::error!(cause = ?error, "{error}");
    } else if matches!(error, Error::Unavailable(..)) {
        tracing::warn!(cause = ?error, "{error}");
    } else {
        tracing::debug!(cause = ?error, "{error}");
    }
}
