//! The invited person's side. Who presents a link may see what it offers; who also holds the address, verified,
//! may accept it once, while the inviter could still make the offer.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::authz::{SessionUser, TenantPolicy};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Chain, Target, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{self, TenantId};
use crate::invitations::guards::Offer;
use crate::invitations::{Deps, Status, guards, store};
use crate::members;

/// What a link offers, for the page that it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvitationView {
    /// The tenant's name.
    pub tenant: String,
    /// The inviter's name.
    pub inviter: String,
    /// The address invited: whoever accepts must hold it, verified.
    pub email: String,
    /// The roles offered.
    pub roles: Vec<OfferedRole>,
    /// Whether it can still be accepted.
    pub status: Status,
    /// From this moment it cannot.
    pub expires_at: Timestamp,
}

/// A role that an invitation offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferedRole {
    /// The role's name.
    pub name: String,
    /// Until when it would be held; without end when absent.
    pub expires_at: Option<Timestamp>,
}

/// What accepting led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Accepted {
    /// The tenant joined.
    pub tenant: JoinedTenant,
    /// The tenant's policy version from which the membership counts.
    #[serde(skip)]
    pub policy_version: Option<i64>,
}

/// A tenant, as seen by someone who just joined it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct JoinedTenant {
    /// Its id.
    pub id: TenantId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Keys of the roles now held in it.
    pub roles: Vec<String>,
}

/// What the link with this secret offers. None when no active tenant ever sent it.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn find(deps: &Deps, secret: &str) -> Result<Option<InvitationView>> {
    let mut on = deps.database.read().await?;
    let hash = ids::secret_hash(secret);
    let Some((tenant, id, tenant_name)) = store::by_token(&mut on, &hash).await? else { return Ok(None) };
    let Some(row) = store::by_id(&mut on, tenant, id).await? else { return Ok(None) };
    let roles = store::roles(&mut on, tenant, id, id).await?;
    Ok(Some(InvitationView {
        status: row.status(deps.database.clock().now()),
        tenant: tenant_name,
        inviter: row.inviter_name,
        email: row.email,
        roles: roles
            .into_iter()
            .map(|role| OfferedRole { name: role.name, expires_at: role.expires_at })
            .collect(),
        expires_at: row.expires_at,
    }))
}

/// Makes the principal a member of the tenant that sent the link with this secret. Of any number of attempts, one
/// succeeds.
///
/// # Errors
/// [`Error::NotFound`] for a secret that no active tenant sent; [`Error::Conflict`], saying which, when the
/// invitation was used, withdrawn or is over, is for an address the principal does not hold, could no longer be
/// sent by its inviter, or the principal is a member already, or the tenant is full. The invitation then stays
/// as it was.
pub async fn accept(deps: &Deps, principal: &SessionUser, secret: &str) -> Result<Accepted> {
    let hash = ids::secret_hash(secret);
    let (tenant, ..) =
        store::by_token(&mut deps.database.read().await?, &hash).await?.ok_or(Error::NotFound)?;
    let mut tx = deps.database.write(Chain::Tenant(tenant)).await?;
    let policy = deps.authz.policy_in(&mut tx, tenant).await?;
    // Asked again: the link may have been replaced, or the tenant suspended, while we waited for the chain.
    let (_, id, _) = store::by_token(&mut tx, &hash).await?.ok_or(Error::NotFound)?;
    let row = store::by_id(&mut tx, tenant, id).await?.ok_or(Error::NotFound)?;
    let user = principal.user.id;
    still_open(row.status(tx.at()))?;
    if !store::holds_address(&mut tx, user, &row.email).await? {
        let text = format!(
            "This invitation is for another address, {}. Sign in with an account that has it, verified.",
            row.email
        );
        return Err(Error::Conflict(text.into()));
    }
    if deps.authz.standing_in(&mut tx, &policy, user).await?.is_some() {
        return Err(Error::Conflict("You are a member of this tenant already.".into()));
    }
    let offered = store::roles(&mut tx, tenant, id, id).await?;
    let roles: Vec<Offer<'_>> = offered
        .iter()
        .filter_map(|row| Some(Offer { role: policy.role(row.role_id)?, expires_at: row.expires_at }))
        .collect();
    inviter_stands(deps, &mut tx, &policy, &row, &roles).await?;
    if members::count_in(&mut tx, tenant).await? >= deps.limits.members {
        return Err(Error::Conflict("This tenant has as many members as it may.".into()));
    }
    store::join(&mut tx, tenant, &row, user).await?;
    tx.touch_user(user).await?;
    let keys: Vec<String> = roles.iter().map(|offer| offer.role.key.clone()).collect();
    let given: Vec<_> = roles.iter().map(recorded).collect();
    let after = json!({ "status": Status::Accepted, "member": user, "roles": given });
    let event =
        AuditEvent::done(principal.actor(), "invitation.accepted", Target::new("invitation", id, row.email))
            .changing(&json!({ "status": Status::Pending }), &after)
            .affecting_access();
    let committed = tx.commit(event).await?;
    let tenant =
        JoinedTenant { id: tenant, slug: policy.slug.clone(), name: policy.name.clone(), roles: keys };
    Ok(Accepted { tenant, policy_version: committed.policy_version })
}

fn still_open(status: Status) -> Result<()> {
    Err(Error::Conflict(
        match status {
            Status::Pending => return Ok(()),
            Status::Accepted => "This invitation was used already.",
            Status::Revoked => "This invitation was withdrawn or replaced by a later one.",
            Status::Expired => "This invitation is over. Ask for a new one.",
        }
        .into(),
    ))
}

/// An invitation is worth what its inviter may do now, not what they might when they sent it.
async fn inviter_stands(
    deps: &Deps,
    tx: &mut WriteTx,
    policy: &Arc<TenantPolicy>,
    row: &store::Row,
    roles: &[Offer<'_>],
) -> Result<()> {
    let now = tx.at();
    let standing = deps.authz.standing_in(tx, policy, row.inviter()).await?;
    let stands = row.inviter_disabled_at.is_none()
        && standing.is_some_and(|standing| guards::may_offer(&standing, roles, now));
    if stands && !roles.is_empty() {
        return Ok(());
    }
    Err(Error::Conflict(
        "This invitation is no longer valid: who sent it can no longer offer it. Ask for a new one.".into(),
    ))
}

/// A role as the log has it: its key, and its end where it has one.
pub(super) fn recorded(offer: &Offer<'_>) -> serde_json::Value {
    match offer.expires_at {
        None => json!(offer.role.key),
        Some(end) => json!({ "key": offer.role.key, "expires_at": end }),
    }
}
