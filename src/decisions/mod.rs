//! The record of decisions: what was lately decided for whom, added up, so that a preview can say what would have
//! come out differently and a role what of it nobody uses. Told by `http/access.rs` at every decision; must never
//! cost a request a query, nor be what a decision is made from.

mod record;
mod store;

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

pub use self::record::Record;
use crate::authz::{Catalogue, PermissionSet};
use crate::clock::Timestamp;
use crate::db::{Database, Executor};
use crate::error::Result;
use crate::ids::{AppId, RoleId, Subject, TenantId, UserId};

/// In what pieces of time decisions are added up.
const WEEK: Duration = Duration::from_hours(7 * 24);
/// How many whole weeks of counts are kept besides the present one.
const WEEKS: i64 = 4;
/// How long it is kept when a role was last used.
const USES_KEPT: Duration = Duration::from_hours(100 * 24);

/// Who would gain which permissions, and lose which.
pub type Flips = HashMap<Subject, (PermissionSet, PermissionSet)>;

/// Decisions of the last weeks that would have come out differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Hindsight {
    /// Since when decisions are counted: four weeks and the present one.
    pub since: Timestamp,
    /// How many that were denied would have been allowed.
    pub would_be_allowed: i64,
    /// How many that were allowed would have been denied.
    pub would_be_denied: i64,
}

/// What of the decisions on record would have come out differently. One query for each permission that changes.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn hindsight(
    on: &mut impl Executor,
    catalogue: &Catalogue,
    tenant: TenantId,
    (flips, now): (&Flips, Timestamp),
) -> Result<Hindsight> {
    let first = week_of(now) - WEEKS;
    let mut found = Hindsight { since: start_of(first), would_be_allowed: 0, would_be_denied: 0 };
    let changing =
        flips.values().fold(PermissionSet::EMPTY, |all, (gains, loses)| all.union(*gains).union(*loses));
    for permission in changing.iter() {
        let name = &catalogue.info(permission).name;
        for (principal, allowed, denied) in store::counts(on, tenant, name, first).await? {
            let user = Subject::User(UserId::from_uuid(principal));
            let flip = flips.get(&user).or_else(|| flips.get(&Subject::App(AppId::from_uuid(principal))));
            let Some((gains, loses)) = flip else { continue };
            found.would_be_allowed += if gains.contains(permission) { denied } else { 0 };
            found.would_be_denied += if loses.contains(permission) { allowed } else { 0 };
        }
    }
    Ok(found)
}

/// When the tenant's roles last allowed someone who held them something: by role and permission.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn uses(on: &mut impl Executor, tenant: TenantId) -> Result<HashMap<(RoleId, String), Timestamp>> {
    let rows = store::uses(on, tenant).await?;
    Ok(rows.into_iter().map(|(role, permission, at)| ((role, permission), at)).collect())
}

/// Forgets what is older than anything asks for.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn forget(database: &Database) -> Result<()> {
    let now = database.clock().now();
    let mut on = database.upkeep().await?;
    store::forget(&mut on, week_of(now) - WEEKS, now - USES_KEPT).await
}

fn micros_of_a_week() -> i64 {
    i64::try_from(WEEK.as_micros()).unwrap_or(i64::MAX)
}

/// The week of a time, counted from 1970.
fn week_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(micros_of_a_week())
}

/// When a week began.
fn start_of(week: i64) -> Timestamp {
    Timestamp::from_micros(week.saturating_mul(micros_of_a_week()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_in_the_week_that_began_before_it() {
        for micros in [0, 1, 1_750_000_000_000_000, micros_of_a_week() - 1, micros_of_a_week()] {
            let at = Timestamp::from_micros(micros);
            let start = start_of(week_of(at));
            assert!(start <= at && at < start + WEEK, "{micros}");
        }
    }
}
