//! The roles of a tenant, and the permissions they are made of.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::authz::perm;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::answer::Found;
use crate::http::api::{Part, scope};
use crate::http::extract::{Path, Query, Segment};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::RoleId;
use crate::names::Slug;
use crate::roles::{self, RoleView};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/roles", "List roles", list)
        .get("/api/v1/tenants/{tenant}/roles/{role}", "Show a role", show)
        .get("/api/v1/tenants/{tenant}/permissions", "List the permissions roles can have", permissions)
}

/// A role as a path names it: by its key or its id.
#[derive(Debug)]
struct RoleRef(String);

impl Segment for RoleRef {
    const NAME: &'static str = "role";

    fn read(text: &str) -> Option<Self> {
        let id = text.parse::<RoleId>().map(|id| id.to_string()).ok();
        id.or_else(|| Slug::parse(text).map(|key| key.as_str().to_owned())).map(Self)
    }
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
    Path(role): Path<RoleRef>,
) -> Result<Found<RoleView>> {
    let role = roles::show(&app.database, &app.authz, who.grant(), &role.0).await?;
    let revision = role.updated_at.micros();
    Ok(Found::new(role).revision(revision))
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
