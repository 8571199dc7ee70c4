//! The SQL of the record of decisions. Rows are written many in a statement, because every statement of upkeep is a
//! transaction of its own, and on `SQLite` a wait for the disk.

use sqlx::{AssertSqlSafe, query, query_as};

use super::record::{Count, Key, Use};
use crate::authz::Catalogue;
use crate::clock::Timestamp;
use crate::db::{Executor, sql};
use crate::error::Result;
use crate::ids::{RoleId, TenantId};

/// How many rows a statement writes at most: six values each, of the 32,766 that `SQLite` takes.
const ROWS: usize = 500;

/// `($1, $2), ($3, $4)` for two rows of two values.
fn places(rows: usize, values: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=values).map(|value| format!("${}", row * values + value)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<String>>().join(", ")
}

pub(super) async fn add_counts(
    on: &mut impl Executor,
    catalogue: &Catalogue,
    counts: &[(Key, Count)],
    week: i64,
) -> Result<()> {
    for part in counts.chunks(ROWS) {
        let text = format!(
            "insert into decision_counts (tenant_id, permission, principal_id, week, allowed, denied) values {} \
             on conflict (tenant_id, permission, principal_id, week) do update set \
             allowed = decision_counts.allowed + excluded.allowed, \
             denied = decision_counts.denied + excluded.denied",
            places(part.len(), 6)
        );
        sql!(
            on,
            execute,
            // Made of numbered places alone; what is counted is bound.
            part.iter().fold(
                query(AssertSqlSafe(text.as_str())),
                |query, ((tenant, permission, principal), count)| {
                    query
                        .bind(tenant)
                        .bind(catalogue.info(*permission).name.as_str())
                        .bind(principal)
                        .bind(week)
                        .bind(count.allowed)
                        .bind(count.denied)
                }
            )
        )?;
    }
    Ok(())
}

pub(super) async fn set_uses(
    on: &mut impl Executor,
    catalogue: &Catalogue,
    uses: &[Use],
    at: Timestamp,
) -> Result<()> {
    for part in uses.chunks(ROWS) {
        let text = format!(
            "insert into role_uses (tenant_id, role_id, permission, last_used_at) values {} \
             on conflict (tenant_id, role_id, permission) do update set last_used_at = excluded.last_used_at \
             where role_uses.last_used_at < excluded.last_used_at",
            places(part.len(), 4)
        );
        sql!(
            on,
            execute,
            part.iter().fold(query(AssertSqlSafe(text.as_str())), |query, (tenant, role, permission)| {
                query.bind(tenant).bind(role).bind(catalogue.info(*permission).name.as_str()).bind(at)
            })
        )?;
    }
    Ok(())
}

/// How often each principal was allowed and denied the permission since a week began.
pub(super) async fn counts(
    on: &mut impl Executor,
    tenant: TenantId,
    permission: &str,
    first: i64,
) -> Result<Vec<(uuid::Uuid, i64, i64)>> {
    // The casts keep whole numbers whole: Postgres adds bigints up to a numeric.
    let text = "select principal_id, cast(sum(allowed) as bigint), cast(sum(denied) as bigint) \
                from decision_counts where tenant_id = $1 and permission = $2 and week >= $3 group by principal_id";
    sql!(on, fetch_all, query_as(text).bind(tenant).bind(permission).bind(first))
}

pub(super) async fn uses(
    on: &mut impl Executor,
    tenant: TenantId,
) -> Result<Vec<(RoleId, String, Timestamp)>> {
    let text = "select role_id, permission, last_used_at from role_uses where tenant_id = $1";
    sql!(on, fetch_all, query_as(text).bind(tenant))
}

pub(super) async fn forget(on: &mut impl Executor, first: i64, before: Timestamp) -> Result<()> {
    sql!(on, execute, query("delete from decision_counts where week < $1").bind(first))?;
    sql!(on, execute, query("delete from role_uses where last_used_at < $1").bind(before))?;
    Ok(())
}
