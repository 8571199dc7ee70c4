//! What operators see and do: tenants and people from outside, and how the installation is. For everyone else these
//! routes are not there.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::authz::TenantRef;
use crate::authz::platform::{PlatformGrant, perm};
use crate::error::Result;
use crate::http::access::Operator;
use crate::http::answer::Found;
use crate::http::api::scope;
use crate::http::extract::{Json, Path, Query};
use crate::http::health::{Health, health};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::ids::{TenantId, UserId};
use crate::operators::{
    self, AccountStatus, PersonDetail, PersonRecord, Reason, Sought, TenantRecord, TenantState,
};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/operator/health", "Show how the installation is", show_health)
        .get("/api/v1/operator/tenants", "List every tenant", tenants)
        .get("/api/v1/operator/tenants/{tenant}", "Show any tenant", tenant)
        .post("/api/v1/operator/tenants/{tenant}/suspend", "Suspend a tenant", suspend)
        .problem("conflict", "it is suspended or deleted already")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .post("/api/v1/operator/tenants/{tenant}/resume", "Resume a suspended tenant", resume)
        .problem("conflict", "it is not suspended")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .get("/api/v1/operator/users", "List everyone who has an account", users)
        .get("/api/v1/operator/users/{user}", "Show anyone who has an account", user)
        .post("/api/v1/operator/users/{user}/disable", "Disable a person", disable)
        .problem("conflict", "they are disabled already, the caller themselves, or the last operator")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .post("/api/v1/operator/users/{user}/enable", "Enable a disabled person", enable)
        .problem("conflict", "they are not disabled")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
}

async fn show_health(_: Operator<perm::HealthRead>, State(app): State<AppState>) -> Result<Found<Health>> {
    Ok(Found::new(health(&app).await?))
}

/// Which tenants.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TenantsWanted {
    /// A part of a name or slug, or a whole id.
    search: Option<String>,
    /// Only those in this state.
    status: Option<TenantState>,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before.
    cursor: Option<String>,
}

async fn tenants(
    who: Operator<perm::TenantsRead>,
    State(app): State<AppState>,
    Query(wanted): Query<TenantsWanted>,
) -> Result<Found<Page<TenantRecord>>> {
    let sought = Sought::new(&wanted.search.unwrap_or_default());
    let state = wanted.status.map_or("", TenantState::as_str);
    let scope = scope(&[&"operator/tenants", &sought.as_str(), &state]);
    let below: Option<TenantId> = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let part = (below, pagination::limit(wanted.limit)?);
    let found = operators::list_tenants(&app.database, who.grant(), (&sought, wanted.status), part).await?;
    let next_cursor = found.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: found.items, next_cursor }))
}

async fn tenant(
    who: Operator<perm::TenantsRead>,
    State(app): State<AppState>,
    Path(named): Path<TenantRef>,
) -> Result<Found<TenantRecord>> {
    let id = id_of(&app, who.grant(), &named).await?;
    Ok(Found::new(operators::show_tenant(&app.database, who.grant(), id).await?))
}

async fn suspend(
    who: Operator<perm::TenantsSuspend>,
    State(app): State<AppState>,
    Path(named): Path<TenantRef>,
    Json(body): Json<Reason>,
) -> Result<Found<TenantRecord>> {
    let id = id_of(&app, who.grant(), &named).await?;
    let (tenant, committed) = operators::suspend(&app.authz, who.grant(), id, &body).await?;
    Ok(Found::new(tenant).after(committed.policy_version))
}

async fn resume(
    who: Operator<perm::TenantsSuspend>,
    State(app): State<AppState>,
    Path(named): Path<TenantRef>,
) -> Result<Found<TenantRecord>> {
    let id = id_of(&app, who.grant(), &named).await?;
    let (tenant, committed) = operators::resume(&app.authz, who.grant(), id).await?;
    Ok(Found::new(tenant).after(committed.policy_version))
}

/// The id of the tenant that a path names.
async fn id_of<P>(app: &AppState, grant: &PlatformGrant<P>, named: &TenantRef) -> Result<TenantId> {
    match named {
        TenantRef::Id(id) => Ok(*id),
        TenantRef::Slug(slug) => operators::tenant_named(&app.database, grant, slug.as_str()).await,
    }
}

/// Which people.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UsersWanted {
    /// A part of a name or address, or a whole id.
    search: Option<String>,
    /// Only those of this status.
    status: Option<AccountStatus>,
    /// How many items at most; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
    /// The `next_cursor` of the part before.
    cursor: Option<String>,
}

async fn users(
    who: Operator<perm::UsersRead>,
    State(app): State<AppState>,
    Query(wanted): Query<UsersWanted>,
) -> Result<Found<Page<PersonRecord>>> {
    let sought = Sought::new(&wanted.search.unwrap_or_default());
    let status = wanted.status.map_or("", AccountStatus::as_str);
    let scope = scope(&[&"operator/users", &sought.as_str(), &status]);
    let below: Option<UserId> = pagination::decode(&app.sealer, &scope, wanted.cursor.as_deref())?;
    let part = (below, pagination::limit(wanted.limit)?);
    let found = operators::list_people(&app.database, who.grant(), (&sought, wanted.status), part).await?;
    let next_cursor = found.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: found.items, next_cursor }))
}

async fn user(
    who: Operator<perm::UsersRead>,
    State(app): State<AppState>,
    Path(user): Path<UserId>,
) -> Result<Found<PersonDetail>> {
    Ok(Found::new(operators::show_person(&app.database, who.grant(), user).await?))
}

async fn disable(
    who: Operator<perm::UsersDisable>,
    State(app): State<AppState>,
    Path(user): Path<UserId>,
    Json(body): Json<Reason>,
) -> Result<Found<PersonDetail>> {
    Ok(Found::new(operators::disable(&app.authz, who.grant(), user, &body).await?))
}

async fn enable(
    who: Operator<perm::UsersDisable>,
    State(app): State<AppState>,
    Path(user): Path<UserId>,
) -> Result<Found<PersonDetail>> {
    Ok(Found::new(operators::enable(&app.authz, who.grant(), user).await?))
}
