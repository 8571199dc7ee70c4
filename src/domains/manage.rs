//! The domains of a tenant: named, shown, taken away. Must never say whether another tenant has named one.

use serde_json::{Value, json};

use super::store::{self, DomainRow};
use super::{Deps, Domain, DomainStatus, Joining, MOST, NewDomain, Record, dns, proof};
use crate::authz::{Grant, perm};
use crate::db::{AuditEvent, Committed, Executor, Target};
use crate::email::DomainName;
use crate::error::{Error, Result};
use crate::ids::{self, TenantId};

type MayUpdate = Grant<perm::TenantUpdate>;

/// The tenant's domains, by name.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot answer.
pub async fn list(deps: &Deps, grant: &MayUpdate) -> Result<Vec<Domain>> {
    let rows = store::domains(&mut deps.database.read().await?, grant.tenant(), MOST).await?;
    rows.into_iter().map(shown).collect()
}

/// One of the tenant's domains.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Unavailable`] when the database cannot answer.
pub async fn show(deps: &Deps, grant: &MayUpdate, name: &DomainName) -> Result<Domain> {
    load(&mut deps.database.read().await?, grant.tenant(), name).await
}

/// Names a domain. It counts for nothing before its record is found.
///
/// # Errors
/// [`Error::Invalid`] for what is no domain, and for one that everybody may have an address in; [`Error::Conflict`] when
/// the tenant has named it already, or as many as it may; [`Error::Unavailable`].
pub async fn add(deps: &Deps, grant: &MayUpdate, new: &NewDomain) -> Result<(Domain, Committed)> {
    let name: DomainName = new.domain.trim().parse().map_err(|_not: crate::email::NotADomain| {
        Error::invalid("/domain", "domain", "Give one plain domain, such as example.com.")
    })?;
    if name.is_shared() {
        let text = "Everybody may have an address there. Only a domain of your own can be proved.";
        return Err(Error::invalid("/domain", "shared", text));
    }
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let tenant = grant.tenant();
    if store::by_name(&mut tx, tenant, name.as_str()).await?.is_some() {
        return Err(Error::Conflict("This tenant has this domain already.".into()));
    }
    if store::count(&mut tx, tenant).await? >= MOST {
        return Err(Error::Conflict("This tenant has as many domains as it may. Remove one first.".into()));
    }
    store::insert(&mut tx, tenant, name.as_str(), &ids::secret_text()).await?;
    let domain = load(&mut tx, tenant, &name).await?;
    let event = AuditEvent::done(grant.actor(), "domain.added", target(&name))
        .changing(&json!({}), &recorded(&domain));
    let committed = tx.commit(event).await?;
    Ok((domain, committed))
}

/// Takes a domain away: nobody joins by it any more. Members stay.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Unavailable`].
pub async fn remove(
    deps: &Deps,
    grant: &MayUpdate,
    name: &DomainName,
    if_match: Option<i64>,
) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let before = load(&mut tx, grant.tenant(), name).await?;
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    store::delete(&mut tx, grant.tenant(), name.as_str()).await?;
    let event = AuditEvent::done(grant.actor(), "domain.removed", target(name))
        .changing(&recorded(&before), &json!({}));
    tx.commit(event).await
}

/// The domain as `on` sees it.
pub(super) async fn load(on: &mut impl Executor, tenant: TenantId, name: &DomainName) -> Result<Domain> {
    shown(store::by_name(on, tenant, name.as_str()).await?.ok_or(Error::NotFound)?)
}

fn shown(row: DomainRow) -> Result<Domain> {
    let domain: DomainName =
        row.name.parse().map_err(|error| Error::internal("a stored domain cannot be read", error))?;
    Ok(Domain {
        status: if row.verified_at.is_some() { DomainStatus::Verified } else { DomainStatus::Pending },
        record: Record { name: dns::record_name(&domain), value: proof(&row.token) },
        joining: Joining::read(&row.joining),
        role: row.role,
        verified_at: row.verified_at,
        checked_at: row.checked_at,
        created_at: row.created_at,
        revision: row.revision,
        domain,
    })
}

pub(super) fn target(name: &DomainName) -> Target {
    Target::new("domain", name, name.as_str())
}

/// A domain as the log has it. Its token is no secret once it is in DNS, and of no use here.
pub(super) fn recorded(domain: &Domain) -> Value {
    json!({ "status": domain.status, "joining": domain.joining, "role": domain.role })
}
