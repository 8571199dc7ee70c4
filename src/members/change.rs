//! Changing who is a member and with which roles. Each of these is one write, in which the rules are asked again
//! and the owners counted; must never take the word of what was read before the write began.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::assignment::{Problems, RoleAssignment};
use super::{Member, store};
use crate::authz::{Authz, Grant, HeldRole, Own, Right, Standing, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Target, Undone, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{TenantId, UserId};
use crate::roles::guards::{self, Holding, Refusal};

/// The body of `PUT members/{user}/roles`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoles {
    /// All the roles the member is to hold; those not named are taken away.
    #[schemars(length(max = 100))]
    pub roles: Vec<RoleAssignment>,
}

/// Makes `roles` the roles of the member, and gives the member as they are then. Without roles they stay a member.
/// When they hold exactly these already, nothing is committed and nothing recorded: there is then no commit to
/// speak of.
///
/// # Errors
/// [`Error::NotFound`] when the person is not a member; [`Error::Stale`] when `if_match` is not their revision;
/// [`Error::Invalid`] for roles that are unknown, named twice or already over; [`Error::Forbidden`] by the rules of
/// [`guards`]; [`Error::Conflict`] when nobody would own the tenant; [`Error::Unavailable`].
pub async fn set_roles(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    user: UserId,
    roles: &[RoleAssignment],
    if_match: Option<i64>,
) -> Result<(Member, Option<Committed>)> {
    change_as(authz, grant, (user, if_match), roles, None).await
}

/// [`set_roles`], recorded as undoing an event.
///
/// # Errors
/// As [`set_roles`].
pub(crate) async fn restore_roles(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    user: UserId,
    roles: &[RoleAssignment],
    (revision, undone): (i64, Undone),
) -> Result<(Member, Option<Committed>)> {
    change_as(authz, grant, (user, Some(revision)), roles, Some(undone)).await
}

async fn change_as(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    whom: (UserId, Option<i64>),
    roles: &[RoleAssignment],
    undone: Option<Undone>,
) -> Result<(Member, Option<Committed>)> {
    let Staged { mut tx, grant, before, after, .. } = stage(authz, grant, whom, roles).await?;
    if after.is_none() {
        return Ok((before, None));
    }
    let member = within(&mut tx, grant.tenant(), before.user.id).await?.ok_or(Error::NotFound)?;
    let event = AuditEvent::done(grant.actor(), "member.updated", named(&member))
        .changing(&recorded(&before), &recorded(&member))
        .undoing(undone)
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((member, Some(committed)))
}

/// The member as `tx` sees them.
pub(crate) async fn within(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<Option<Member>> {
    let now = tx.at();
    store::member(tx, tenant, now, user).await
}

/// A change of someone's roles that the rules agreed to, written and not committed.
pub(super) struct Staged {
    pub(super) tx: WriteTx,
    /// What the actor was granted, as `tx` sees it.
    pub(super) grant: Grant<perm::MembersUpdate>,
    /// The member from before the change.
    pub(super) before: Member,
    /// The roles they held, those that have ended included.
    pub(super) held: Vec<HeldRole>,
    /// The roles they hold now. None when they held exactly these: nothing is written then.
    pub(super) after: Option<Vec<HeldRole>>,
}

/// Does all of a change of roles but commit it, for this member and perhaps this revision.
pub(super) async fn stage(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    (user, if_match): (UserId, Option<i64>),
    roles: &[RoleAssignment],
) -> Result<Staged> {
    let (mut tx, grant) = authz.write(grant).await?;
    let before = within(&mut tx, grant.tenant(), user).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    let wanted = read(grant.policy(), roles, tx.at())?;
    match apply(authz, &mut tx, &grant, user, |_| wanted).await? {
        Ok(Applied { held, after }) => Ok(Staged { tx, grant, before, held, after }),
        Err(refusal) => Err(refuse(authz, tx, grant.standing(), &refusal).await?),
    }
}

/// What giving someone roles within a write came to.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The roles they held, those that have ended included.
    pub(crate) held: Vec<HeldRole>,
    /// The roles they hold now. None when they held exactly these: nothing is written then.
    pub(crate) after: Option<Vec<HeldRole>>,
}

/// Makes what `wanted` makes of the roles someone holds the roles they hold, within a write that records it: by the
/// rules, asked of the grant's principal. What the rules refuse is given as a value: it is explained after the write.
///
/// # Errors
/// [`Error::Conflict`] when nobody would own the tenant; [`Error::NotFound`] when they are no member;
/// [`Error::Unavailable`].
pub(crate) async fn apply(
    authz: &Authz,
    tx: &mut WriteTx,
    grant: &Grant<perm::MembersUpdate>,
    user: UserId,
    wanted: impl FnOnce(&[HeldRole]) -> Vec<HeldRole>,
) -> Result<Result<Applied, Refusal>> {
    let (tenant, now) = (grant.tenant(), tx.at());
    let policy = Arc::clone(&grant.standing().policy);
    let target = authz.standing_in(tx, &policy, user).await?.ok_or(Error::NotFound)?;
    let after = wanted(&target.roles);
    let actor = grant.standing();
    if !grant.is(user)
        && let Err(refusal) = guards::may_act_on(holding(actor), holding(&target), now)
    {
        return Ok(Err(refusal));
    }
    if same(&present(&target, now), &after) {
        return Ok(Ok(Applied { held: target.roles, after: None }));
    }
    if let Err(refusal) = guards::may_change(holding(actor), &target.roles, &after, now) {
        return Ok(Err(refusal));
    }
    for held in target.roles.iter().filter(|held| after.iter().all(|kept| kept.role != held.role)) {
        store::unassign(tx, tenant, user, held.role).await?;
    }
    for held in after.iter().filter(|held| !target.roles.contains(held)) {
        store::assign(tx, tenant, user, *held, grant.subject()).await?;
    }
    store::revise(tx, tenant, user).await?;
    keep_an_owner(tx, &policy, [(target.roles.as_slice(), after.as_slice())]).await?;
    Ok(Ok(Applied { held: target.roles, after: Some(after) }))
}

/// Ends someone's membership, and with it their roles and every open invitation to an address of theirs.
///
/// # Errors
/// [`Error::NotFound`] when the person is not a member; [`Error::Stale`] when `if_match` is not their revision;
/// [`Error::Forbidden`] when they stand above the actor; [`Error::Conflict`] when nobody would own the tenant;
/// [`Error::Unavailable`].
pub async fn remove(
    authz: &Authz,
    grant: &Grant<perm::MembersDelete>,
    user: UserId,
    if_match: Option<i64>,
) -> Result<Committed> {
    stage_removal(authz, grant, user, if_match).await?.commit().await
}

/// Ends one's own membership, of this revision if one is given.
///
/// # Errors
/// [`Error::Stale`]; [`Error::Conflict`] when nobody would own the tenant; [`Error::Unavailable`].
pub async fn leave(authz: &Authz, grant: &Grant<Own>, if_match: Option<i64>) -> Result<Committed> {
    let (tx, grant) = authz.write(grant).await?;
    let own = Arc::clone(grant.standing());
    let user = grant.person()?.user.id;
    Ended::of(tx, grant, &own, (user, if_match)).await?.commit().await
}

/// A membership that the rules let end, ended and not committed.
pub(super) struct Ended<R> {
    pub(super) tx: WriteTx,
    /// What the actor was granted, as `tx` sees it.
    pub(super) grant: Grant<R>,
    /// The member who is no more.
    pub(super) before: Member,
    /// The roles they held.
    pub(super) held: Vec<HeldRole>,
    /// How many invitations were withdrawn.
    cancelled: u64,
}

/// Does all of [`remove`] but commit it.
pub(super) async fn stage_removal(
    authz: &Authz,
    grant: &Grant<perm::MembersDelete>,
    user: UserId,
    if_match: Option<i64>,
) -> Result<Ended<perm::MembersDelete>> {
    let (mut tx, grant) = authz.write(grant).await?;
    let policy = Arc::clone(&grant.standing().policy);
    let target = authz.standing_in(&mut tx, &policy, user).await?.ok_or(Error::NotFound)?;
    if !grant.is(user) {
        let actor = grant.standing().clone();
        if let Err(refusal) = guards::may_act_on(holding(&actor), holding(&target), tx.at()) {
            return Err(refuse(authz, tx, &actor, &refusal).await?);
        }
    }
    Ended::of(tx, grant, &target, (user, if_match)).await
}

impl<R: Right> Ended<R> {
    async fn of(
        mut tx: WriteTx,
        grant: Grant<R>,
        target: &Standing,
        (user, if_match): (UserId, Option<i64>),
    ) -> Result<Self> {
        let (tenant, now) = (grant.tenant(), tx.at());
        let before = store::member(&mut tx, tenant, now, user).await?.ok_or(Error::NotFound)?;
        if if_match.is_some_and(|revision| revision != before.revision) {
            return Err(Error::Stale);
        }
        let cancelled = store::cancel_invitations(&mut tx, tenant, user).await?;
        store::delete(&mut tx, tenant, user).await?;
        if !grant.is(user) {
            store::remember_removal(&mut tx, tenant, user).await?;
        }
        keep_an_owner(&mut tx, &target.policy, [(target.roles.as_slice(), [].as_slice())]).await?;
        tx.touch_user(user).await?;
        Ok(Self { tx, grant, before, held: target.roles.clone(), cancelled })
    }

    async fn commit(self) -> Result<Committed> {
        let Self { tx, grant, before, cancelled, .. } = self;
        let action = if grant.is(before.user.id) { "member.left" } else { "member.removed" };
        let event = AuditEvent::done(grant.actor(), action, named(&before))
            .changing(&recorded(&before), &json!({ "roles": null, "invitations_cancelled": cancelled }))
            .affecting_access();
        tx.commit(event).await
    }
}

/// Refuses what has been written so far when it leaves the tenant to nobody: of each person, the roles before and
/// after.
pub(super) async fn keep_an_owner(
    tx: &mut WriteTx,
    policy: &TenantPolicy,
    changes: impl IntoIterator<Item = (&[HeldRole], &[HeldRole])>,
) -> Result<()> {
    let owner = guards::owner_role(policy);
    let given_up =
        changes.into_iter().any(|(before, after)| guards::gives_up_ownership(owner, before, after));
    if let Some(role) = owner
        && given_up
        && store::active_owners(tx, policy.id, role).await? == 0
    {
        let text =
            "A tenant needs at least one owner whose role has no end. Make someone else an owner first.";
        return Err(Error::Conflict(text.into()));
    }
    Ok(())
}

/// The denial, explained. Ends the write first: explaining takes another connection.
pub(super) async fn refuse(authz: &Authz, tx: WriteTx, actor: &Standing, refusal: &Refusal) -> Result<Error> {
    drop(tx);
    let required = &authz.catalogue().info(refusal.missing()).name;
    authz.deny(actor, required, refusal.reason(authz.catalogue())).await
}

pub(super) fn holding(standing: &Standing) -> Holding<'_> {
    Holding::of(standing)
}

pub(super) fn present(standing: &Standing, now: Timestamp) -> Vec<HeldRole> {
    standing.roles.iter().copied().filter(|held| held.holds_at(now)).collect()
}

/// Whether these are the same roles, with the same ends.
pub(super) fn same(one: &[HeldRole], other: &[HeldRole]) -> bool {
    one.len() == other.len() && one.iter().all(|held| other.contains(held))
}

/// The roles that are asked for, every problem named at once.
fn read(policy: &TenantPolicy, wanted: &[RoleAssignment], now: Timestamp) -> Result<Vec<HeldRole>> {
    let mut problems = Problems::default();
    let roles = problems.roles(policy, wanted, "roles", now);
    if problems.0.is_empty() { Ok(roles) } else { Err(Error::Invalid(problems.0)) }
}

pub(super) fn named(member: &Member) -> Target {
    Target::new("member", member.user.id, member.user.name.clone())
}

/// The member's roles as the audit log keeps them.
pub(crate) fn recorded(member: &Member) -> Value {
    json!({ "roles": member.roles.iter().map(recorded_role).collect::<Vec<_>>() })
}

/// A role as the audit log keeps it.
pub(super) fn recorded_role(role: &super::MemberRole) -> Value {
    json!({ "key": role.key, "expires_at": role.expires_at })
}
