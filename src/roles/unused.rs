//! What of a role nobody uses: the permissions it gives that were not needed for any decision lately. Called by the
//! API and the panel for whoever looks which roles give more than they must; never changes a role by itself.

use std::time::Duration;

use serde::Serialize;

use super::{RoleView, all, lineage};
use crate::authz::{Authz, Grant, PermissionId, PermissionSet, perm};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::decisions::{self, Record};
use crate::error::{Error, Result};
use crate::ids::RoleId;

/// How many days one may look back; the record of uses reaches no further.
pub const MOST_DAYS: u32 = 90;

/// A role, and what of it nobody used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct UnusedRole {
    /// The role's id.
    pub id: RoleId,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Whether it comes with every tenant and cannot be changed.
    pub system: bool,
    /// How many members hold it now.
    pub member_count: i64,
    /// How many apps hold it now.
    pub app_count: i64,
    /// Since when its uses count: the days that were asked for, or since it was made when that is shorter.
    pub since: Timestamp,
    /// How many permissions it gives, inherited ones included.
    pub permission_count: usize,
    /// Those of them that no one who holds it, or a role that inherits from it, needed since then.
    pub permissions: Vec<UnusedPermission>,
}

/// A permission that was not needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct UnusedPermission {
    /// Its name.
    pub name: String,
    /// When it was last needed, if that is on record.
    pub last_used_at: Option<Timestamp>,
}

/// Every role of the tenant in the order of [`list`](super::list()), with what of it nobody used for `days` days. What
/// this node decided last is in it; what others decided follows within seconds.
///
/// # Errors
/// [`Error::Invalid`] when `days` is not 1 to [`MOST_DAYS`]; [`Error::Unavailable`] when the database cannot answer.
pub async fn unused(
    database: &Database,
    authz: &Authz,
    (record, days): (&Record, u32),
    grant: &Grant<perm::AccessRead>,
) -> Result<Vec<UnusedRole>> {
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::invalid("/days", "range", format!("Give 1 to {MOST_DAYS} days.")));
    }
    record.write(database, authz.catalogue()).await?;
    let now = database.clock().now();
    let from = now - Duration::from_hours(24 * u64::from(days));
    let mut on = database.read().await?;
    let roles = all(&mut on, authz, grant.tenant(), now).await?;
    let uses = decisions::uses(&mut on, grant.tenant()).await?;
    let report = |role: &RoleView| {
        let heirs = lineage::heirs(&roles, &role.key);
        let counted: Vec<RoleId> = roles
            .iter()
            .filter(|other| other.id == role.id || heirs.contains(other.key.as_str()))
            .map(|role| role.id)
            .collect();
        let last = |permission: &str| {
            counted.iter().filter_map(|role| uses.get(&(*role, permission.to_owned()))).max().copied()
        };
        let given = given(grant, role.id);
        let unused = |id: PermissionId| {
            let name = authz.catalogue().info(id).name.clone();
            let last_used_at = last(&name);
            last_used_at.is_none_or(|at| at < from).then_some(UnusedPermission { name, last_used_at })
        };
        UnusedRole {
            id: role.id,
            key: role.key.clone(),
            name: role.name.clone(),
            system: role.system,
            member_count: role.member_count,
            app_count: role.app_count,
            since: from.max(role.created_at),
            permission_count: given.len(),
            permissions: given.iter().filter_map(unused).collect(),
        }
    };
    Ok(roles.iter().map(report).collect())
}

/// What the role amounts to by itself, by the policy the grant was decided on.
fn given<P>(grant: &Grant<P>, role: RoleId) -> PermissionSet {
    grant.policy().role(role).map_or(PermissionSet::EMPTY, |role| role.table.allow.minus(role.table.deny))
}
