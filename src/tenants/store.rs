//! The SQL of tenants and their slugs.

use sqlx::{query, query_as, query_scalar};

use super::Position;
use crate::authz::SystemRole;
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::{Error, Result};
use crate::ids::{RoleId, TenantId, UserId};
use crate::names::{Name, Slug};

#[derive(Debug, sqlx::FromRow)]
pub(super) struct TenantRow {
    pub(super) id: TenantId,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) sort_key: String,
    pub(super) status: String,
    pub(super) policy_version: i64,
    pub(super) created_at: Timestamp,
    pub(super) audit_retention_days: Option<i64>,
    pub(super) revision: i64,
}

pub(super) async fn tenant(on: &mut impl Executor, tenant: TenantId) -> Result<Option<super::Tenant>> {
    let text = "select id, slug, name, lower(name) as sort_key, status, policy_version, created_at, \
                audit_retention_days, revision from tenants where id = $1 and deleted_at is null";
    let row: Option<TenantRow> = sql!(on, fetch_optional, query_as(text).bind(tenant))?;
    Ok(row.map(super::Tenant::from))
}

/// The row of a tenant that a write has just made or decided on.
pub(super) async fn row(tx: &mut WriteTx, tenant: TenantId) -> Result<TenantRow> {
    let text = "select id, slug, name, lower(name) as sort_key, status, policy_version, created_at, \
                audit_retention_days, revision from tenants where id = $1 and deleted_at is null";
    let row = sql!(tx, fetch_optional, query_as(text).bind(tenant))?;
    row.ok_or(Error::NotFound)
}

pub(super) async fn page(
    on: &mut impl Executor,
    user: UserId,
    limit: u32,
    after: Option<&Position>,
) -> Result<Vec<TenantRow>> {
    let text = "select t.id, t.slug, t.name, lower(t.name) as sort_key, t.status, t.policy_version, t.created_at, \
                t.audit_retention_days, t.revision from members m join tenants t on t.id = m.tenant_id \
                where m.user_id = $1 and t.deleted_at is null \
                and ($2 = 0 or (lower(t.name), t.id) > ($3, $4)) order by lower(t.name), t.id limit $5";
    let (from, name, id) = match after {
        Some(Position(name, id)) => (1_i64, name.as_str(), *id),
        None => (0, "", TenantId::from_uuid(uuid::Uuid::nil())),
    };
    sql!(on, fetch_all, query_as(text).bind(user).bind(from).bind(name).bind(id).bind(i64::from(limit) + 1))
}

/// How many tenants the person owns now.
pub(super) async fn owned_by(on: &mut impl Executor, user: UserId, now: Timestamp) -> Result<i64> {
    let text = "select count(*) from members m join tenants t on t.id = m.tenant_id \
                join role_assignments a on a.tenant_id = m.tenant_id and a.user_id = m.user_id \
                join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id \
                where m.user_id = $1 and t.deleted_at is null and r.system and r.key = 'owner' \
                and (a.expires_at is null or a.expires_at > $2)";
    sql!(on, fetch_one, query_scalar(text).bind(user).bind(now))
}

/// Makes the row, with its id in place of a slug: the slug is taken next, and taking it needs the row.
pub(super) async fn insert(tx: &mut WriteTx, tenant: TenantId, name: &Name) -> Result<u64> {
    let at = tx.at();
    let text = "insert into tenants (id, slug, name, created_at, updated_at) values ($1, $2, $3, $4, $4)";
    sql!(tx, execute, query(text).bind(tenant).bind(tenant.to_string()).bind(name.as_str()).bind(at))
}

pub(super) async fn insert_role(
    tx: &mut WriteTx,
    tenant: TenantId,
    id: RoleId,
    role: &SystemRole,
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into roles (id, tenant_id, key, name, description, system, created_at, updated_at) \
                values ($1, $2, $3, $4, $5, true, $6, $6)";
    sql!(
        tx,
        execute,
        query(text).bind(id).bind(tenant).bind(role.key).bind(role.name).bind(role.description).bind(at)
    )
}

/// Gives the tenant's maker a role of it, without end.
pub(super) async fn assign(tx: &mut WriteTx, tenant: TenantId, user: UserId, role: RoleId) -> Result<u64> {
    let at = tx.at();
    let text = "insert into role_assignments (tenant_id, user_id, role_id, assigned_at, assigned_by) \
                values ($1, $2, $3, $4, $2)";
    sql!(tx, execute, query(text).bind(tenant).bind(user).bind(role).bind(at))
}

/// Takes a slug for the tenant: one that is free, that was reserved until some past time, or that was its own.
/// False when another tenant has it, or may still come back to it.
pub(super) async fn claim(tx: &mut WriteTx, slug: &Slug, tenant: TenantId) -> Result<bool> {
    let at = tx.at();
    let text = "insert into tenant_slugs (slug, tenant_id) values ($1, $2) on conflict (slug) do update \
                set tenant_id = excluded.tenant_id, reserved_until = null \
                where tenant_slugs.tenant_id = excluded.tenant_id \
                or (tenant_slugs.reserved_until is not null and tenant_slugs.reserved_until <= $3)";
    Ok(sql!(tx, execute, query(text).bind(slug.as_str()).bind(tenant).bind(at))? > 0)
}

/// Gives up a slug, reserved until then.
pub(super) async fn reserve(tx: &mut WriteTx, slug: &str, tenant: TenantId, until: Timestamp) -> Result<u64> {
    let text = "update tenant_slugs set reserved_until = $3 where slug = $1 and tenant_id = $2";
    sql!(tx, execute, query(text).bind(slug).bind(tenant).bind(until))
}

/// How many slugs the tenant has given up that are still reserved.
pub(super) async fn past_slugs(tx: &mut WriteTx, tenant: TenantId) -> Result<i64> {
    let at = tx.at();
    let text = "select count(*) from tenant_slugs where tenant_id = $1 and reserved_until > $2";
    sql!(tx, fetch_one, query_scalar(text).bind(tenant).bind(at))
}

pub(super) async fn set_slug(tx: &mut WriteTx, tenant: TenantId, slug: &Slug) -> Result<u64> {
    let text = "update tenants set slug = $2 where id = $1";
    sql!(tx, execute, query(text).bind(tenant).bind(slug.as_str()))
}

pub(super) async fn set_name(tx: &mut WriteTx, tenant: TenantId, name: &Name) -> Result<u64> {
    let text = "update tenants set name = $2 where id = $1";
    sql!(tx, execute, query(text).bind(tenant).bind(name.as_str()))
}

/// For how many days audit events are kept; none is for ever.
pub(super) async fn set_retention(tx: &mut WriteTx, tenant: TenantId, days: Option<i64>) -> Result<u64> {
    let text = "update tenants set audit_retention_days = $2 where id = $1";
    sql!(tx, execute, query(text).bind(tenant).bind(days))
}

/// Counts a change, and gives the row as it is then.
pub(super) async fn revised(tx: &mut WriteTx, tenant: TenantId) -> Result<TenantRow> {
    let at = tx.at();
    let text = "update tenants set revision = revision + 1, updated_at = $2 where id = $1";
    sql!(tx, execute, query(text).bind(tenant).bind(at))?;
    row(tx, tenant).await
}

/// Marks the tenant deleted. Its own id takes the place of the slug, which no path can name.
pub(super) async fn delete(tx: &mut WriteTx, tenant: TenantId) -> Result<u64> {
    let at = tx.at();
    let text = "update tenants set deleted_slug = slug, slug = $2, deleted_at = $3, updated_at = $3, \
                revision = revision + 1 where id = $1";
    sql!(tx, execute, query(text).bind(tenant).bind(tenant.to_string()).bind(at))
}

pub(super) async fn cancel_invitations(tx: &mut WriteTx, tenant: TenantId) -> Result<u64> {
    let at = tx.at();
    let text = "update invitations set revoked_at = $2 where tenant_id = $1 and accepted_at is null \
                and revoked_at is null";
    sql!(tx, execute, query(text).bind(tenant).bind(at))
}

/// The deleted tenants the person owns, deleted after `since`: id, the slug it had, name, and when it was deleted.
pub(super) async fn deleted_of(
    on: &mut impl Executor,
    user: UserId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<(TenantId, String, String, Timestamp)>> {
    let text = "select t.id, t.deleted_slug, t.name, t.deleted_at from members m join tenants t on t.id = m.tenant_id \
                join role_assignments a on a.tenant_id = m.tenant_id and a.user_id = m.user_id \
                join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id \
                where m.user_id = $1 and t.deleted_at > $2 and t.deleted_slug is not null \
                and r.system and r.key = 'owner' and (a.expires_at is null or a.expires_at > $3) \
                order by t.deleted_at desc, t.id limit 200";
    sql!(on, fetch_all, query_as(text).bind(user).bind(since).bind(now))
}

pub(super) async fn restore(tx: &mut WriteTx, tenant: TenantId, slug: &Slug) -> Result<u64> {
    let at = tx.at();
    let text = "update tenants set slug = $2, deleted_slug = null, deleted_at = null, updated_at = $3, \
                revision = revision + 1 where id = $1 and deleted_at is not null";
    sql!(tx, execute, query(text).bind(tenant).bind(slug.as_str()).bind(at))
}

/// Some tenants deleted before then, the oldest first.
pub(super) async fn deleted_before(
    on: &mut impl Executor,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(TenantId, String)>> {
    let text = "select id, name from tenants where deleted_at < $1 order by deleted_at, id limit $2";
    sql!(on, fetch_all, query_as(text).bind(before).bind(limit))
}

/// Removes the tenant and, by the foreign keys of every table, all that is in it. Its slugs stay reserved.
pub(super) async fn purge(tx: &mut WriteTx, tenant: TenantId, before: Timestamp) -> Result<u64> {
    // The members first, and with them the roles they hold: no role goes while someone holds it.
    let text =
        "delete from members where tenant_id in (select id from tenants where id = $1 and deleted_at < $2)";
    sql!(tx, execute, query(text).bind(tenant).bind(before))?;
    let text = "delete from tenants where id = $1 and deleted_at < $2";
    sql!(tx, execute, query(text).bind(tenant).bind(before))
}
