//! The identities that open an account: listing, linking, unlinking. Called by handlers; must never leave a person
//! without one, nor move one from another account.

use std::sync::Arc;

use serde::Serialize;

use super::sessions::end_in;
use crate::authz::{Authz, SessionUser, UserHead};
use crate::clock::Timestamp;
use crate::db::{Actor, ActorKind, AuditEvent, Chain, Database, Target, Via};
use crate::error::{Error, Result};
use crate::ids::{IdentityId, SessionHandle, UserId};
use crate::login::store::{self, Ending};
use crate::login::{ExternalIdentity, Provider};

/// Links one more identity to the account of `user`, who allowed it from `session`.
///
/// # Errors
/// [`Error::Conflict`] when the identity belongs to an account already; nothing moves then.
/// [`Error::Unauthenticated`] when the session has ended meanwhile.
pub async fn link(
    database: &Database,
    authz: &Authz,
    (user, session): (&Arc<UserHead>, SessionHandle),
    external: &ExternalIdentity,
    via: Via,
) -> Result<()> {
    let mut tx = database.write(Chain::User(user.id)).await?;
    let ended = authz.freshness().is_revoked(session);
    let now = tx.at();
    let live = store::sessions(&mut tx, user.id, now, Timestamp::from_micros(0)).await?;
    if ended || !live.iter().any(|row| row.id == session) {
        return Err(Error::Unauthenticated);
    }
    let identity = IdentityId::new();
    store::insert_identity(&mut tx, identity, user.id, external).await?;
    tx.touch_user(user.id).await?;
    let actor = Actor { kind: ActorKind::User(user.id), name: user.name.clone(), via };
    let target = Target::new("identity", identity, external.provider.to_string());
    tx.commit(AuditEvent::done(actor, "identity.linked", target)).await?;
    Ok(())
}

/// An identity, as its person sees it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The provider.
    pub provider: Provider,
    /// The name at the provider, where it has one.
    pub username: Option<String>,
    /// The address at the provider.
    pub email: Option<String>,
    /// Whether the present session was opened with it.
    pub current: bool,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it was last signed in with.
    pub last_used_at: Timestamp,
}

/// The caller's identities, oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn identities(database: &Database, principal: &SessionUser) -> Result<Vec<Identity>> {
    let rows = store::identities(&mut database.read().await?, principal.user.id).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Identity {
                id: row.id,
                provider: row
                    .provider
                    .parse()
                    .map_err(|error| Error::internal("an unknown provider is stored", error))?,
                username: row.username,
                email: row.email,
                current: row.id == principal.session.identity,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
            })
        })
        .collect()
}

/// Unlinks an identity and ends the sessions opened with it. Gives whether the caller's own is among them.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`] for the last identity; [`Error::ReauthenticationRequired`].
pub async fn unlink(database: &Database, principal: &SessionUser, identity: IdentityId) -> Result<()> {
    principal.require_fresh(database.clock().now())?;
    let user = principal.user.id;
    let mut tx = database.write(Chain::User(user)).await?;
    let known = store::identities(&mut tx, user).await?;
    let found = known.iter().find(|row| row.id == identity).ok_or(Error::NotFound)?;
    if known.len() == 1 {
        return Err(Error::Conflict("This is your only way to sign in. Link another identity first.".into()));
    }
    let target = Target::new("identity", identity, found.provider.clone());
    end_in(&mut tx, user, Ending::Identity(identity)).await?;
    store::delete_identity(&mut tx, identity).await?;
    tx.touch_user(user).await?;
    tx.commit(AuditEvent::done(principal.actor(), "identity.unlinked", target)).await?;
    Ok(())
}

/// Every address a provider vouches for as the person's.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn verified_addresses(database: &Database, user: UserId) -> Result<Vec<String>> {
    store::verified_addresses(&mut database.read().await?, user).await
}
