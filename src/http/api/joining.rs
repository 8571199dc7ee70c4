//! Joining a tenant by an address in its domain: which one may, doing it, and answering those who ask.

use axum::extract::State;

use crate::authz::perm;
use crate::domains::{self, JoinRequest, Joinable, Joined};
use crate::error::Result;
use crate::http::access::{Can, SignedIn};
use crate::http::answer::{Done, Found};
use crate::http::api::{Part, scope};
use crate::http::extract::{JoinableId, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::JoinRequestId;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/me/joinable-tenants", "List tenants one may join", joinable)
        .post("/api/v1/me/joinable-tenants/{joinable}/join", "Join a tenant, or ask to", join)
        .problem(
            "conflict",
            "the caller is a member or has asked already, or the tenant has as many members as it may",
        )
        .get("/api/v1/tenants/{tenant}/join-requests", "List who asks to join, oldest first", list)
        .post(
            "/api/v1/tenants/{tenant}/join-requests/{join_request}/approve",
            "Let someone in who asked",
            approve,
        )
        .problem(
            "conflict",
            "the address is not theirs any more, or the tenant has as many members as it may",
        )
        .post(
            "/api/v1/tenants/{tenant}/join-requests/{join_request}/decline",
            "Decline someone who asked",
            decline,
        )
}

async fn joinable(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
) -> Result<Found<Page<Joinable>>> {
    let items = domains::joinable(&app.domains(), &principal).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn join(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Path(JoinableId(tenant)): Path<JoinableId>,
) -> Result<Found<Joined>> {
    let joined = domains::join(&app.domains(), &principal, tenant).await?;
    let version = joined.policy_version;
    Ok(Found::new(joined).after(version))
}

async fn list(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Query(query): Query<Part>,
) -> Result<Found<Page<JoinRequest>>> {
    let scope = scope(&[&"join requests", &who.grant().tenant()]);
    let after = pagination::decode(&app.sealer, &scope, query.cursor.as_deref())?;
    let limit = u16::try_from(pagination::limit(query.limit)?).unwrap_or(u16::MAX);
    let listed = domains::requests(&app.domains(), who.grant(), domains::Page { limit, after }).await?;
    let next_cursor = listed.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: listed.items, next_cursor }))
}

async fn approve(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Path(request): Path<JoinRequestId>,
) -> Result<Done> {
    Ok(domains::approve(&app.domains(), who.grant(), request).await?.into())
}

async fn decline(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Path(request): Path<JoinRequestId>,
) -> Result<Done> {
    Ok(domains::decline(&app.domains(), who.grant(), request).await?.into())
}
