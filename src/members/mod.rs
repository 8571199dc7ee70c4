//! The members of a tenant: who they are, which roles they hold, and how that changes. Called by the API and the
//! panel; must never change roles outside a write that has asked the rules of `roles::guards` inside itself.

mod assignment;
mod bulk;
mod change;
mod preview;
mod seen;
mod store;
mod transfer;

use serde::Serialize;

pub use self::assignment::RoleAssignment;
pub use self::bulk::{ManyChanged, ManyRoles, RolesChanged, change_roles};
pub(crate) use self::change::{Applied, apply, recorded, restore_roles, within};
pub use self::change::{NewRoles, leave, remove, set_roles};
pub use self::preview::{preview_many, preview_removal, preview_roles};
pub use self::seen::LastSeen;
pub(crate) use self::store::{admit, count as count_in};
pub use self::transfer::{Transfer, Transferred, transfer};
use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::db::Database;
use crate::error::{Error, Person, Result};
use crate::ids::{RoleId, UserId};
use crate::lists::{Column, Part, Place, Window};
use crate::roles::guards;

/// A person in a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Member {
    /// The person.
    pub user: MemberUser,
    /// The roles they hold now, by key; those that have ended are left out.
    pub roles: Vec<MemberRole>,
    /// Since when they are a member.
    pub joined_at: Timestamp,
    /// When they last used this tenant, to about five minutes.
    pub last_seen_at: Option<Timestamp>,
    /// Goes up with every change of their roles: what `ETag` and `If-Match` are made from.
    #[serde(skip)]
    pub revision: i64,
}

/// The person behind a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct MemberUser {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their address, if one is known.
    pub email: Option<String>,
    /// Their picture, https only.
    pub avatar_url: Option<String>,
}

/// A role a member holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct MemberRole {
    /// The role's id.
    pub id: RoleId,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Until when they hold it; without end when absent.
    pub expires_at: Option<Timestamp>,
}

/// Which members to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those whose name or address contains this, whatever its case. Empty: all.
    pub search: String,
    /// Only those who hold the role with this key now. Empty: all.
    pub role: String,
}

/// What members can be sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// Their name, whatever its case.
    #[default]
    Name,
    /// When they joined.
    JoinedAt,
}

impl Column for By {
    const SORT: &'static str = "MemberSort";
    const ALL: &'static [(&'static str, Self)] = &[("name", Self::Name), ("joined_at", Self::JoinedAt)];
}

/// The members that `filter` lets through, with their roles, in one query.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(
    database: &Database,
    grant: &Grant<perm::MembersRead>,
    filter: &Filter,
    window: &Window<By>,
) -> Result<Part<Member>> {
    let now = database.clock().now();
    let mut on = database.read().await?;
    let rows = store::page(&mut on, grant.tenant(), now, filter, window).await?;
    let part = Part::new(store::members(rows), window, |(sorted, member)| Place {
        text: sorted.clone(),
        number: member.joined_at.micros(),
        id: member.user.id.uuid(),
    });
    Ok(Part { items: part.items.into_iter().map(|(_, member)| member).collect(), next: part.next })
}

/// One member.
///
/// # Errors
/// [`Error::NotFound`] when the person is not a member of the grant's tenant; [`Error::Unavailable`].
pub async fn show(database: &Database, grant: &Grant<perm::MembersRead>, user: UserId) -> Result<Member> {
    let now = database.clock().now();
    store::member(&mut database.read().await?, grant.tenant(), now, user).await?.ok_or(Error::NotFound)
}

/// Those of these people who are members, by name.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn several(
    database: &Database,
    grant: &Grant<perm::MembersRead>,
    users: &[UserId],
) -> Result<Vec<Member>> {
    let now = database.clock().now();
    let mut found = store::several(&mut database.read().await?, grant.tenant(), now, users).await?;
    found.sort_by_cached_key(|member| (member.user.name.to_lowercase(), member.user.id));
    Ok(found)
}

/// How many members the tenant has.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn count(database: &Database, grant: &Grant<perm::MembersRead>) -> Result<i64> {
    store::count(&mut database.read().await?, grant.tenant()).await
}

/// The members of a tenant in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// How many there are.
    pub members: i64,
    /// How many own the tenant without end, counted to two.
    pub owners: i64,
    /// Whether anyone holds a role that is not the owner's.
    pub delegated: bool,
}

/// The members in figures, in one query.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn figures(database: &Database, grant: &Grant<perm::MembersRead>) -> Result<Figures> {
    let now = database.clock().now();
    let owner = guards::owner_role(grant.policy());
    store::figures(&mut database.read().await?, grant.tenant(), owner, now).await
}

/// Members who hold no role now, at most `limit`, those who were here first before others. For who can give them one.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn without_role(
    database: &Database,
    grant: &Grant<perm::MembersUpdate>,
    limit: u32,
) -> Result<Vec<Person>> {
    let now = database.clock().now();
    store::without_role(&mut database.read().await?, grant.tenant(), now, limit).await
}
