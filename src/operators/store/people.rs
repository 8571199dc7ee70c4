//! Rows of people as operators see them: one query a page, found by primary key, newest first.

use sqlx::{AssertSqlSafe, query, query_as};

use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{TenantId, UserId};
use crate::operators::Named;

#[derive(Debug, sqlx::FromRow)]
pub(in crate::operators) struct PersonRow {
    pub(in crate::operators) id: UserId,
    pub(in crate::operators) name: String,
    pub(in crate::operators) email: Option<String>,
    pub(in crate::operators) email_verified: bool,
    pub(in crate::operators) avatar_url: Option<String>,
    pub(in crate::operators) created_at: Timestamp,
    pub(in crate::operators) disabled_at: Option<Timestamp>,
    pub(in crate::operators) disabled_reason: Option<String>,
    pub(in crate::operators) role: Option<String>,
    pub(in crate::operators) tenants: i64,
    pub(in crate::operators) last_sign_in_at: Option<Timestamp>,
}

/// With the people as `u`.
const COLUMNS: &str = "select u.id, u.name, u.email, u.email_verified, u.avatar_url, u.created_at, \
    u.disabled_at, u.disabled_reason, \
    (select o.role from operators o where o.user_id = u.id) as role, \
    (select count(*) from members m join tenants t on t.id = m.tenant_id \
    where m.user_id = u.id and t.deleted_at is null) as tenants, \
    (select max(i.last_used_at) from identities i where i.user_id = u.id) as last_sign_in_at from ";

/// People newest first, below `below`: found by a part of name or address, by a verified address, or by id. `$3` is
/// `active`, `disabled`, or nothing for all.
pub(in crate::operators) async fn people(
    on: &mut impl Executor,
    (pattern, word, id): (&str, &str, uuid::Uuid),
    state: &str,
    (below, limit): (Option<UserId>, i64),
) -> Result<Vec<PersonRow>> {
    let text = format!(
        "{COLUMNS}(select * from users x \
         where ($1 = '' or lower(x.name) like lower($1) escape '\\' or lower(x.email) like lower($1) escape '\\' \
         or x.id = $2 or x.id in (select i.user_id from identity_emails e \
         join identities i on i.id = e.identity_id where e.email = lower($7))) \
         and ($3 = '' or ($3 = 'active' and x.disabled_at is null) \
         or ($3 = 'disabled' and x.disabled_at is not null)) \
         and ($4 = 0 or x.id < $5) order by x.id desc limit $6) u order by u.id desc"
    );
    let from = i64::from(below.is_some());
    let below = below.unwrap_or(UserId::from_uuid(uuid::Uuid::nil()));
    sql!(
        on,
        fetch_all,
        query_as(AssertSqlSafe(text.as_str()))
            .bind(pattern)
            .bind(id)
            .bind(state)
            .bind(from)
            .bind(below)
            .bind(limit)
            .bind(word)
    )
}

pub(in crate::operators) async fn person(on: &mut impl Executor, user: UserId) -> Result<Option<PersonRow>> {
    let text = format!("{COLUMNS}users u where u.id = $1");
    sql!(on, fetch_optional, query_as(AssertSqlSafe(text.as_str())).bind(user))
}

/// The tenants someone is in: at most 200, by name.
pub(in crate::operators) async fn memberships(
    on: &mut impl Executor,
    user: UserId,
) -> Result<Vec<(TenantId, String, String, String, Timestamp)>> {
    let text = "select t.id, t.slug, t.name, t.status, m.joined_at from members m \
                join tenants t on t.id = m.tenant_id where m.user_id = $1 and t.deleted_at is null \
                order by lower(t.name), t.id limit 200";
    sql!(on, fetch_all, query_as(text).bind(user))
}

/// The tenants that nobody else owns who is not disabled: at most 200, by name.
pub(in crate::operators) async fn sole_owner_of(on: &mut impl Executor, user: UserId) -> Result<Vec<Named>> {
    let text = "select t.id, t.slug, t.name from role_assignments a \
                join roles r on r.tenant_id = a.tenant_id and r.id = a.role_id and r.system and r.key = 'owner' \
                join tenants t on t.id = a.tenant_id \
                where a.user_id = $1 and a.expires_at is null and t.deleted_at is null \
                and not exists (select 1 from role_assignments b join users u on u.id = b.user_id \
                where b.tenant_id = a.tenant_id and b.role_id = a.role_id and b.user_id <> a.user_id \
                and b.expires_at is null and u.disabled_at is null) \
                order by lower(t.name), t.id limit 200";
    let rows: Vec<(TenantId, String, String)> = sql!(on, fetch_all, query_as(text).bind(user))?;
    Ok(rows.into_iter().map(|(id, slug, name)| Named { id, slug, name }).collect())
}

pub(in crate::operators) async fn disable(tx: &mut WriteTx, user: UserId, reason: &str) -> Result<u64> {
    let at = tx.at();
    let text = "update users set disabled_at = $2, disabled_reason = $3, updated_at = $2 \
                where id = $1 and disabled_at is null";
    sql!(tx, execute, query(text).bind(user).bind(at).bind(reason))
}

pub(in crate::operators) async fn enable(tx: &mut WriteTx, user: UserId) -> Result<u64> {
    let at = tx.at();
    let text = "update users set disabled_at = null, disabled_reason = null, updated_at = $2 \
                where id = $1 and disabled_at is not null";
    sql!(tx, execute, query(text).bind(user).bind(at))
}
