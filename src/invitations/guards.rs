//! What limits inviting besides the permission: nobody offers more than they hold themselves for good, and
//! nobody's mailbox is filled. Asked inside the write, where nothing can change until the commit.

use std::time::Duration;

use crate::authz::{Permission as _, Role, Standing, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::WriteTx;
use crate::error::{Error, FieldError, Result};
use crate::ids::{InvitationId, TenantId};
use crate::invitations::{Deps, store};
use crate::roles::guards::{Holding, Refusal, may_grant};

/// The window of `limits.invitations_per_address`.
const DAY: Duration = Duration::from_hours(24);

/// Whether the standing's member may invite someone into all of `roles`.
pub(super) fn may_offer(standing: &Standing, roles: &[&Role], now: Timestamp) -> bool {
    standing.effective.contains(perm::MembersInvite::ID)
        && roles.iter().all(|role| offer(standing, role, now).is_ok())
}

/// As [`may_offer`], with the denial that names the first permission that is missing.
pub(super) async fn require_offer(
    deps: &Deps,
    standing: &Standing,
    roles: &[&Role],
    now: Timestamp,
) -> Result<()> {
    let refusal = roles.iter().find_map(|role| offer(standing, role, now).err());
    let Some(refusal) = refusal else { return Ok(()) };
    let catalogue = deps.authz.catalogue();
    let missing = &catalogue.info(refusal.missing()).name;
    Err(deps.authz.deny(standing, missing, refusal.reason(catalogue)).await?)
}

/// What an invitation gives has no end, so what the inviter holds for a time does not count.
fn offer(standing: &Standing, role: &Role, now: Timestamp) -> Result<(), Refusal> {
    may_grant(Holding::new(&standing.policy, &standing.roles), role, None, now)
}

/// The tenant's roles of these keys.
pub(super) fn roles_by_key<'p>(policy: &'p TenantPolicy, keys: &[String]) -> Result<Vec<&'p Role>> {
    let mut roles = Vec::with_capacity(keys.len());
    let mut unknown = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        match policy.role_by_key(key) {
            Some(role) => roles.push(role),
            None => unknown.push(FieldError {
                pointer: format!("/roles/{place}"),
                code: "unknown",
                detail: "This tenant has no role with this key.".into(),
            }),
        }
    }
    if unknown.is_empty() { Ok(roles) } else { Err(Error::Invalid(unknown)) }
}

/// Refuses one more mail to the address, or one more open invitation, when there are enough.
pub(super) async fn within_limits(
    deps: &Deps,
    tx: &mut WriteTx,
    tenant: TenantId,
    id: InvitationId,
    email: &str,
) -> Result<()> {
    if store::count_open(tx, tenant, id).await? >= deps.limits.open_invitations {
        return Err(Error::Conflict(
            "This tenant has as many open invitations as it may. Withdraw some first.".into(),
        ));
    }
    let (at, most) = (tx.at(), deps.limits.invitations_per_address);
    let sent = store::sent_to(tx, email, at - DAY, most).await?;
    if i64::try_from(sent.len()).unwrap_or(i64::MAX) < most {
        return Ok(());
    }
    let retry_after = sent.last().map_or(DAY, |oldest| (*oldest + DAY).since(at));
    Err(Error::TooMany {
        what: "This address was sent as many invitations as it may get in a day.".into(),
        retry_after,
    })
}
