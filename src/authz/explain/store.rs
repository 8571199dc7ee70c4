//! The SQL of questions about access. Every query takes the tenant.

use sqlx::query_as;

use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;
use crate::ids::{RoleId, TenantId, UserId};

/// The member's name, and whether they are disabled everywhere.
pub(super) async fn member(
    on: &mut impl Executor,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<(String, bool)>> {
    let text = "select u.name, u.disabled_at is not null from members m join users u on u.id = m.user_id \
                where m.tenant_id = $1 and m.user_id = $2";
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(user))
}

/// Which members to find: those who hold one of the roles that allow, and none of those that deny.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Keys of roles, as [`keys`] writes them.
    pub(super) allowing: String,
    /// The same.
    pub(super) denying: String,
    /// Only those after this one.
    pub(super) after: UserId,
    /// How many at most.
    pub(super) limit: u32,
}

/// Keys in one text, each between commas of its own, which no key has.
pub(super) fn keys<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    keys.flat_map(|key| [",", key, ","]).collect()
}

/// A member and one role they hold.
type Row = (UserId, String, RoleId, Option<Timestamp>);

/// The members who can, by id, one more than asked for, each with every role they hold: in one query, which reads
/// the members in the order of their ids and stops when it has enough.
pub(super) async fn able(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
    wanted: &Wanted,
) -> Result<Vec<Row>> {
    let text = "with allowing as (select id from roles where tenant_id = $1 and replace($4, ',' || key || ',', '') <> $4), \
                denying as (select id from roles where tenant_id = $1 and replace($5, ',' || key || ',', '') <> $5) \
                select p.user_id, p.name, a.role_id, a.expires_at from ( \
                select m.user_id, u.name from members m join users u on u.id = m.user_id \
                where m.tenant_id = $1 and m.user_id > $2 and u.disabled_at is null \
                and exists (select 1 from role_assignments x where x.tenant_id = $1 and x.user_id = m.user_id \
                and (x.expires_at is null or x.expires_at > $3) and x.role_id in (select id from allowing)) \
                and not exists (select 1 from role_assignments y where y.tenant_id = $1 and y.user_id = m.user_id \
                and (y.expires_at is null or y.expires_at > $3) and y.role_id in (select id from denying)) \
                order by m.user_id limit $6) p \
                join role_assignments a on a.tenant_id = $1 and a.user_id = p.user_id \
                and (a.expires_at is null or a.expires_at > $3) order by p.user_id, a.role_id";
    sql!(
        on,
        fetch_all,
        query_as(text)
            .bind(tenant)
            .bind(wanted.after)
            .bind(now)
            .bind(&wanted.allowing)
            .bind(&wanted.denying)
            .bind(i64::from(wanted.limit) + 1)
    )
}
