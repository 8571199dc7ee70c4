//! The apps of a tenant, and their secrets.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::apps::secrets::{self, MadeSecret, NewSecret};
use crate::apps::{self, App, AppChange, Filter, NewApp, Secret};
use crate::authz::perm;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::answer::{Created, Done, Found};
use crate::http::api::scope;
use crate::http::extract::{IfMatch, Json, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::{AppId, AppSecretId};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/apps", "List apps", list)
        .post("/api/v1/tenants/{tenant}/apps", "Register an app", create)
        .problem("conflict", "the tenant has as many apps as it may")
        .get("/api/v1/tenants/{tenant}/apps/{app}", "Show an app", show)
        .patch("/api/v1/tenants/{tenant}/apps/{app}", "Change, enable or disable an app", change)
        .delete("/api/v1/tenants/{tenant}/apps/{app}", "Delete an app, its secrets and its tokens", delete)
        .get("/api/v1/tenants/{tenant}/apps/{app}/secrets", "List the secrets of an app that work", live)
        .post("/api/v1/tenants/{tenant}/apps/{app}/secrets", "Make a secret for an app", make_secret)
        .problem("conflict", "two of its secrets work already")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .delete(
            "/api/v1/tenants/{tenant}/apps/{app}/secrets/{secret}",
            "Revoke a secret of an app",
            revoke_secret,
        )
}

/// Which apps to list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Enabled or disabled ones alone.
    enabled: Option<bool>,
    /// How many at most: 1 to 200; 50 when left out.
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
}

async fn list(
    who: Can<perm::AppsRead>,
    State(app): State<AppState>,
    Query(wanted): Query<Wanted>,
) -> Result<Found<Page<App>>> {
    app.token_uses.write(&app.database).await?;
    let enabled = wanted.enabled.map_or("", |enabled| if enabled { "enabled" } else { "disabled" });
    let scope = scope(&[&"apps", &who.grant().tenant(), &enabled]);
    let after = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let limit = pagination::limit(wanted.limit)?;
    let filter = Filter { enabled: wanted.enabled };
    let (items, more) = apps::list(&app.database, who.grant(), &filter, (after, limit)).await?;
    let last = items.last().filter(|_| more).map(|last| last.id);
    let next_cursor = last.map(|last| pagination::encode(&app.sealer, &scope, &last)).transpose()?;
    Ok(Found::new(Page { items, next_cursor }))
}

fn found(app: App) -> Found<App> {
    let revision = app.revision;
    Found::new(app).revision(revision)
}

async fn show(
    who: Can<perm::AppsRead>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
) -> Result<Found<App>> {
    app.token_uses.write(&app.database).await?;
    apps::show(&app.database, who.grant(), id).await.map(found)
}

async fn create(
    who: Can<perm::AppsCreate>,
    State(app): State<AppState>,
    Json(body): Json<NewApp>,
) -> Result<Created<App>> {
    let (made, committed) = apps::create(&app.authz, who.grant(), &body, app.config.limits.apps).await?;
    let location = format!("/api/v1/tenants/{}/apps/{}", who.grant().tenant(), made.id);
    Ok(found(made).after(committed.policy_version).created(location))
}

async fn change(
    who: Can<perm::AppsUpdate>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
    if_match: IfMatch,
    Json(body): Json<AppChange>,
) -> Result<Found<App>> {
    let (changed, committed) =
        apps::change(&app.authz, who.grant(), (id, if_match.revision()?), &body).await?;
    Ok(found(changed).after(committed.and_then(|done| done.policy_version)))
}

async fn delete(
    who: Can<perm::AppsDelete>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
    if_match: IfMatch,
) -> Result<Done> {
    Ok(apps::delete(&app.authz, who.grant(), id, if_match.revision()?).await?.into())
}

async fn live(
    who: Can<perm::AppsRead>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
) -> Result<Found<Page<Secret>>> {
    let items = secrets::live(&app.database, who.grant(), id).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn make_secret(
    who: Can<perm::AppsSecrets>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
    Json(body): Json<NewSecret>,
) -> Result<Created<MadeSecret>> {
    let (made, _) = secrets::create(&app.authz, who.grant(), (id, None), &body).await?;
    let location = format!("/api/v1/tenants/{}/apps/{id}/secrets/{}", who.grant().tenant(), made.id);
    Ok(Found::new(made).created(location))
}

async fn revoke_secret(
    who: Can<perm::AppsSecrets>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
    Path(secret): Path<AppSecretId>,
) -> Result<Done> {
    Ok(secrets::revoke(&app.authz, who.grant(), id, secret).await?.into())
}
