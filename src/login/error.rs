//! Why a sign-in yields no identity. Called by every file here; must never carry a code, token, secret or a
//! body a provider sent, because these errors are logged.

use crate::error::Error;
use crate::login::{CallError, Provider};

/// Why a provider did not tell us who a person is.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignInError {
    /// This installation does not offer the provider.
    #[error("sign-in with {0} is not configured")]
    NotConfigured(Provider),
    /// The provider cannot be reached, or what it sends cannot be read.
    #[error("the provider cannot answer")]
    Unavailable(#[source] CallError),
    /// The provider answers, but not soon enough for someone who waits.
    #[error("the provider took too long")]
    TimedOut,
    /// What came back does not prove who the person is.
    #[error("the sign-in was refused: {0}")]
    Rejected(&'static str),
    /// The provider, or the address set for it, does not fit our settings; an operator must act.
    #[error("the provider is not set up: {0}")]
    Misconfigured(&'static str),
}

impl From<SignInError> for Error {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::NotConfigured(_) => Self::NotFound,
            SignInError::Rejected(reason) => Self::Malformed(reason.into()),
            SignInError::Unavailable(_) | SignInError::TimedOut => {
                Self::unavailable("the sign-in provider", error)
            }
            SignInError::Misconfigured(_) => Self::internal("sign-in", error),
        }
    }
}
