//! What a change of a role would do to people, before it is done: the write itself, rules included, and then not
//! committed. Called by the API and the panel; must never commit, nor answer what the write would refuse.

use std::collections::HashMap;

use super::draft::RoleChange;
use super::effects::{Effects, Preview};
use super::{change, delete, store};
use crate::authz::{Authz, Grant, HeldRole, perm};
use crate::db::WriteTx;
use crate::error::Result;
use crate::ids::{RoleId, Subject, TenantId};

/// What [`change`](super::change()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`change`](super::change()).
pub async fn preview(
    authz: &Authz,
    grant: &Grant<perm::RolesUpdate>,
    key_or_id: &str,
    change: &RoleChange,
    if_match: Option<i64>,
) -> Result<Preview> {
    let change::Staged { mut tx, grant, before: role, written } =
        change::stage(authz, grant, (key_or_id, if_match), change).await?;
    let mut effects = Effects::new(&grant);
    let Some(after) = written else { return Ok(effects.told::<Subject>(authz.catalogue(), [])) };
    let (tenant, now) = (grant.tenant(), tx.at());
    for (holder, roles) in store::held_with(&mut tx, tenant, role.id, now).await? {
        effects.note(holder, grant.policy().effective(&roles, now), after.effective(&roles, now));
    }
    let names = names(&effects, &mut tx, tenant, role.id).await?;
    Ok(effects.told(authz.catalogue(), names))
}

/// What [`delete`](super::delete()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`delete`](super::delete()).
pub async fn preview_delete(
    authz: &Authz,
    grant: &Grant<perm::RolesDelete>,
    key_or_id: &str,
    reassign_to: Option<&str>,
) -> Result<Preview> {
    let delete::Staged { mut tx, grant, other, held, .. } =
        delete::stage(authz, grant, (key_or_id, None), reassign_to).await?;
    let mut effects = Effects::new(&grant);
    let Some(other) = other else { return Ok(effects.told::<Subject>(authz.catalogue(), [])) };
    let (tenant, now) = (grant.tenant(), tx.at());
    let after = authz.policy_as_written(&mut tx, tenant).await?;
    // Everyone who held the role holds the other one by now, so all of them are found through it.
    let mut holding: HashMap<Subject, Vec<HeldRole>> =
        store::held_with(&mut tx, tenant, other.id, now).await?.into_iter().collect();
    for (holder, roles) in held {
        let then = holding.remove(&holder).unwrap_or_default();
        effects.note(holder, grant.policy().effective(&roles, now), after.effective(&then, now));
    }
    let names = names(&effects, &mut tx, tenant, other.id).await?;
    Ok(effects.told(authz.catalogue(), names))
}

/// The names of those it concerns, who all hold `role` or one that inherits from it.
async fn names(
    effects: &Effects,
    tx: &mut WriteTx,
    tenant: TenantId,
    role: RoleId,
) -> Result<Vec<(Subject, String)>> {
    if !effects.wants_names() {
        return Ok(Vec::new());
    }
    let now = tx.at();
    store::names_of_holders(tx, tenant, role, now).await
}
