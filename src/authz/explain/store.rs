//! The SQL of questions about access. Every query takes the tenant.

use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, query_as};
use uuid::Uuid;

use crate::authz::HeldRole;
use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;
use crate::ids::{RoleId, Subject, TenantId};

/// The member's name, and whether they are disabled: a person everywhere, an app here.
pub(super) async fn member(
    on: &mut impl Executor,
    tenant: TenantId,
    subject: Subject,
) -> Result<Option<(String, bool)>> {
    let text = match subject {
        Subject::User(_) => {
            "select u.name, u.disabled_at is not null from members m join users u on u.id = m.user_id \
             where m.tenant_id = $1 and m.user_id = $2"
        }
        Subject::App(_) => "select name, not enabled from apps where tenant_id = $1 and id = $2",
    };
    sql!(on, fetch_optional, query_as(text).bind(tenant).bind(subject))
}

/// The roles they hold, disabled or not, those that have ended included.
pub(super) async fn held(
    on: &mut impl Executor,
    tenant: TenantId,
    subject: Subject,
) -> Result<Vec<HeldRole>> {
    let text = match subject {
        Subject::User(_) => {
            "select role_id, expires_at from role_assignments where tenant_id = $1 and user_id = $2 order by role_id"
        }
        Subject::App(_) => {
            "select role_id, expires_at from app_roles where tenant_id = $1 and app_id = $2 order by role_id"
        }
    };
    let rows: Vec<(RoleId, Option<Timestamp>)> =
        sql!(on, fetch_all, query_as(text).bind(tenant).bind(subject))?;
    Ok(rows.into_iter().map(|(role, expires_at)| HeldRole { role, expires_at }).collect())
}

/// Which members to find: those who hold one of the roles that allow, and none of those that deny.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The roles that allow.
    pub(super) allowing: Vec<RoleId>,
    /// The roles that deny.
    pub(super) denying: Vec<RoleId>,
    /// Only those after this one.
    pub(super) after: Uuid,
    /// How many at most.
    pub(super) limit: u32,
}

/// A member, whether it is an app, and one role they hold.
pub(super) type Row = (bool, Uuid, String, RoleId, Option<Timestamp>);

/// The people and apps that can, by id, one more than asked for, each with every role they hold: in one query, which
/// reads the holders of each allowing role in the order of their ids and stops when it has enough, so that it costs the
/// same whether nobody or everybody can. Empty when no role allows.
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

/// Where the two kinds of holders are: whether they are apps, the table of their roles and its column of who holds
/// them, the table of their names, and what makes them able to do anything at all.
const KINDS: [(bool, &str, &str, &str, &str); 2] = [
    (false, "role_assignments", "user_id", "users", "n.disabled_at is null"),
    (true, "app_roles", "app_id", "apps", "n.enabled"),
];

/// The text for so many roles that allow and so many that deny, bound from `$5` on in this order.
fn able_text(allowing: usize, denying: usize) -> String {
    let place = |number: usize| format!("${}", number + 5);
    let denied = (0..denying).map(|number| place(allowing + number)).collect::<Vec<String>>().join(", ");
    let mut holders = Vec::new();
    for (app, held, id, named, able) in KINDS {
        let unless = if denying == 0 {
            String::new()
        } else {
            format!(
                "and not exists (select 1 from {held} y where y.tenant_id = $1 and y.{id} = x.{id} \
                 and (y.expires_at is null or y.expires_at > $3) and y.role_id in ({denied}))"
            )
        };
        for role in (0..allowing).map(place) {
            holders.push(format!(
                "select * from (select {app} as app, x.{id} as id, n.name from {held} x join {named} n on n.id = x.{id} \
                 where x.tenant_id = $1 and x.role_id = {role} and x.{id} > $2 and {able} \
                 and (x.expires_at is null or x.expires_at > $3) {unless} order by x.{id} limit $4) h{}",
                holders.len()
            ));
        }
    }
    let holders = holders.join(" union ");
    let roles = KINDS.map(|(app, held, id, ..)| {
        format!(
            "select p.app, p.id, p.name, a.role_id, a.expires_at from p join {held} a on a.tenant_id = $1 \
             and a.{id} = p.id where p.app = {app} and (a.expires_at is null or a.expires_at > $3)"
        )
    });
    format!(
        "with p as (select app, id, name from ({holders}) f order by id limit $4) {} order by id, role_id",
        roles.join(" union all ")
    )
}
