//! Making and changing a role. Each is one write: the rows are written, Casbin says what all roles then amount to,
//! and the rules compare that with what they were. Must never commit before they agreed.

use std::time::Duration;

use serde_json::{Value, json};

use super::draft::{Draft, NewRole, RoleChange};
use super::guards::{self, Holding, Refusal};
use super::{RoleView, all, editable, find, key, refuse, store};
use crate::authz::{Authz, Effect, Grant, Standing, TenantPolicy, perm};
use crate::db::{AuditEvent, Committed, Target, Undone, WriteTx};
use crate::error::{Error, Result};
use crate::ids::RoleId;

/// Makes a role, of which the tenant may have `most` besides the system roles.
///
/// # Errors
/// [`Error::Invalid`] by field; [`Error::Conflict`] when the key is taken or the tenant has `most` roles;
/// [`Error::Forbidden`] when the role would allow what the actor does not hold for good; [`Error::Unavailable`].
pub async fn create(
    authz: &Authz,
    grant: &Grant<perm::RolesCreate>,
    new: &NewRole,
    most: i64,
) -> Result<(RoleView, Committed)> {
    make(authz, grant, new, most, None).await
}

/// [`create`], recorded as undoing an event.
///
/// # Errors
/// As [`create`].
pub(crate) async fn make_again(
    authz: &Authz,
    grant: &Grant<perm::RolesCreate>,
    new: &NewRole,
    most: i64,
    undone: Undone,
) -> Result<(RoleView, Committed)> {
    make(authz, grant, new, most, Some(undone)).await
}

async fn make(
    authz: &Authz,
    grant: &Grant<perm::RolesCreate>,
    new: &NewRole,
    most: i64,
    undone: Option<Undone>,
) -> Result<(RoleView, Committed)> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let roles = all(&mut tx, authz, tenant, now).await?;
    let draft = Draft::of_new(new, authz.catalogue(), &roles)?;
    let key = match &new.key {
        Some(key) => key::chosen(key, &roles)?,
        None => key::made(&draft.name, &roles)?,
    };
    let own = roles.iter().filter(|role| !role.system).count();
    if i64::try_from(own).unwrap_or(i64::MAX) >= most {
        let text = format!("This tenant has {own} roles of its own, which is as many as it may. Delete one.");
        return Err(Error::Conflict(text.into()));
    }
    let id = RoleId::new();
    store::insert(&mut tx, tenant, (id, &key), (&draft.name, &draft.description)).await?;
    write_rules(&mut tx, (id, &draft), None, &roles, &grant).await?;
    let written = authz.policy_as_written(&mut tx, tenant).await?;
    if let Some(refusal) = weigh(&mut tx, &grant, &written, id).await? {
        return Err(refuse(authz, tx, grant.standing(), &refusal).await?);
    }
    let after = all(&mut tx, authz, tenant, now).await?;
    let role = find(&after, &key)?.clone();
    let event = AuditEvent::done(grant.actor(), "role.created", named(&role))
        .changing(&Value::Null, &recorded(&role))
        .undoing(undone);
    Ok((role, tx.commit(event.affecting_access()).await?))
}

/// Changes what `change` names of the tenant's role with this key or id, and gives the role as it is then. When
/// nothing would change, nothing is committed and nothing recorded.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`] when `if_match` is not the role's revision; [`Error::Invalid`] by field;
/// [`Error::Conflict`] for a system role; [`Error::Forbidden`] when the role stands above the actor, when it or one
/// that inherits from it would allow what the actor does not hold for good, or when someone above the actor would
/// lose something; [`Error::Unavailable`].
pub async fn change(
    authz: &Authz,
    grant: &Grant<perm::RolesUpdate>,
    key_or_id: &str,
    change: &RoleChange,
    if_match: Option<i64>,
) -> Result<(RoleView, Option<Committed>)> {
    edit(authz, grant, key_or_id, change, (if_match, None)).await
}

/// [`change`], recorded as undoing an event.
///
/// # Errors
/// As [`change`].
pub(crate) async fn change_back(
    authz: &Authz,
    grant: &Grant<perm::RolesUpdate>,
    key_or_id: &str,
    change: &RoleChange,
    (revision, undone): (i64, Undone),
) -> Result<(RoleView, Option<Committed>)> {
    edit(authz, grant, key_or_id, change, (Some(revision), Some(undone))).await
}

async fn edit(
    authz: &Authz,
    grant: &Grant<perm::RolesUpdate>,
    key_or_id: &str,
    change: &RoleChange,
    (if_match, undone): (Option<i64>, Option<Undone>),
) -> Result<(RoleView, Option<Committed>)> {
    let Staged { mut tx, grant, before, written } =
        stage(authz, grant, (key_or_id, if_match), change).await?;
    if written.is_none() {
        return Ok((before, None));
    }
    let now = tx.at();
    let after = all(&mut tx, authz, grant.tenant(), now).await?;
    let role = find(&after, &before.key)?.clone();
    let event = AuditEvent::done(grant.actor(), "role.updated", named(&role))
        .changing(&recorded(&before), &recorded(&role))
        .undoing(undone)
        .affecting_access();
    Ok((role, Some(tx.commit(event).await?)))
}

/// A change that the rules agreed to, written and not committed.
pub(super) struct Staged {
    pub(super) tx: WriteTx,
    /// What the actor was granted, as `tx` sees it: with the policy from before the change.
    pub(super) grant: Grant<perm::RolesUpdate>,
    /// The role from before the change.
    pub(super) before: RoleView,
    /// The policy that follows from what was written. None when the change says nothing new: nothing is written then.
    pub(super) written: Option<TenantPolicy>,
}

/// Does all of a change but commit it, for the role with this key or id and perhaps this revision.
pub(super) async fn stage(
    authz: &Authz,
    grant: &Grant<perm::RolesUpdate>,
    (key_or_id, if_match): (&str, Option<i64>),
    change: &RoleChange,
) -> Result<Staged> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let roles = all(&mut tx, authz, tenant, now).await?;
    let before = editable(&roles, key_or_id, if_match)?;
    let draft = Draft::of_change(change, before, authz.catalogue(), &roles)?;
    if let Some(refusal) = above(grant.standing(), before.id, &tx) {
        return Err(refuse(authz, tx, grant.standing(), &refusal).await?);
    }
    let old = Draft::from(before);
    if draft == old {
        return Ok(Staged { tx, grant, before: before.clone(), written: None });
    }
    // Two changes at one moment, or a clock that was set back, still give two revisions.
    let at = now.max(before.updated_at + Duration::from_micros(1));
    store::update(&mut tx, tenant, before.id, (&draft.name, &draft.description), at).await?;
    write_rules(&mut tx, (before.id, &draft), Some(&old), &roles, &grant).await?;
    let written = authz.policy_as_written(&mut tx, tenant).await?;
    if let Some(refusal) = weigh(&mut tx, &grant, &written, before.id).await? {
        return Err(refuse(authz, tx, grant.standing(), &refusal).await?);
    }
    Ok(Staged { tx, grant, before: before.clone(), written: Some(written) })
}

/// Writes what the role allows, denies and inherits, as far as it is not so already.
async fn write_rules<P>(
    tx: &mut WriteTx,
    (role, draft): (RoleId, &Draft),
    old: Option<&Draft>,
    roles: &[RoleView],
    grant: &Grant<P>,
) -> Result<()> {
    let tenant = grant.tenant();
    if old.is_none_or(|old| old.permissions != draft.permissions) {
        store::set_permissions(tx, tenant, role, Effect::Allow, &draft.permissions).await?;
    }
    if old.is_none_or(|old| old.denies != draft.denies) {
        store::set_permissions(tx, tenant, role, Effect::Deny, &draft.denies).await?;
    }
    if old.is_none_or(|old| old.inherits != draft.inherits) {
        let parents = roles.iter().filter(|parent| draft.inherits.contains(&parent.key));
        store::set_parents(tx, tenant, role, parents.map(|parent| parent.id)).await?;
    }
    Ok(())
}

/// Why the actor may not touch the role, if so.
pub(super) fn above(actor: &Standing, role: RoleId, tx: &WriteTx) -> Option<Refusal> {
    let role = actor.policy.role(role)?;
    guards::may_edit(Holding::of(actor), role, tx.at()).err()
}

/// Why what `tx` has made of the role may not be, if so, when the policy is now `after`: asked of every role and of everyone it reaches.
async fn weigh<P>(
    tx: &mut WriteTx,
    grant: &Grant<P>,
    after: &TenantPolicy,
    role: RoleId,
) -> Result<Option<Refusal>> {
    let (actor, now) = (grant.standing(), tx.at());
    let before = &actor.policy;
    let holding = Holding::of(actor).by(before);
    if let Err(refusal) = guards::may_give(holding, after, now) {
        return Ok(Some(refusal));
    }
    if !guards::takes(before, after) {
        return Ok(None);
    }
    let held = store::held_with(tx, before.id, role, now).await?;
    Ok(held.iter().find_map(|(_, roles)| guards::may_take(holding, after, roles, now).err()))
}

pub(super) fn named(role: &RoleView) -> Target {
    Target::new("role", role.id, role.name.clone())
}

/// The role as the audit log keeps it: enough to make it again.
pub(crate) fn recorded(role: &RoleView) -> Value {
    let mut value = json!(Draft::from(role));
    if let Some(fields) = value.as_object_mut() {
        fields.insert("key".to_owned(), json!(role.key));
    }
    value
}
