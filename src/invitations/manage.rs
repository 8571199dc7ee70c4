//! Seeing and withdrawing the invitations of a tenant.

use std::time::Duration;

use serde_json::json;

use crate::authz::{Grant, perm};
use crate::db::{AuditEvent, Committed, Database, Target};
use crate::error::{Error, Result};
use crate::ids::InvitationId;
use crate::invitations::{Deps, Invitation, Listed, Page, Status, Waiting, load, shown, store};

/// The tenant's invitations, newest first.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(deps: &Deps, grant: &Grant<perm::InvitationsRead>, page: Page) -> Result<Listed> {
    let (tenant, now) = (grant.tenant(), deps.database.clock().now());
    let mut on = deps.database.read().await?;
    let status = page.status.map_or("", Status::as_str);
    let limit = usize::from(page.limit);
    let mut rows = store::page(&mut on, tenant, page.after, status, now, i64::from(page.limit) + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else {
        return Ok(Listed { items: Vec::new(), next: None });
    };
    let next = more.then_some(oldest.id);
    let offered = store::roles(&mut on, tenant, oldest.id, newest.id).await?;
    let items = rows.into_iter().map(|row| {
        let id = row.id;
        shown(row, offered.iter().filter(|role| role.invitation_id == id), now)
    });
    Ok(Listed { items: items.collect(), next })
}

/// One of the tenant's invitations.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`] when the database cannot answer.
pub async fn show(deps: &Deps, grant: &Grant<perm::InvitationsRead>, id: InvitationId) -> Result<Invitation> {
    let now = deps.database.clock().now();
    load(&mut deps.database.read().await?, grant.tenant(), id, now).await?.ok_or(Error::NotFound)
}

/// How long before its end an invitation is due.
const SOON: Duration = Duration::from_hours(24);

/// For how long after its end it still is.
const LATELY: Duration = Duration::from_hours(30 * 24);

/// What waits for an answer, in two queries.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn waiting(database: &Database, grant: &Grant<perm::InvitationsRead>) -> Result<Waiting> {
    let (tenant, now) = (grant.tenant(), database.clock().now());
    let mut on = database.read().await?;
    Ok(Waiting {
        open: store::open(&mut on, tenant, now).await?,
        due: store::due(&mut on, tenant, now - LATELY, now + SOON).await?,
    })
}

/// Withdraws an invitation: its link is dead when this returns. `expected` is the revision it must still have,
/// if any.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Conflict`] when it was accepted or withdrawn already.
pub async fn revoke(
    deps: &Deps,
    grant: &Grant<perm::InvitationsDelete>,
    id: InvitationId,
    expected: Option<&str>,
) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let now = tx.at();
    let invitation = load(&mut tx, grant.tenant(), id, now).await?.ok_or(Error::NotFound)?;
    if expected.is_some_and(|revision| revision != invitation.revision()) {
        return Err(Error::Stale);
    }
    match invitation.status {
        Status::Pending | Status::Expired => {}
        Status::Accepted => {
            return Err(Error::Conflict("It was accepted already. Remove the member instead.".into()));
        }
        Status::Revoked => return Err(Error::Conflict("It was withdrawn already.".into())),
    }
    store::revoke(&mut tx, grant.tenant(), id).await?;
    let before = json!({ "status": invitation.status, "roles": invitation.roles });
    let event = AuditEvent::done(
        grant.actor(),
        "invitation.revoked",
        Target::new("invitation", id, invitation.email),
    )
    .changing(&before, &json!({ "status": Status::Revoked }));
    tx.commit(event).await
}
