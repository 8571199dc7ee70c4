//! Tenants: the caller's, and each by its slug or id.

use axum::extract::State;

use crate::authz::{TenantRef, perm};
use crate::error::{Error, Result};
use crate::http::access::{Can, SignedIn};
use crate::http::answer::{Created, Done, Found};
use crate::http::api::{Part, scope};
use crate::http::extract::{IfMatch, Json, Path, Query};
use crate::http::pagination::{self, Page};
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;
use crate::members::{self, Transfer, Transferred};
use crate::tenants::{self, CreationRules, DeletedTenant, NewTenant, Tenant, TenantChange};

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants", "List one's tenants", list)
        .post("/api/v1/tenants", "Create a tenant", create)
        .problem("conflict", "the slug is taken, or the caller owns as many tenants as one person may")
        .problem("forbidden", "only operators create tenants on this installation")
        .get("/api/v1/tenants/{tenant}", "Show a tenant", show)
        .patch("/api/v1/tenants/{tenant}", "Change a tenant's name or slug", change)
        .problem("conflict", "the slug is taken, or the caller's rights were changed meanwhile")
        .delete("/api/v1/tenants/{tenant}", "Delete a tenant", delete)
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .post("/api/v1/tenants/{tenant}/transfer", "Hand a tenant over to another owner", transfer)
        .problem("conflict", "they own it already and the caller stays what they are")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .post("/api/v1/tenants/{tenant}/restore", "Restore a tenant one owned and that was deleted", restore)
        .problem("conflict", "the caller owns as many tenants as one person may")
        .problem("reauthentication-required", "the sign-in is older than ten minutes")
        .get("/api/v1/me/deleted-tenants", "List deleted tenants one can restore", deleted)
}

async fn list(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Query(part): Query<Part>,
) -> Result<Found<Page<Tenant>>> {
    let scope = scope(&[&"tenants", &principal.user.id]);
    let after = pagination::decode(&app.sealer, &scope, part.cursor.as_deref())?;
    let limit = pagination::limit(part.limit)?;
    let page = tenants::list(&app.database, &principal, limit, after.as_ref()).await?;
    let next_cursor = page.next.map(|next| pagination::encode(&app.sealer, &scope, &next)).transpose()?;
    Ok(Found::new(Page { items: page.items, next_cursor }))
}

async fn create(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Json(body): Json<NewTenant>,
) -> Result<Created<Tenant>> {
    let rules =
        CreationRules { who: app.config.tenant_creation, per_owner: app.config.limits.tenants_per_owner };
    let (tenant, committed) = tenants::create(&app.database, &app.authz, &principal, &body, rules).await?;
    let (location, revision) = (format!("/api/v1/tenants/{}", tenant.id), tenant.revision);
    Ok(Found::new(tenant).revision(revision).after(committed.policy_version).created(location))
}

async fn show(who: Can<perm::TenantRead>, State(app): State<AppState>) -> Result<Found<Tenant>> {
    let tenant = tenants::show(&app.database, who.grant()).await?;
    let revision = tenant.revision;
    Ok(Found::new(tenant).revision(revision))
}

async fn change(
    who: Can<perm::TenantUpdate>,
    State(app): State<AppState>,
    if_match: IfMatch,
    Json(body): Json<TenantChange>,
) -> Result<Found<Tenant>> {
    let (tenant, committed) = tenants::change(&app.authz, who.grant(), &body, if_match.revision()?).await?;
    let revision = tenant.revision;
    Ok(Found::new(tenant).revision(revision).after(committed.and_then(|done| done.policy_version)))
}

async fn delete(
    who: Can<perm::TenantDelete>,
    State(app): State<AppState>,
    if_match: IfMatch,
) -> Result<Done> {
    Ok(tenants::delete(&app.authz, who.grant(), if_match.revision()?).await?.into())
}

async fn transfer(
    who: Can<perm::TenantTransfer>,
    State(app): State<AppState>,
    Json(body): Json<Transfer>,
) -> Result<Found<Transferred>> {
    let (transferred, committed) = members::transfer(&app.authz, who.grant(), &body).await?;
    Ok(Found::new(transferred).after(committed.policy_version))
}

async fn deleted(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
) -> Result<Found<Page<DeletedTenant>>> {
    let items = tenants::deleted_of(&app.database, &principal).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn restore(
    SignedIn(principal): SignedIn,
    State(app): State<AppState>,
    Path(named): Path<TenantRef>,
) -> Result<Found<Tenant>> {
    // No slug names what is deleted, to others; its owner may go on calling it by the one it had.
    let id = match named {
        TenantRef::Id(id) => id,
        TenantRef::Slug(slug) => {
            let mine = tenants::deleted_of(&app.database, &principal).await?;
            mine.iter().find(|tenant| tenant.slug == slug.as_str()).ok_or(Error::NotFound)?.id
        }
    };
    let per_owner = app.config.limits.tenants_per_owner;
    let (tenant, committed) = tenants::restore(&app.database, &principal, id, per_owner).await?;
    Ok(Found::new(tenant).after(committed.policy_version))
}
