//! The secrets of apps: at most two live, so that one can replace the other without a gap. Called by the API, the panel
//! and the OAuth endpoints; must never be made for an app that may do what its maker may not.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::create::target;
use super::{App, Secret, holds, list, store};
use crate::authz::{Authz, Grant, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Database, WriteTx};
use crate::error::{Error, Result};
use crate::ids::{AppId, AppSecretId, TenantId, secret_hash};
use crate::tokens::format::{self, Kind};
use crate::tokens::{DEFAULT_DAYS, MAX_DAYS};

/// Secrets of one app that work at the same time, at most.
pub const MOST: usize = 2;

/// How long a secret is to last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// After how many days it ends: 1 to 365; 90 when left out.
    pub expires_in_days: Option<u16>,
}

/// A secret that was just made. The text is in no other answer and nowhere in the database.
#[derive(Clone, Serialize, JsonSchema)]
pub struct MadeSecret {
    /// Its id, by which it is revoked.
    pub id: AppSecretId,
    /// The app's client id, which goes with it.
    pub client_id: String,
    /// The secret itself. It is shown this once.
    pub secret: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for MadeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeSecret").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The secrets of an app that work.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`] when the database cannot answer.
pub async fn live(database: &Database, grant: &Grant<perm::AppsRead>, app: AppId) -> Result<Vec<Secret>> {
    Ok(list::show(database, grant, app).await?.secrets)
}

/// Makes a secret for an app, of this revision if one is given: a form that is sent twice makes one.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::ReauthenticationRequired`] when the person signed in over ten minutes ago;
/// [`Error::Forbidden`] when the app holds what they do not; [`Error::Conflict`] when two work already;
/// [`Error::Invalid`]; [`Error::Unavailable`].
pub async fn create(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    (app, if_match): (AppId, Option<i64>),
    new: &NewSecret,
) -> Result<(MadeSecret, Committed)> {
    let days = new.expires_in_days.unwrap_or(DEFAULT_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Error::invalid("/expires_in_days", "out_of_range", "Choose 1 to 365 days."));
    }
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    grant.principal().require_fresh(now)?;
    let shown = list::load(&mut tx, grant.policy(), app, now).await?.ok_or(Error::NotFound)?;
    if if_match.is_some_and(|revision| revision != shown.revision) {
        return Err(Error::Stale);
    }
    let held = store::held(&mut tx, tenant, app).await?;
    if let Some(refusal) = holds::refusal(&grant, &held, &held, now) {
        return Err(holds::explain(authz, tx, &grant, &refusal).await);
    }
    if shown.secrets.len() >= MOST {
        let text = "This app has two secrets that work. Revoke one first.";
        return Err(Error::Conflict(text.into()));
    }
    let (id, minted) = (AppSecretId::new(), format::mint(Kind::Secret));
    let expires_at = now + Duration::from_hours(u64::from(days) * 24);
    store::insert_secret(&mut tx, (tenant, app), (id, expires_at, grant.subject()), &minted).await?;
    store::revise(&mut tx, tenant, app).await?;
    tx.touch_app(app).await?;
    let event = AuditEvent::done(grant.actor(), "app_secret.created", target(&shown))
        .changing(&json!({}), &json!({ "secret_id": id, "expires_at": expires_at }));
    let committed = tx.commit(event).await?;
    Ok((MadeSecret { id, client_id: shown.client_id, secret: minted.text, expires_at }, committed))
}

/// Ends a secret at once. Tokens that were asked for by it live on until their end, within the hour.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] when the app holds what the person does not; [`Error::Unavailable`].
pub async fn revoke(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    app: AppId,
    id: AppSecretId,
) -> Result<Committed> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let shown = list::load(&mut tx, grant.policy(), app, now).await?.ok_or(Error::NotFound)?;
    let secret = shown.secrets.iter().find(|secret| secret.id == id).ok_or(Error::NotFound)?;
    let held = store::held(&mut tx, tenant, app).await?;
    if let Some(refusal) = holds::refusal(&grant, &held, &held, now) {
        return Err(holds::explain(authz, tx, &grant, &refusal).await);
    }
    store::delete_secret(&mut tx, (tenant, app), id).await?;
    store::revise(&mut tx, tenant, app).await?;
    tx.touch_app(app).await?;
    let event = AuditEvent::done(grant.actor(), "app_secret.revoked", target(&shown))
        .changing(&json!({ "secret_id": id, "expires_at": secret.expires_at }), &json!({}));
    tx.commit(event).await
}

/// Begins a write about how an app proves who it is: it is there, and holds nothing that the grant's principal does not.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] when the app holds what the person does not; [`Error::Unavailable`].
pub(crate) async fn begin(
    authz: &Authz,
    grant: &Grant<perm::AppsSecrets>,
    app: AppId,
) -> Result<(WriteTx, Grant<perm::AppsSecrets>, App)> {
    let (mut tx, grant) = authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let shown = list::load(&mut tx, grant.policy(), app, now).await?.ok_or(Error::NotFound)?;
    let held = store::held(&mut tx, tenant, app).await?;
    if let Some(refusal) = holds::refusal(&grant, &held, &held, now) {
        return Err(holds::explain(authz, tx, &grant, &refusal).await);
    }
    Ok((tx, grant, shown))
}

/// An app that proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The app.
    pub app: AppId,
    /// Its tenant.
    pub tenant: TenantId,
}

/// The enabled app with this client id, if this is a secret of it that works.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn verify(database: &Database, client_id: &str, secret: &str) -> Result<Option<Client>> {
    // What cannot be a secret is looked up all the same, so that the answer takes as long.
    let (hash, fits) = (secret_hash(secret), format::parse(secret) == Some(Kind::Secret));
    let now = database.clock().now();
    let found = store::client(&mut database.read().await?, client_id, &hash, now).await?;
    let Some((client, id, stored)) = found.filter(|_| fits) else { return Ok(None) };
    if aws_lc_rs::constant_time::verify_slices_are_equal(&stored, &hash).is_err() {
        return Ok(None);
    }
    store::secret_used(&mut database.upkeep().await?, client.tenant, id, now).await?;
    Ok(Some(client))
}
