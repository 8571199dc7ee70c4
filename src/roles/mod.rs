//! The roles of a tenant: how they are shown, made, changed and deleted, and the rules for giving them. Called by
//! the API, the panel and the other domains; must never let a role's name stand for the role: names are labels.

mod change;
mod delete;
mod draft;
mod effects;
/// Who may give which role to whom, and change it how.
pub mod guards;
mod key;
mod lineage;
mod preview;
mod store;
mod unused;

use std::collections::HashMap;

use serde::Serialize;

pub use self::change::{change, create};
pub(crate) use self::change::{change_back, make_again, recorded};
pub use self::delete::delete;
pub(crate) use self::delete::unmake;
pub use self::draft::{NewRole, RoleChange};
pub(crate) use self::effects::Effects;
pub use self::effects::{Affected, AffectedApp, NamedApp, Preview};
pub use self::preview::{preview, preview_delete};
pub use self::unused::{MOST_DAYS, UnusedPermission, UnusedRole, unused};
use crate::authz::{Authz, Effect, Grant, Standing, perm};
use crate::clock::Timestamp;
use crate::db::{Database, Executor, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{RoleId, TenantId};

/// A role, as members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Role")]
pub struct RoleView {
    /// Its id.
    pub id: RoleId,
    /// What programs call it; unique in the tenant.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it comes with every tenant and cannot be changed.
    pub system: bool,
    /// What it allows by itself, without what it inherits.
    pub permissions: Vec<String>,
    /// What it denies by itself, whatever else allows it.
    pub denies: Vec<String>,
    /// Keys of the roles whose permissions it also gives.
    pub inherits: Vec<String>,
    /// How many members hold it now.
    pub member_count: i64,
    /// How many apps hold it now.
    pub app_count: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl RoleView {
    /// Goes up with every change of the role: what `ETag` and `If-Match` are made from.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.updated_at.micros()
    }
}

/// So many members and apps, in words, each number told by `number`.
#[must_use]
pub fn holders(members: i64, apps: i64, number: fn(i64) -> String) -> String {
    let told = |count: i64, noun: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{} {noun}{plural}", number(count))
    };
    match (members, apps) {
        (members, 0) => told(members, "member"),
        (0, apps) => told(apps, "app"),
        (members, apps) => format!("{} and {}", told(members, "member"), told(apps, "app")),
    }
}

/// [`holders`], and that they hold it: `2 members and 1 app hold`.
#[must_use]
pub fn who_hold(members: i64, apps: i64, number: fn(i64) -> String) -> String {
    let hold = if members + apps == 1 { "holds" } else { "hold" };
    format!("{} {hold}", holders(members, apps, number))
}

/// The tenant's roles: the system roles first, highest first, then its own by name.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(
    database: &Database,
    authz: &Authz,
    grant: &Grant<perm::RolesRead>,
) -> Result<Vec<RoleView>> {
    let now = database.clock().now();
    all(&mut database.read().await?, authz, grant.tenant(), now).await
}

/// The roles as `on` sees them, in the same order.
async fn all(
    on: &mut impl Executor,
    authz: &Authz,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Vec<RoleView>> {
    let rows = store::roles(on, tenant, now).await?;
    let mut permissions: HashMap<RoleId, Vec<(String, String)>> = HashMap::new();
    let mut parents: HashMap<RoleId, Vec<String>> = HashMap::new();
    if rows.iter().any(|row| !row.system) {
        for (role, permission, effect) in store::permissions(on, tenant).await? {
            permissions.entry(role).or_default().push((permission, effect));
        }
        for (role, parent) in store::parents(on, tenant).await? {
            parents.entry(role).or_default().push(parent);
        }
    }
    let mut roles: Vec<RoleView> = rows
        .into_iter()
        .map(|row| {
            let own = permissions.remove(&row.id).unwrap_or_default();
            let inherits = parents.remove(&row.id).unwrap_or_default();
            view(authz, row, own, inherits)
        })
        .collect();
    let rank: Vec<&str> = authz.system_roles().iter().map(|role| role.key).collect();
    roles.sort_by_cached_key(|role| {
        let place = rank.iter().position(|key| role.system && *key == role.key).unwrap_or(rank.len());
        (place, role.name.to_lowercase(), role.id)
    });
    Ok(roles)
}

/// The tenant's role with this key or id.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has no such role; [`Error::Unavailable`].
pub async fn show(
    database: &Database,
    authz: &Authz,
    grant: &Grant<perm::RolesRead>,
    key_or_id: &str,
) -> Result<RoleView> {
    let roles = list(database, authz, grant).await?;
    find(&roles, key_or_id).cloned()
}

/// The one of `roles` with this key or id.
fn find<'a>(roles: &'a [RoleView], key_or_id: &str) -> Result<&'a RoleView> {
    let id = key_or_id.parse::<RoleId>().ok();
    roles.iter().find(|role| Some(role.id) == id || role.key == key_or_id).ok_or(Error::NotFound)
}

/// The one of `roles` with this key or id, which the tenant made itself and which is as the client has seen it.
fn editable<'a>(roles: &'a [RoleView], key_or_id: &str, if_match: Option<i64>) -> Result<&'a RoleView> {
    let role = find(roles, key_or_id)?;
    if role.system {
        let text = "This role comes with every tenant and cannot be changed. Make a copy and change that.";
        return Err(Error::Conflict(text.into()));
    }
    if if_match.is_some_and(|revision| revision != role.revision()) {
        return Err(Error::Stale);
    }
    Ok(role)
}

/// The denial, explained. Ends the write first: explaining takes another connection.
async fn refuse(authz: &Authz, tx: WriteTx, actor: &Standing, refusal: &guards::Refusal) -> Result<Error> {
    drop(tx);
    let required = &authz.catalogue().info(refusal.missing()).name;
    authz.deny(actor, required, refusal.reason(authz.catalogue())).await
}

/// What a system role holds is in the policy files; what is stored beside it counts as little here as it does
/// in decisions.
fn view(authz: &Authz, row: store::RoleRow, own: Vec<(String, String)>, inherits: Vec<String>) -> RoleView {
    let system = authz.system_roles().get(&row.key).filter(|_| row.system);
    let (grants, mut inherits): (Vec<(String, Effect)>, Vec<String>) = match system {
        Some(role) => (
            role.grants
                .iter()
                .map(|(permission, effect)| (authz.catalogue().info(*permission).name.clone(), *effect))
                .collect(),
            role.inherits.iter().map(ToString::to_string).collect(),
        ),
        None => (
            own.into_iter()
                .filter_map(|(permission, effect)| Some((permission, Effect::parse(&effect)?)))
                .collect(),
            inherits,
        ),
    };
    inherits.sort_unstable();
    let names = |wanted: Effect| {
        let mut names: Vec<String> =
            grants.iter().filter(|(_, effect)| *effect == wanted).map(|(name, _)| name.clone()).collect();
        names.sort_by_key(|name| authz.catalogue().get(name).map(crate::authz::PermissionId::index));
        names
    };
    RoleView {
        permissions: names(Effect::Allow),
        denies: names(Effect::Deny),
        inherits,
        id: row.id,
        key: row.key,
        name: row.name,
        description: row.description,
        system: row.system,
        member_count: row.member_count,
        app_count: row.app_count,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
