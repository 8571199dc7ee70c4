//! Rows of tenants as operators see them. A page is one query: it finds its tenants by primary key, newest first, and
//! counts only for those it shows, by indexes, what the installation's limits bound.

use sqlx::{AssertSqlSafe, query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::TenantId;

#[derive(Debug, sqlx::FromRow)]
pub(in crate::operators) struct TenantRow {
    pub(in crate::operators) id: TenantId,
    pub(in crate::operators) slug: String,
    pub(in crate::operators) name: String,
    pub(in crate::operators) status: String,
    pub(in crate::operators) suspended_at: Option<Timestamp>,
    pub(in crate::operators) suspended_reason: Option<String>,
    pub(in crate::operators) created_at: Timestamp,
    pub(in crate::operators) deleted_at: Option<Timestamp>,
    pub(in crate::operators) members: i64,
    pub(in crate::operators) roles: i64,
    pub(in crate::operators) invitations: i64,
    pub(in crate::operators) audit_events: i64,
}

/// What is asked for.
#[derive(Debug)]
pub(in crate::operators) struct Asked<'a> {
    pub(in crate::operators) pattern: &'a str,
    pub(in crate::operators) id: uuid::Uuid,
    /// `active`, `suspended`, `deleted`, or nothing for all.
    pub(in crate::operators) state: &'a str,
    pub(in crate::operators) below: Option<TenantId>,
    pub(in crate::operators) limit: i64,
    pub(in crate::operators) now: Timestamp,
}

/// With the tenants as `t`, and the present as `$1`.
const COLUMNS: &str = "select t.id, coalesce(t.deleted_slug, t.slug) as slug, t.name, \
    case when t.deleted_at is null then t.status else 'deleted' end as status, \
    t.suspended_at, t.suspended_reason, t.created_at, t.deleted_at, \
    (select count(*) from members m where m.tenant_id = t.id) as members, \
    (select count(*) from roles r where r.tenant_id = t.id) as roles, \
    (select count(*) from invitations i where i.tenant_id = t.id and i.accepted_at is null \
    and i.revoked_at is null and i.expires_at > $1) as invitations, \
    coalesce((select c.sequence from audit_chains c where c.id = t.id), 0) as audit_events from ";

pub(in crate::operators) async fn tenants(
    on: &mut impl Executor,
    asked: &Asked<'_>,
) -> Result<Vec<TenantRow>> {
    let text = format!(
        "{COLUMNS}(select * from tenants \
         where ($2 = '' or lower(name) like lower($2) escape '\\' or id = $3 \
         or coalesce(deleted_slug, slug) like lower($2) escape '\\') \
         and ($4 = '' or $4 = case when deleted_at is null then status else 'deleted' end) \
         and ($5 = 0 or id < $6) order by id desc limit $7) t order by t.id desc"
    );
    let (from, below) = (i64::from(asked.below.is_some()), asked.below.unwrap_or(nobody()));
    sql!(
        on,
        fetch_all,
        query_as(AssertSqlSafe(text.as_str()))
            .bind(asked.now)
            .bind(asked.pattern)
            .bind(asked.id)
            .bind(asked.state)
            .bind(from)
            .bind(below)
            .bind(asked.limit)
    )
}

fn nobody() -> TenantId {
    TenantId::from_uuid(uuid::Uuid::nil())
}

pub(in crate::operators) async fn tenant(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Option<TenantRow>> {
    let text = format!("{COLUMNS}tenants t where t.id = $2");
    sql!(on, fetch_optional, query_as(AssertSqlSafe(text.as_str())).bind(now).bind(tenant))
}

pub(in crate::operators) async fn tenant_named(
    on: &mut impl Executor,
    slug: &str,
) -> Result<Option<TenantId>> {
    let text = "select id from tenants where slug = $1 and deleted_at is null";
    sql!(on, fetch_optional, query_scalar(text).bind(slug))
}

pub(in crate::operators) async fn suspend(tx: &mut WriteTx, tenant: TenantId, reason: &str) -> Result<u64> {
    let at = tx.at();
    let text = "update tenants set status = 'suspended', suspended_at = $2, suspended_reason = $3, \
                updated_at = $2, revision = revision + 1 \
                where id = $1 and status = 'active' and deleted_at is null";
    sql!(tx, execute, query(text).bind(tenant).bind(at).bind(reason))
}

pub(in crate::operators) async fn resume(tx: &mut WriteTx, tenant: TenantId) -> Result<u64> {
    let at = tx.at();
    let text = "update tenants set status = 'active', suspended_at = null, suspended_reason = null, \
                updated_at = $2, revision = revision + 1 \
                where id = $1 and status = 'suspended' and deleted_at is null";
    sql!(tx, execute, query(text).bind(tenant).bind(at))
}

pub(in crate::operators) async fn figures(on: &mut impl Executor) -> Result<(i64, i64, i64, i64)> {
    let text = "select (select count(*) from tenants where deleted_at is null), \
                (select count(*) from tenants where deleted_at is null and status = 'suspended'), \
                (select count(*) from users), (select count(*) from users where disabled_at is not null)";
    sql!(on, fetch_one, query_as(text))
}
