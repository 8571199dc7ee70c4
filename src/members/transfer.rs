//! Handing a tenant over: someone else owns it from now on, and who hands it over keeps what they choose. One write,
//! so that at no moment nobody owns it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::change::{holding, keep_an_owner, named, present, recorded_role, refuse, same};
use super::{Member, store};
use crate::authz::{Authz, Grant, HeldRole, perm};
use crate::db::{AuditEvent, Committed};
use crate::error::{Error, Result};
use crate::ids::{RoleId, UserId};
use crate::roles::guards;

/// What who hands a tenant over keeps, when they do not say.
const KEPT: &str = "admin";

/// The body of `POST /tenants/{tenant}/transfer`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The member who is to own the tenant.
    pub to: UserId,
    /// The key of the role the caller keeps in place of owner: `admin` when absent, `owner` to stay one too.
    #[serde(default)]
    pub keep_role: Option<String>,
}

/// Who owns a tenant after it was handed over, and who did that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Transferred {
    /// The new owner.
    pub owner: Member,
    /// The caller, as they are now.
    pub former: Member,
}

/// Makes `to` an owner without end, and gives the caller's own ownership up for the role they keep.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] when the sign-in is older than ten minutes; [`Error::Invalid`] when `to` is
/// oneself, no member, or disabled, and for a role that is unknown; [`Error::Forbidden`] by the rules of [`guards`];
/// [`Error::Conflict`] when nothing would change; [`Error::Unavailable`].
pub async fn transfer(
    authz: &Authz,
    grant: &Grant<perm::TenantTransfer>,
    wanted: &Transfer,
) -> Result<(Transferred, Committed)> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, policy, now) = (grant.tenant(), Arc::clone(&grant.standing().policy), tx.at());
    grant.principal().require_fresh(now)?;
    let owner = guards::owner_role(&policy).ok_or(Error::Internal("the tenant has no role owner", None))?;
    let kept = policy.role_by_key(wanted.keep_role.as_deref().unwrap_or(KEPT));
    let kept =
        kept.ok_or_else(|| Error::invalid("/keep_role", "unknown", "This tenant has no such role."))?;
    if grant.is(wanted.to) {
        return Err(Error::invalid("/to", "self", "Choose someone else."));
    }
    let no_member = || Error::invalid("/to", "unknown", "Choose a member of this tenant.");
    let target = authz.standing_in(&mut tx, &policy, wanted.to).await?.ok_or_else(no_member)?;
    if !store::is_active(&mut tx, wanted.to).await? {
        return Err(Error::invalid("/to", "disabled", "This person cannot sign in, so nobody could act."));
    }
    let actor = grant.standing().clone();
    let (own, others) = (present(&actor, now), present(&target, now));
    let heir = with(&others, owner);
    let rest = if own.iter().any(|held| held.role == owner) && kept.id != owner {
        let but: Vec<HeldRole> = own.iter().copied().filter(|held| held.role != owner).collect();
        with(&but, kept.id)
    } else {
        own.clone()
    };
    if same(&others, &heir) && same(&own, &rest) {
        return Err(Error::Conflict("They own this tenant already, and you stay what you are.".into()));
    }
    for (before, after) in [(&others, &heir), (&own, &rest)] {
        if let Err(refusal) = guards::may_change(holding(&actor), before, after, now) {
            return Err(refuse(authz, tx, &actor, &refusal).await?);
        }
    }
    let mut told = Vec::new();
    for (user, before, after) in
        [(wanted.to, &target.roles, &heir), (grant.person()?.user.id, &actor.roles, &rest)]
    {
        let was = store::member(&mut tx, tenant, now, user).await?.ok_or(Error::NotFound)?;
        for held in before.iter().filter(|held| after.iter().all(|stays| stays.role != held.role)) {
            store::unassign(&mut tx, tenant, user, held.role).await?;
        }
        for held in after.iter().filter(|held| !before.contains(held)) {
            store::assign(&mut tx, tenant, user, *held, grant.subject()).await?;
        }
        store::revise(&mut tx, tenant, user).await?;
        let is = store::member(&mut tx, tenant, now, user).await?.ok_or(Error::NotFound)?;
        told.push((was, is));
    }
    keep_an_owner(&mut tx, &policy, [(actor.roles.as_slice(), rest.as_slice())]).await?;
    let [(heir_was, heir_is), (own_was, own_is)] =
        <[_; 2]>::try_from(told).map_err(|_two| Error::Internal("a transfer is between two", None))?;
    let roles = |of: &Member| of.roles.iter().map(recorded_role).collect::<Vec<_>>();
    let both = |heir: &Member, own: &Member| json!({ "owner": roles(heir), "former_owner": roles(own) });
    let event = AuditEvent::done(grant.actor(), "tenant.transferred", named(&heir_is))
        .changing(&both(&heir_was, &own_was), &both(&heir_is, &own_is))
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((Transferred { owner: heir_is, former: own_is }, committed))
}

/// The roles, and with them `role` without end.
fn with(roles: &[HeldRole], role: RoleId) -> Vec<HeldRole> {
    let others = roles.iter().copied().filter(|held| held.role != role);
    others.chain([HeldRole { role, expires_at: None }]).collect()
}
