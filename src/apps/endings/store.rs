//! The ends of secrets in the database. What concerns one tenant takes it; the upkeep asks for all.

use sqlx::{query, query_as};

use crate::authz::HeldRole;
use crate::clock::Timestamp;
use crate::db::{Executor, WriteTx, sql};
use crate::error::Result;
use crate::ids::{AppId, AppSecretId, RoleId, TenantId, UserId};

/// A secret whose end is to be told.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ToWarn {
    pub(super) id: AppSecretId,
    pub(super) tenant_id: TenantId,
    pub(super) app_id: AppId,
    pub(super) app_name: String,
    pub(super) expires_at: Timestamp,
}

/// Secrets of enabled apps that end before `until` and of which nobody was told, next to end first. Those that were
/// made to last no longer than `short` are for who made them to remember.
pub(super) async fn to_warn(
    on: &mut impl Executor,
    (now, until, short): (Timestamp, Timestamp, i64),
) -> Result<Vec<ToWarn>> {
    let text = "select s.id, s.tenant_id, s.app_id, a.name as app_name, s.expires_at from app_secrets s \
                join apps a on a.tenant_id = s.tenant_id and a.id = s.app_id join tenants n on n.id = s.tenant_id \
                where s.expires_at > $1 and s.expires_at <= $2 and s.warned_at is null \
                and s.expires_at - s.created_at > $3 and a.enabled and n.deleted_at is null \
                and n.status = 'active' order by s.expires_at, s.id limit 500";
    sql!(on, fetch_all, query_as(text).bind(now).bind(until).bind(short))
}

/// Notes that the end of the secret was told; false when somebody did before, or it is gone.
pub(super) async fn warned(tx: &mut WriteTx, tenant: TenantId, id: AppSecretId) -> Result<bool> {
    let at = tx.at();
    let text = "update app_secrets set warned_at = $3 where tenant_id = $1 and id = $2 and warned_at is null";
    Ok(sql!(tx, execute, query(text).bind(tenant).bind(id).bind(at))? == 1)
}

/// The tenant's secrets that end before `until`, with their apps.
pub(super) async fn ending(
    on: &mut impl Executor,
    tenant: TenantId,
    (now, until): (Timestamp, Timestamp),
) -> Result<Vec<(AppId, String, Timestamp)>> {
    let text = "select a.id, a.name, s.expires_at from app_secrets s \
                join apps a on a.tenant_id = s.tenant_id and a.id = s.app_id \
                where s.tenant_id = $1 and s.expires_at > $2 and s.expires_at <= $3 and a.enabled \
                order by s.expires_at, s.id limit 10";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(now).bind(until))
}

/// The verified addresses of members who hold one of the roles with these keys, each key between commas of its own,
/// with all they hold; at most a hundred.
pub(super) async fn holders(
    on: &mut impl Executor,
    tenant: TenantId,
    keys: &str,
    now: Timestamp,
) -> Result<Vec<(String, Vec<HeldRole>)>> {
    let text = "select p.id, p.email, a.role_id, a.expires_at from ( \
                select u.id, u.email from users u \
                where u.disabled_at is null and u.email_verified and u.email is not null and u.id in ( \
                select x.user_id from role_assignments x join roles r on r.tenant_id = x.tenant_id and r.id = x.role_id \
                where x.tenant_id = $1 and replace($2, ',' || r.key || ',', '') <> $2 \
                and (x.expires_at is null or x.expires_at > $3)) order by u.id limit 100) p \
                join role_assignments a on a.tenant_id = $1 and a.user_id = p.id order by p.id, a.role_id";
    let rows: Vec<(UserId, String, RoleId, Option<Timestamp>)> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(keys).bind(now))?;
    let mut found: Vec<(UserId, String, Vec<HeldRole>)> = Vec::new();
    for (id, email, role, expires_at) in rows {
        let held = HeldRole { role, expires_at };
        match found.last_mut().filter(|(last, ..)| *last == id) {
            Some((.., all)) => all.push(held),
            None => found.push((id, email, vec![held])),
        }
    }
    Ok(found.into_iter().map(|(_, email, held)| (email, held)).collect())
}
