//! Changing an app: its name, roles, origins, and whether it works. Called by the API and the panel; must never turn on
//! again, or give to, an app that stands above who does it.

use super::create::{recorded, target};
use super::{App, AppChange, holds, list, origins, store};
use crate::authz::{Authz, Grant, perm};
use crate::db::{AuditEvent, Committed};
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::names::Name;

/// Changes an app, of this revision if one is given. Nothing is written when nothing would change.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`]; [`Error::Forbidden`] when the app holds, or would, what the
/// grant's principal does not; [`Error::Unavailable`].
pub async fn change(
    authz: &Authz,
    grant: &Grant<perm::AppsUpdate>,
    (id, if_match): (AppId, Option<i64>),
    change: &AppChange,
) -> Result<(App, Option<Committed>)> {
    let name = change.name.as_deref().map(|name| Name::parse(name, "/name")).transpose()?;
    let origins = change.allowed_origins.as_deref().map(origins::read).transpose()?;
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let before = list::load(&mut tx, grant.policy(), id, now).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    let held = store::held(&mut tx, tenant, id).await?;
    let roles = match &change.roles {
        Some(wanted) => holds::read(grant.policy(), wanted, now)?,
        None => held.clone(),
    };
    if let Some(refusal) = holds::refusal(&grant, &held, &roles, now) {
        return Err(holds::explain(authz, tx, &grant, &refusal).await);
    }
    if change.roles.is_some() {
        store::set_roles(&mut tx, (tenant, id), (&held, &roles), grant.subject()).await?;
    }
    if let Some(origins) = &origins {
        store::set_origins(&mut tx, (tenant, id), origins).await?;
    }
    let row = store::Settings {
        name: name.as_ref().map_or(before.name.as_str(), Name::as_str),
        enabled: change.enabled.unwrap_or(before.enabled),
        token_format: change.token_format.unwrap_or(before.token_format).as_str(),
    };
    store::update(&mut tx, (tenant, id), &row).await?;
    let after = list::load(&mut tx, grant.policy(), id, now).await?.ok_or(Error::NotFound)?;
    if recorded(&after) == recorded(&before) {
        return Ok((before, None));
    }
    tx.touch_app(id).await?;
    let action = match (before.enabled, after.enabled) {
        (true, false) => "app.disabled",
        (false, true) => "app.enabled",
        (true, true) | (false, false) => "app.updated",
    };
    let event = AuditEvent::done(grant.actor(), action, target(&after))
        .changing(&recorded(&before), &recorded(&after))
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((after, Some(committed)))
}
