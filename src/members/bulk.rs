//! Giving and taking roles of many members at once: one write, all of it or nothing, under the rules that hold for
//! each of them alone. Must never do for many what would be refused for one.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assignment::{Problems, RoleAssignment};
use super::change::{keep_an_owner, recorded_role, same};
use super::{Member, MemberRole, store};
use crate::authz::{Authz, Grant, HeldRole, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Target, WriteTx};
use crate::error::{Error, Person, Result};
use crate::ids::{RoleId, UserId};
use crate::roles::guards::{self, Holding, Refusal};

/// How many members one change can be about.
const MOST_USERS: usize = 200;

/// How many roles one change can give, and how many it can take.
const MOST_ROLES: usize = 20;

/// The body of `POST members/roles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManyRoles {
    /// The members, each once.
    #[schemars(length(min = 1, max = 200))]
    pub users: Vec<UserId>,
    /// The roles all of them are to hold. Who holds one for longer keeps it for as long.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub add: Vec<RoleAssignment>,
    /// Keys of the roles none of them is to hold.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub remove: Vec<String>,
}

/// What a change of many members did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ManyChanged {
    /// Those who hold other roles than before.
    pub changed: Vec<RolesChanged>,
    /// How many of those named hold what they held.
    pub unchanged: i64,
}

/// A member, and what became of their roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RolesChanged {
    /// Who.
    pub user: Person,
    /// The roles they hold now and did not hold for as long before.
    pub given: Vec<MemberRole>,
    /// The roles they hold no more, as they held them.
    pub taken: Vec<MemberRole>,
}

/// Gives and takes roles of many members, each under the rules of a change of their own. When all of them hold these
/// already, nothing is committed and nothing recorded.
///
/// # Errors
/// [`Error::Invalid`] by field, for people who are no members too; [`Error::Forbidden`] by the rules of [`guards`] for
/// any of them; [`Error::Conflict`] when nobody would own the tenant; [`Error::Unavailable`]. Nothing is changed then.
pub async fn change_roles(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    change: &ManyRoles,
) -> Result<(ManyChanged, Option<Committed>)> {
    let Staged { tx, grant, turns } = stage(authz, grant, change).await?;
    let policy = grant.policy();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let unchanged = count(change.users.len() - turns.len());
    let changed: Vec<RolesChanged> = turns.iter().map(|turn| turn.told(policy)).collect();
    if turns.is_empty() {
        return Ok((ManyChanged { changed, unchanged }, None));
    }
    let many = if turns.len() == 1 { "1 member".to_owned() } else { format!("{} members", turns.len()) };
    let side = |roles: fn(&Turn, &TenantPolicy) -> Vec<MemberRole>| -> Vec<Value> {
        turns.iter().map(|turn| turn.recorded(&roles(turn, policy))).collect()
    };
    let before = json!({ "members": side(|turn, _| turn.member.roles.clone()) });
    let after = json!({
        "members": side(|turn, policy| shown(policy, &turn.after)),
        "given": change.add.iter().map(|role| json!({ "key": role.key, "expires_at": role.expires_at })).collect::<Vec<_>>(),
        "taken": change.remove,
    });
    let target = Target::new("members", grant.tenant(), many);
    let event = AuditEvent::done(grant.actor(), "members.roles_changed", target)
        .changing(&before, &after)
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((ManyChanged { changed, unchanged }, Some(committed)))
}

/// A change of many that the rules agreed to, written and not committed.
pub(super) struct Staged {
    pub(super) tx: WriteTx,
    /// What the actor was granted, as `tx` sees it.
    pub(super) grant: Grant<perm::MembersUpdate>,
    /// Those whose roles are other than before; the rest is not among them.
    pub(super) turns: Vec<Turn>,
}

/// One member's part in it.
pub(super) struct Turn {
    /// The member from before the change.
    pub(super) member: Member,
    /// The roles they held.
    pub(super) held: Vec<HeldRole>,
    /// The roles they hold now.
    pub(super) after: Vec<HeldRole>,
}

/// Does all of a change of many but commit it.
pub(super) async fn stage(
    authz: &Authz,
    grant: &Grant<perm::MembersUpdate>,
    change: &ManyRoles,
) -> Result<Staged> {
    let (mut tx, grant) = authz.write(grant).await?;
    let now = tx.at();
    let wanted = Wanted::read(change, grant.policy(), now)?;
    let mut turns = Vec::new();
    for member in present(&mut tx, &grant, &change.users).await? {
        let held = held(&member);
        let after = wanted.applied(&held);
        turns.push(Turn { member, held, after });
    }
    if let Some((name, refusal)) = weigh(&grant, &turns, now) {
        drop(tx);
        let catalogue = authz.catalogue();
        let required = &catalogue.info(refusal.missing()).name;
        let reason = refusal.reason(catalogue);
        let reason = match name {
            Some(name) => format!("{name}: {reason}").into(),
            None => reason,
        };
        return Err(authz.deny(grant.standing(), required, reason).await?);
    }
    turns.retain(|turn| !same(&turn.held, &turn.after));
    write(&mut tx, &grant, &wanted, &turns).await?;
    let sides = turns.iter().map(|turn| (turn.held.as_slice(), turn.after.as_slice()));
    keep_an_owner(&mut tx, grant.policy(), sides).await?;
    Ok(Staged { tx, grant, turns })
}

/// The members that are named, in that order.
async fn present(
    tx: &mut WriteTx,
    grant: &Grant<perm::MembersUpdate>,
    users: &[UserId],
) -> Result<Vec<Member>> {
    let now = tx.at();
    let found = store::several(tx, grant.tenant(), now, users).await?;
    let mut found: HashMap<UserId, Member> =
        found.into_iter().map(|member| (member.user.id, member)).collect();
    let mut problems = Problems::default();
    let mut members = Vec::new();
    for (place, user) in users.iter().enumerate() {
        match found.remove(user) {
            Some(member) => members.push(member),
            None => problems.say(format!("/users/{place}"), "unknown", "This tenant has no such member."),
        }
    }
    if problems.0.is_empty() { Ok(members) } else { Err(Error::Invalid(problems.0)) }
}

/// Why it may not be, if so, and because of whom, where that may be said.
fn weigh(
    grant: &Grant<perm::MembersUpdate>,
    turns: &[Turn],
    now: Timestamp,
) -> Option<(Option<String>, Refusal)> {
    let policy = grant.policy();
    let actor = Holding::new(policy, &grant.standing().roles);
    turns.iter().find_map(|turn| {
        let user = &turn.member.user;
        let may_act = || guards::may_act_on(actor, Holding::new(policy, &turn.held), now);
        let allowed = if grant.is(user.id) { Ok(()) } else { may_act() };
        let refusal = allowed.and_then(|()| guards::may_change(actor, &turn.held, &turn.after, now)).err()?;
        Some((grant.can::<perm::MembersRead>().then(|| user.name.clone()), refusal))
    })
}

/// Writes it, role by role: so many statements, however many members there are.
async fn write(
    tx: &mut WriteTx,
    grant: &Grant<perm::MembersUpdate>,
    wanted: &Wanted,
    turns: &[Turn],
) -> Result<()> {
    let tenant = grant.tenant();
    let those = |of: &dyn Fn(&Turn) -> bool| -> Vec<UserId> {
        turns.iter().filter(|turn| of(turn)).map(|turn| turn.member.user.id).collect()
    };
    for role in &wanted.remove {
        let users = those(&|turn| turn.held.iter().any(|held| held.role == *role));
        store::unassign_from(tx, tenant, *role, &users).await?;
    }
    for role in &wanted.add {
        let users = those(&|turn| turn.after.contains(role) && !turn.held.contains(role));
        store::assign_to(tx, tenant, *role, &users, grant.subject()).await?;
    }
    store::revise_several(tx, tenant, &those(&|_| true)).await.map(drop)
}

/// What is asked of everyone.
struct Wanted {
    add: Vec<HeldRole>,
    remove: Vec<RoleId>,
}

impl Wanted {
    /// Reads the body, every problem named at once.
    fn read(change: &ManyRoles, policy: &TenantPolicy, now: Timestamp) -> Result<Self> {
        let mut problems = Problems::default();
        let text = |field: &str| format!("/{field}");
        match change.users.len() {
            0 => problems.say(text("users"), "required", "Name at least one member."),
            1..=MOST_USERS => {}
            _ => problems.say(text("users"), "too_many", "Name at most 200 members."),
        }
        for (field, count) in [("add", change.add.len()), ("remove", change.remove.len())] {
            if count > MOST_ROLES {
                problems.say(text(field), "too_many", "Name at most 20 roles.");
            }
        }
        if change.add.is_empty() && change.remove.is_empty() {
            problems.say(text("add"), "required", "Say which roles to give or to take.");
        }
        let mut seen = HashSet::new();
        for (place, user) in change.users.iter().enumerate() {
            if !seen.insert(user) {
                problems.say(format!("/users/{place}"), "duplicate", "Name each member once.");
            }
        }
        let add = problems.roles(policy, &change.add, "add", now);
        let mut remove = Vec::new();
        for (place, key) in change.remove.iter().enumerate() {
            let pointer = format!("/remove/{place}");
            match policy.role_by_key(key).map(|role| role.id) {
                None => problems.say(pointer, "unknown", "This tenant has no such role."),
                Some(role) if remove.contains(&role) || add.iter().any(|given| given.role == role) => {
                    problems.say(pointer, "duplicate", "Name each role once, to give it or to take it.");
                }
                Some(role) => remove.push(role),
            }
        }
        if problems.0.is_empty() { Ok(Self { add, remove }) } else { Err(Error::Invalid(problems.0)) }
    }

    /// What becomes of these roles.
    fn applied(&self, held: &[HeldRole]) -> Vec<HeldRole> {
        let lasts = |one: HeldRole, other: HeldRole| {
            one.expires_at.is_none_or(|end| other.expires_at.is_some_and(|other| other <= end))
        };
        let mut after: Vec<HeldRole> =
            held.iter().copied().filter(|held| !self.remove.contains(&held.role)).collect();
        for given in &self.add {
            match after.iter_mut().find(|held| held.role == given.role) {
                Some(held) if lasts(*held, *given) => {}
                Some(held) => *held = *given,
                None => after.push(*given),
            }
        }
        after
    }
}

impl Turn {
    fn told(&self, policy: &TenantPolicy) -> RolesChanged {
        let user = Person { id: self.member.user.id, name: self.member.user.name.clone() };
        let given: Vec<HeldRole> =
            self.after.iter().copied().filter(|role| !self.held.contains(role)).collect();
        let kept = |role: &MemberRole| self.after.iter().any(|held| held.role == role.id);
        let taken = self.member.roles.iter().filter(|role| !kept(role)).cloned().collect();
        RolesChanged { user, given: shown(policy, &given), taken }
    }

    /// The member with these roles, as the audit log keeps it.
    fn recorded(&self, roles: &[MemberRole]) -> Value {
        let user = &self.member.user;
        let roles: Vec<Value> = roles.iter().map(recorded_role).collect();
        json!({ "id": user.id, "name": user.name, "roles": roles })
    }
}

fn held(member: &Member) -> Vec<HeldRole> {
    member.roles.iter().map(|role| HeldRole { role: role.id, expires_at: role.expires_at }).collect()
}

/// Roles as a member is shown with them, by key.
fn shown(policy: &TenantPolicy, roles: &[HeldRole]) -> Vec<MemberRole> {
    let role = |held: &HeldRole| {
        let role = policy.role(held.role)?;
        Some(MemberRole {
            id: role.id,
            key: role.key.clone(),
            name: role.name.clone(),
            expires_at: held.expires_at,
        })
    };
    let mut shown: Vec<MemberRole> = roles.iter().filter_map(role).collect();
    shown.sort_by(|one, other| one.key.cmp(&other.key));
    shown
}
