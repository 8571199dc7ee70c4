//! Answering those who ask to be let in. Who lets someone in could invite them with the same role themselves.

use serde_json::json;

use super::joinable::holds;
use super::rules::{refusal, room};
use super::store::{self, RequestRow};
use super::{ASK_AGAIN, Deps};
use crate::authz::{Grant, perm};
use crate::db::{AuditEvent, Committed, Target, WriteTx};
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::ids::JoinRequestId;
use crate::mail::JoinDecisionMail;

type MayInvite = Grant<perm::MembersInvite>;

/// Lets someone in, with the role of the domain.
///
/// # Errors
/// [`Error::NotFound`] when nobody waits by this id, also when the domain offers nothing any more or they are in by now;
/// [`Error::Forbidden`] when the role allows more than the caller holds without end; [`Error::Conflict`] when the address
/// is theirs no longer or the tenant is full; [`Error::Unavailable`].
pub async fn approve(deps: &Deps, grant: &MayInvite, id: JoinRequestId) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let row = store::open_request(&mut tx, tenant, id).await?.ok_or(Error::NotFound)?;
    let standing = grant.standing();
    let role = standing.policy.role(row.role_id).ok_or(Error::NotFound)?;
    if let Some(refused) = refusal(standing, role, now) {
        return Err(refused.explained(deps, tx, standing).await?);
    }
    if !holds(&mut tx, row.user_id, &row.email).await? {
        let text = "No provider vouches for this address as theirs any more. Decline, or invite them.";
        return Err(Error::Conflict(text.into()));
    }
    room(deps, &mut tx, tenant).await?;
    store::let_in(&mut tx, tenant, row.user_id, role.id, Some(grant.subject())).await?;
    store::decide(&mut tx, tenant, id, grant.subject(), "approved").await?;
    tx.touch_user(row.user_id).await?;
    tell(deps, &mut tx, &grant, &row, Some(&role.name)).await?;
    let after = json!({ "outcome": "approved", "member": row.user_id, "roles": [role.key] });
    let event = AuditEvent::done(grant.actor(), "join_request.approved", target(&row))
        .changing(&json!({}), &after)
        .affecting_access();
    let committed = tx.commit(event).await?;
    deps.outbox.wake();
    Ok(committed)
}

/// Does not let someone in.
///
/// # Errors
/// [`Error::NotFound`] when nobody waits by this id; [`Error::Unavailable`].
pub async fn decline(deps: &Deps, grant: &MayInvite, id: JoinRequestId) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let row = store::open_request(&mut tx, grant.tenant(), id).await?.ok_or(Error::NotFound)?;
    store::decide(&mut tx, grant.tenant(), id, grant.subject(), "declined").await?;
    tell(deps, &mut tx, &grant, &row, None).await?;
    let event = AuditEvent::done(grant.actor(), "join_request.declined", target(&row))
        .changing(&json!({}), &json!({ "outcome": "declined" }));
    let committed = tx.commit(event).await?;
    deps.outbox.wake();
    Ok(committed)
}

/// Puts the answer into the outbox.
async fn tell(
    deps: &Deps,
    tx: &mut WriteTx,
    grant: &MayInvite,
    row: &RequestRow,
    role: Option<&str>,
) -> Result<()> {
    let to: EmailAddress =
        row.email.parse().map_err(|error| Error::internal("a stored address cannot be read", error))?;
    let policy = grant.policy();
    let link = match role {
        Some(_) => format!("{}/t/{}", deps.origin, policy.slug),
        None => format!("{}/tenants", deps.origin),
    };
    let mail = JoinDecisionMail { to: &to, tenant: &policy.name, role, link: &link };
    let until = tx.at() + ASK_AGAIN;
    deps.outbox.enqueue(tx, &mail.render()?, until).await?;
    Ok(())
}

fn target(row: &RequestRow) -> Target {
    Target::new("join_request", row.id, row.email.clone())
}
