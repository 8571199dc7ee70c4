//! The roles of a tenant, and the permissions they are made of.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::authz::perm;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::answer::{Created, Done, Found};
use crate::http::api::{Part, scope};
use crate::http::extract::{IfMatch, Json, Path, Query, RoleWord};
use crate::http::openings::AccessPreview;
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::roles::{self, NewRole, RoleChange, RoleView};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/roles", "List roles", list)
        .post("/api/v1/tenants/{tenant}/roles", "Make a role", create)
        .problem("conflict", "the key is taken, or the tenant has as many roles as it may")
        .get("/api/v1/tenants/{tenant}/roles/{role}", "Show a role", show)
        .patch("/api/v1/tenants/{tenant}/roles/{role}", "Change a role", change)
        .problem("conflict", "it is a system role, or the caller's rights were changed meanwhile")
        .delete(
            "/api/v1/tenants/{tenant}/roles/{role}",
            "Delete a role, saying what becomes of those who hold it",
            delete,
        )
        .problem("conflict", "it is a system role, other roles inherit from it, or members hold it and `reassign_to` is missing")
        .post(
            "/api/v1/tenants/{tenant}/roles/{role}/preview",
            "Show what a change of a role would do, without doing it",
            preview,
        )
        .get("/api/v1/tenants/{tenant}/permissions", "List the permissions roles can have", permissions)
}

async fn list(
    who: Can<perm::RolesRead>,
    State(app): State<AppState>,
    Query(part): Query<Part>,
) -> Result<Found<Page<RoleView>>> {
    let roles = roles::list(&app.database, &app.authz, who.grant()).await?;
    let scope = scope(&[&"roles", &who.grant().tenant()]);
    pagination::part(&app.sealer, &scope, (part.limit, part.cursor.as_deref()), roles, |role| role.id)
        .map(Found::new)
}

async fn show(
    who: Can<perm::RolesRead>,
    State(app): State<AppState>,
    Path(role): Path<RoleWord>,
) -> Result<Found<RoleView>> {
    let role = roles::show(&app.database, &app.authz, who.grant(), &role.0).await?;
    Ok(found(role))
}

fn found(role: RoleView) -> Found<RoleView> {
    let revision = role.revision();
    Found::new(role).revision(revision)
}

async fn create(
    who: Can<perm::RolesCreate>,
    State(app): State<AppState>,
    Json(body): Json<NewRole>,
) -> Result<Created<RoleView>> {
    let most = app.config.limits.roles;
    let (role, committed) = roles::create(&app.authz, who.grant(), &body, most).await?;
    let location = format!("/api/v1/tenants/{}/roles/{}", who.grant().tenant(), role.id);
    Ok(found(role).after(committed.policy_version).created(location))
}

async fn change(
    who: Can<perm::RolesUpdate>,
    State(app): State<AppState>,
    Path(role): Path<RoleWord>,
    if_match: IfMatch,
    Json(body): Json<RoleChange>,
) -> Result<Found<RoleView>> {
    let (role, committed) =
        roles::change(&app.authz, who.grant(), &role.0, &body, if_match.revision()?).await?;
    Ok(found(role).after(committed.and_then(|done| done.policy_version)))
}

async fn preview(
    who: Can<perm::RolesUpdate>,
    State(app): State<AppState>,
    Path(role): Path<RoleWord>,
    if_match: IfMatch,
    Json(body): Json<RoleChange>,
) -> Result<Found<AccessPreview>> {
    let preview = roles::preview(&app.authz, who.grant(), &role.0, &body, if_match.revision()?).await?;
    AccessPreview::new(&app, who.grant(), preview).await.map(Found::new)
}

/// What becomes of those who hold the role.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Deletion {
    /// The key of the role they get instead, until the same moment; who holds that one already keeps it as it is.
    /// Required while someone holds the role; needs `members:update` then. Invitations that offer the role are
    /// withdrawn in any case.
    reassign_to: Option<String>,
}

async fn delete(
    who: Can<perm::RolesDelete>,
    State(app): State<AppState>,
    Path(role): Path<RoleWord>,
    if_match: IfMatch,
    Query(deletion): Query<Deletion>,
) -> Result<Done> {
    let (to, revision) = (deletion.reassign_to.as_deref(), if_match.revision()?);
    Ok(roles::delete(&app.authz, who.grant(), &role.0, to, revision).await?.into())
}

/// Something a role can allow.
#[derive(Debug, Serialize, JsonSchema)]
struct Permission {
    /// `noun:verb`.
    name: String,
    /// What it allows, in one sentence.
    description: String,
    /// Whether only a signed-in person may use it, never a token.
    session_only: bool,
}

async fn permissions(
    who: Can<perm::RolesRead>,
    State(app): State<AppState>,
    Query(part): Query<Part>,
) -> Result<Found<Page<Permission>>> {
    let all = app.authz.catalogue().iter().map(|(_, info)| Permission {
        name: info.name.clone(),
        description: info.description.clone(),
        session_only: info.session_only,
    });
    let scope = scope(&[&"permissions", &who.grant().tenant()]);
    let named = |permission: &Permission| permission.name.clone();
    pagination::part(&app.sealer, &scope, (part.limit, part.cursor.as_deref()), all.collect(), named)
        .map(Found::new)
}
