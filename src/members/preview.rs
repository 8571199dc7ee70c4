//! What a change of members would do to people, before it is done: the write itself, rules included, and then not
//! committed. Called by the API and the panel; must never commit, nor answer what the write would refuse.

use super::RoleAssignment;
use super::bulk::{self, ManyRoles};
use super::change::{self, Ended};
use crate::authz::{Authz, Grant, PermissionSet, perm};
use crate::error::Result;
use crate::ids::UserId;
use crate::roles::{Effects, Preview};

/// What [`set_roles`](super::set_roles()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`set_roles`](super::set_roles()).
pub async fn preview_roles(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    user: UserId,
    roles: &[RoleAssignment],
    if_match: Option<i64>,
) -> Result<Preview> {
    let change::Staged { tx, grant, before, held, after } =
        change::stage(authz, grant, (user, if_match), roles).await?;
    let mut effects = Effects::new(&grant);
    if let Some(after) = after {
        let (policy, now) = (grant.policy(), tx.at());
        effects.note(user, policy.effective(&held, now), policy.effective(&after, now));
    }
    Ok(effects.told(authz.catalogue(), [(user, before.user.name)]))
}

/// What [`change_roles`](super::change_roles()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`change_roles`](super::change_roles()).
pub async fn preview_many(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    change: &ManyRoles,
) -> Result<Preview> {
    let bulk::Staged { tx, grant, turns } = bulk::stage(authz, grant, change).await?;
    let mut effects = Effects::new(&grant);
    let (policy, now) = (grant.policy(), tx.at());
    for turn in &turns {
        effects.note(
            turn.member.user.id,
            policy.effective(&turn.held, now),
            policy.effective(&turn.after, now),
        );
    }
    let names = turns.into_iter().map(|turn| (turn.member.user.id, turn.member.user.name));
    Ok(effects.told(authz.catalogue(), names))
}

/// What [`remove`](super::remove()) would do with the same arguments. Changes nothing and records nothing.
///
/// # Errors
/// As [`remove`](super::remove()).
pub async fn preview_removal(
    authz: &Authz,
    grant: &Grant<perm::MembersDelete>,
    user: UserId,
    if_match: Option<i64>,
) -> Result<Preview> {
    let Ended { tx, grant, before, held, .. } = change::stage_removal(authz, grant, user, if_match).await?;
    let mut effects = Effects::new(&grant);
    effects.note(user, grant.policy().effective(&held, tx.at()), PermissionSet::EMPTY);
    Ok(effects.told(authz.catalogue(), [(user, before.user.name)]))
}
