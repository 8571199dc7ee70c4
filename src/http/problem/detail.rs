//! An error in a sentence for whoever sent the request. Called when an error is told; must never tell a cause, which
//! is for the log.

use std::borrow::Cow;

use crate::error::Error;

pub(super) fn detail(error: &Error) -> Cow<'static, str> {
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
        Error::Taken(field) => field.detail.clone(),
        Error::InProgress => {
            "A request with this Idempotency-Key is being answered. Ask again shortly.".into()
        }
        Error::Stale => "It was changed meanwhile. Read it again, then repeat.".into(),
        Error::TooLarge => "The request is too large.".into(),
        Error::MediaType => "Send application/json, uncompressed.".into(),
        Error::TooMany { what, .. } => what.clone(),
        Error::Unavailable(..) => "Something this needs cannot answer now. Try again shortly.".into(),
        Error::Internal(..) => "Something went wrong on our side. The request id helps us find it.".into(),
    }
}
