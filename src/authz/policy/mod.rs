//! Rules in, decisions out: the only home of Casbin. Called when a tenant's policy is loaded or changed, and to
//! explain. Must never load into an enforcer that is in use (Casbin clears before it reads), never answer from no
//! rules (it may allow), and never show Casbin a text that somebody typed.

mod adapter;
mod explain;
mod model;
mod platform;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi, RbacApi};

use self::adapter::{DomainAdapter, domain_name, role_name};
pub use self::explain::{Explanation, Reason};
pub use self::rows::{Fault, GrantRow, MAX_DEPTH, Quarantined, RoleRow, TenantRules};
use super::permission::{Catalogue, PermissionId, PermissionSet, PolicyError};
use super::role::Effect;
use crate::error::{Error, Result};
use crate::ids::{AppId, RoleId, TenantId, UserId};

/// What each role of a tenant allows and denies, as Casbin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledRoles {
    /// By role; a role that is not here allows nothing.
    pub roles: HashMap<RoleId, RoleTable>,
    /// The rows that were set aside.
    pub quarantined: Vec<Quarantined>,
}

/// What one role allows and denies, with all it inherits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoleTable {
    /// What it allows.
    pub allow: PermissionSet,
    /// What it denies.
    pub deny: PermissionSet,
}

impl RoleTable {
    fn union(self, other: &Self) -> Self {
        Self { allow: self.allow.union(other.allow), deny: self.deny.union(other.deny) }
    }
}

/// What someone who holds these roles may do: all that is allowed, less all that is denied.
#[must_use]
pub fn effective<'a>(tables: impl Iterator<Item = &'a RoleTable>) -> PermissionSet {
    let RoleTable { allow, deny } = tables.fold(RoleTable::default(), RoleTable::union);
    allow.minus(deny)
}

/// Compiles and explains policies with Casbin. Holds no rules: each call builds its own enforcer and drops it.
pub struct PolicyEngine {
    model: DefaultModel,
    catalogue: Arc<Catalogue>,
    /// Tenants whose last policy had bad rows, for the metric.
    quarantined: Mutex<BTreeMap<TenantId, u32>>,
}

impl PolicyEngine {
    /// An engine for this model and catalogue.
    ///
    /// # Errors
    /// Names everything in `model_text` that is not as decisions need it.
    pub fn new(model_text: &str, catalogue: Arc<Catalogue>) -> Result<Self, PolicyError> {
        Ok(Self { model: model::read(model_text)?, catalogue, quarantined: Mutex::default() })
    }

    /// The permissions this engine knows.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Asks Casbin what each role of the tenant allows and denies. Bad rows are set aside, logged and counted in
    /// `freehold_policy_quarantined_rows`.
    ///
    /// # Errors
    /// `Unavailable` when the tenant has no rules, or Casbin fails; there is then no policy, and none to fall
    /// back on but the last good one.
    pub async fn compile(&self, rules: &TenantRules) -> Result<CompiledRoles> {
        let sorted = rows::sort(rules, &self.catalogue);
        self.report(rules.tenant, &sorted.quarantined);
        let enforcer = self.enforcer(DomainAdapter::new(rules.tenant, &sorted, &self.catalogue)).await?;
        let domain = domain_name(rules.tenant);
        let own = self.own_tables(&enforcer, &domain)?;
        let table = |role: &RoleId| {
            let name = role_name(*role);
            let parents = enforcer.get_implicit_roles_for_user(&name, Some(&domain));
            let all = parents.iter().chain([&name]).filter_map(|role| own.get(role));
            (*role, all.fold(RoleTable::default(), RoleTable::union))
        };
        let tables = sorted.roles.iter().map(table).collect();
        Ok(CompiledRoles { roles: tables, quarantined: sorted.quarantined })
    }

    /// Asks Casbin whether `subject` (`user:<id>` or `app:<id>`), holding the assigned roles, has the permission,
    /// and which rules speak for and against it. Costs a whole enforcer: not for the path of a request.
    ///
    /// # Errors
    /// As [`compile`](Self::compile); `Internal` when `subject` is neither a user nor an app.
    pub async fn explain(
        &self,
        rules: &TenantRules,
        subject: &str,
        assigned: &[RoleId],
        permission: PermissionId,
    ) -> Result<Explanation> {
        let subjects = [(subject.to_owned(), assigned.to_vec())];
        let answers = self.explain_each(rules, &subjects, &[permission]).await?;
        let answer = answers.into_iter().flatten().next();
        answer.ok_or(Error::Internal("a question was not answered", None))
    }

    /// The same for several subjects and permissions with one enforcer: for each subject, in their order, an
    /// explanation for each permission, in theirs.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    pub async fn explain_each(
        &self,
        rules: &TenantRules,
        subjects: &[(String, Vec<RoleId>)],
        permissions: &[PermissionId],
    ) -> Result<Vec<Vec<Explanation>>> {
        if !subjects.iter().all(|(subject, _)| is_principal(subject)) {
            return Err(Error::Internal("a subject is neither a user nor an app", None));
        }
        let sorted = rows::sort(rules, &self.catalogue);
        let mut adapter = DomainAdapter::new(rules.tenant, &sorted, &self.catalogue);
        let mut known: Vec<Vec<RoleId>> = Vec::with_capacity(subjects.len());
        for (subject, assigned) in subjects {
            let assigned = sorted.known(assigned);
            for role in &assigned {
                adapter.assign(subject, *role);
            }
            known.push(assigned);
        }
        let enforcer = self.enforcer(adapter).await?;
        let domain = domain_name(rules.tenant);
        let answer = |subject: &str, assigned: &[RoleId], permission: PermissionId| {
            let info = self.catalogue.info(permission);
            let (noun, verb) = info.noun_verb();
            let decision = enforcer
                .enforce((subject, &domain, noun, verb))
                .map_err(|error| Error::unavailable("the policy cannot answer", error))?;
            Ok(Explanation { decision, because: explain::reasons(&enforcer, rules.tenant, assigned, info) })
        };
        subjects
            .iter()
            .zip(&known)
            .map(|((subject, _), assigned)| {
                permissions.iter().map(|permission| answer(subject, assigned, *permission)).collect()
            })
            .collect()
    }

    /// Casbin itself, with one tenant's rules and one subject, to measure the compiled decision by.
    ///
    /// # Errors
    /// As [`explain`](Self::explain).
    #[doc(hidden)]
    pub async fn yardstick(
        &self,
        rules: &TenantRules,
        subject: &str,
        assigned: &[RoleId],
    ) -> Result<Yardstick> {
        if !is_principal(subject) {
            return Err(Error::Internal("the subject is neither a user nor an app", None));
        }
        let sorted = rows::sort(rules, &self.catalogue);
        let mut adapter = DomainAdapter::new(rules.tenant, &sorted, &self.catalogue);
        for role in sorted.known(assigned) {
            adapter.assign(subject, role);
        }
        let enforcer = self.enforcer(adapter).await?;
        let (subject, domain) = (subject.to_owned(), domain_name(rules.tenant));
        Ok(Yardstick { enforcer, catalogue: Arc::clone(&self.catalogue), subject, domain })
    }

    /// A new enforcer, aside: whoever uses an older answer keeps it until this one is whole.
    async fn enforcer(&self, adapter: DomainAdapter) -> Result<Enforcer> {
        if adapter.is_empty() {
            return Err(Error::Unavailable("the policy has no rules", None));
        }
        Enforcer::new(self.model.clone(), adapter)
            .await
            .map_err(|error| Error::unavailable("the policy cannot be loaded", error))
    }

    /// What each role allows and denies by itself, by Casbin's name for it. Each rule is read once, because Casbin
    /// looks through all of them whenever it is asked about one role.
    fn own_tables(&self, enforcer: &Enforcer, domain: &str) -> Result<HashMap<String, RoleTable>> {
        let mut tables: HashMap<String, RoleTable> = HashMap::new();
        for rule in enforcer.get_policy() {
            let [role, place, noun, verb, effect] = rule.as_slice() else {
                return Err(Error::Internal("Casbin holds a rule of the wrong length", None));
            };
            if place != domain {
                return Err(Error::Internal("Casbin holds a rule of another tenant", None));
            }
            let table = tables.entry(role.clone()).or_default();
            match (self.catalogue.get(&format!("{noun}:{verb}")), Effect::parse(effect)) {
                (Some(permission), Some(Effect::Allow)) => table.allow.insert(permission),
                (Some(permission), Some(Effect::Deny)) => table.deny.insert(permission),
                (None, _) | (_, None) => {
                    return Err(Error::Internal("Casbin holds a rule nobody gave it", None));
                }
            }
        }
        Ok(tables)
    }

    fn report(&self, tenant: TenantId, rows: &[Quarantined]) {
        for (role, faults) in rows::by_role(rows) {
            tracing::warn!(%tenant, %role, ?faults, "policy rows set aside");
        }
        let mut counts = self.quarantined.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&tenant);
        if !rows.is_empty() {
            counts.insert(tenant, u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        let total = counts.values().fold(0, |sum: u32, count| sum.saturating_add(*count));
        metrics::gauge!("freehold_policy_quarantined_rows").set(f64::from(total));
    }
}

/// Whether Casbin would know `subject` as a person or an app, and not as a role.
fn is_principal(subject: &str) -> bool {
    match subject.split_once(':') {
        Some(("user", id)) => id.parse::<UserId>().is_ok(),
        Some(("app", id)) => id.parse::<AppId>().is_ok(),
        _ => false,
    }
}

/// Casbin's own answer, for one subject in one tenant.
#[doc(hidden)]
pub struct Yardstick {
    enforcer: Enforcer,
    catalogue: Arc<Catalogue>,
    subject: String,
    domain: String,
}

impl Yardstick {
    /// `Enforcer::enforce`.
    ///
    /// # Errors
    /// `Unavailable` when Casbin cannot answer.
    pub fn enforce(&self, permission: PermissionId) -> Result<bool> {
        let (noun, verb) = self.catalogue.info(permission).noun_verb();
        self.enforcer
            .enforce((&self.subject, &self.domain, noun, verb))
            .map_err(|error| Error::unavailable("the policy cannot answer", error))
    }
}
