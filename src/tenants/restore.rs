//! What becomes of a deleted tenant: for 30 days whoever owned it can restore it; then all that is in it is removed for
//! good. Its audit log stays, and its slug stays reserved. Must never give a slug to anyone else before its time.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::{Tenant, store};
use crate::authz::SessionUser;
use crate::clock::Timestamp;
use crate::db::{Actor, AuditEvent, Chain, Committed, Database, Target};
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::names::Slug;

/// For how long a deleted tenant can be restored.
pub const UNDO: Duration = Duration::from_hours(30 * 24);

/// How much later its data is removed: by more than the clocks of nodes may differ.
const SLACK: Duration = Duration::from_hours(1);

/// How many tenants are removed at a time.
const AT_ONCE: i64 = 10;

/// A deleted tenant that the caller can restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DeletedTenant {
    /// Its id.
    pub id: TenantId,
    /// The slug it had, and takes again.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Until when it can be restored.
    pub restorable_until: Timestamp,
}

/// The deleted tenants that the principal owned and can restore, deleted last first; at most 200.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn deleted_of(database: &Database, principal: &SessionUser) -> Result<Vec<DeletedTenant>> {
    let now = database.clock().now();
    let rows = store::deleted_of(&mut database.read().await?, principal.user.id, now - UNDO, now).await?;
    let deleted = |(id, slug, name, deleted_at): (_, _, _, Timestamp)| DeletedTenant {
        id,
        slug,
        name,
        deleted_at,
        restorable_until: deleted_at + UNDO,
    };
    Ok(rows.into_iter().map(deleted).collect())
}

/// Restores a deleted tenant that the principal owned, with all that was in it, at its old slug. Invitations stay
/// withdrawn.
///
/// # Errors
/// [`Error::NotFound`] when there is no such deleted tenant, it was not the principal's, or its time is over;
/// [`Error::ReauthenticationRequired`] when the sign-in is older than ten minutes; [`Error::Conflict`] when the person
/// owns as many tenants as one may; [`Error::Unavailable`].
pub async fn restore(
    database: &Database,
    principal: &SessionUser,
    tenant: TenantId,
    per_owner: i64,
) -> Result<(Tenant, Committed)> {
    let user = principal.user.id;
    let mut tx = database.write(Chain::Tenant(tenant)).await?;
    // Locks the person: tenants made and restored at once are counted one after the other.
    tx.touch_user(user).await?;
    let now = tx.at();
    let mine = store::deleted_of(&mut tx, user, now - UNDO, now).await?;
    let (_, slug, name, deleted_at) =
        mine.into_iter().find(|(id, ..)| *id == tenant).ok_or(Error::NotFound)?;
    principal.require_fresh(now)?;
    if store::owned_by(&mut tx, user, now).await? >= per_owner {
        let text = format!("You own {per_owner} tenants, which is as many as one person may.");
        return Err(Error::Conflict(text.into()));
    }
    let slug = Slug::parse(&slug).ok_or(Error::Internal("a deleted tenant had no slug", None))?;
    if !store::claim(&mut tx, &slug, tenant).await? {
        return Err(super::create::taken());
    }
    store::restore(&mut tx, tenant, &slug).await?;
    let mut restored = Tenant::from(store::row(&mut tx, tenant).await?);
    let event = AuditEvent::done(principal.actor(), "tenant.restored", Target::new("tenant", tenant, name))
        .changing(&json!({ "deleted_at": deleted_at }), &json!({ "deleted_at": null, "slug": slug.as_str() }))
        .affecting_access();
    let committed = tx.commit(event).await?;
    restored.policy_version = committed.policy_version.unwrap_or(restored.policy_version);
    Ok((restored, committed))
}

/// Removes what is in tenants that were deleted more than 30 days ago, some at a time. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer; what was removed until then stays so.
pub async fn purge(database: &Database) -> Result<usize> {
    let before = database.clock().now() - UNDO - SLACK;
    let due = store::deleted_before(&mut database.read().await?, before, AT_ONCE).await?;
    let mut purged = 0;
    for (tenant, name) in due {
        let mut tx = database.write(Chain::Tenant(tenant)).await?;
        // Another node may have been faster.
        if store::purge(&mut tx, tenant, before).await? == 0 {
            continue;
        }
        let target = Target::new("tenant", tenant, name);
        tx.commit(AuditEvent::done(Actor::system("freehold"), "tenant.purged", target)).await?;
        purged += 1;
    }
    Ok(purged)
}
