//! Requests for roles: asked by any member, answered by those who may give them.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::authz::perm;
use crate::error::Result;
use crate::http::access::{Can, Member};
use crate::http::answer::{Created, Done, Found};
use crate::http::api::scope;
use crate::http::extract::{IfMatch, Json, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::RoleRequestId;
use crate::requests::{self, Approval, Decline, Deps, NewRequest, RoleRequest, Shown, Status};

pub(super) fn routes() -> Routes {
    const ONE: &str = "/api/v1/tenants/{tenant}/role-requests/{request}";
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/role-requests", "List requests for roles, newest first", list)
        .post("/api/v1/tenants/{tenant}/role-requests", "Ask for a role", create)
        .problem("conflict", "the role is held for as long already, or was asked for already")
        .get(ONE, "Show a request for a role", show)
        .post(
            "/api/v1/tenants/{tenant}/role-requests/{request}/approve",
            "Give the role that was asked for",
            approve,
        )
        .problem("conflict", "it is not open any more, or is the caller's own")
        .post("/api/v1/tenants/{tenant}/role-requests/{request}/decline", "Decline a request", decline)
        .problem("conflict", "it is not open any more, or is the caller's own")
        .delete(ONE, "Take back one's own request", withdraw)
        .problem("conflict", "it is not open any more, or is somebody else's")
}

/// Which requests: all for those with `members:update`, one's own for everyone else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Requests {
    /// Only those in this state.
    status: Option<Status>,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before, given with the same filters.
    cursor: Option<String>,
}

fn deps(app: &AppState) -> Deps {
    Deps {
        authz: Arc::clone(&app.authz),
        database: app.database.clone(),
        outbox: app.outbox.clone(),
        origin: app.config.origin(),
    }
}

async fn list(
    Member(grant): Member,
    State(app): State<AppState>,
    Query(query): Query<Requests>,
) -> Result<Found<Page<RoleRequest>>> {
    let status = query.status.map_or("", Status::as_str);
    // Whose they are is bound too: a cursor must not outlive the right to see everyone's.
    let whose = if grant.can::<perm::MembersUpdate>() {
        "all".to_owned()
    } else {
        grant.subject().uuid().to_string()
    };
    let scope = scope(&[&"role-requests", &grant.tenant(), &whose, &status]);
    let after = pagination::decode(&app.sealer, &scope, query.cursor.as_deref())?;
    let limit = u16::try_from(pagination::limit(query.limit)?).unwrap_or(u16::MAX);
    let page = requests::Page { limit, after, status: query.status, own: false };
    let listed = requests::list(&deps(&app), &grant, page).await?;
    let next_cursor = listed.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: listed.items, next_cursor }))
}

async fn create(
    Member(grant): Member,
    State(app): State<AppState>,
    Json(body): Json<NewRequest>,
) -> Result<Created<Shown>> {
    let shown = requests::create(&deps(&app), &grant, &body).await?;
    let location = format!("/api/v1/tenants/{}/role-requests/{}", grant.tenant(), shown.request.id);
    let tag = shown.request.revision();
    Ok(Found::new(shown).tag(tag).created(location))
}

async fn show(
    Member(grant): Member,
    State(app): State<AppState>,
    Path(request): Path<RoleRequestId>,
) -> Result<Found<Shown>> {
    let shown = requests::show(&deps(&app), &grant, request).await?;
    let tag = shown.request.revision();
    Ok(Found::new(shown).tag(tag))
}

async fn approve(
    who: Can<perm::MembersUpdate>,
    State(app): State<AppState>,
    Path(request): Path<RoleRequestId>,
    if_match: IfMatch,
    Json(body): Json<Approval>,
) -> Result<Found<RoleRequest>> {
    let (request, committed) =
        requests::approve(&deps(&app), who.grant(), request, &body, if_match.tag()?).await?;
    let tag = request.revision();
    Ok(Found::new(request).tag(tag).after(committed.policy_version))
}

async fn decline(
    who: Can<perm::MembersUpdate>,
    State(app): State<AppState>,
    Path(request): Path<RoleRequestId>,
    if_match: IfMatch,
    Json(body): Json<Decline>,
) -> Result<Found<RoleRequest>> {
    let (request, _) = requests::decline(&deps(&app), who.grant(), request, &body, if_match.tag()?).await?;
    let tag = request.revision();
    Ok(Found::new(request).tag(tag))
}

async fn withdraw(
    Member(grant): Member,
    State(app): State<AppState>,
    Path(request): Path<RoleRequestId>,
    if_match: IfMatch,
) -> Result<Done> {
    Ok(requests::withdraw(&deps(&app), &grant, request, if_match.tag()?).await?.into())
}
