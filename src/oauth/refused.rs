//! Why a client does not get what it asked for, in the words of RFC 6749. Called by everything here that answers
//! clients; must never tell an unknown client from a wrong secret.

use crate::error::Error;

/// The result of what a client asks for.
pub type Answer<T> = Result<T, Refused>;

/// Why not.
#[derive(Debug)]
pub enum Refused {
    /// `invalid_request`: it cannot be read, or says two things at once.
    Request(&'static str),
    /// `invalid_client`: unknown, disabled, or not proved.
    Client,
    /// `unauthorized_client`: it is known and may not ask for this.
    Unauthorized(&'static str),
    /// `unsupported_grant_type`.
    GrantType,
    /// `invalid_scope`: unknown, or more than the app holds.
    Scope(&'static str),
    /// `invalid_grant`: the code is not this client's, or was used.
    Grant,
    /// `authorization_pending`: nobody has answered yet (RFC 8628 section 3.5), as the next three.
    Pending,
    /// `slow_down`: the client asks too often.
    SlowDown,
    /// `access_denied`: the answer was no.
    Denied,
    /// `expired_token`: nobody answered in time.
    Expired,
    /// `unsupported_token_type`: the token cannot be revoked (RFC 7009 section 2.2.1).
    TokenType,
    /// Something else went wrong.
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
