//! Changing who is a member and with which roles. Each of these is one write, in which the rules are asked again
//! and the owners counted; must never take the word of what was read before the write began.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Member, store};
use crate::authz::{Authz, Grant, HeldRole, Own, Right, Standing, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Target, WriteTx};
use crate::error::{Error, FieldError, Result};
use crate::ids::UserId;
use crate::roles::guards::{self, Holding, Refusal};

/// The body of `PUT members/{user}/roles`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoles {
    /// All the roles the member is to hold; those not named are taken away.
    #[schemars(length(max = 100))]
    pub roles: Vec<RoleAssignment>,
}

/// A role to hold: its key, or its key and an end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Spelling")]
pub struct RoleAssignment {
    /// The role's key.
    pub key: String,
    /// Until when; without end when absent.
    pub expires_at: Option<Timestamp>,
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
enum Spelling {
    Key(String),
    Until(KeyUntil),
}

/// A role's key and until when it is held.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "RoleUntil")]
#[serde(deny_unknown_fields)]
struct KeyUntil {
    key: String,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl From<Spelling> for RoleAssignment {
    fn from(spelling: Spelling) -> Self {
        match spelling {
            Spelling::Key(key) => Self { key, expires_at: None },
            Spelling::Until(KeyUntil { key, expires_at }) => Self { key, expires_at },
        }
    }
}

impl schemars::JsonSchema for RoleAssignment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RoleAssignment".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Spelling::json_schema(generator)
    }
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
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, policy, now) = (grant.tenant(), Arc::clone(&grant.standing().policy), tx.at());
    let before = store::member(&mut tx, tenant, now, user).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    let target = authz.standing_in(&mut tx, &policy, user).await?.ok_or(Error::NotFound)?;
    let after = read(&policy, roles, now)?;
    let actor = grant.standing().clone();
    if user != grant.user() {
        let allowed = guards::may_act_on(holding(&actor), holding(&target), now);
        if let Err(refusal) = allowed {
            return Err(refuse(authz, tx, &actor, &refusal).await?);
        }
    }
    if same(&present(&target, now), &after) {
        return Ok((before, None));
    }
    if let Err(refusal) = guards::may_change(holding(&actor), &target.roles, &after, now) {
        return Err(refuse(authz, tx, &actor, &refusal).await?);
    }
    for held in target.roles.iter().filter(|held| after.iter().all(|kept| kept.role != held.role)) {
        store::unassign(&mut tx, tenant, user, held.role).await?;
    }
    for held in after.iter().filter(|held| !target.roles.contains(held)) {
        store::assign(&mut tx, tenant, user, *held, grant.user()).await?;
    }
    store::revise(&mut tx, tenant, user).await?;
    keep_an_owner(&mut tx, &policy, &target.roles, &after).await?;
    let member = store::member(&mut tx, tenant, now, user).await?.ok_or(Error::NotFound)?;
    let event = AuditEvent::done(grant.actor(), "member.updated", named(&member))
        .changing(&recorded(&before), &recorded(&member))
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((member, Some(committed)))
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
    let (mut tx, grant) = authz.write(grant).await?;
    let policy = Arc::clone(&grant.standing().policy);
    let target = authz.standing_in(&mut tx, &policy, user).await?.ok_or(Error::NotFound)?;
    if user != grant.user() {
        let actor = grant.standing().clone();
        if let Err(refusal) = guards::may_act_on(holding(&actor), holding(&target), tx.at()) {
            return Err(refuse(authz, tx, &actor, &refusal).await?);
        }
    }
    end(tx, &grant, &target, user, if_match).await
}

/// Ends one's own membership.
///
/// # Errors
/// [`Error::Conflict`] when nobody would own the tenant; [`Error::Unavailable`].
pub async fn leave(authz: &Authz, grant: &Grant<Own>) -> Result<Committed> {
    let (tx, grant) = authz.write(grant).await?;
    let own = grant.standing().clone();
    let user = grant.user();
    end(tx, &grant, &own, user, None).await
}

async fn end<R: Right>(
    mut tx: WriteTx,
    grant: &Grant<R>,
    target: &Standing,
    user: UserId,
    if_match: Option<i64>,
) -> Result<Committed> {
    let (tenant, now) = (grant.tenant(), tx.at());
    let before = store::member(&mut tx, tenant, now, user).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    let cancelled = store::cancel_invitations(&mut tx, tenant, user).await?;
    store::delete(&mut tx, tenant, user).await?;
    keep_an_owner(&mut tx, &target.policy, &target.roles, &[]).await?;
    tx.touch_user(user).await?;
    let action = if user == grant.user() { "member.left" } else { "member.removed" };
    if user != grant.user() {
        store::remember_removal(&mut tx, tenant, user).await?;
    }
    let event = AuditEvent::done(grant.actor(), action, named(&before))
        .changing(&recorded(&before), &json!({ "roles": null, "invitations_cancelled": cancelled }))
        .affecting_access();
    tx.commit(event).await
}

/// Refuses what has been written so far when it leaves the tenant to nobody.
async fn keep_an_owner(
    tx: &mut WriteTx,
    policy: &TenantPolicy,
    before: &[HeldRole],
    after: &[HeldRole],
) -> Result<()> {
    let owner = guards::owner_role(policy);
    if let Some(role) = owner
        && guards::gives_up_ownership(owner, before, after)
        && store::active_owners(tx, policy.id, role).await? == 0
    {
        let text =
            "A tenant needs at least one owner whose role has no end. Make someone else an owner first.";
        return Err(Error::Conflict(text.into()));
    }
    Ok(())
}

/// The denial, explained. Ends the write first: explaining takes another connection.
async fn refuse(authz: &Authz, tx: WriteTx, actor: &Standing, refusal: &Refusal) -> Result<Error> {
    drop(tx);
    let required = &authz.catalogue().info(refusal.missing()).name;
    authz.deny(actor, required, refusal.reason(authz.catalogue())).await
}

fn holding(standing: &Standing) -> Holding<'_> {
    Holding::new(&standing.policy, &standing.roles)
}

fn present(standing: &Standing, now: Timestamp) -> Vec<HeldRole> {
    standing.roles.iter().copied().filter(|held| held.holds_at(now)).collect()
}

fn same(one: &[HeldRole], other: &[HeldRole]) -> bool {
    one.len() == other.len() && one.iter().all(|held| other.contains(held))
}

/// The roles that are asked for, every problem named at once.
fn read(policy: &TenantPolicy, wanted: &[RoleAssignment], now: Timestamp) -> Result<Vec<HeldRole>> {
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    let mut roles = Vec::new();
    for (place, RoleAssignment { key, expires_at }) in wanted.iter().enumerate() {
        let mut say = |pointer: String, code, detail: &'static str| {
            problems.push(FieldError { pointer, code, detail: detail.into() });
        };
        let Some(role) = policy.role_by_key(key) else {
            say(format!("/roles/{place}"), "unknown", "This tenant has no such role.");
            continue;
        };
        if !seen.insert(role.id) {
            say(format!("/roles/{place}"), "duplicate", "Name each role once.");
        }
        if expires_at.is_some_and(|end| end <= now) {
            say(format!("/roles/{place}/expires_at"), "past", "Choose a time that is still to come.");
        }
        roles.push(HeldRole { role: role.id, expires_at: *expires_at });
    }
    if problems.is_empty() { Ok(roles) } else { Err(Error::Invalid(problems)) }
}

fn named(member: &Member) -> Target {
    Target::new("member", member.user.id, member.user.name.clone())
}

fn recorded(member: &Member) -> Value {
    let roles = member.roles.iter();
    json!({ "roles": roles.map(|role| json!({ "key": role.key, "expires_at": role.expires_at })).collect::<Vec<_>>() })
}
