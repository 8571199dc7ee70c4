//! Who is calling: made by `http/principal.rs` from a credential, carried by every grant. Never holds the
//! credential itself.

use std::sync::Arc;
use std::time::Duration;

use crate::authz::platform::PlatformRole;
use crate::clock::Timestamp;
use crate::db::{Actor, ActorKind, Via};
use crate::error::{Error, Result};
use crate::ids::{IdentityId, SessionHandle, TenantId, UserId};

/// What asks for a fresh sign-in asks for one no older than this (ASVS 7.5.3).
pub const FRESH: Duration = Duration::from_mins(10);

/// A signed-in person and the session they came by.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The person.
    pub user: Arc<UserHead>,
    /// The session.
    pub session: SessionRef,
    /// The request.
    pub via: Via,
}

/// The session a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRef {
    /// Its handle.
    pub handle: SessionHandle,
    /// The identity it was opened with.
    pub identity: IdentityId,
    /// When its person last proved who they are at a provider.
    pub signed_in_at: Timestamp,
}

/// What every request by a person needs to know of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserHead {
    /// The person's id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Address for mail, if any is known.
    pub email: Option<String>,
    /// Whether a provider vouches for the address.
    pub email_verified: bool,
    /// Picture, https only.
    pub avatar_url: Option<String>,
    /// Whether an operator disabled the person.
    pub disabled: bool,
    /// What the person is on this installation, if they operate it.
    pub operator: Option<PlatformRole>,
    /// Tenants the person is a member of, by name.
    pub tenants: Vec<TenantId>,
    /// Goes up with every change of the above.
    pub version: i64,
}

impl Principal {
    /// The principal as the audit log records it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { kind: ActorKind::User(self.user.id), name: self.user.name.clone(), via: self.via.clone() }
    }

    /// Requires a sign-in within the last ten minutes.
    ///
    /// # Errors
    /// [`Error::ReauthenticationRequired`] when it is older.
    pub fn require_fresh(&self, now: Timestamp) -> Result<()> {
        if now.since(self.session.signed_in_at) <= FRESH {
            Ok(())
        } else {
            Err(Error::ReauthenticationRequired)
        }
    }
}
