//! Errors as pages. Who is not signed in is sent to sign in, and comes back. A denial explains itself.

use std::time::Duration;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};

use crate::authz::SessionRef;
use crate::error::{Denial, Error};
use crate::http::answer::SeeOther;
use crate::http::extract::form_token;
use crate::http::panel::asking::AskForm;
use crate::http::panel::denied::Denied;
use crate::http::panel::parts::view::Look;
use crate::http::panel::{Icon, page_with};
use crate::http::principal::is_safe;
use crate::http::problem::Problem;
use crate::http::state::AppState;

/// What members of a suspended tenant may want to know.
pub(super) const SUSPENDED: &str = "Nothing in it can be read or changed for now, by anyone. All its data is kept, and its members stay members.";

#[derive(Debug, Template)]
#[template(path = "pages/problem.html")]
pub(super) struct ProblemPage {
    pub(super) look: Look,
    pub(super) problem: Problem,
    /// Whether anything was changed, and what to do.
    pub(super) advice: String,
    pub(super) denied: Option<Denied>,
    /// Whether it is the tenant that rests, and not the caller who lacks something.
    pub(super) suspended: bool,
    /// Where one signs in and comes back.
    pub(super) sign_in: Option<String>,
    /// The same page once more.
    pub(super) again: Option<String>,
    /// The page before: path and what its link says.
    pub(super) back: Option<(String, &'static str)>,
}

impl ProblemPage {
    /// The page of a problem of which nothing more is known. All that is not found looks like this.
    pub(super) fn new(look: Look, problem: &Problem) -> Self {
        let advice = advice(problem, true, None);
        Self {
            look,
            problem: problem.clone(),
            advice,
            denied: None,
            suspended: false,
            sign_in: None,
            again: None,
            back: None,
        }
    }

    /// What happened, in words for people: programs know it by the kind.
    fn title(&self) -> &str {
        match self.problem.kind.as_ref() {
            _ if self.suspended => "This tenant is suspended",
            "/problems/malformed" => "That could not be read",
            "/problems/invalid" => "Something is not right yet",
            "/problems/conflict" => "Not possible as things are",
            "/problems/unavailable" => "Not available right now",
            "about:blank" if self.problem.status == 500 => "Something went wrong",
            _ => self.problem.title,
        }
    }

    /// The drawing above the title, and its colour.
    fn sign(&self) -> (Icon, &'static str) {
        match self.problem.status {
            _ if self.suspended => (Icon::Clock, " wait"),
            401 | 403 => (Icon::Lock, ""),
            404 => (Icon::Search, ""),
            429 => (Icon::Clock, " wait"),
            500.. => (Icon::Warning, " bad"),
            _ => (Icon::Info, ""),
        }
    }
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
    session: Option<SessionRef>,
) -> Response {
    let here = uri.path_and_query().map_or("/", |path| path.as_str());
    let to_return = if method == Method::GET { here.to_owned() } else { page_of(uri.path()) };
    let sign_in = format!(
        "/login?{}",
        url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &to_return).finish()
    );
    if matches!(error, Error::Unauthenticated) {
        return SeeOther(sign_in).into_response();
    }
    let mut page = ProblemPage::new(look, problem);
    // What is not there is no place to go back to; and the page must not tell one missing thing from another.
    if !matches!(error, Error::NotFound) {
        let wait = if let Error::TooMany { retry_after, .. } = error { Some(*retry_after) } else { None };
        let passes = matches!(error, Error::TooMany { .. } | Error::Unavailable(..) | Error::Internal(..));
        let stranger = matches!(error, Error::ReauthenticationRequired | Error::InvalidToken);
        page.advice = advice(problem, is_safe(method), wait);
        page.sign_in = stranger.then_some(sign_in);
        page.again = (passes && method == Method::GET).then(|| here.to_owned());
        page.back = before(uri.path());
    }
    if let Error::Forbidden(denial) = error
        && denial.suspended
    {
        page.suspended = true;
        SUSPENDED.clone_into(&mut page.advice);
        page.back = Some(("/tenants".to_owned(), "To your tenants"));
    } else if let Error::Forbidden(denial) = error {
        let name = |key: &str| denial.role_name(key);
        let catalogue = app.authz.catalogue();
        let sentence = catalogue.get(&denial.required).map(|id| catalogue.info(id).description.clone());
        let here = tenant_path(uri.path());
        let form = here.zip(session).and_then(|(path, session)| ask(app, denial, path, session));
        page.denied = Some(Denied::new(denial, here, sentence.unwrap_or_default(), name, form));
    }
    shown(&page)
}

/// The form that asks for one of the roles that would allow what was denied, where that would help.
fn ask(app: &AppState, denial: &Denial, path: &str, session: SessionRef) -> Option<AskForm> {
    let may = denial.request.as_ref()?;
    let name = |key: &String| (key.clone(), denial.role_name(key));
    let mut form = AskForm::new(path, form_token(app, session), std::iter::empty());
    form.roles = may.roles.iter().map(name).collect();
    Some(form)
}

/// The page for an error that is not one of ours.
pub(in crate::http) fn bare_problem(problem: &Problem, look: Look) -> Response {
    shown(&ProblemPage::new(look, problem))
}

fn shown(page: &ProblemPage) -> Response {
    let status = StatusCode::from_u16(page.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    page_with(status, page)
}

/// Whether anything was changed, and what to do: what the problem's own sentence does not say.
pub(super) fn advice(problem: &Problem, is_safe: bool, wait: Option<Duration>) -> String {
    let changed = match problem.status {
        404 => {
            "Look at the address once more. If someone gave you the link, ask them whether you still have access."
        }
        _ if is_safe => "",
        500.. => "It is not certain whether your change was made. Look before you repeat it.",
        _ => "Nothing was changed.",
    };
    let Some(wait) = wait else { return changed.to_owned() };
    let (count, unit) = match wait.as_secs().max(1) {
        seconds @ 0..90 => (seconds, "second"),
        seconds @ 90..5_400 => (seconds.div_ceil(60), "minute"),
        seconds => (seconds.div_ceil(3_600), "hour"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{changed} Try again in {count} {unit}{plural}.").trim_start().to_owned()
}

/// The page before `path`, when there is one besides the start.
fn before(path: &str) -> Option<(String, &'static str)> {
    let page = page_of(path);
    if page != path && page != "/" {
        return Some((page, "Go back"));
    }
    let tenant = tenant_path(path).filter(|tenant| *tenant != path)?;
    Some((tenant.to_owned(), "To the overview"))
}

/// `/t/acme` of `/t/acme/…`.
fn tenant_path(path: &str) -> Option<&str> {
    let tail = path.strip_prefix("/t/")?;
    let end = tail.find('/').unwrap_or(tail.len());
    path.get(..end + 3)
}

/// The page that holds the form which posts to `path`.
fn page_of(path: &str) -> String {
    const VERBS: [&str; 16] = [
        "secrets", "roles", "remove", "resend", "revoke", "delete", "unlink", "transfer", "restore",
        "suspend", "resume", "disable", "enable", "approve", "decline", "withdraw",
    ];
    if path.starts_with("/account") {
        return "/account".to_owned();
    }
    if let Some((page, verb)) = path.rsplit_once('/')
        && (path.starts_with("/operator/") || path.starts_with("/tenants/"))
        && VERBS.contains(&verb)
    {
        return if verb == "restore" { "/tenants" } else { page }.to_owned();
    }
    let Some(tenant) = tenant_path(path) else {
        let kept = path.starts_with("/invitations/") || ["/tenants", "/device"].contains(&path);
        return if kept { path } else { "/" }.to_owned();
    };
    let mut words: Vec<&str> = path.get(tenant.len()..).unwrap_or_default().split('/').skip(1).collect();
    if words.len() > 1 && words.last().is_some_and(|last| VERBS.contains(last)) {
        words.pop();
    }
    match words.first() {
        // None of these has a page of its own; but the form for a new token has, and the one that replaces it.
        Some(&("invitations" | "audit")) => words.truncate(1),
        Some(&"tokens") if !matches!(words.last(), Some(&("new" | "rotate"))) => words.truncate(1),
        // A secret is on the page of its app.
        Some(&"apps") => words.truncate(2),
        Some(_) | None => {}
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
            ("/t/acme/requests/1/approve", "/t/acme/requests/1"),
            ("/t/acme/audit/1/undo", "/t/acme/audit"),
            ("/t/acme/invitations", "/t/acme/invitations"),
            ("/t/acme/apps/1/secrets", "/t/acme/apps/1"),
            ("/t/acme/apps/1/secrets/2/revoke", "/t/acme/apps/1"),
            ("/t/acme/apps/1/disable", "/t/acme/apps/1"),
            ("/t/acme/tokens/1/revoke", "/t/acme/tokens"),
            ("/t/acme/tokens/1/rotate", "/t/acme/tokens/1/rotate"),
            ("/t/acme/tokens/new", "/t/acme/tokens/new"),
            ("/t/acme/settings/delete", "/t/acme/settings"),
            ("/account/sessions/end-others", "/account"),
            ("/invitations/abc", "/invitations/abc"),
            ("/tenants", "/tenants"),
            ("/operator/tenants/1/suspend", "/operator/tenants/1"),
            ("/tenants/1/restore", "/tenants"),
            ("/t/acme/settings/transfer", "/t/acme/settings"),
            ("/operator/users/1/enable", "/operator/users/1"),
            ("/logout", "/"),
        ] {
            assert_eq!(page_of(form), page, "{form}");
        }
    }

    #[test]
    fn nobody_is_sent_back_to_the_page_that_failed() {
        let to = |path| before(path).map(|(page, _)| page);
        assert_eq!(to("/t/acme/members/1/remove").as_deref(), Some("/t/acme/members/1"));
        assert_eq!(to("/t/acme/members").as_deref(), Some("/t/acme"));
        assert_eq!(to("/t/acme"), None);
        assert_eq!(to("/account/identities/1/unlink").as_deref(), Some("/account"));
        assert_eq!(to("/logout"), None);
    }

    #[test]
    fn a_failed_change_says_what_became_of_it() {
        let told = |error: &Error, safe, wait: Option<u64>| {
            advice(&Problem::of(error, None), safe, wait.map(Duration::from_secs))
        };
        assert_eq!(told(&Error::TooLarge, false, None), "Nothing was changed.");
        assert_eq!(told(&Error::TooLarge, true, None), "");
        assert!(told(&Error::Internal("x", None), false, None).starts_with("It is not certain"));
        let too_many = Error::TooMany { what: "Too many.".into(), retry_after: Duration::ZERO };
        assert_eq!(told(&too_many, true, Some(1)), "Try again in 1 second.");
        assert_eq!(told(&too_many, false, Some(600)), "Nothing was changed. Try again in 10 minutes.");
    }
}
