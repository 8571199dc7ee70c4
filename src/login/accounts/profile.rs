//! What a person may change about themselves. Called by handlers; must never change an address, which only a
//! provider vouches for.

use serde::Deserialize;

use crate::authz::SessionUser;
use crate::db::{AuditEvent, Chain, Database, Target};
use crate::error::{Error, Result};
use crate::login::store;
use crate::names::Name;

/// The write body of `PATCH /api/v1/me`.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// The new display name.
    pub name: String,
}

/// Changes the caller's display name, when `revision` is none or the present one.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::Stale`].
pub async fn change_profile(
    database: &Database,
    principal: &SessionUser,
    change: &ProfileChange,
    revision: Option<i64>,
) -> Result<()> {
    let name = Name::parse(&change.name, "/name")?;
    let user = principal.user.id;
    let mut tx = database.write(Chain::User(user)).await?;
    let mut profile = store::profile(&mut tx, user).await?.ok_or(Error::NotFound)?;
    let before = serde_json::json!({ "name": profile.name });
    profile.name = name.into();
    store::update_profile(&mut tx, user, &profile).await?;
    let version = tx.touch_user(user).await?;
    if revision.is_some_and(|seen| seen + 1 != version) {
        return Err(Error::Stale);
    }
    let after = serde_json::json!({ "name": profile.name });
    let target = Target::new("user", user, profile.name);
    tx.commit(AuditEvent::done(principal.actor(), "user.changed", target).changing(&before, &after)).await?;
    Ok(())
}
