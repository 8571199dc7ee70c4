//! Tenants: which there are for a person, how they are made, renamed, deleted and restored. Called by the API and the panel;
//! must never let a slug pass from one tenant to another before its reservation has ended.

mod change;
mod create;
mod restore;
mod store;

use serde::{Deserialize, Serialize};

pub use self::change::{Retention, TenantChange, change, delete};
pub use self::create::{CreationRules, NewTenant, SLUG_TAKEN, create};
pub use self::restore::{DeletedTenant, UNDO, deleted_of, purge, restore};
use crate::authz::{Authz, Grant, SessionUser, perm};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::ids::{Subject, TenantId, UserId};

/// A tenant, as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Tenant {
    /// Its id, which never changes.
    pub id: TenantId,
    /// Its name in paths.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Whether it may be used.
    pub status: Status,
    /// Goes up with every change that decisions may depend on.
    pub policy_version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// For how many days audit events are kept; for ever when null.
    pub audit_retention_days: Option<i64>,
    /// Goes up with every change of name, slug or status: what `ETag` and `If-Match` are made from.
    #[serde(skip)]
    pub revision: i64,
}

/// Whether a tenant may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "TenantStatus")]
pub enum Status {
    /// It may.
    Active,
    /// An operator suspended it: nothing in it is allowed.
    Suspended,
}

/// One of the caller's tenants, with what they are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TenantOfMine {
    /// Its id.
    pub id: TenantId,
    /// Its name in paths.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Whether it may be used.
    pub status: Status,
    /// Keys of the roles the caller holds in it now.
    pub roles: Vec<String>,
    /// Their names for people, in the same order.
    #[serde(skip)]
    pub role_names: Vec<String>,
}

/// A place in a list of tenants: the name as it is sorted, and the id. The list goes on after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub String, pub TenantId);

/// A part of a list of tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The tenants.
    pub items: Vec<Tenant>,
    /// Where the next part begins; absent at the end.
    pub next: Option<Position>,
}

/// The tenants the person is a member of, by name; at most 200. Needs no SQL while the copies are warm.
///
/// # Errors
/// [`Error::Unavailable`] when it cannot be known now.
pub async fn list_for(authz: &Authz, user: UserId, now: Timestamp) -> Result<Vec<TenantOfMine>> {
    let Some(head) = authz.user(user).await? else { return Ok(Vec::new()) };
    let mut mine = Vec::with_capacity(head.tenants.len());
    for tenant in &head.tenants {
        mine.extend(of_mine(authz, *tenant, user, now).await?);
    }
    mine.sort_by_cached_key(|tenant| (tenant.name.to_lowercase(), tenant.id));
    Ok(mine)
}

/// A tenant as a member of it sees it, with the roles they hold. None when they are none, or it is deleted.
///
/// # Errors
/// [`Error::Unavailable`] when it cannot be known now.
pub async fn of_mine(
    authz: &Authz,
    tenant: TenantId,
    subject: impl Into<Subject>,
    now: Timestamp,
) -> Result<Option<TenantOfMine>> {
    let Some(standing) = authz.standing(tenant, subject).await? else { return Ok(None) };
    Ok(Some(TenantOfMine {
        id: tenant,
        slug: standing.policy.slug.clone(),
        name: standing.policy.name.clone(),
        status: if standing.policy.suspended.is_some() { Status::Suspended } else { Status::Active },
        roles: standing.held(now).map(|(role, _)| role.key.clone()).collect(),
        role_names: standing.held(now).map(|(role, _)| role.name.clone()).collect(),
    }))
}

/// The caller's tenants by name, in parts.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(
    database: &Database,
    principal: &SessionUser,
    limit: u32,
    after: Option<&Position>,
) -> Result<Page> {
    let mut on = database.read().await?;
    let mut rows = store::page(&mut on, principal.user.id, limit, after).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| Position(row.sort_key.clone(), row.id));
    Ok(Page { items: rows.into_iter().map(Tenant::from).collect(), next })
}

/// The grant's tenant.
///
/// # Errors
/// [`Error::NotFound`] when it was deleted meanwhile; [`Error::Unavailable`].
pub async fn show(database: &Database, grant: &Grant<perm::TenantRead>) -> Result<Tenant> {
    store::tenant(&mut database.read().await?, grant.tenant()).await?.ok_or(Error::NotFound)
}

impl From<store::TenantRow> for Tenant {
    fn from(row: store::TenantRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            // What is not known to be active is not.
            status: if row.status == "active" { Status::Active } else { Status::Suspended },
            policy_version: row.policy_version,
            created_at: row.created_at,
            audit_retention_days: row.audit_retention_days,
            revision: row.revision,
        }
    }
}
