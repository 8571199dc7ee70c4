//! Errors as pages. Who is not signed in is sent to sign in, and comes back.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};

use crate::error::Error;
use crate::http::answer::SeeOther;
use crate::http::panel::page;
use crate::http::problem::Problem;
use crate::http::state::AppState;

#[derive(Debug, Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage<'a> {
    problem: &'a Problem,
    sign_in_again: Option<String>,
}

/// The page for an error, or the way to sign in.
pub(in crate::http) fn problem(
    _: &AppState,
    error: &Error,
    problem: &Problem,
    request: (&Method, &Uri),
) -> Response {
    let (method, uri) = request;
    let back =
        if method == Method::GET { uri.path_and_query().map_or("/", |path| path.as_str()) } else { "/" };
    let sign_in = format!(
        "/login?{}",
        url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", back).finish()
    );
    if matches!(error, Error::Unauthenticated) {
        return SeeOther(sign_in).into_response();
    }
    let again = matches!(error, Error::ReauthenticationRequired).then_some(sign_in);
    with_status(problem, page(&ProblemPage { problem, sign_in_again: again }))
}

/// The page for an error that is not one of ours.
pub(in crate::http) fn bare_problem(problem: &Problem) -> Response {
    with_status(problem, page(&ProblemPage { problem, sign_in_again: None }))
}

fn with_status(problem: &Problem, mut response: Response) -> Response {
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
