//! Errors as answers: RFC 9457 problems for programs, pages for people. `IntoResponse` has no side effect; the
//! error travels in the response, and the boundary logs it once and gives it its final form.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use crate::error::{Denial, Error, FieldError};

/// An error on its way to the boundary.
#[derive(Debug, Clone)]
pub struct Failed(pub Arc<Error>);

/// An RFC 9457 problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// A link that explains this kind of problem.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The kind of problem in a few words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// This problem in a sentence or two.
    pub detail: Cow<'static, str>,
    /// Names this request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The permission or scope that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Why the policy denies.
    #[serde(flatten)]
    pub denial: Option<ProblemDenial>,
}

/// What a denial adds to a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ProblemDenial {
    /// Keys of the roles held.
    pub held_roles: Vec<String>,
    /// Keys of the roles that would allow it.
    pub granted_by: Vec<String>,
    /// Who can give one.
    pub ask: Vec<crate::error::Person>,
    /// Names the decision in the log.
    pub decision_id: crate::ids::DecisionId,
    /// The policy version that was asked.
    pub policy_version: i64,
}

impl From<&Denial> for ProblemDenial {
    fn from(denial: &Denial) -> Self {
        Self {
            held_roles: denial.held_roles.clone(),
            granted_by: denial.granted_by.clone(),
            ask: denial.ask.clone(),
            decision_id: denial.decision_id,
            policy_version: denial.policy_version,
        }
    }
}

/// A kind of problem: status, slug of its page, title.
type Kind = (StatusCode, &'static str, &'static str);

/// The kinds of problems, for `/problems/{slug}`: slug, title, and what to do about it.
pub const KINDS: &[(&str, &str, &str)] = &[
    ("unauthenticated", "Not signed in", "Send a session cookie or a bearer token. In a browser, sign in."),
    (
        "invalid-token",
        "Invalid credential",
        "The credential is unknown, was revoked or has expired. Get a new one.",
    ),
    ("insufficient-scope", "Insufficient scope", "The token does not carry the scope named by `required`."),
    (
        "session-required",
        "Session required",
        "This concerns a person: do it signed in at a browser, not with a token.",
    ),
    (
        "forbidden",
        "Not allowed",
        "None of the roles held allows it. `required` names the permission, `granted_by` the roles that would allow \
         it, `ask` people who can give one.",
    ),
    ("not-found", "Not found", "There is no such thing, or you may not know of it."),
    (
        "csrf",
        "Cross-site request",
        "The request did not come from our own pages. Reload the page and try again.",
    ),
    ("malformed", "Malformed request", "The request could not be read. `detail` says where."),
    (
        "invalid",
        "Invalid request",
        "The request was read and breaks a rule. `errors` has an entry for each field.",
    ),
    ("conflict", "Conflict", "The present state does not allow it. `detail` says why."),
    ("precondition", "Changed meanwhile", "`If-Match` names an older version. Read it again, then repeat."),
    ("reauthentication-required", "Sign in again", "This needs a sign-in within the last ten minutes."),
    ("too-large", "Too large", "The request is larger than the limit."),
    ("media-type", "Unsupported media type", "Send `application/json`, uncompressed."),
    ("too-many", "Too many requests", "Wait as long as `Retry-After` says."),
    (
        "unavailable",
        "Unavailable",
        "Something this needs cannot answer now. Try again after `Retry-After` seconds.",
    ),
    ("method-not-allowed", "Method not allowed", "`Allow` names the methods of this path."),
];

fn kind(error: &Error) -> Kind {
    let slug = match error {
        Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
        Error::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid-token"),
        Error::InsufficientScope { .. } => (StatusCode::FORBIDDEN, "insufficient-scope"),
        Error::SessionRequired => (StatusCode::FORBIDDEN, "session-required"),
        Error::ReauthenticationRequired => (StatusCode::FORBIDDEN, "reauthentication-required"),
        Error::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
        Error::Csrf => (StatusCode::FORBIDDEN, "csrf"),
        Error::NotFound => (StatusCode::NOT_FOUND, "not-found"),
        Error::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
        Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        Error::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
        Error::Stale => (StatusCode::PRECONDITION_FAILED, "precondition"),
        Error::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        Error::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type"),
        Error::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many"),
        Error::Unavailable(..) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        Error::Internal(..) => return (StatusCode::INTERNAL_SERVER_ERROR, "", "Internal error"),
    };
    let title = KINDS.iter().find(|(known, ..)| *known == slug.1).map_or("Error", |(_, title, _)| title);
    (slug.0, slug.1, title)
}

impl Problem {
    /// The problem an error is told as. Causes are not in it.
    #[must_use]
    pub fn of(error: &Error, request_id: Option<String>) -> Self {
        let (status, slug, title) = kind(error);
        let mut problem = Self {
            kind: if slug.is_empty() { "about:blank".into() } else { format!("/problems/{slug}").into() },
            title,
            status: status.as_u16(),
            detail: detail(error),
            request_id,
            required: None,
            errors: Vec::new(),
            denial: None,
        };
        if let Error::Forbidden(denial) = error {
            problem.required = Some(denial.required.clone());
            problem.denial = Some(denial.as_ref().into());
        } else if let Error::InsufficientScope { required } = error {
            problem.required = Some(required.clone());
        } else if let Error::Invalid(errors) = error {
            problem.errors.clone_from(errors);
        }
        problem
    }
}

fn detail(error: &Error) -> Cow<'static, str> {
    match error {
        Error::Unauthenticated => "Sign in first.".into(),
        Error::InvalidToken => "The credential is not valid.".into(),
        Error::InsufficientScope { required } => {
            format!("The token does not carry the scope `{required}`.").into()
        }
        Error::SessionRequired => "Do this signed in at a browser, not with a token.".into(),
        Error::ReauthenticationRequired => "Confirm it is you: sign in again, then repeat.".into(),
        Error::Forbidden(denial) => denial.reason.clone(),
        Error::Csrf => "The request did not come from our own pages. Reload the page and try again.".into(),
        Error::NotFound => "There is no such thing, or you may not know of it.".into(),
        Error::Malformed(what) => format!("The request cannot be read: {what}.").into(),
        Error::Invalid(errors) => {
            errors.first().map_or("The request is not valid.".into(), |first| first.detail.clone())
        }
        Error::Conflict(why) => why.clone(),
        Error::Stale => "It was changed meanwhile. Read it again, then repeat.".into(),
        Error::TooLarge => "The request is too large.".into(),
        Error::MediaType => "Send application/json, uncompressed.".into(),
        Error::TooMany { what, .. } => what.clone(),
        Error::Unavailable(..) => "Something this needs cannot answer now. Try again shortly.".into(),
        Error::Internal(..) => "Something went wrong on our side. The request id helps us find it.".into(),
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        // The boundary fills in the body: only it knows the request's id and whether a page is wanted.
        let mut response = Response::new(Body::empty());
        *response.status_mut() = kind(&self).0;
        response.extensions_mut().insert(Failed(Arc::new(self)));
        response
    }
}

/// The answer to a path that exists with other methods.
#[must_use]
pub fn method_not_allowed(known: &[Method]) -> Response {
    let mut allowed: Vec<&str> = known.iter().map(Method::as_str).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let problem = Problem {
        kind: "/problems/method-not-allowed".into(),
        title: "Method not allowed",
        status: 405,
        detail: "This path has other methods.".into(),
        request_id: None,
        required: None,
        errors: Vec::new(),
        denial: None,
    };
    let mut response = json(&problem);
    if let Ok(allow) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// The problem as `application/problem+json`, with the headers its kind asks for.
#[must_use]
pub fn json(problem: &Problem) -> Response {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Headers that go with an error, in whatever form it is told.
pub fn add_headers(error: &Error, response: &mut Response) {
    let headers = response.headers_mut();
    if matches!(error, Error::Unauthenticated) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"freehold\""));
    } else if matches!(error, Error::InvalidToken) {
        let challenge = HeaderValue::from_static("Bearer realm=\"freehold\", error=\"invalid_token\"");
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    } else if let Error::TooMany { retry_after, .. } = error {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
    } else if matches!(error, Error::Unavailable(..)) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(1));
    }
}
