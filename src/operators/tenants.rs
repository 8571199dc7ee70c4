//! Every tenant from outside: name, state and size. Suspending stops all that happens in it within a second and keeps
//! all that is in it. Recorded in the tenant's own log, so that its members see it when they are back.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Listed, Reason, Sought, cut, store};
use crate::authz::Authz;
use crate::authz::platform::{PlatformGrant, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Chain, Committed, Database, Target};
use crate::error::{Error, Result};
use crate::ids::TenantId;

/// A tenant, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OperatorTenant")]
pub struct TenantRecord {
    /// Its id.
    pub id: TenantId,
    /// Its slug; the one it had, when it is deleted.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Whether it may be used.
    pub status: TenantState,
    /// Since when it is suspended.
    pub suspended_at: Option<Timestamp>,
    /// Why it is suspended.
    pub suspended_reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// How much is in it.
    pub sizes: Sizes,
}

/// Whether a tenant may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OperatorTenantStatus")]
pub enum TenantState {
    /// It may.
    Active,
    /// An operator suspended it.
    Suspended,
    /// It was deleted, and can be restored for 30 days.
    Deleted,
}

impl TenantState {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

/// How much is in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OperatorTenantSizes")]
pub struct Sizes {
    /// Members.
    pub members: i64,
    /// Roles, the system's included.
    pub roles: i64,
    /// Open invitations.
    pub invitations: i64,
    /// Events of the audit log.
    pub audit_events: i64,
}

impl From<store::TenantRow> for TenantRecord {
    fn from(row: store::TenantRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            status: match row.status.as_str() {
                "active" => TenantState::Active,
                "deleted" => TenantState::Deleted,
                // What is not known to be active is not.
                _ => TenantState::Suspended,
            },
            suspended_at: row.suspended_at,
            suspended_reason: row.suspended_reason,
            created_at: row.created_at,
            deleted_at: row.deleted_at,
            sizes: Sizes {
                members: row.members,
                roles: row.roles,
                invitations: row.invitations,
                audit_events: row.audit_events,
            },
        }
    }
}

/// At most `limit` tenants below the id `below`, newest first.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list_tenants(
    database: &Database,
    _: &PlatformGrant<perm::TenantsRead>,
    (sought, state): (&Sought, Option<TenantState>),
    (below, limit): (Option<TenantId>, u32),
) -> Result<Listed<TenantRecord, TenantId>> {
    let asked = store::Asked {
        pattern: &sought.pattern(),
        id: sought.id(),
        state: state.map_or("", TenantState::as_str),
        below,
        limit: i64::from(limit) + 1,
        now: database.clock().now(),
    };
    let rows = store::tenants(&mut database.read().await?, &asked).await?;
    let rows: Vec<TenantRecord> = rows.into_iter().map(TenantRecord::from).collect();
    Ok(cut(rows, limit, |tenant| tenant.id))
}

/// One tenant.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`].
pub async fn show_tenant(
    database: &Database,
    _: &PlatformGrant<perm::TenantsRead>,
    tenant: TenantId,
) -> Result<TenantRecord> {
    let now = database.clock().now();
    let row = store::tenant(&mut database.read().await?, tenant, now).await?;
    row.map(TenantRecord::from).ok_or(Error::NotFound)
}

/// The id of the tenant with this slug now.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`].
pub async fn tenant_named<P>(database: &Database, _: &PlatformGrant<P>, slug: &str) -> Result<TenantId> {
    store::tenant_named(&mut database.read().await?, slug).await?.ok_or(Error::NotFound)
}

/// Suspends a tenant: from now on nothing in it is allowed, to nobody. Its members are told the reason.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] for a reason that is none; [`Error::ReauthenticationRequired`];
/// [`Error::Conflict`] when it is suspended or deleted already; [`Error::Unavailable`].
pub async fn suspend(
    authz: &Authz,
    grant: &PlatformGrant<perm::TenantsSuspend>,
    tenant: TenantId,
    reason: &Reason,
) -> Result<(TenantRecord, Committed)> {
    change(authz, grant, tenant, Some(reason)).await
}

/// Resumes a suspended tenant: everyone may again what they might before.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::ReauthenticationRequired`]; [`Error::Conflict`] when it is not suspended;
/// [`Error::Unavailable`].
pub async fn resume(
    authz: &Authz,
    grant: &PlatformGrant<perm::TenantsSuspend>,
    tenant: TenantId,
) -> Result<(TenantRecord, Committed)> {
    change(authz, grant, tenant, None).await
}

async fn change(
    authz: &Authz,
    grant: &PlatformGrant<perm::TenantsSuspend>,
    tenant: TenantId,
    suspending: Option<&Reason>,
) -> Result<(TenantRecord, Committed)> {
    let reason = suspending.map(Reason::read).transpose()?;
    let (mut tx, grant) = authz.write_as_operator(grant, Chain::Tenant(tenant)).await?;
    let at = tx.at();
    let before = store::tenant(&mut tx, tenant, at).await?.map(TenantRecord::from).ok_or(Error::NotFound)?;
    grant.principal().require_fresh(at)?;
    let (changed, action, otherwise) = match &reason {
        Some(reason) => (
            store::suspend(&mut tx, tenant, reason).await?,
            "tenant.suspended",
            "Only an active tenant can be suspended.",
        ),
        None => (store::resume(&mut tx, tenant).await?, "tenant.resumed", "This tenant is not suspended."),
    };
    if changed == 0 {
        return Err(Error::Conflict(otherwise.into()));
    }
    let after = store::tenant(&mut tx, tenant, at).await?.map(TenantRecord::from).ok_or(Error::NotFound)?;
    let recorded = |of: &TenantRecord| json!({ "status": of.status, "reason": of.suspended_reason });
    let target = Target::new("tenant", tenant, after.name.clone());
    let event = AuditEvent::done(grant.actor_in_a_tenant(), action, target)
        .changing(&recorded(&before), &recorded(&after))
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((after, committed))
}
