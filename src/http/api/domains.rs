//! The domains of a tenant: named, proved, opened for joining, taken away.

use axum::extract::State;

use crate::authz::perm;
use crate::domains::{self, Domain, DomainChange, NewDomain};
use crate::email::DomainName;
use crate::error::Result;
use crate::http::access::Can;
use crate::http::answer::{Created, Done, Found};
use crate::http::extract::{IfMatch, Json, Path};
use crate::http::pagination::Page;
use crate::http::routes::{Area, Routes};
use crate::http::state::AppState;

pub(super) fn routes() -> Routes {
    Routes::new(Area::Api)
        .get("/api/v1/tenants/{tenant}/domains", "List domains", list)
        .post("/api/v1/tenants/{tenant}/domains", "Add a domain", add)
        .problem("conflict", "the tenant has this domain, or as many as it may")
        .get("/api/v1/tenants/{tenant}/domains/{domain}", "Show a domain", show)
        .patch("/api/v1/tenants/{tenant}/domains/{domain}", "Say who may join by a domain", change)
        .problem("conflict", "the domain is not proved yet")
        .delete("/api/v1/tenants/{tenant}/domains/{domain}", "Remove a domain", remove)
        .post("/api/v1/tenants/{tenant}/domains/{domain}/verify", "Look for a domain's record now", verify)
        .problem("conflict", "the record was not found; `detail` says what was")
}

async fn list(who: Can<perm::TenantUpdate>, State(app): State<AppState>) -> Result<Found<Page<Domain>>> {
    let items = domains::list(&app.domains(), who.grant()).await?;
    Ok(Found::new(Page { items, next_cursor: None }))
}

async fn add(
    who: Can<perm::TenantUpdate>,
    State(app): State<AppState>,
    Json(body): Json<NewDomain>,
) -> Result<Created<Domain>> {
    let (domain, _) = domains::add(&app.domains(), who.grant(), &body).await?;
    let location = format!("/api/v1/tenants/{}/domains/{}", who.grant().tenant(), domain.domain);
    Ok(found(domain).created(location))
}

async fn show(
    who: Can<perm::TenantUpdate>,
    State(app): State<AppState>,
    Path(domain): Path<DomainName>,
) -> Result<Found<Domain>> {
    domains::show(&app.domains(), who.grant(), &domain).await.map(found)
}

async fn change(
    who: Can<perm::TenantUpdate>,
    State(app): State<AppState>,
    Path(domain): Path<DomainName>,
    if_match: IfMatch,
    Json(body): Json<DomainChange>,
) -> Result<Found<Domain>> {
    let revision = if_match.revision()?;
    let (domain, _) = domains::change(&app.domains(), who.grant(), &domain, &body, revision).await?;
    Ok(found(domain))
}

async fn remove(
    who: Can<perm::TenantUpdate>,
    State(app): State<AppState>,
    Path(domain): Path<DomainName>,
    if_match: IfMatch,
) -> Result<Done> {
    Ok(domains::remove(&app.domains(), who.grant(), &domain, if_match.revision()?).await?.into())
}

async fn verify(
    who: Can<perm::TenantUpdate>,
    State(app): State<AppState>,
    Path(domain): Path<DomainName>,
) -> Result<Found<Domain>> {
    let (domain, _) = domains::verify(&app.domains(), who.grant(), &domain).await?;
    Ok(found(domain))
}

fn found(domain: Domain) -> Found<Domain> {
    let revision = domain.revision;
    Found::new(domain).revision(revision)
}
