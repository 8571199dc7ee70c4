//! Who may join by which domain, who asked, and who was removed.

use sqlx::{query, query_as, query_scalar};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{JoinRequestId, RoleId, Subject, TenantId, UserId};
use crate::members;

/// Addresses a provider vouches for as this person's.
pub(in crate::domains) async fn verified_addresses(
    on: &mut impl Executor,
    user: UserId,
) -> Result<Vec<String>> {
    let text = "select distinct e.email from identity_emails e join identities i on i.id = e.identity_id \
                where i.user_id = $1 order by e.email limit 100";
    sql!(on, fetch_all, query_scalar(text).bind(user))
}

/// What a proved domain offers.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::domains) struct OfferRow {
    pub(in crate::domains) tenant_id: TenantId,
    pub(in crate::domains) tenant_name: String,
    pub(in crate::domains) token: String,
    pub(in crate::domains) joining: String,
    pub(in crate::domains) checked_at: Option<Timestamp>,
    pub(in crate::domains) role_id: RoleId,
}

/// What the domain offers to people who are no members; none when it offers nothing. One tenant at most.
pub(in crate::domains) async fn offer(on: &mut impl Executor, name: &str) -> Result<Option<OfferRow>> {
    let text = "select d.tenant_id, t.name as tenant_name, d.token, d.joining, d.checked_at, dr.role_id \
                from domains d join tenants t on t.id = d.tenant_id \
                join domain_roles dr on dr.tenant_id = d.tenant_id and dr.domain = d.name \
                where d.name = $1 and d.verified_at is not null and d.joining <> 'off' \
                and t.deleted_at is null and t.status = 'active'";
    sql!(on, fetch_optional, query_as(text).bind(name))
}

/// When the person asked, if they wait for an answer.
pub(in crate::domains) async fn was_asked(
    on: &mut impl Executor,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Timestamp>> {
    let text =
        "select created_at from join_requests where tenant_id = $1 and user_id = $2 and decided_at is null";
    sql!(on, fetch_optional, query_scalar(text).bind(tenant).bind(user))
}

/// When the person was last declined after `since`.
pub(in crate::domains) async fn declined_since(
    tx: &mut WriteTx,
    tenant: TenantId,
    user: UserId,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    let text = "select max(decided_at) from join_requests where tenant_id = $1 and user_id = $2 \
                and outcome = 'declined' and decided_at > $3";
    sql!(tx, fetch_one, query_scalar(text).bind(tenant).bind(user).bind(since))
}

pub(in crate::domains) async fn is_removed(
    on: &mut impl Executor,
    tenant: TenantId,
    user: UserId,
) -> Result<bool> {
    let text = "select count(*) from removed_members where tenant_id = $1 and user_id = $2";
    let count: i64 = sql!(on, fetch_one, query_scalar(text).bind(tenant).bind(user))?;
    Ok(count > 0)
}

/// Makes the person a member with the role.
pub(in crate::domains) async fn let_in(
    tx: &mut WriteTx,
    tenant: TenantId,
    user: UserId,
    role: RoleId,
    by: Option<Subject>,
) -> Result<()> {
    let at = tx.at();
    members::admit(tx, tenant, user).await?;
    let assigned = "insert into role_assignments (tenant_id, user_id, role_id, assigned_at, assigned_by) \
                    values ($1, $2, $3, $4, $5)";
    sql!(tx, execute, query(assigned).bind(tenant).bind(user).bind(role).bind(at).bind(by))?;
    Ok(())
}

pub(in crate::domains) async fn insert_request(
    tx: &mut WriteTx,
    id: JoinRequestId,
    (tenant, user): (TenantId, UserId),
    (domain, email): (&str, &str),
) -> Result<u64> {
    let at = tx.at();
    let text = "insert into join_requests (id, tenant_id, user_id, domain, email, created_at) \
                values ($1, $2, $3, $4, $5, $6)";
    sql!(tx, execute, query(text).bind(id).bind(tenant).bind(user).bind(domain).bind(email).bind(at))
}

/// Forgets what the person asked and nobody answered, because it is answered by their being in.
pub(in crate::domains) async fn forget(tx: &mut WriteTx, tenant: TenantId, user: UserId) -> Result<u64> {
    let text = "delete from join_requests where tenant_id = $1 and user_id = $2 and decided_at is null";
    sql!(tx, execute, query(text).bind(tenant).bind(user))
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub(in crate::domains) struct RequestRow {
    pub(in crate::domains) id: JoinRequestId,
    pub(in crate::domains) user_id: UserId,
    pub(in crate::domains) user_name: String,
    pub(in crate::domains) email: String,
    pub(in crate::domains) domain: String,
    pub(in crate::domains) role_id: RoleId,
    pub(in crate::domains) role: String,
    pub(in crate::domains) created_at: Timestamp,
}

/// The requests that wait and whose domain still offers something, oldest first.
pub(in crate::domains) async fn requests(
    on: &mut impl Executor,
    tenant: TenantId,
    after: Option<JoinRequestId>,
    limit: i64,
) -> Result<Vec<RequestRow>> {
    let text = "select q.id, q.user_id, u.name as user_name, q.email, q.domain, r.id as role_id, r.key as role, \
                q.created_at from join_requests q join users u on u.id = q.user_id \
                join domains d on d.tenant_id = q.tenant_id and d.name = q.domain \
                join domain_roles dr on dr.tenant_id = d.tenant_id and dr.domain = d.name \
                join roles r on r.tenant_id = dr.tenant_id and r.id = dr.role_id \
                where q.tenant_id = $1 and q.decided_at is null and ($2 is null or q.id > $2) \
                and d.verified_at is not null and d.joining <> 'off' and u.disabled_at is null \
                and not exists (select 1 from members m where m.tenant_id = q.tenant_id and m.user_id = q.user_id) \
                order by q.id limit $3";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(after).bind(limit))
}

/// One of them.
pub(in crate::domains) async fn open_request(
    on: &mut impl Executor,
    tenant: TenantId,
    id: JoinRequestId,
) -> Result<Option<RequestRow>> {
    let text = "select q.id, q.user_id, u.name as user_name, q.email, q.domain, r.id as role_id, r.key as role, \
                q.created_at from join_requests q join users u on u.id = q.user_id \
                join domains d on d.tenant_id = q.tenant_id and d.name = q.domain \
                join domain_roles dr on dr.tenant_id = d.tenant_id and dr.domain = d.name \
                join roles r on r.tenant_id = dr.tenant_id and r.id = dr.role_id \
                where q.tenant_id = $1 and q.id = $2 and q.decided_at is null \
                and d.verified_at is not null and d.joining <> 'off' and u.disabled_at is null \
                and not exists (select 1 from members m where m.tenant_id = q.tenant_id and m.user_id = q.user_id)";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(id))
}

/// How many wait, counted to a hundred.
pub(in crate::domains) async fn waiting(on: &mut impl Executor, tenant: TenantId) -> Result<i64> {
    let text = "select count(*) from (select 1 from join_requests q join users u on u.id = q.user_id \
                join domains d on d.tenant_id = q.tenant_id and d.name = q.domain \
                join domain_roles dr on dr.tenant_id = d.tenant_id and dr.domain = d.name \
                where q.tenant_id = $1 and q.decided_at is null \
                and d.verified_at is not null and d.joining <> 'off' and u.disabled_at is null \
                and not exists (select 1 from members m where m.tenant_id = q.tenant_id and m.user_id = q.user_id) \
                limit 100) w";
    sql!(on, fetch_one, query_scalar(text).bind(tenant))
}

/// Answers a request.
pub(in crate::domains) async fn decide(
    tx: &mut WriteTx,
    tenant: TenantId,
    id: JoinRequestId,
    by: Subject,
    outcome: &str,
) -> Result<u64> {
    let at = tx.at();
    let text = "update join_requests set decided_at = $3, decided_by = $4, outcome = $5 \
                where tenant_id = $1 and id = $2";
    sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at).bind(by).bind(outcome))
}
