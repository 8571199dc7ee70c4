//! Apps as OAuth clients: how they say who they are, and whether they are. Called by every endpoint that an app calls;
//! must never say why a client is not who it says, nor take one way of proving it for another.

use secrecy::{ExposeSecret as _, SecretString};

use super::assertion;
use super::refused::{Answer, Refused};
use crate::apps::secrets;
use crate::authz::Authz;
use crate::db::Database;
use crate::oauth::Issuer;

pub use crate::apps::secrets::Client;

/// How a client proves who it is.
#[derive(Debug)]
pub enum Proof {
    /// By one of its secrets.
    Secret {
        /// Who it says it is.
        client_id: String,
        /// The secret.
        secret: SecretString,
    },
    /// By something it signed (RFC 7523).
    Assertion {
        /// Who it says it is, besides.
        client_id: Option<String>,
        /// The signed text.
        assertion: SecretString,
    },
}

/// What answering a client takes.
#[derive(Debug, Clone, Copy)]
pub struct Deps<'a> {
    /// What apps may do.
    pub authz: &'a Authz,
    /// Where they are.
    pub database: &'a Database,
    /// Who signs.
    pub issuer: &'a Issuer,
}

/// The app that the proof proves: enabled, and of a tenant that works.
///
/// # Errors
/// [`Refused::Client`] when it proves nothing; [`Refused::Unauthorized`] when the app's tenant is suspended;
/// [`Refused::Failed`] when it cannot be known now.
pub async fn authenticate(deps: Deps<'_>, proof: &Proof) -> Answer<Client> {
    let client = match proof {
        Proof::Secret { client_id, .. } if !is_client_id(client_id) => return Err(Refused::Client),
        Proof::Secret { client_id, secret } => {
            let found = secrets::verify(deps.database, client_id, secret.expose_secret()).await?;
            found.ok_or(Refused::Client)?
        }
        Proof::Assertion { client_id, assertion } => {
            assertion::verify(deps, client_id.as_deref(), assertion.expose_secret()).await?
        }
    };
    let policy = deps.authz.policy(client.tenant).await?.ok_or(Refused::Client)?;
    if policy.suspended.is_some() {
        return Err(SUSPENDED);
    }
    Ok(client)
}

/// Whether the text can be a client id at all: what cannot is not looked for.
pub(super) fn is_client_id(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What apps of a suspended tenant are told.
pub(super) const SUSPENDED: Refused = Refused::Unauthorized("The tenant of this app is suspended.");
