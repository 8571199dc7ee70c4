//! Public keys by which an app proves who it is, in place of a secret. Called by the API; must never hold a private one,
//! nor let a key be registered by less than what makes a secret.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::jwk::{PublicJwk, PublicKey};
use super::store::{self, AppKeyRow};
use crate::authz::{Authz, Grant, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Database, Target, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{AppId, TenantId};

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
    pub jwk: Value,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// The app's keys, oldest first.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has no such app; [`Error::Unavailable`].
pub async fn list(database: &Database, grant: &Grant<perm::AppsRead>, app: AppId) -> Result<Vec<AppKey>> {
    let mut on = database.read().await?;
    store::app_name(&mut on, grant.tenant(), app).await?.ok_or(Error::NotFound)?;
    store::app_keys(&mut on, grant.tenant(), app).await?.into_iter().map(shown).collect()
}

/// Registers a key.
///
/// # Errors
/// [`Error::ReauthenticationRequired`]; [`Error::NotFound`]; [`Error::Invalid`] by field; [`Error::Conflict`] when the app
/// has a key of this name, or as many as it may; [`Error::Unavailable`].
pub async fn add(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    app: AppId,
    jwk: &PublicJwk,
) -> Result<(AppKey, Committed)> {
    let (mut tx, grant) = authz.write(grant).await?;
    grant.principal().require_fresh(tx.at())?;
    let owner = (grant.tenant(), app);
    let name = name(&mut tx, owner).await?;
    let key = jwk.check()?;
    let known = store::app_keys(&mut tx, grant.tenant(), app).await?;
    if known.iter().any(|known| known.kid == key.kid) {
        return Err(Error::Conflict(
            "The app has a key of this name. Name it otherwise, or remove that one.".into(),
        ));
    }
    if known.len() >= MOST {
        return Err(Error::Conflict("The app has as many keys as it may. Remove one first.".into()));
    }
    store::insert_app_key(&mut tx, owner, &key, grant.user()).await?;
    let event = AuditEvent::done(grant.actor(), "app.key_added", Target::new("app", app, name))
        .changing(&Value::Null, &recorded(&key.kid, &super::jwk::name(key.algorithm)));
    let shown = shown_new(&key, tx.at());
    Ok((shown, tx.commit(event).await?))
}

/// Removes a key: no assertion it signed counts from then on. Tokens that were issued stay.
///
/// # Errors
/// [`Error::ReauthenticationRequired`]; [`Error::NotFound`]; [`Error::Unavailable`].
pub async fn remove(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    app: AppId,
    kid: &str,
) -> Result<Committed> {
    let (mut tx, grant) = authz.write(grant).await?;
    grant.principal().require_fresh(tx.at())?;
    let owner = (grant.tenant(), app);
    let name = name(&mut tx, owner).await?;
    let known = store::app_keys(&mut tx, grant.tenant(), app).await?;
    let key = known.into_iter().find(|known| known.kid == kid).ok_or(Error::NotFound)?;
    store::delete_app_key(&mut tx, owner, kid).await?;
    let event = AuditEvent::done(grant.actor(), "app.key_removed", Target::new("app", app, name))
        .changing(&recorded(kid, &key.algorithm), &Value::Null);
    tx.commit(event).await
}

async fn name(tx: &mut WriteTx, (tenant, app): (TenantId, AppId)) -> Result<String> {
    store::app_name(tx, tenant, app).await?.ok_or(Error::NotFound)
}

fn shown(row: AppKeyRow) -> Result<AppKey> {
    let jwk = serde_json::from_str(&row.jwk)
        .map_err(|error| Error::internal("a stored key cannot be read", error))?;
    Ok(AppKey { kid: row.kid, algorithm: row.algorithm, jwk, created_at: row.created_at })
}

fn shown_new(key: &PublicKey, at: Timestamp) -> AppKey {
    let algorithm = super::jwk::name(key.algorithm);
    AppKey { kid: key.kid.clone(), algorithm, jwk: key.jwk.clone(), created_at: at }
}

fn recorded(kid: &str, algorithm: &str) -> Value {
    json!({ "key": kid, "algorithm": algorithm })
}
