//! Public keys by which an app proves who it is, in place of a secret. Called by the API; must never hold a private one,
//! nor let a key be registered by less than what makes a secret.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::jwk::{PublicJwk, name};
use super::store::{self, AppKeyRow};
use crate::apps::{self, App, secrets};
use crate::authz::{Authz, Grant, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Database, Target};
use crate::error::{Error, Result};
use crate::ids::AppId;

/// Keys one app may have.
pub const MOST: usize = 5;

/// A key of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AppKey {
    /// What assertions call it.
    pub kid: String,
    /// What it is good for: `ES256`, `EdDSA`, `RS256` or `PS256`.
    pub algorithm: String,
    /// The public key, as a JSON Web Key.
    #[schemars(example = serde_json::json!({ "kty": "EC", "crv": "P-256" }))]
    pub jwk: Value,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// The app's keys, oldest first.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has no such app; [`Error::Unavailable`].
pub async fn list(database: &Database, grant: &Grant<perm::AppsRead>, app: AppId) -> Result<Vec<AppKey>> {
    let app = apps::show(database, grant, app).await?;
    let rows = store::app_keys(&mut database.read().await?, grant.tenant(), app.id).await?;
    rows.into_iter().map(shown).collect()
}

/// Registers a key.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::ReauthenticationRequired`] when the person signed in over ten minutes ago;
/// [`Error::Forbidden`] when the app holds what they do not; [`Error::Invalid`] by field; [`Error::Conflict`] when the app
/// has a key of this name, or as many as it may; [`Error::Unavailable`].
pub async fn add(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    app: AppId,
    jwk: &PublicJwk,
) -> Result<(AppKey, Committed)> {
    let key = jwk.check()?;
    let (mut tx, grant, app) = secrets::begin(authz, grant, app).await?;
    grant.principal().require_fresh(tx.at())?;
    let known = store::app_keys(&mut tx, grant.tenant(), app.id).await?;
    if known.iter().any(|known| known.kid == key.kid) {
        let text = "The app has a key of this name. Name it otherwise, or remove that one.";
        return Err(Error::Conflict(text.into()));
    }
    if known.len() >= MOST {
        return Err(Error::Conflict("The app has as many keys as it may. Remove one first.".into()));
    }
    store::insert_app_key(&mut tx, (grant.tenant(), app.id), &key, grant.subject()).await?;
    let algorithm = name(key.algorithm);
    let event = AuditEvent::done(grant.actor(), "app_key.added", target(&app))
        .changing(&json!({}), &recorded(&key.kid, &algorithm));
    let shown = AppKey { kid: key.kid, algorithm, jwk: key.jwk, created_at: tx.at() };
    Ok((shown, tx.commit(event).await?))
}

/// Removes a key: no assertion it signed counts from then on. Tokens that were asked for by it live on until their end,
/// within the hour.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] when the app holds what the person does not; [`Error::Unavailable`].
pub async fn remove(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    app: AppId,
    kid: &str,
) -> Result<Committed> {
    let (mut tx, grant, app) = secrets::begin(authz, grant, app).await?;
    let known = store::app_keys(&mut tx, grant.tenant(), app.id).await?;
    let key = known.into_iter().find(|known| known.kid == kid).ok_or(Error::NotFound)?;
    store::delete_app_key(&mut tx, (grant.tenant(), app.id), kid).await?;
    let event = AuditEvent::done(grant.actor(), "app_key.removed", target(&app))
        .changing(&recorded(kid, &key.algorithm), &json!({}));
    tx.commit(event).await
}

fn target(app: &App) -> Target {
    Target::new("app", app.id, app.name.clone())
}

fn shown(row: AppKeyRow) -> Result<AppKey> {
    let jwk = serde_json::from_str(&row.jwk)
        .map_err(|error| Error::internal("a stored key cannot be read", error))?;
    Ok(AppKey { kid: row.kid, algorithm: row.algorithm, jwk, created_at: row.created_at })
}

fn recorded(kid: &str, algorithm: &str) -> Value {
    json!({ "key": kid, "algorithm": algorithm })
}
