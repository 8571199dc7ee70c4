//! The public keys by which an app proves who it is, in place of a secret (`private_key_jwt`).

use axum::extract::State;

use crate::authz::perm;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::answer::{Created, Done, Found};
use crate::http::extract::{Json, KeyWord, Path};
use crate::http::pagination::Page;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::AppId;
use crate::oauth::PublicJwk;
use crate::oauth::app_keys::{self, AppKey};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/apps/{app}/keys", "List an app's public keys", list)
        .post("/api/v1/tenants/{tenant}/apps/{app}/keys", "Register a public key of an app", add)
        .problem("conflict", "the app has this key, or as many as it may")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .delete("/api/v1/tenants/{tenant}/apps/{app}/keys/{key}", "Remove a public key of an app", remove)
}

async fn list(
    who: Can<perm::AppsRead>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
) -> Result<Found<Page<AppKey>>> {
    let items = app_keys::list(&app.database, who.grant(), id).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn add(
    who: Can<perm::AppsSecrets>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
    Json(body): Json<PublicJwk>,
) -> Result<Created<AppKey>> {
    let (key, _) = app_keys::add(&app.authz, who.grant(), id, &body).await?;
    let location = format!("/api/v1/tenants/{}/apps/{id}/keys/{}", who.grant().tenant(), key.kid);
    Ok(Found::new(key).created(location))
}

async fn remove(
    who: Can<perm::AppsSecrets>,
    State(app): State<AppState>,
    Path(id): Path<AppId>,
    Path(key): Path<KeyWord>,
) -> Result<Done> {
    Ok(app_keys::remove(&app.authz, who.grant(), id, &key.0).await?.into())
}
