//! The rules for changing what a role is. Called by the writes of roles inside their transactions, with the policy
//! as it was and as it would be, so that inheritance counts on both sides; must never look at one role alone.

use super::{Holding, Refusal, ends, first_outside, may_act_on};
use crate::authz::{HeldRole, Role, RoleTable, TenantPolicy};
use crate::clock::Timestamp;

/// Nobody edits or deletes a role above themselves: all that it allows, inherited rules included, is held by the
/// actor.
///
/// # Errors
/// [`Refusal::RoleAbove`].
pub fn may_edit(actor: Holding<'_>, role: &Role, now: Timestamp) -> Result<(), Refusal> {
    first_outside(role.table.allow, actor.effective(now))
        .map_or(Ok(()), |missing| Err(Refusal::RoleAbove { role: role.name.clone(), missing }))
}

/// Editing is granting: whatever any role of `after` newly allows, or denies no more, is held by the actor, and for
/// good, because a role has no end. Rights by the actor's policy, which is the one before.
///
/// # Errors
/// [`Refusal::Grants`] or [`Refusal::Lifts`].
pub fn may_give(actor: Holding<'_>, after: &TenantPolicy, now: Timestamp) -> Result<(), Refusal> {
    let held = actor.throughout(now, None);
    for role in &after.roles {
        let (old, new) = (table(actor.policy, role), role.table);
        if let Some(missing) = first_outside(new.allow.minus(old.allow), held) {
            return Err(Refusal::Grants { role: role.name.clone(), missing });
        }
        if let Some(missing) = first_outside(old.deny.minus(new.deny), held) {
            return Err(Refusal::Lifts { missing });
        }
    }
    Ok(())
}

/// Whether someone may hold less by `after` than by `before`.
#[must_use]
pub fn takes(before: &TenantPolicy, after: &TenantPolicy) -> bool {
    after.roles.iter().any(|role| {
        let (old, new) = (table(before, role), role.table);
        !old.allow.is_subset(new.allow) || !new.deny.is_subset(old.deny)
    })
}

/// Nobody takes from someone above them: who holds `roles` keeps by `after` all they have now and later, or stands
/// no higher than the actor.
///
/// # Errors
/// [`Refusal::HolderAbove`].
pub fn may_take(
    actor: Holding<'_>,
    after: &TenantPolicy,
    roles: &[HeldRole],
    now: Timestamp,
) -> Result<(), Refusal> {
    let (old, new) = (Holding::new(actor.policy, roles), Holding::new(after, roles));
    let loses = std::iter::once(now)
        .chain(ends(roles, now))
        .any(|at| !old.effective(at).is_subset(new.effective(at)));
    if !loses {
        return Ok(());
    }
    may_act_on(actor, old, now).map_err(|refusal| Refusal::HolderAbove { missing: refusal.missing() })
}

fn table(policy: &TenantPolicy, role: &Role) -> RoleTable {
    policy.role(role.id).map(|role| role.table).unwrap_or_default()
}
