//! Which tenants someone may join, by which of their addresses. To anyone whose addresses do not fit, a tenant is not
//! found, whatever it offers to others. Called by handlers and by `join.rs`.

use super::store::{self, OfferRow};
use super::{Deps, Joinable, JoinableTenant, Joining};
use crate::authz::SessionUser;
use crate::db::Executor;
use crate::email::{DomainName, EmailAddress};
use crate::error::Result;
use crate::ids::{TenantId, UserId};

/// One of someone's addresses, in a domain that offers something.
pub(super) struct Offer {
    pub(super) email: EmailAddress,
    pub(super) domain: DomainName,
    pub(super) row: OfferRow,
}

/// The tenants that the principal may join or ask to, by any of their verified addresses.
///
/// # Errors
/// [`crate::error::Error::Unavailable`] when the database cannot answer.
pub async fn joinable(deps: &Deps, principal: &SessionUser) -> Result<Vec<Joinable>> {
    let user = principal.user.id;
    let mut on = deps.database.read().await?;
    let mut found: Vec<Joinable> = Vec::new();
    for Offer { email, domain, row } in offers(&mut on, user).await? {
        let tenant = row.tenant_id;
        let known = found.iter().any(|known| known.tenant.id == tenant);
        if known || principal.user.tenants.contains(&tenant) {
            continue;
        }
        found.push(Joinable {
            tenant: JoinableTenant { id: tenant, name: row.tenant_name },
            joining: how(&mut on, tenant, user, &row.joining).await?,
            asked_at: store::was_asked(&mut on, tenant, user).await?,
            domain,
            email: email.to_string(),
        });
    }
    Ok(found)
}

/// What the domains of the person's addresses offer. Addresses are compared as parsed, the domain as a whole.
async fn offers(on: &mut impl Executor, user: UserId) -> Result<Vec<Offer>> {
    let mut offers: Vec<Offer> = Vec::new();
    for address in store::verified_addresses(on, user).await? {
        let Ok(email) = address.parse::<EmailAddress>() else { continue };
        let Ok(domain) = email.domain().parse::<DomainName>() else { continue };
        if offers.iter().any(|known| known.domain == domain) {
            continue;
        }
        if let Some(row) = store::offer(on, domain.as_str()).await? {
            offers.push(Offer { email, domain, row });
        }
    }
    Ok(offers)
}

/// How this person may join. Whom the tenant removed has to ask.
pub(super) async fn how(
    on: &mut impl Executor,
    tenant: TenantId,
    user: UserId,
    joining: &str,
) -> Result<Joining> {
    let joining = Joining::read(joining);
    let asks = joining == Joining::Open && store::is_removed(on, tenant, user).await?;
    Ok(if asks { Joining::Ask } else { joining })
}

/// What the tenant offers the person, if anything.
pub(super) async fn fitting(on: &mut impl Executor, user: UserId, tenant: TenantId) -> Result<Option<Offer>> {
    Ok(offers(on, user).await?.into_iter().find(|offer| offer.row.tenant_id == tenant))
}

/// Whether a provider still vouches that the address is the person's.
pub(super) async fn holds(on: &mut impl Executor, user: UserId, email: &str) -> Result<bool> {
    Ok(store::verified_addresses(on, user).await?.iter().any(|address| address == email))
}
