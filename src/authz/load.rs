//! Makes copies from the database: a tenant's policy through Casbin, a member's standing. Also used inside write
//! transactions, where the guards must see what is true there and not a copy.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authz::platform::PlatformTables;
use crate::authz::policy::{GrantRow, PolicyEngine, RoleRow, RoleTable, TenantRules};
use crate::authz::snapshot::{HeldRole, Retired, Role, Standing, TenantPolicy};
use crate::authz::store::{self, StoredRole};
use crate::authz::{Catalogue, SystemRole, SystemRoles};
use crate::clock::Timestamp;
use crate::db::Executor;
use crate::error::{Error, Result};
use crate::ids::{RoleId, Subject, TenantId};

/// Turns rows into policies.
pub(super) struct Loader {
    engine: PolicyEngine,
    catalogue: Arc<Catalogue>,
    system: SystemRoles,
    /// What the system roles amount to by themselves, as Casbin said at start: most tenants have no others.
    system_tables: HashMap<&'static str, RoleTable>,
    platform: PlatformTables,
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("system_tables", &self.system_tables).finish_non_exhaustive()
    }
}

impl Loader {
    pub(super) async fn new(
        engine: PolicyEngine,
        catalogue: Arc<Catalogue>,
        system: SystemRoles,
    ) -> Result<Self> {
        let system_tables = system_tables(&engine, &catalogue, &system).await?;
        let platform = engine.compile_platform().await?;
        Ok(Self { engine, catalogue, system, system_tables, platform })
    }

    /// What the platform roles allow.
    pub(super) fn platform(&self) -> &PlatformTables {
        &self.platform
    }

    pub(super) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    pub(super) fn system(&self) -> &SystemRoles {
        &self.system
    }

    /// What the system roles amount to by themselves.
    pub(super) fn system_tables(&self) -> &HashMap<&'static str, RoleTable> {
        &self.system_tables
    }

    /// The tenant's policy as `on` sees it. None when there is no such tenant.
    pub(super) async fn policy(
        &self,
        on: &mut impl Executor,
        tenant: TenantId,
    ) -> Result<Option<TenantPolicy>> {
        let Some(row) = store::tenant_by_id(on, tenant).await? else { return Ok(None) };
        let stored = store::roles(on, tenant).await?;
        let tables = if stored.iter().all(|role| role.system) {
            stored
                .iter()
                .filter_map(|role| Some((role.id, *self.system_tables.get(role.key.as_str())?)))
                .collect()
        } else {
            let rules = self.tenant_rules(on, tenant, &stored).await?;
            self.engine.compile(&rules).await?.roles
        };
        if tables.is_empty() {
            return Err(Error::Unavailable("the tenant has no policy", None));
        }
        let roles = stored.into_iter().map(|role| Role {
            table: tables.get(&role.id).copied().unwrap_or_default(),
            id: role.id,
            key: role.key,
            name: role.name,
            description: role.description,
            system: role.system,
        });
        Ok(Some(TenantPolicy {
            id: row.id,
            slug: row.slug,
            name: row.name,
            // What is not known to be active is not.
            suspended: (row.status != "active").then(|| row.suspended_reason.unwrap_or_default()),
            created_at: row.created_at,
            version: row.policy_version,
            roles: roles.collect(),
            retired: Retired::default(),
        }))
    }

    /// Casbin, to ask it why.
    pub(super) fn engine(&self) -> &PolicyEngine {
        &self.engine
    }

    /// The tenant's rules as `on` sees them.
    pub(super) async fn rules(&self, on: &mut impl Executor, tenant: TenantId) -> Result<TenantRules> {
        let stored = store::roles(on, tenant).await?;
        self.tenant_rules(on, tenant, &stored).await
    }

    /// The tenant's rules, as Casbin is given them.
    pub(super) async fn tenant_rules(
        &self,
        on: &mut impl Executor,
        tenant: TenantId,
        stored: &[StoredRole],
    ) -> Result<TenantRules> {
        let permissions = store::role_permissions(on, tenant).await?;
        let parents = store::role_parents(on, tenant).await?;
        Ok(rules(tenant, (stored, permissions, &parents), &self.catalogue, &self.system))
    }
}

/// What each system role amounts to by itself, by its key, as Casbin says.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when Casbin refuses them.
pub async fn system_tables(
    engine: &PolicyEngine,
    catalogue: &Catalogue,
    system: &SystemRoles,
) -> Result<HashMap<&'static str, RoleTable>> {
    let made = |role: &SystemRole| StoredRole {
        id: RoleId::new(),
        key: role.key.to_owned(),
        name: role.name.to_owned(),
        description: role.description.to_owned(),
        system: true,
    };
    let stored: Vec<StoredRole> = system.iter().map(made).collect();
    let rules = rules(TenantId::new(), (&stored, Vec::new(), &[]), catalogue, system);
    let compiled = engine.compile(&rules).await?;
    let table =
        |(role, stored): (&SystemRole, &StoredRole)| Some((role.key, *compiled.roles.get(&stored.id)?));
    Ok(system.iter().zip(&stored).filter_map(table).collect())
}

/// Rows of `roles`, `role_permissions` and `role_parents`.
type Rows<'a> = (&'a [StoredRole], Vec<(RoleId, String, String)>, &'a [(RoleId, RoleId)]);

/// The rules of a tenant's roles: what the database holds, and for system roles what `roles.csv` says.
fn rules(
    tenant: TenantId,
    (stored, permissions, parents): Rows<'_>,
    catalogue: &Catalogue,
    system: &SystemRoles,
) -> TenantRules {
    let mut rows: HashMap<RoleId, RoleRow> = stored
        .iter()
        .map(|role| (role.id, RoleRow { id: role.id, grants: Vec::new(), parents: Vec::new() }))
        .collect();
    let by_key: HashMap<&str, RoleId> =
        stored.iter().filter(|role| role.system).map(|role| (role.key.as_str(), role.id)).collect();
    for role in system.iter() {
        let Some(row) = by_key.get(role.key).and_then(|id| rows.get_mut(id)) else { continue };
        row.grants.extend(role.grants.iter().map(|(permission, effect)| GrantRow {
            permission: catalogue.info(*permission).name.clone(),
            effect: effect.as_str().to_owned(),
        }));
        row.parents.extend(role.inherits.iter().filter_map(|key| by_key.get(key)));
    }
    for (role, permission, effect) in permissions {
        if let Some(row) = rows.get_mut(&role) {
            row.grants.push(GrantRow { permission, effect });
        }
    }
    for (role, parent) in parents {
        if let Some(row) = rows.get_mut(role) {
            row.parents.push(*parent);
        }
    }
    TenantRules { tenant, roles: rows.into_values().collect() }
}

/// The subject's standing as `on` sees it: none when not a member, `Err(newer)` when the policy has moved on.
pub(super) async fn standing(
    on: &mut impl Executor,
    policy: &Arc<TenantPolicy>,
    subject: Subject,
    now: Timestamp,
) -> Result<Option<Result<Standing, i64>>> {
    let rows = store::assignments(on, policy.id, subject).await?;
    let Some(version) = rows.first().map(|row| row.policy_version) else { return Ok(None) };
    if version != policy.version {
        return Ok(Some(Err(version)));
    }
    let held =
        rows.iter().filter_map(|row| Some(HeldRole { role: row.role_id?, expires_at: row.expires_at }));
    Ok(Some(Ok(Standing::new(Arc::clone(policy), held.collect(), now))))
}
