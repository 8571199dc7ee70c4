//! Who may join by a domain. Opening it, or giving another role, counts as letting in everyone it concerns.

use super::manage::{load, recorded, target};
use super::rules::refusal;
use super::store;
use super::{Deps, Domain, DomainChange, DomainStatus, Joining};
use crate::authz::{Grant, TenantPolicy, perm};
use crate::db::{AuditEvent, Committed};
use crate::email::DomainName;
use crate::error::{Error, Result};
use crate::ids::RoleId;
use crate::roles::guards;

/// Says who may join by a domain, and with which role. When nothing would change, nothing is committed.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] for a role that is unknown or missing, or owns the tenant;
/// [`Error::Forbidden`] when more people would get in, or with another role, than the caller could let in themselves;
/// [`Error::Conflict`] while the domain is not proved; [`Error::Unavailable`].
pub async fn change(
    deps: &Deps,
    grant: &Grant<perm::TenantUpdate>,
    name: &DomainName,
    wanted: &DomainChange,
    if_match: Option<i64>,
) -> Result<(Domain, Option<Committed>)> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let before = load(&mut tx, tenant, name).await?;
    if if_match.is_some_and(|revision| revision != before.revision) {
        return Err(Error::Stale);
    }
    let policy = &grant.standing().policy;
    let joining = wanted.joining.unwrap_or(before.joining);
    let key = wanted.role.as_ref().or(before.role.as_ref());
    let role = key.map(|key| giveable(policy, key)).transpose()?;
    if joining == before.joining && key == before.role.as_ref() {
        return Ok((before, None));
    }
    if joining != Joining::Off {
        let wider = joining > before.joining || key != before.role.as_ref();
        let role = role.and_then(|role| policy.role(role));
        let role =
            role.ok_or_else(|| Error::invalid("/role", "required", "Choose the role that joining gives."))?;
        if before.status != DomainStatus::Verified {
            return Err(Error::Conflict("Prove the domain first: its record was not found yet.".into()));
        }
        let standing = grant.standing();
        if let Some(refused) = refusal(standing, role, now).filter(|_| wider) {
            return Err(refused.explained(deps, tx, standing).await?);
        }
    }
    if let Some(role) = role {
        store::set_role(&mut tx, tenant, name.as_str(), role).await?;
    }
    store::set_joining(&mut tx, tenant, name.as_str(), joining).await?;
    let after = load(&mut tx, tenant, name).await?;
    let event = AuditEvent::done(grant.actor(), "domain.updated", target(name))
        .changing(&recorded(&before), &recorded(&after));
    let committed = tx.commit(event).await?;
    Ok((after, Some(committed)))
}

/// The role of this key, which joining may give.
fn giveable(policy: &TenantPolicy, key: &str) -> Result<RoleId> {
    let role = policy
        .role_by_key(key)
        .ok_or_else(|| Error::invalid("/role", "unknown", "This tenant has no role with this key."))?;
    if guards::owner_role(policy) == Some(role.id) {
        return Err(Error::invalid("/role", "owner", "Nobody comes to own a tenant by joining it."));
    }
    Ok(role.id)
}
