//! Looking for the record that proves a domain. The name servers are asked before the write begins, so that none of
//! them can hold up a tenant; must never count silence for or against anyone.

use serde_json::json;

use super::dns::{Answer, record_name};
use super::found::not_found;
use super::manage::{load, recorded, target};
use super::store;
use super::{Deps, Domain, DomainStatus, proof};
use crate::authz::{Grant, perm};
use crate::db::{Actor, AuditEvent, Chain, Committed};
use crate::email::DomainName;
use crate::error::{Error, Result};
use crate::ids::TenantId;

/// Looks for the record now, and gives the domain as it is then: proved, or no longer. Nothing is recorded when it stays
/// what it was.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Conflict`], saying what was found, when it is still not proved, the name servers are
/// silent, or another tenant has proved the domain and its record is there too; [`Error::Unavailable`].
pub async fn verify(
    deps: &Deps,
    grant: &Grant<perm::TenantUpdate>,
    name: &DomainName,
) -> Result<(Domain, Option<Committed>)> {
    let tenant = grant.tenant();
    let row = store::by_name(&mut deps.database.read().await?, tenant, name.as_str()).await?;
    let row = row.ok_or(Error::NotFound)?;
    let wanted = proof(&row.token);
    let answer = deps.dns.records(name).await;
    let Answer::Records(records) = &answer else { return Err(silent(name)) };
    if !answer.holds(&wanted) {
        if row.verified_at.is_none() {
            note_check(deps, tenant, name).await?;
            return Err(Error::Conflict(not_found(name, records).into()));
        }
        let committed = lapse(deps, tenant, name, grant.actor()).await?;
        let domain = load(&mut deps.database.read().await?, tenant, name).await?;
        return Ok((domain, committed));
    }
    if row.verified_at.is_some() {
        note_check(deps, tenant, name).await?;
        return Ok((load(&mut deps.database.read().await?, tenant, name).await?, None));
    }
    let other = store::verified_elsewhere(&mut deps.database.read().await?, tenant, name.as_str()).await?;
    if let Some((other, token)) = other {
        if answer.holds(&proof(&token)) {
            return Err(taken());
        }
        // Whoever speaks for the domain now has taken the other's record away.
        lapse(deps, other, name, Actor::system("domain check")).await?;
    }
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let before = load(&mut tx, tenant, name).await?;
    if before.record.value != wanted {
        return Err(Error::Conflict("The domain was changed meanwhile. Look again.".into()));
    }
    if before.status == DomainStatus::Verified {
        return Ok((before, None));
    }
    store::set_verified(&mut tx, tenant, name.as_str()).await?;
    let after = load(&mut tx, tenant, name).await?;
    let event = AuditEvent::done(grant.actor(), "domain.verified", target(name))
        .changing(&recorded(&before), &recorded(&after));
    let committed = tx.commit(event).await?;
    Ok((after, Some(committed)))
}

/// Takes the proof of a domain away because its record is gone. Nothing when it had none.
pub(super) async fn lapse(
    deps: &Deps,
    tenant: TenantId,
    name: &DomainName,
    actor: Actor,
) -> Result<Option<Committed>> {
    let mut tx = deps.database.write(Chain::Tenant(tenant)).await?;
    if store::lapse(&mut tx, tenant, name.as_str()).await? == 0 {
        return Ok(None);
    }
    let event = AuditEvent::done(actor, "domain.lapsed", target(name))
        .changing(&json!({ "status": "verified" }), &json!({ "status": "pending" }));
    tx.commit(event).await.map(Some)
}

/// Notes that the name servers answered; no change anyone has to know of.
pub(super) async fn note_check(deps: &Deps, tenant: TenantId, name: &DomainName) -> Result<()> {
    let now = deps.database.clock().now();
    store::checked(&mut deps.database.upkeep().await?, tenant, name.as_str(), now).await?;
    Ok(())
}

fn taken() -> Error {
    let text = "Another tenant has proved this domain, and its record is still there. Take that one out of DNS first.";
    Error::Conflict(text.into())
}

fn silent(name: &DomainName) -> Error {
    let text = format!("The name servers gave no answer for {}. Try again in a minute.", record_name(name));
    Error::Conflict(text.into())
}
