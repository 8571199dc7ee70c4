//! Errors as pages. Who is not signed in is sent to sign in, and comes back. A denial explains itself.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};

use crate::error::{Denial, Error};
use crate::http::answer::SeeOther;
use crate::http::panel::page_with;
use crate::http::panel::parts::view::Look;
use crate::http::panel::tenants::role_name;
use crate::http::problem::Problem;
use crate::http::state::AppState;

#[derive(Debug, Template)]
#[template(path = "pages/problem.html")]
struct ProblemPage<'a> {
    look: Look,
    problem: &'a Problem,
    denied: Option<Denied>,
    sign_in_again: Option<String>,
    back: Option<String>,
}

/// A denial in words.
#[derive(Debug)]
struct Denied {
    required: String,
    sentence: String,
    held: Vec<String>,
    granted_by: Vec<String>,
    /// Name, and the path of their page.
    ask: Vec<(String, Option<String>)>,
    decision: String,
    policy_version: i64,
}

/// What was asked for, and how the answer is to look.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct Asked<'a> {
    /// The method.
    pub(in crate::http) method: &'a Method,
    /// The address.
    pub(in crate::http) uri: &'a Uri,
    /// How its reader wants pages to look.
    pub(in crate::http) look: Look,
}

/// The page for an error, or the way to sign in.
pub(in crate::http) fn problem(
    app: &AppState,
    error: &Error,
    problem: &Problem,
    Asked { method, uri, look }: Asked<'_>,
) -> Response {
    let back = if method == Method::GET {
        uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
    } else {
        page_of(uri.path())
    };
    let sign_in = format!(
        "/login?{}",
        url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &back).finish()
    );
    if matches!(error, Error::Unauthenticated) {
        return SeeOther(sign_in).into_response();
    }
    let denied = if let Error::Forbidden(denial) = error {
        Some(explained(app, denial, tenant_path(uri.path())))
    } else {
        None
    };
    let again = matches!(error, Error::ReauthenticationRequired).then_some(sign_in);
    // What is not there is no place to go back to; and the page must not tell one missing thing from another.
    let back = Some(back).filter(|_| method != Method::GET && !matches!(error, Error::NotFound));
    shown(problem, &ProblemPage { look, problem, denied, sign_in_again: again, back })
}

/// The page for an error that is not one of ours.
pub(in crate::http) fn bare_problem(problem: &Problem, look: Look) -> Response {
    shown(problem, &ProblemPage { look, problem, denied: None, sign_in_again: None, back: None })
}

fn shown(problem: &Problem, template: &ProblemPage<'_>) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page_with(status, template)
}

fn explained(app: &AppState, denial: &Denial, tenant: Option<&str>) -> Denied {
    let catalogue = app.authz.catalogue();
    let sentence = catalogue.get(&denial.required).map(|id| catalogue.info(id).description.clone());
    let name = |key: &String| role_name(app, key.clone());
    let person = |person: &crate::error::Person| {
        (person.name.clone(), tenant.map(|path| format!("{path}/members/{}", person.id)))
    };
    Denied {
        required: denial.required.clone(),
        sentence: sentence.unwrap_or_default(),
        held: denial.held_roles.iter().map(name).collect(),
        granted_by: denial.granted_by.iter().map(name).collect(),
        ask: denial.ask.iter().map(person).collect(),
        decision: denial.decision_id.to_string(),
        policy_version: denial.policy_version,
    }
}

/// `/t/acme` of `/t/acme/…`.
fn tenant_path(path: &str) -> Option<&str> {
    let tail = path.strip_prefix("/t/")?;
    let end = tail.find('/').unwrap_or(tail.len());
    path.get(..end + 3)
}

/// The page that holds the form which posts to `path`.
fn page_of(path: &str) -> String {
    const VERBS: [&str; 6] = ["roles", "remove", "resend", "revoke", "delete", "unlink"];
    if path.starts_with("/account") {
        return "/account".to_owned();
    }
    let Some(tenant) = tenant_path(path) else {
        return if path.starts_with("/invitations/") || path == "/tenants" { path } else { "/" }.to_owned();
    };
    let mut words: Vec<&str> = path.get(tenant.len()..).unwrap_or_default().split('/').skip(1).collect();
    if words.len() > 1 && words.last().is_some_and(|last| VERBS.contains(last)) {
        words.pop();
    }
    // An invitation has no page of its own.
    if words.first() == Some(&"invitations") {
        words.truncate(1);
    }
    words.into_iter().fold(tenant.to_owned(), |page, word| format!("{page}/{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_a_page_to_go_back_to() {
        for (form, page) in [
            ("/t/acme/members/1/roles", "/t/acme/members/1"),
            ("/t/acme/members/1/remove", "/t/acme/members/1"),
            ("/t/acme/invitations/1/revoke", "/t/acme/invitations"),
            ("/t/acme/invitations", "/t/acme/invitations"),
            ("/t/acme/settings/delete", "/t/acme/settings"),
            ("/account/sessions/end-others", "/account"),
            ("/invitations/abc", "/invitations/abc"),
            ("/tenants", "/tenants"),
            ("/logout", "/"),
        ] {
            assert_eq!(page_of(form), page, "{form}");
        }
    }
}
