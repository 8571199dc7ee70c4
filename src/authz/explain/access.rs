//! What someone may do and who may do something, each with the rules that say so. Called by the API and the panel for
//! who may ask. Casbin answers and the compiled policy is held against it: when they differ nothing is said, because
//! an explanation of another decision than the one that is enforced would be worse than none.

use std::collections::HashMap;

use serde::Serialize;

use super::store::{self, Row, Wanted};
use crate::authz::decide::Authz;
use crate::authz::policy::{Explanation, Reason, TenantRules};
use crate::authz::store::tenant_by_id;
use crate::authz::{Effect, Grant, HeldRole, PermissionId, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::{Change, ChangeKind, Executor};
use crate::error::{Error, Result};
use crate::ids::{RoleId, Subject, TenantId};
use uuid::Uuid;

/// How often to begin anew when the policy changes while it is read.
const ROUNDS: usize = 20;

/// A role, as explanations name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct NamedRole {
    /// Its id.
    pub id: RoleId,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
}

/// One rule that speaks for or against, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Because {
    /// What the rule says. One denial outweighs every allowance.
    pub effect: Effect,
    /// The role that is held.
    pub role: NamedRole,
    /// Until when it is held; without end when absent.
    pub expires_at: Option<Timestamp>,
    /// The roles it inherits the rule through, one after the other; the last has the rule. Empty when the role that is
    /// held has it.
    pub via: Vec<NamedRole>,
}

/// A member who is spoken of, which may be an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is, by id.
    pub id: Subject,
    /// Their name.
    pub name: String,
}

/// A role a member holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberHolds {
    /// The role.
    pub role: NamedRole,
    /// Until when; without end when absent.
    pub expires_at: Option<Timestamp>,
}

/// What one member may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberAccess {
    /// Who.
    pub member: Member,
    /// Whether they are disabled: then nothing is allowed, whatever their roles say.
    pub disabled: bool,
    /// The roles they hold now.
    pub roles: Vec<MemberHolds>,
    /// The version of the policy that was asked.
    pub policy_version: i64,
    /// One for each permission that was asked about, in the same order.
    pub verdicts: Vec<Verdict>,
}

/// Whether one thing is allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The permission.
    pub permission: PermissionId,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Every rule that speaks for or against it: denials first, then the nearest. Empty: no rule speaks of it.
    pub because: Vec<Because>,
}

/// Someone who may do what was asked about, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Able {
    /// Who.
    pub member: Member,
    /// Every rule that speaks for it.
    pub because: Vec<Because>,
}

impl Authz {
    /// What the member, a person or an app, may do of `permissions`, and why.
    ///
    /// # Errors
    /// [`Error::NotFound`] when they are not a member of the grant's tenant; [`Error::Unavailable`].
    pub async fn explain_member(
        &self,
        grant: &Grant<perm::AccessRead>,
        subject: impl Into<Subject>,
        permissions: &[PermissionId],
    ) -> Result<MemberAccess> {
        let (tenant, subject) = (grant.tenant(), subject.into());
        for _ in 0..ROUNDS {
            let policy = self.policy(tenant).await?.ok_or(Error::NotFound)?;
            let now = self.database.clock().now();
            let mut on = self.database.read().await?;
            let (name, disabled) = store::member(&mut on, tenant, subject).await?.ok_or(Error::NotFound)?;
            let held = store::held(&mut on, tenant, subject).await?;
            let rules = self.loader.rules(&mut on, tenant).await?;
            if !self.is_current(&mut on, &policy).await? {
                continue;
            }
            drop(on);
            let held: Vec<HeldRole> = held.into_iter().filter(|held| held.holds_at(now)).collect();
            let asked = vec![(subject, held.clone())];
            let answers = self.ask(&rules, (&policy, now), &asked, permissions).await?;
            let verdicts =
                permissions.iter().zip(answers.into_iter().flatten()).map(|(id, answer)| Verdict {
                    permission: *id,
                    allowed: answer.decision && !disabled,
                    because: because(&policy, &held, &answer.because),
                });
            let holds = |held: &HeldRole| {
                Some(MemberHolds { role: named(&policy, held.role)?, expires_at: held.expires_at })
            };
            return Ok(MemberAccess {
                member: Member { id: subject, name },
                disabled,
                roles: held.iter().filter_map(holds).collect(),
                policy_version: policy.version,
                verdicts: verdicts.collect(),
            });
        }
        Err(Error::Unavailable("the policy changes faster than it can be read", None))
    }

    /// The members, people and apps, who may do `permission`, by id from `after` on, at most `limit`, and whether there
    /// are more. Who is disabled may do nothing and is left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database or Casbin cannot answer.
    pub async fn who_can(
        &self,
        grant: &Grant<perm::AccessRead>,
        permission: PermissionId,
        (after, limit): (Option<Uuid>, u32),
    ) -> Result<(Vec<Able>, bool)> {
        let tenant = grant.tenant();
        for _ in 0..ROUNDS {
            let policy = self.policy(tenant).await?.ok_or(Error::NotFound)?;
            let now = self.database.clock().now();
            let having = |wanted: Effect| {
                let roles = policy.roles.iter().filter(|role| {
                    let set = if wanted == Effect::Allow { role.table.allow } else { role.table.deny };
                    set.contains(permission)
                });
                roles.map(|role| role.id).collect()
            };
            let wanted = Wanted {
                allowing: having(Effect::Allow),
                denying: having(Effect::Deny),
                after: after.unwrap_or(Uuid::nil()),
                limit,
            };
            let mut on = self.database.read().await?;
            let rows = store::able(&mut on, tenant, now, &wanted).await?;
            let rules = self.loader.rules(&mut on, tenant).await?;
            if !self.is_current(&mut on, &policy).await? {
                continue;
            }
            drop(on);
            let mut people = members(rows);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = people.len() > limit;
            people.truncate(limit);
            return Ok((self.able(&rules, (&policy, now), people, permission).await?, more));
        }
        Err(Error::Unavailable("the policy changes faster than it can be read", None))
    }

    /// Those of `people` whom Casbin allows `permission`, which are all of them, with its reasons. Casbin is asked once
    /// for each set of roles, because most members of a tenant hold the same few.
    async fn able(
        &self,
        rules: &TenantRules,
        at: (&TenantPolicy, Timestamp),
        people: Vec<(Member, Vec<HeldRole>)>,
        permission: PermissionId,
    ) -> Result<Vec<Able>> {
        let mut places: HashMap<Vec<RoleId>, usize> = HashMap::new();
        let mut asked: Vec<(Subject, Vec<HeldRole>)> = Vec::new();
        for (member, held) in &people {
            places.entry(roles(held)).or_insert_with(|| {
                asked.push((member.id, held.clone()));
                asked.len() - 1
            });
        }
        let answers = self.ask(rules, at, &asked, &[permission]).await?;
        people
            .into_iter()
            .map(|(member, held)| {
                let place = places.get(&roles(&held)).and_then(|place| answers.get(*place)?.first());
                let answer = place.filter(|answer| answer.decision);
                let answer = answer.ok_or(Error::Internal("someone was found who may not", None))?;
                Ok(Able { member, because: because(at.0, &held, &answer.because) })
            })
            .collect()
    }

    /// Casbin's explanations, after each was found to agree with what is enforced.
    async fn ask(
        &self,
        rules: &TenantRules,
        (policy, now): (&TenantPolicy, Timestamp),
        asked: &[(Subject, Vec<HeldRole>)],
        permissions: &[PermissionId],
    ) -> Result<Vec<Vec<Explanation>>> {
        let subjects: Vec<(String, Vec<RoleId>)> =
            asked.iter().map(|(who, held)| (format!("{}:{}", who.kind(), who.uuid()), roles(held))).collect();
        let answers = self.loader.engine().explain_each(rules, &subjects, permissions).await?;
        for ((_, held), answers) in asked.iter().zip(&answers) {
            let enforced = policy.effective(held, now);
            let differs =
                |(id, answer): (&PermissionId, &Explanation)| enforced.contains(*id) != answer.decision;
            if permissions.iter().zip(answers).any(differs) {
                return Err(Error::Internal("Casbin and the compiled policy differ", None));
            }
        }
        Ok(answers)
    }

    /// Whether `policy` is still what the database holds; drops this node's copy when it is not.
    async fn is_current(&self, on: &mut impl Executor, policy: &TenantPolicy) -> Result<bool> {
        let row = tenant_by_id(on, policy.id).await?.ok_or(Error::NotFound)?;
        let current = row.policy_version == policy.version;
        if !current {
            let (kind, subject) = (ChangeKind::Tenant, TenantId::uuid(policy.id));
            self.copies.apply(Change { kind, subject, version: row.policy_version });
        }
        Ok(current)
    }
}

fn roles(held: &[HeldRole]) -> Vec<RoleId> {
    held.iter().map(|held| held.role).collect()
}

/// Rows in the order of their members, as members with their roles.
fn members(rows: Vec<Row>) -> Vec<(Member, Vec<HeldRole>)> {
    let mut people: Vec<(Member, Vec<HeldRole>)> = Vec::new();
    for (app, id, name, role, expires_at) in rows {
        let id = Subject::of(app, id);
        let held = HeldRole { role, expires_at };
        match people.last_mut().filter(|(last, _)| last.id == id) {
            Some((_, roles)) => roles.push(held),
            None => people.push((Member { id, name }, vec![held])),
        }
    }
    people
}

fn named(policy: &TenantPolicy, id: RoleId) -> Option<NamedRole> {
    policy.role(id).map(|role| NamedRole { id, key: role.key.clone(), name: role.name.clone() })
}

/// Casbin's reasons, with names for its ids and the end of the role that is held.
fn because(policy: &TenantPolicy, held: &[HeldRole], reasons: &[Reason]) -> Vec<Because> {
    let because = |reason: &Reason| {
        Some(Because {
            effect: reason.effect,
            role: named(policy, reason.role)?,
            expires_at: held.iter().find(|held| held.role == reason.role)?.expires_at,
            via: reason.via.iter().filter_map(|id| named(policy, *id)).collect(),
        })
    };
    reasons.iter().filter_map(because).collect()
}
