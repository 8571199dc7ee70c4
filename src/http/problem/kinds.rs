//! The kinds of problems: status, title, and the page that explains each. Called when an error is told; must never
//! lose a slug, for clients compare them.

use http::StatusCode;

use crate::error::Error;

/// A kind of problem: status, slug of its page, title.
pub(super) type Kind = (StatusCode, &'static str, &'static str);

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
         it, `ask` people who can give one, and `request` where to \
         ask for it.",
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
    (
        "conflict",
        "Conflict",
        "The present state does not allow it. `detail` says why; `errors` names the field where another has its value.",
    ),
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

pub(super) fn kind(error: &Error) -> Kind {
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
        Error::Conflict(_) | Error::Taken(_) | Error::InProgress => (StatusCode::CONFLICT, "conflict"),
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
