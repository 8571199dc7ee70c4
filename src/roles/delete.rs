//! Deleting a role, and what becomes of those who hold it or were offered it. Must never leave anyone with more than
//! the actor may give, nor let an invitation come to offer something else than it said.

use serde_json::json;

use super::change::{above, named, recorded};
use super::guards::{self, Holding, Refusal};
use super::store::Holder;
use super::{RoleView, all, editable, refuse, store, who_hold};
use crate::authz::{Authz, Grant, HeldRole, Permission, Standing, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Undone, WriteTx};
use crate::error::{Error, Result};
use crate::ids::RoleId;

/// Deletes the tenant's role with this key or id. Members and apps that hold it get the role `reassign_to` until the same
/// moment, unless they hold that one already, which then stays as it is. Invitations that offer the role and were not
/// accepted are withdrawn: neither the other role nor the rest of what they offered is what they said.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`] when `if_match` is not the role's revision; [`Error::Invalid`] when
/// `reassign_to` is no other role of the tenant; [`Error::Conflict`] for a system role, when other roles inherit from
/// it, or when someone holds it and `reassign_to` is absent; [`Error::Forbidden`] when the role or a holder stands
/// above the actor, when the other role is not the actor's to give to members, or when a denial would end that the
/// actor could not lift; [`Error::Unavailable`].
pub async fn delete(
    authz: &Authz,
    grant: &Grant<perm::RolesDelete>,
    key_or_id: &str,
    reassign_to: Option<&str>,
    if_match: Option<i64>,
) -> Result<Committed> {
    end(authz, grant, (key_or_id, if_match), reassign_to, None).await
}

/// [`delete`] of a role that nobody holds, recorded as undoing an event.
///
/// # Errors
/// As [`delete`].
pub(crate) async fn unmake(
    authz: &Authz,
    grant: &Grant<perm::RolesDelete>,
    key_or_id: &str,
    (revision, undone): (i64, Undone),
) -> Result<Committed> {
    end(authz, grant, (key_or_id, Some(revision)), None, Some(undone)).await
}

async fn end(
    authz: &Authz,
    grant: &Grant<perm::RolesDelete>,
    (key_or_id, if_match): (&str, Option<i64>),
    reassign_to: Option<&str>,
    undone: Option<Undone>,
) -> Result<Committed> {
    let Staged { tx, grant, role, other, cancelled, .. } =
        stage(authz, grant, (key_or_id, if_match), reassign_to).await?;
    let after = json!({
        "members": role.member_count,
        "apps": role.app_count,
        "reassigned_to": other.map(|other| other.key),
        "invitations_cancelled": cancelled,
    });
    let event = AuditEvent::done(grant.actor(), "role.deleted", named(&role))
        .changing(&recorded(&role), &after)
        .undoing(undone)
        .affecting_access();
    tx.commit(event).await
}

/// A deletion that the rules agreed to, done and not committed.
pub(super) struct Staged {
    pub(super) tx: WriteTx,
    /// What the actor was granted, as `tx` sees it: with the policy from before the deletion.
    pub(super) grant: Grant<perm::RolesDelete>,
    /// The role that is gone.
    pub(super) role: RoleView,
    /// The role its holders got instead; none when nobody held it.
    pub(super) other: Option<RoleView>,
    /// Those who held it, each with all the roles they held.
    pub(super) held: Vec<Holder>,
    /// How many invitations were withdrawn.
    pub(super) cancelled: u64,
}

/// Does all of a deletion but commit it, of the role with this key or id and perhaps this revision.
pub(super) async fn stage(
    authz: &Authz,
    grant: &Grant<perm::RolesDelete>,
    (key_or_id, if_match): (&str, Option<i64>),
    reassign_to: Option<&str>,
) -> Result<Staged> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now, actor) = (grant.tenant(), tx.at(), grant.standing().clone());
    let roles = all(&mut tx, authz, tenant, now).await?;
    let role = editable(&roles, key_or_id, if_match)?.clone();
    let other = reassign_to.map(|key| successor(&roles, &role, key)).transpose()?;
    if let Some(refusal) = above(&actor, role.id, &tx) {
        return Err(refuse(authz, tx, &actor, &refusal).await?);
    }
    no_heirs(&roles, &role)?;
    let (mut taken, mut held) = (None, Vec::new());
    if role.member_count + role.app_count > 0 {
        let Some(other) = other else { return Err(in_use(&role)) };
        if let Some((required, reason)) = lacking(&actor, &role) {
            drop(tx);
            return Err(authz.deny(&actor, required, reason).await?);
        }
        held = store::held_with(&mut tx, tenant, role.id, now).await?;
        if let Some(refusal) = weigh(&actor, &held, (role.id, other.id), now) {
            return Err(refuse(authz, tx, &actor, &refusal).await?);
        }
        store::revise_holders(&mut tx, tenant, role.id).await?;
        store::reassign(&mut tx, tenant, (role.id, other.id), grant.subject()).await?;
        taken = Some(other.clone());
    }
    let cancelled = remove(&mut tx, &grant, role.id).await?;
    Ok(Staged { tx, grant, role, other: taken, held, cancelled })
}

/// Deletes the rows, and gives how many invitations were withdrawn.
async fn remove<P>(tx: &mut WriteTx, grant: &Grant<P>, role: RoleId) -> Result<u64> {
    let cancelled = store::cancel_invitations(tx, grant.tenant(), role).await?;
    store::unassign(tx, grant.tenant(), role).await?;
    store::delete(tx, grant.tenant(), role).await?;
    Ok(cancelled)
}

/// The role that takes the place of `role`.
fn successor<'a>(roles: &'a [RoleView], role: &RoleView, key: &str) -> Result<&'a RoleView> {
    let other = roles
        .iter()
        .find(|other| other.key == key)
        .ok_or_else(|| Error::invalid("/reassign_to", "unknown", "This tenant has no role with this key."))?;
    if other.id == role.id {
        return Err(Error::invalid("/reassign_to", "same", "Choose another role than the one to delete."));
    }
    Ok(other)
}

fn no_heirs(roles: &[RoleView], role: &RoleView) -> Result<()> {
    let heirs: Vec<&str> =
        roles.iter().filter(|heir| heir.inherits.contains(&role.key)).map(|heir| heir.key.as_str()).collect();
    if heirs.is_empty() {
        return Ok(());
    }
    let text = format!("Other roles inherit from it: {}. Take it out of them first.", heirs.join(", "));
    Err(Error::Conflict(text.into()))
}

fn in_use(role: &RoleView) -> Error {
    let hold = who_hold(role.member_count, role.app_count, |count| count.to_string());
    Error::Conflict(format!("{hold} this role. Say which role they get instead, with reassign_to.").into())
}

/// What the actor would need to give those who hold the role another, and does not hold, if so.
fn lacking(actor: &Standing, role: &RoleView) -> Option<(&'static str, &'static str)> {
    if role.member_count > 0 && !actor.effective.contains(perm::MembersUpdate::ID) {
        let reason = "Members hold this role, and none of your roles lets you give them another.";
        return Some((perm::MembersUpdate::NAME, reason));
    }
    if role.app_count > 0 && !actor.effective.contains(perm::AppsUpdate::ID) {
        let reason = "Apps hold this role, and none of your roles lets you give them another.";
        return Some((perm::AppsUpdate::NAME, reason));
    }
    None
}

/// Why the actor may not put `new` in the place of `old` for those who hold it, if so.
fn weigh(actor: &Standing, held: &[Holder], (old, new): (RoleId, RoleId), now: Timestamp) -> Option<Refusal> {
    let holding = Holding::of(actor);
    held.iter().find_map(|(_, before)| {
        let holds_new = before.iter().any(|held| held.role == new);
        let after: Vec<HeldRole> = before
            .iter()
            .filter(|held| held.role != old || !holds_new)
            .map(|held| HeldRole { role: if held.role == old { new } else { held.role }, ..*held })
            .collect();
        guards::may_act_on(holding, Holding::new(&actor.policy, before), now)
            .and_then(|()| guards::may_change(holding, before, &after, now))
            .err()
    })
}
