//! Invitations to a tenant, and accepting one.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::authz::perm;
use crate::error::Result;
use crate::http::access::{Can, SignedIn};
use crate::http::answer::{Created, Done, Found};
use crate::http::api::scope;
use crate::http::extract::{IfMatch, Json, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::InvitationId;
use crate::invitations::{self, Accepted, Deps, Invitation, NewInvitation, NewInvitations, Report, Status};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/invitations", "List invitations, newest first", list)
        .post("/api/v1/tenants/{tenant}/invitations", "Invite an address", create)
        .problem(
            "conflict",
            "the address is a member's or is invited already, or too many invitations are open",
        )
        .post("/api/v1/tenants/{tenant}/invitations/batch", "Invite several addresses", create_all)
        .get("/api/v1/tenants/{tenant}/invitations/{invitation}", "Show an invitation", show)
        .post(
            "/api/v1/tenants/{tenant}/invitations/{invitation}/resend",
            "Send it again, with a new link",
            resend,
        )
        .problem("conflict", "it was accepted or withdrawn, or the roles it offered are gone")
        .delete("/api/v1/tenants/{tenant}/invitations/{invitation}", "Withdraw an invitation", revoke)
        .problem("conflict", "it was accepted or withdrawn already")
        .post("/api/v1/invitations/accept", "Accept an invitation", accept)
        .problem("not-found", "no invitation has this secret")
        .problem(
            "conflict",
            "it was used, is over, is for another address, or the caller is a member already",
        )
}

/// Which invitations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Invitations {
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
        limits: app.config.limits,
        origin: app.config.origin(),
    }
}

async fn list(
    who: Can<perm::InvitationsRead>,
    State(app): State<AppState>,
    Query(query): Query<Invitations>,
) -> Result<Found<Page<Invitation>>> {
    let status = query.status.map_or("", Status::as_str);
    let scope = scope(&[&"invitations", &who.grant().tenant(), &status]);
    let after = pagination::decode(&app.sealer, &scope, query.cursor.as_deref())?;
    let limit = u16::try_from(pagination::limit(query.limit)?).unwrap_or(u16::MAX);
    let page = invitations::Page { limit, after, status: query.status };
    let listed = invitations::list(&deps(&app), who.grant(), page).await?;
    let next_cursor = listed.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: listed.items, next_cursor }))
}

async fn create(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Json(body): Json<NewInvitation>,
) -> Result<Created<Invitation>> {
    let issued = invitations::create(&deps(&app), who.grant(), body).await?;
    let location = format!("/api/v1/tenants/{}/invitations/{}", who.grant().tenant(), issued.invitation.id);
    Ok(found(issued.invitation).created(location))
}

async fn create_all(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Json(body): Json<NewInvitations>,
) -> Result<Found<Report>> {
    invitations::create_all(&deps(&app), who.grant(), body).await.map(Found::new)
}

async fn show(
    who: Can<perm::InvitationsRead>,
    State(app): State<AppState>,
    Path(invitation): Path<InvitationId>,
) -> Result<Found<Invitation>> {
    invitations::show(&deps(&app), who.grant(), invitation).await.map(found)
}

async fn resend(
    who: Can<perm::MembersInvite>,
    State(app): State<AppState>,
    Path(invitation): Path<InvitationId>,
    if_match: IfMatch,
) -> Result<Found<Invitation>> {
    let issued = invitations::resend(&deps(&app), who.grant(), invitation, if_match.tag()?).await?;
    Ok(found(issued.invitation))
}

async fn revoke(
    who: Can<perm::InvitationsDelete>,
    State(app): State<AppState>,
    Path(invitation): Path<InvitationId>,
    if_match: IfMatch,
) -> Result<Done> {
    Ok(invitations::revoke(&deps(&app), who.grant(), invitation, if_match.tag()?).await?.into())
}

fn found(invitation: Invitation) -> Found<Invitation> {
    let tag = invitation.revision();
    Found::new(invitation).tag(tag)
}

/// The write body of `POST /api/v1/invitations/accept`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    /// The secret at the end of the invitation's link.
    token: String,
}

async fn accept(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Json(body): Json<Acceptance>,
) -> Result<Found<Accepted>> {
    let accepted = invitations::accept(&deps(&app), &principal, &body.token).await?;
    let version = accepted.policy_version;
    Ok(Found::new(accepted).after(version))
}
