//! Deleting an app, with its secrets and tokens. Called by the API and the panel; must never be done to one that stands
//! above who does it.

use super::create::{recorded, target};
use super::{holds, list, store};
use crate::authz::{Authz, Grant, perm};
use crate::db::{AuditEvent, Committed};
use crate::error::{Error, Result};
use crate::ids::AppId;

/// Deletes an app, of this revision if one is given. Its tokens end at once on every node, and the invitations it sent
/// and nobody accepted are withdrawn.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Forbidden`] when the app holds what the grant's principal does not;
/// [`Error::Unavailable`].
pub async fn delete(
    authz: &Authz,
    grant: &Grant<perm::AppsDelete>,
    id: AppId,
    if_match: Option<i64>,
) -> Result<Committed> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let app = list::load(&mut tx, grant.policy(), id, now).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != app.revision) {
        return Err(Error::Stale);
    }
    let held = store::held(&mut tx, tenant, id).await?;
    if let Some(refusal) = holds::refusal(&grant, &held, &held, now) {
        return Err(holds::explain(authz, tx, &grant, &refusal).await);
    }
    tx.touch_app(id).await?;
    store::withdraw_invitations(&mut tx, tenant, id).await?;
    store::delete(&mut tx, tenant, id).await?;
    let event = AuditEvent::done(grant.actor(), "app.deleted", target(&app))
        .changing(&recorded(&app), &serde_json::json!({}))
        .affecting_access();
    tx.commit(event).await
}
