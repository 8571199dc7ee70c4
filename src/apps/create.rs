//! Registering an app. Called by the API and the panel; must never give it a role its maker could not give a person.

use super::{App, NewApp, holds, origins, store};
use crate::authz::{Authz, Grant, perm};
use crate::db::{AuditEvent, Committed, Target};
use crate::error::{Error, Result};
use crate::ids::{AppId, base62, random_bytes};
use crate::names::Name;

/// Registers an app, without a secret.
///
/// # Errors
/// [`Error::Invalid`]; [`Error::Forbidden`] for a role that allows more than the grant's principal holds;
/// [`Error::Conflict`] when the tenant has as many apps as it may (`most`); [`Error::Unavailable`].
pub async fn create(
    authz: &Authz,
    grant: &Grant<perm::AppsCreate>,
    new: &NewApp,
    most: i64,
) -> Result<(App, Committed)> {
    let (name, origins) = (Name::parse(&new.name, "/name")?, origins::read(&new.allowed_origins)?);
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let roles = holds::read(grant.policy(), &new.roles, now)?;
    if let Some(refusal) = holds::refusal(&grant, &[], &roles, now) {
        return Err(holds::explain(authz, tx, &grant, &refusal).await);
    }
    if store::count(&mut tx, tenant).await? >= most {
        let text = "This tenant has as many apps as it may. Delete one that is not used.";
        return Err(Error::Conflict(text.into()));
    }
    let id = AppId::new();
    let made = store::NewRow {
        id,
        client_id: &client_id(),
        name: name.as_str(),
        token_format: new.token_format.as_str(),
        by: grant.subject(),
    };
    store::insert(&mut tx, tenant, &made).await?;
    store::set_roles(&mut tx, (tenant, id), (&[], &roles), grant.subject()).await?;
    store::set_origins(&mut tx, (tenant, id), &origins).await?;
    let app = super::list::load(&mut tx, grant.policy(), id, now).await?.ok_or(Error::NotFound)?;
    let event = AuditEvent::done(grant.actor(), "app.created", target(&app))
        .changing(&serde_json::json!({}), &recorded(&app))
        .affecting_access();
    let committed = tx.commit(event).await?;
    Ok((app, committed))
}

/// A client id: made here, and like no other id.
fn client_id() -> String {
    let mut text = base62(random_bytes::<32>()).split_off(19);
    text.insert_str(0, "fhc_");
    text
}

pub(super) fn target(app: &App) -> Target {
    Target::new("app", app.id, app.name.clone())
}

/// An app as the log has it.
pub(super) fn recorded(app: &App) -> serde_json::Value {
    serde_json::json!({
        "name": app.name,
        "roles": app.roles,
        "role_ends": app.role_ends,
        "enabled": app.enabled,
        "token_format": app.token_format,
        "allowed_origins": app.allowed_origins,
    })
}
