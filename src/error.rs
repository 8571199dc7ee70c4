//! What can go wrong, in the product's words and without HTTP. Every layer returns this; `http/problem/`
//! alone turns it into an answer. Causes are carried for the log and never shown to a client.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::ids::{DecisionId, TenantId, UserId};

/// The result of anything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in.
    #[error("no credential")]
    Unauthenticated,
    /// The credential is unknown, ended or expired; which of these is not said.
    #[error("the credential is not valid")]
    InvalidToken,
    /// The token's scopes do not contain the permission.
    #[error("the token lacks the scope {required}")]
    InsufficientScope {
        /// The missing permission.
        required: String,
    },
    /// A person at a browser must do this; a token may not.
    #[error("a session is required")]
    SessionRequired,
    /// The sign-in is older than the ten minutes this asks for.
    #[error("a fresh sign-in is required")]
    ReauthenticationRequired,
    /// The policy, or a guard of the domain, says no to a member.
    #[error("{} is not allowed", .0.required)]
    Forbidden(Box<Denial>),
    /// The request does not come from our own pages.
    #[error("cross-site request")]
    Csrf,
    /// There is no such thing, or the caller may not know that there is.
    #[error("not found")]
    NotFound,
    /// The request cannot be read.
    #[error("malformed: {0}")]
    Malformed(Cow<'static, str>),
    /// The request was read and breaks a rule; one entry for each field.
    #[error("invalid: {}", .0.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError>),
    /// The state of things does not allow it now.
    #[error("conflict: {0}")]
    Conflict(Cow<'static, str>),
    /// Another has what this field asks for, and only one can.
    #[error("taken: {}", .0.pointer)]
    Taken(FieldError),
    /// The same request is being answered at this moment.
    #[error("a request with this key is under way")]
    InProgress,
    /// `If-Match` names a version that is no longer the present one.
    #[error("the resource has changed")]
    Stale,
    /// The body is larger than the limit.
    #[error("too large")]
    TooLarge,
    /// The body is of a type this endpoint does not read.
    #[error("unsupported media type")]
    MediaType,
    /// A limit was reached.
    #[error("too many: {what}")]
    TooMany {
        /// What there is too much of, as a sentence for the client.
        what: Cow<'static, str>,
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// Something this needs cannot answer now: database, session store, policy engine, mail, provider.
    #[error("unavailable: {0}")]
    Unavailable(&'static str, #[source] Option<BoxError>),
    /// A defect.
    #[error("internal error: {0}")]
    Internal(&'static str, #[source] Option<BoxError>),
}

/// Any error, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// A defect with its cause.
    pub fn internal(what: &'static str, cause: impl Into<BoxError>) -> Self {
        Self::Internal(what, Some(cause.into()))
    }

    /// A dependency that cannot answer, with its cause.
    pub fn unavailable(what: &'static str, cause: impl Into<BoxError>) -> Self {
        Self::Unavailable(what, Some(cause.into()))
    }

    /// One invalid field.
    pub fn invalid(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Invalid(vec![FieldError { pointer: pointer.into(), code, detail: detail.into() }])
    }
}

/// Both, or what is wrong with either: all the fields at once, where both are about fields.
///
/// # Errors
/// Those of the two.
pub fn both<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Error::Invalid(mut fields)), Err(Error::Invalid(more))) => {
            fields.extend(more);
            Err(Error::Invalid(fields))
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, such as `/name`; for query parameters and forms the same with
    /// the parameter's name.
    pub pointer: String,
    /// A stable word for programs, such as `required`, `too_long`, `unknown`.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: Cow<'static, str>,
}

/// A denial that explains itself. Only ever shown to members of the tenant it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Denial {
    /// What happened, in one sentence.
    #[serde(skip)]
    pub reason: Cow<'static, str>,
    /// The permission that is missing, `noun:verb`.
    pub required: String,
    /// Keys of the roles the caller holds in this tenant.
    pub held_roles: Vec<String>,
    /// Keys of the roles of this tenant that would allow it.
    pub granted_by: Vec<String>,
    /// What can be asked for; none when having one of these roles would not help.
    #[serde(skip)]
    pub request: Option<Requestable>,
    /// Some of the people who can give such a role, at most five.
    pub ask: Vec<Person>,
    /// Names this decision in the log and in the audit log.
    pub decision_id: DecisionId,
    /// The version of the tenant's policy that was asked.
    pub policy_version: i64,
    /// What people call the tenant's roles, by key.
    #[serde(skip)]
    pub role_names: Vec<(String, String)>,
    /// Whether nothing at all is allowed, because an operator suspended the tenant.
    #[serde(skip)]
    pub suspended: bool,
}

impl Denial {
    /// What people call the role with this key.
    #[must_use]
    pub fn role_name(&self, key: &str) -> String {
        let known = self.role_names.iter().find(|(known, _)| known == key);
        known.map_or(key, |(_, name)| name).to_owned()
    }
}

/// Roles that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requestable {
    /// In which tenant.
    pub tenant: TenantId,
    /// Their keys, the least powerful first.
    pub roles: Vec<String>,
}

/// A person, as shown to other members of the same tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub name: String,
}
