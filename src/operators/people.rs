//! Everyone who has an account: who they are and where they are members. Disabling shuts every door within a second.
//! Recorded in the platform's log.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Listed, Reason, Sought, cut, store};
use crate::authz::Authz;
use crate::authz::platform::{PlatformGrant, PlatformRole, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Chain, Database, Executor, Target};
use crate::error::{Error, Result};
use crate::ids::{TenantId, UserId};
use crate::login::accounts::end_all_sessions;

/// A person, as operators see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OperatorUser")]
pub struct PersonRecord {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their address, if one is known.
    pub email: Option<String>,
    /// Whether a provider vouches for it.
    pub email_verified: bool,
    /// Their picture.
    pub avatar_url: Option<String>,
    /// Whether they may sign in.
    pub status: AccountStatus,
    /// Since when they are disabled.
    pub disabled_at: Option<Timestamp>,
    /// Why they are disabled.
    pub disabled_reason: Option<String>,
    /// What they are on this installation, if they operate it.
    pub role: Option<PlatformRole>,
    /// How many tenants they are in.
    pub tenants: i64,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// When they first signed in.
    pub created_at: Timestamp,
}

/// Whether someone may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OperatorUserStatus")]
pub enum AccountStatus {
    /// They may.
    Active,
    /// An operator disabled them.
    Disabled,
}

impl AccountStatus {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// A person with where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OperatorUserDetail")]
pub struct PersonDetail {
    /// The person.
    #[serde(flatten)]
    pub person: PersonRecord,
    /// The tenants they are in: at most 200, by name.
    pub memberships: Vec<Membership>,
    /// Those of them that no one else owns who may sign in. While this person is disabled, they are without an owner.
    pub sole_owner_of: Vec<Named>,
}

/// A tenant someone is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "OperatorMembership")]
pub struct Membership {
    /// The tenant.
    #[serde(flatten)]
    pub tenant: Named,
    /// Whether an operator suspended it.
    pub suspended: bool,
    /// When they joined.
    pub joined_at: Timestamp,
}

/// A tenant by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "NamedTenant")]
pub struct Named {
    /// Its id.
    pub id: TenantId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

impl From<store::PersonRow> for PersonRecord {
    fn from(row: store::PersonRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            email_verified: row.email_verified,
            avatar_url: row.avatar_url,
            status: if row.disabled_at.is_none() { AccountStatus::Active } else { AccountStatus::Disabled },
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason,
            role: row.role.as_deref().and_then(PlatformRole::parse),
            tenants: row.tenants,
            last_sign_in_at: row.last_sign_in_at,
            created_at: row.created_at,
        }
    }
}

/// At most `limit` people below the id `below`, newest first.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list_people(
    database: &Database,
    _: &PlatformGrant<perm::UsersRead>,
    (sought, status): (&Sought, Option<AccountStatus>),
    (below, limit): (Option<UserId>, u32),
) -> Result<Listed<PersonRecord, UserId>> {
    let mut on = database.read().await?;
    let pattern = sought.pattern();
    let words = (pattern.as_str(), sought.as_str(), sought.id());
    let status = status.map_or("", AccountStatus::as_str);
    let rows = store::people(&mut on, words, status, (below, i64::from(limit) + 1)).await?;
    let rows: Vec<PersonRecord> = rows.into_iter().map(PersonRecord::from).collect();
    Ok(cut(rows, limit, |person| person.id))
}

/// One person.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`].
pub async fn show_person(
    database: &Database,
    _: &PlatformGrant<perm::UsersRead>,
    user: UserId,
) -> Result<PersonDetail> {
    detail(&mut database.read().await?, user).await
}

async fn detail(on: &mut impl Executor, user: UserId) -> Result<PersonDetail> {
    let person = store::person(on, user).await?.map(PersonRecord::from).ok_or(Error::NotFound)?;
    let membership = |(id, slug, name, status, joined_at): (_, _, _, String, _)| Membership {
        tenant: Named { id, slug, name },
        suspended: status != "active",
        joined_at,
    };
    Ok(PersonDetail {
        person,
        memberships: store::memberships(on, user).await?.into_iter().map(membership).collect(),
        sole_owner_of: store::sole_owner_of(on, user).await?,
    })
}

/// Disables a person: their sessions end everywhere and they cannot sign in. What they own is left as it is; the
/// answer names the tenants that are now without an owner who may sign in.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] for a reason that is none; [`Error::ReauthenticationRequired`];
/// [`Error::Conflict`] for oneself, and when they are disabled already or are the last active operator;
/// [`Error::Unavailable`].
pub async fn disable(
    authz: &Authz,
    grant: &PlatformGrant<perm::UsersDisable>,
    user: UserId,
    reason: &Reason,
) -> Result<PersonDetail> {
    let reason = reason.read()?;
    let (mut tx, grant) = authz.write_as_operator(grant, Chain::Platform).await?;
    let before = store::person(&mut tx, user).await?.ok_or(Error::NotFound)?;
    grant.principal().require_fresh(tx.at())?;
    if grant.user() == user {
        return Err(Error::Conflict("You cannot disable yourself. Ask another operator.".into()));
    }
    if store::disable(&mut tx, user, &reason).await? == 0 {
        return Err(Error::Conflict("This person is disabled already.".into()));
    }
    super::staff::keep_an_operator(&mut tx).await?;
    let ended = end_all_sessions(&mut tx, user).await?;
    tx.touch_user(user).await?;
    let after = detail(&mut tx, user).await?;
    let event = AuditEvent::done(grant.actor(), "user.disabled", Target::new("user", user, before.name))
        .changing(
            &json!({ "status": AccountStatus::Active }),
            &json!({ "status": AccountStatus::Disabled, "reason": reason, "sessions_ended": ended }),
        );
    tx.commit(event).await?;
    Ok(after)
}

/// Enables a disabled person: they may sign in again.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::ReauthenticationRequired`]; [`Error::Conflict`] when they are not disabled;
/// [`Error::Unavailable`].
pub async fn enable(
    authz: &Authz,
    grant: &PlatformGrant<perm::UsersDisable>,
    user: UserId,
) -> Result<PersonDetail> {
    let (mut tx, grant) = authz.write_as_operator(grant, Chain::Platform).await?;
    let before = store::person(&mut tx, user).await?.ok_or(Error::NotFound)?;
    grant.principal().require_fresh(tx.at())?;
    if store::enable(&mut tx, user).await? == 0 {
        return Err(Error::Conflict("This person is not disabled.".into()));
    }
    // One that was opened in the very moment they were disabled must not come to life now.
    end_all_sessions(&mut tx, user).await?;
    tx.touch_user(user).await?;
    let after = detail(&mut tx, user).await?;
    let target = Target::new("user", user, before.name);
    let event = AuditEvent::done(grant.actor(), "user.enabled", target).changing(
        &json!({ "status": AccountStatus::Disabled, "reason": before.disabled_reason }),
        &json!({ "status": AccountStatus::Active }),
    );
    tx.commit(event).await?;
    Ok(after)
}
