//! Copies of what decisions need, kept in memory and bounded: each tenant's compiled policy, each member's
//! standing in it, each person's head. A copy is only used while its version is the present one; [`freshness`]
//! drops it when it is not. Nothing here decides.
//!
//! [`freshness`]: crate::authz::freshness

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};

use crate::authz::policy::{RoleTable, effective};
use crate::authz::{AppHead, Permission as _, PermissionId, PermissionSet, TokenHead, UserHead, perm};
use crate::clock::Timestamp;
use crate::db::{Change, ChangeKind};
use crate::error::{Error, Result};
use crate::ids::{AppId, RoleId, Subject, TenantId, UserId};

/// A tenant and its roles, compiled.
#[derive(Debug)]
pub struct TenantPolicy {
    /// The tenant.
    pub id: TenantId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Why an operator suspended it, while it is.
    pub suspended: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its policy version.
    pub version: i64,
    /// Its roles, oldest first.
    pub roles: Vec<Role>,
    /// Whether this copy still decides; so that who holds it need not look it up.
    pub retired: Retired,
}

/// Set on a copy when it may no longer decide. It stays set.
#[derive(Debug, Default)]
pub struct Retired(AtomicBool);

impl Retired {
    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A role, compiled.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Its key, unique in the tenant.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it came with the tenant.
    pub system: bool,
    /// What it allows and denies, inherited rules included.
    pub table: RoleTable,
}

impl TenantPolicy {
    /// Whether this copy may no longer decide: a newer one is known, or it was dropped for space.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired.0.load(Ordering::Acquire)
    }

    /// The role with this id.
    #[must_use]
    pub fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }

    /// The role with this key.
    #[must_use]
    pub fn role_by_key(&self, key: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.key == key)
    }

    /// The roles that by themselves allow `permission`.
    pub fn granting(&self, permission: PermissionId) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter(move |role| {
            role.table.allow.contains(permission) && !role.table.deny.contains(permission)
        })
    }

    /// What holding `roles` at `at` amounts to.
    #[must_use]
    pub fn effective(&self, roles: &[HeldRole], at: Timestamp) -> PermissionSet {
        let held = roles.iter().filter(|held| held.holds_at(at));
        effective(held.filter_map(|held| self.role(held.role)).map(|role| &role.table))
    }
}

/// A role someone holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: RoleId,
    /// Until when; without end when absent.
    pub expires_at: Option<Timestamp>,
}

impl HeldRole {
    /// Whether it still counts at `at`.
    #[must_use]
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| at < end)
    }
}

/// A member's roles in a tenant, and what they amount to.
#[derive(Debug)]
pub struct Standing {
    /// The policy it was computed with.
    pub policy: Arc<TenantPolicy>,
    /// The roles held, those that have ended included.
    pub roles: Vec<HeldRole>,
    /// What they amount to, and the caller's token may carry.
    pub effective: PermissionSet,
    /// What the caller's token lets them hand out of it; without a token, all.
    pub reach: Option<PermissionSet>,
    /// When the next of the roles ends and this must be computed anew.
    pub until: Option<Timestamp>,
}

impl Standing {
    /// The standing of someone who holds `roles` at `now`.
    #[must_use]
    pub fn new(policy: Arc<TenantPolicy>, roles: Vec<HeldRole>, now: Timestamp) -> Self {
        let effective = policy.effective(&roles, now);
        let until = roles.iter().filter(|held| held.holds_at(now)).filter_map(|held| held.expires_at).min();
        Self { policy, roles, effective, reach: None, until }
    }

    /// The same standing, reached by a token with `scopes`: nothing else of it is of use. What a token cannot carry it
    /// cannot give either, but for minting personal tokens, by which nobody gets more than they are given besides.
    #[must_use]
    pub fn within(&self, scopes: PermissionSet) -> Self {
        let mut reach = scopes;
        reach.insert(perm::TokensCreate::ID);
        Self {
            policy: Arc::clone(&self.policy),
            roles: self.roles.clone(),
            effective: self.effective.intersection(scopes),
            reach: Some(reach),
            until: self.until,
        }
    }

    /// The roles held at `now`, in the policy's order.
    pub fn held(&self, now: Timestamp) -> impl Iterator<Item = (&Role, HeldRole)> {
        let held =
            move |role: &&Role| self.roles.iter().find(|held| held.role == role.id && held.holds_at(now));
        self.policy.roles.iter().filter_map(move |role| held(&role).map(|found| (role, *found)))
    }
}

/// The copies of this node.
#[derive(Debug)]
pub(super) struct Copies {
    pub(super) slugs: Cache<String, TenantId>,
    pub(super) policies: Policies,
    pub(super) standings: Cache<(TenantId, Subject), Arc<Standing>>,
    pub(super) users: Cache<UserId, Arc<UserHead>>,
    pub(super) apps: Cache<AppId, Arc<AppHead>>,
    pub(super) tokens: Cache<TokenHash, Arc<TokenHead>>,
}

/// The SHA-256 of a token.
pub(super) type TokenHash = [u8; 32];

pub(super) type Policies = Cache<TenantId, Arc<TenantPolicy>, UnitWeighter, DefaultHashBuilder, Retire>;

/// Retires policies that are dropped for space.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Retire;

impl Lifecycle<TenantId, Arc<TenantPolicy>> for Retire {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: TenantId, policy: Arc<TenantPolicy>) {
        policy.retired.set();
    }
}

impl Copies {
    pub(super) fn new(tenants: usize, members: usize) -> Self {
        let capacity = u64::try_from(tenants).unwrap_or(u64::MAX);
        Self {
            slugs: Cache::new(tenants),
            policies: Cache::with(tenants, capacity, UnitWeighter, DefaultHashBuilder::default(), Retire),
            standings: Cache::new(members),
            users: Cache::new(members),
            apps: Cache::new(tenants),
            tokens: Cache::new(members),
        }
    }

    /// Drops what is older than `change`, and stops loads that may have read from before it.
    pub(super) fn apply(&self, change: Change) {
        match change.kind {
            ChangeKind::Tenant => {
                let tenant = TenantId::from_uuid(change.subject);
                if self.policies.peek(&tenant).is_none_or(|policy| policy.version < change.version) {
                    self.retire(tenant);
                }
            }
            ChangeKind::User => {
                let user = UserId::from_uuid(change.subject);
                if self.users.peek(&user).is_none_or(|head| head.version < change.version) {
                    self.users.remove(&user);
                }
            }
            ChangeKind::App => {
                let app = AppId::from_uuid(change.subject);
                if self.apps.peek(&app).is_none_or(|head| head.version < change.version) {
                    self.apps.remove(&app);
                }
            }
            ChangeKind::RevokedSession => {}
        }
    }

    /// Whether this very copy is the one kept, and so will be retired in its time.
    pub(super) fn holds(&self, policy: &Arc<TenantPolicy>) -> bool {
        self.policies.peek(&policy.id).is_some_and(|kept| Arc::ptr_eq(&kept, policy))
    }

    /// Drops a tenant's policy. No copy may also mean that one is being loaded: `remove` then turns it away.
    pub(super) fn retire(&self, tenant: TenantId) {
        if let Some((_, policy)) = self.policies.remove(&tenant) {
            policy.retired.set();
        }
    }
}

/// The copy under `key`, loading it when there is none. A load that a change overtakes is done again.
pub(super) async fn copy_of<K, V, L, F>(
    cache: &Cache<K, Arc<V>, UnitWeighter, DefaultHashBuilder, L>,
    key: &K,
    load: impl Fn() -> F,
) -> Result<Option<Arc<V>>>
where
    K: Eq + std::hash::Hash + Clone,
    L: Lifecycle<K, Arc<V>> + Clone,
    F: Future<Output = Result<Option<V>>>,
{
    for _ in 0..20 {
        let guard = match cache.get_value_or_guard_async(key).await {
            Ok(copy) => return Ok(Some(copy)),
            Err(guard) => guard,
        };
        let Some(loaded) = load().await? else { return Ok(None) };
        let loaded = Arc::new(loaded);
        if guard.insert(Arc::clone(&loaded)).is_ok() {
            return Ok(Some(loaded));
        }
    }
    Err(Error::Unavailable("it changes faster than it can be read", None))
}
