//! The SQL of questions about access. Every query takes the tenant.

use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, query_as};

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
    /// The roles that allow.
    pub(super) allowing: Vec<RoleId>,
    /// The roles that deny.
    pub(super) denying: Vec<RoleId>,
    /// Only those after this one.
    pub(super) after: UserId,
    /// How many at most.
    pub(super) limit: u32,
}

/// A member and one role they hold.
type Row = (UserId, String, RoleId, Option<Timestamp>);

/// The members who can, by id, one more than asked for, each with every role they hold: in one query, which reads the
/// holders of each allowing role in the order of their ids and stops when it has enough, so that it costs the same
/// whether nobody or everybody can. Empty when no role allows.
pub(super) async fn able(
    on: &mut impl Executor,
    tenant: TenantId,
    now: Timestamp,
    wanted: &Wanted,
) -> Result<Vec<Row>> {
    if wanted.allowing.is_empty() {
        return Ok(Vec::new());
    }
    let text = able_text(wanted.allowing.len(), wanted.denying.len());
    let limit = i64::from(wanted.limit) + 1;
    let roles = || wanted.allowing.iter().chain(&wanted.denying);
    sql!(
        on,
        fetch_all,
        // Made of numbered places alone; what is asked for is bound.
        roles().fold(
            query_as(AssertSqlSafe(text.as_str())).bind(tenant).bind(wanted.after).bind(now).bind(limit),
            QueryAs::bind
        )
    )
}

/// The text for so many roles that allow and so many that deny, bound from `$5` on in this order.
fn able_text(allowing: usize, denying: usize) -> String {
    let place = |number: usize| format!("${}", number + 5);
    let denied = (0..denying).map(|number| place(allowing + number)).collect::<Vec<String>>().join(", ");
    let unless = if denying == 0 {
        String::new()
    } else {
        format!(
            "and not exists (select 1 from role_assignments y where y.tenant_id = $1 and y.user_id = x.user_id \
             and (y.expires_at is null or y.expires_at > $3) and y.role_id in ({denied}))"
        )
    };
    let holders = (0..allowing).map(|number| {
        format!(
            "select * from (select x.user_id from role_assignments x join users u on u.id = x.user_id \
             where x.tenant_id = $1 and x.role_id = {} and x.user_id > $2 and u.disabled_at is null \
             and (x.expires_at is null or x.expires_at > $3) {unless} order by x.user_id limit $4) h{number}",
            place(number)
        )
    });
    let holders = holders.collect::<Vec<String>>().join(" union ");
    format!(
        "select p.user_id, u.name, a.role_id, a.expires_at \
         from (select user_id from ({holders}) f order by user_id limit $4) p join users u on u.id = p.user_id \
         join role_assignments a on a.tenant_id = $1 and a.user_id = p.user_id \
         and (a.expires_at is null or a.expires_at > $3) order by p.user_id, a.role_id"
    )
}
