//! The SQL of roles. Every query takes the tenant.

use sqlx::query_as;

use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;
use crate::ids::{RoleId, TenantId};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct RoleRow {
    pub(super) id: RoleId,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) system: bool,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) member_count: i64,
}

pub(super) async fn roles(on: &mut impl Executor, tenant: TenantId, now: Timestamp) -> Result<Vec<RoleRow>> {
    let text = "select r.id, r.key, r.name, r.description, r.system, r.created_at, r.updated_at, \
                (select count(*) from role_assignments a where a.tenant_id = r.tenant_id and a.role_id = r.id \
                and (a.expires_at is null or a.expires_at > $2)) as member_count \
                from roles r where r.tenant_id = $1 order by r.id";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(now))
}

pub(super) async fn permissions(
    on: &mut impl Executor,
    tenant: TenantId,
) -> Result<Vec<(RoleId, String, String)>> {
    let text = "select role_id, permission, effect from role_permissions where tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

pub(super) async fn parents(on: &mut impl Executor, tenant: TenantId) -> Result<Vec<(RoleId, String)>> {
    let text = "select p.role_id, r.key from role_parents p \
                join roles r on r.tenant_id = p.tenant_id and r.id = p.parent_id where p.tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}
