//! What was wrong with a form: shown on the same page, beside the field, with all that was typed. Denials and
//! failures are not for the form; they have pages of their own.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use crate::error::{Error, FieldError, Result};

/// What was wrong, if anything.
#[derive(Debug, Clone, Default)]
pub(in crate::http::panel) struct FormErrors {
    message: Option<String>,
    fields: Vec<FieldError>,
}

impl FormErrors {
    /// What concerns the form as a whole.
    pub(in crate::http::panel) fn top(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// What is wrong with the field called `name`.
    pub(in crate::http::panel) fn at(&self, name: &str) -> Option<&str> {
        let concerns = |error: &&FieldError| {
            let pointer = error.pointer.strip_prefix('/').unwrap_or_default();
            pointer.split('/').next() == Some(name)
        };
        self.fields.iter().find(concerns).map(|error| error.detail.as_ref())
    }

    /// Whether the field called `name` is the first that is wrong: the one to begin with.
    pub(in crate::http::panel) fn leads(&self, name: &str) -> bool {
        let first = self.fields.first().and_then(|field| field.pointer.strip_prefix('/'));
        first.and_then(|pointer| pointer.split('/').next()) == Some(name)
    }
}

/// A form that was not accepted: the status to answer with, and what to show.
#[derive(Debug)]
pub(in crate::http::panel) struct Rejected {
    status: StatusCode,
    retry_after: Option<u64>,
    /// What to show.
    pub(in crate::http::panel) errors: FormErrors,
}

impl Rejected {
    /// Takes the errors that belong on the form with these fields; gives back the others.
    ///
    /// # Errors
    /// Whatever is not about what was typed.
    pub(in crate::http::panel) fn from(error: Error, fields: &[&str]) -> Result<Self> {
        let say = |status, message: String| Self {
            status,
            retry_after: None,
            errors: FormErrors { message: Some(message), fields: Vec::new() },
        };
        match error {
            Error::Invalid(problems) => Ok(Self::about(StatusCode::UNPROCESSABLE_ENTITY, problems, fields)),
            Error::Taken(problem) => Ok(Self::about(StatusCode::CONFLICT, vec![problem], fields)),
            Error::Conflict(why) => Ok(say(StatusCode::CONFLICT, why.into_owned())),
            Error::Stale => Ok(say(
                StatusCode::PRECONDITION_FAILED,
                "It was changed meanwhile. This is how it is now; look again, then repeat.".to_owned(),
            )),
            Error::TooMany { what, retry_after } => {
                let rejected = say(StatusCode::TOO_MANY_REQUESTS, what.into_owned());
                Ok(Self { retry_after: Some(retry_after.as_secs().max(1)), ..rejected })
            }
            other @ (Error::Unauthenticated
            | Error::InvalidToken
            | Error::InsufficientScope { .. }
            | Error::SessionRequired
            | Error::ReauthenticationRequired
            | Error::Forbidden(_)
            | Error::Csrf
            | Error::NotFound
            | Error::Malformed(_)
            | Error::InProgress
            | Error::TooLarge
            | Error::MediaType
            | Error::Unavailable(..)
            | Error::Internal(..)) => Err(other),
        }
    }

    /// These problems, each beside its field; on top what is about none of the form's `fields`.
    fn about(status: StatusCode, problems: Vec<FieldError>, fields: &[&str]) -> Self {
        let elsewhere = |error: &&FieldError| {
            let pointer = error.pointer.strip_prefix('/').unwrap_or_default();
            !fields.contains(&pointer.split('/').next().unwrap_or_default())
        };
        let message = problems.iter().find(elsewhere).map(|error| error.detail.to_string());
        Self { status, retry_after: None, errors: FormErrors { message, fields: problems } }
    }

    /// The same, said beside the field called `name` if it is this that was said of the whole.
    pub(in crate::http::panel) fn beside(mut self, name: &str, what: &str) -> Self {
        if let Some(detail) = self.errors.message.take_if(|message| message == what) {
            let field = FieldError { pointer: format!("/{name}"), code: "conflict", detail: detail.into() };
            self.errors.fields.push(field);
        }
        self
    }

    /// One field that the panel itself does not accept.
    pub(in crate::http::panel) fn field(name: &str, code: &'static str, detail: &'static str) -> Self {
        let field = FieldError { pointer: format!("/{name}"), code, detail: detail.into() };
        let errors = FormErrors { message: None, fields: vec![field] };
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, retry_after: None, errors }
    }

    /// The page with the status of what went wrong.
    pub(in crate::http::panel) fn answer(&self, mut page: Response) -> Response {
        if page.status() == StatusCode::OK {
            *page.status_mut() = self.status;
        }
        if let Some(seconds) = self.retry_after {
            page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        page
    }
}

/// Shows the page again when the form was not accepted, or as it is.
pub(in crate::http::panel) fn answer(rejected: Option<&Rejected>, page: Response) -> Response {
    match rejected {
        Some(rejected) => rejected.answer(page),
        None => page,
    }
}

/// The error with the field at `pointer` called as the form calls it.
pub(in crate::http::panel) fn renamed(mut error: Error, pointer: &str, field: &str) -> Error {
    if let Error::Invalid(problems) = &mut error {
        for problem in problems.iter_mut().filter(|problem| problem.pointer == pointer) {
            field.clone_into(&mut problem.pointer);
        }
    }
    error
}

/// What to show of a form that may have been rejected.
pub(in crate::http::panel) fn errors(rejected: Option<&Rejected>) -> FormErrors {
    rejected.map(|rejected| rejected.errors.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_beside_its_field_or_on_top() {
        let field = |pointer: &str| FieldError {
            pointer: pointer.into(),
            code: "x",
            detail: pointer.to_owned().into(),
        };
        let error = Error::Invalid(vec![field("/name"), field("/roles/0"), field("/surprise")]);
        let errors = Rejected::from(error, &["name", "roles"]).unwrap().errors;
        assert_eq!(errors.at("name"), Some("/name"));
        assert_eq!(errors.at("roles"), Some("/roles/0"));
        assert_eq!(errors.at("slug"), None);
        assert_eq!(errors.top(), Some("/surprise"));
    }

    #[test]
    fn a_form_shows_only_what_is_about_the_form() {
        assert!(Rejected::from(Error::Conflict("taken".into()), &[]).is_ok());
        assert!(Rejected::from(Error::Stale, &[]).is_ok());
        let taken = FieldError { pointer: "/name".into(), code: "taken", detail: "taken".into() };
        assert_eq!(Rejected::from(Error::Taken(taken), &["name"]).unwrap().errors.at("name"), Some("taken"));
        assert!(Rejected::from(Error::NotFound, &[]).is_err());
        assert!(Rejected::from(Error::Unavailable("database", None), &[]).is_err());
    }
}
