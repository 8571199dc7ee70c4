//! The members of a tenant: who they are, their roles, and their leave.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::authz::perm;
use crate::error::{Error, Result};
use crate::http::access::{Can, CanOrOwn};
use crate::http::answer::{Done, Found};
use crate::http::api::scope;
use crate::http::extract::{IfMatch, Json, Path, Query};
use crate::http::openings::AccessPreview;
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::UserId;
use crate::lists::Sort;
use crate::members::{self, By, Filter, ManyChanged, ManyRoles, Member, NewRoles};
use crate::names::Slug;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/members", "List members", list)
        .get("/api/v1/tenants/{tenant}/members/{user}", "Show a member", show)
        .post(
            "/api/v1/tenants/{tenant}/members/roles",
            "Give and take roles of several members",
            change_roles,
        )
        .problem(
            "conflict",
            "nobody would own the tenant without an end, or the caller's rights were changed meanwhile",
        )
        .post(
            "/api/v1/tenants/{tenant}/members/roles/preview",
            "Show what such a change would do, without doing it",
            preview,
        )
        .put("/api/v1/tenants/{tenant}/members/{user}/roles", "Set the roles of a member", set_roles)
        .problem(
            "conflict",
            "nobody would own the tenant without an end, or the caller's rights were changed meanwhile",
        )
        .delete("/api/v1/tenants/{tenant}/members/{user}", "Remove a member, or leave", remove)
        .problem(
            "conflict",
            "nobody would own the tenant without an end, or the caller's rights were changed meanwhile",
        )
}

/// Which members, in which order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Members {
    /// Only those whose name or address contains this, whatever its case.
    #[schemars(length(max = 100))]
    search: Option<String>,
    /// Only those who hold the role with this key.
    role: Option<String>,
    /// The order; by name when absent.
    sort: Option<Sort<By>>,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before, given with the same filters and order.
    cursor: Option<String>,
}

const LONGEST_SEARCH: usize = 100;

impl Members {
    fn filter(&self) -> Result<Filter> {
        let search = self.search.clone().unwrap_or_default();
        if search.chars().count() > LONGEST_SEARCH || search.chars().any(char::is_control) {
            return Err(Error::invalid("/search", "search", "Search for at most 100 plain characters."));
        }
        let role = self.role.clone().unwrap_or_default();
        if !role.is_empty() && Slug::parse(&role).is_none() {
            return Err(Error::invalid("/role", "key", "This cannot be the key of a role."));
        }
        Ok(Filter { search, role })
    }
}

async fn list(
    who: Can<perm::MembersRead>,
    State(app): State<AppState>,
    Query(query): Query<Members>,
) -> Result<Found<Page<Member>>> {
    let (filter, sort) = (query.filter()?, query.sort.unwrap_or_default());
    let scope = scope(&[&"members", &who.grant().tenant(), &sort, &filter.role, &filter.search]);
    let window = pagination::window(&app.sealer, &scope, sort, (query.limit, query.cursor.as_deref()))?;
    let part = members::list(&app.database, who.grant(), &filter, &window).await?;
    pagination::page(&app.sealer, &scope, part).map(Found::new)
}

async fn show(
    who: Can<perm::MembersRead>,
    State(app): State<AppState>,
    Path(user): Path<UserId>,
) -> Result<Found<Member>> {
    let member = members::show(&app.database, who.grant(), user).await?;
    let revision = member.revision;
    Ok(Found::new(member).revision(revision))
}

async fn set_roles(
    who: Can<perm::MembersUpdate>,
    State(app): State<AppState>,
    Path(user): Path<UserId>,
    if_match: IfMatch,
    Json(body): Json<NewRoles>,
) -> Result<Found<Member>> {
    let (member, committed) =
        members::set_roles(&app.authz, who.grant(), user, &body.roles, if_match.revision()?).await?;
    let revision = member.revision;
    Ok(Found::new(member).revision(revision).after(committed.and_then(|done| done.policy_version)))
}

async fn change_roles(
    who: Can<perm::MembersUpdate>,
    State(app): State<AppState>,
    Json(body): Json<ManyRoles>,
) -> Result<Found<ManyChanged>> {
    let (changed, committed) = members::change_roles(&app.authz, who.grant(), &body).await?;
    Ok(Found::new(changed).after(committed.and_then(|done| done.policy_version)))
}

async fn preview(
    who: Can<perm::MembersUpdate>,
    State(app): State<AppState>,
    Json(body): Json<ManyRoles>,
) -> Result<Found<AccessPreview>> {
    let preview = members::preview_many(&app.authz, who.grant(), &body).await?;
    AccessPreview::new(&app, who.grant(), preview).await.map(Found::new)
}

async fn remove(
    who: CanOrOwn<perm::MembersDelete>,
    State(app): State<AppState>,
    Path(user): Path<UserId>,
    if_match: IfMatch,
) -> Result<Done> {
    let revision = if_match.revision()?;
    let committed = match who {
        CanOrOwn::Can(grant) => members::remove(&app.authz, &grant, user, revision).await?,
        CanOrOwn::Own(grant) => members::leave(&app.authz, &grant, revision).await?,
    };
    Ok(committed.into())
}
