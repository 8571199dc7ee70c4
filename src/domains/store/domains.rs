//! The tables `domains` and `domain_roles`.

use sqlx::{query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::domains::Joining;
use crate::error::Result;
use crate::ids::{RoleId, TenantId};

#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::domains) struct DomainRow {
    pub(in crate::domains) name: String,
    pub(in crate::domains) token: String,
    pub(in crate::domains) verified_at: Option<Timestamp>,
    pub(in crate::domains) checked_at: Option<Timestamp>,
    pub(in crate::domains) joining: String,
    pub(in crate::domains) role: Option<String>,
    pub(in crate::domains) created_at: Timestamp,
    pub(in crate::domains) revision: i64,
}

pub(in crate::domains) async fn domains(
    on: &mut impl Executor,
    tenant: TenantId,
    limit: i64,
) -> Result<Vec<DomainRow>> {
    let text = "select d.name, d.token, d.verified_at, d.checked_at, d.joining, r.key as role, d.created_at, \
                d.revision from domains d \
                left join domain_roles dr on dr.tenant_id = d.tenant_id and dr.domain = d.name \
                left join roles r on r.tenant_id = dr.tenant_id and r.id = dr.role_id \
                where d.tenant_id = $1 order by d.name limit $2";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(limit))
}

pub(in crate::domains) async fn by_name(
    on: &mut impl Executor,
    tenant: TenantId,
    name: &str,
) -> Result<Option<DomainRow>> {
    let text = "select d.name, d.token, d.verified_at, d.checked_at, d.joining, r.key as role, d.created_at, \
                d.revision from domains d \
                left join domain_roles dr on dr.tenant_id = d.tenant_id and dr.domain = d.name \
                left join roles r on r.tenant_id = dr.tenant_id and r.id = dr.role_id \
                where d.tenant_id = $1 and d.name = $2";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(name))
}

pub(in crate::domains) async fn count(tx: &mut WriteTx, tenant: TenantId) -> Result<i64> {
    sql!(tx, fetch_one, query_scalar("select count(*) from domains where tenant_id = $1").bind(tenant))
}

pub(in crate::domains) async fn insert(
    tx: &mut WriteTx,
    tenant: TenantId,
    name: &str,
    token: &str,
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into domains (tenant_id, name, token, created_at) values ($1, $2, $3, $4)";
    sql!(tx, execute, query(text).bind(tenant).bind(name).bind(token).bind(at))
}

pub(in crate::domains) async fn delete(tx: &mut WriteTx, tenant: TenantId, name: &str) -> Result<u64> {
    let text = "delete from domains where tenant_id = $1 and name = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(name))
}

pub(in crate::domains) async fn set_joining(
    tx: &mut WriteTx,
    tenant: TenantId,
    name: &str,
    joining: Joining,
) -> Result<u64> {
    let text = "update domains set joining = $3, revision = revision + 1 where tenant_id = $1 and name = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(name).bind(joining.as_str()))
}

pub(in crate::domains) async fn set_role(
    tx: &mut WriteTx,
    tenant: TenantId,
    name: &str,
    role: RoleId,
) -> Result<u64> {
    let text = "insert into domain_roles (tenant_id, domain, role_id) values ($1, $2, $3) \
                on conflict (tenant_id, domain) do update set role_id = excluded.role_id";
    sql!(tx, execute, query(text).bind(tenant).bind(name).bind(role))
}

/// The tenant besides this one that has proved the domain, and its token.
pub(in crate::domains) async fn verified_elsewhere(
    on: &mut impl Executor,
    tenant: TenantId,
    name: &str,
) -> Result<Option<(TenantId, String)>> {
    let text = "select tenant_id, token from domains where name = $2 and verified_at is not null and tenant_id <> $1";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(name))
}

pub(in crate::domains) async fn set_verified(tx: &mut WriteTx, tenant: TenantId, name: &str) -> Result<u64> {
    let at = tx.at();
    let text = "update domains set verified_at = $3, checked_at = $3, revision = revision + 1 \
                where tenant_id = $1 and name = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(name).bind(at))
}

/// Takes the proof away, if it is there; how many rows that were.
pub(in crate::domains) async fn lapse(tx: &mut WriteTx, tenant: TenantId, name: &str) -> Result<u64> {
    let at = tx.at();
    let text = "update domains set verified_at = null, checked_at = $3, revision = revision + 1 \
                where tenant_id = $1 and name = $2 and verified_at is not null";
    sql!(tx, execute, query(text).bind(tenant).bind(name).bind(at))
}

/// Notes that the name servers answered.
pub(in crate::domains) async fn checked(
    on: &mut impl Executor,
    tenant: TenantId,
    name: &str,
    at: Timestamp,
) -> Result<u64> {
    let text = "update domains set checked_at = $3 where tenant_id = $1 and name = $2";
    sql!(on, execute, query(text).bind(tenant).bind(name).bind(at))
}
