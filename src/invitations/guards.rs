//! What limits inviting besides the permission: nobody offers more than they hold themselves, nor for longer,
//! and nobody's mailbox is filled. Asked inside the write, where nothing can change until the commit.

use std::time::Duration;

use crate::authz::{HeldRole, Permission as _, Role, Standing, TenantPolicy, perm};
use crate::clock::Timestamp;
use crate::db::WriteTx;
use crate::error::{Error, FieldError, Result};
use crate::ids::{InvitationId, TenantId};
use crate::invitations::{Deps, store};
use crate::members::RoleAssignment;
use crate::roles::guards::{Holding, Refusal, may_grant};

/// The window of `limits.invitations_per_address`.
const DAY: Duration = Duration::from_hours(24);

/// What is said of an address that a member of the tenant holds.
pub(super) const IS_MEMBER: &str = "A member of this tenant has this address already.";

/// What is said when no more invitations may be open.
pub(super) const TOO_MANY_OPEN: &str =
    "This tenant has as many open invitations as it may. Withdraw some first.";

/// A role to offer, and its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'p> {
    pub(super) role: &'p Role,
    pub(super) expires_at: Option<Timestamp>,
}

impl Offer<'_> {
    /// As what it will be when it is held.
    pub(super) fn held(&self) -> HeldRole {
        HeldRole { role: self.role.id, expires_at: self.expires_at }
    }
}

/// Whether the standing's member may invite someone into all of `offers`.
pub(super) fn may_offer(standing: &Standing, offers: &[Offer<'_>], now: Timestamp) -> bool {
    standing.effective.contains(perm::MembersInvite::ID)
        && offers.iter().all(|one| offer(standing, one, now).is_ok())
}

/// As [`may_offer`], with the denial that names the first permission that is missing.
pub(super) async fn require_offer(
    deps: &Deps,
    standing: &Standing,
    offers: &[Offer<'_>],
    now: Timestamp,
) -> Result<()> {
    let refusal = offers.iter().find_map(|one| offer(standing, one, now).err());
    let Some(refusal) = refusal else { return Ok(()) };
    let catalogue = deps.authz.catalogue();
    let missing = &catalogue.info(refusal.missing()).name;
    Err(deps.authz.deny(standing, missing, refusal.reason(catalogue)).await?)
}

/// What the inviter holds for a time may be offered for no longer.
fn offer(standing: &Standing, one: &Offer<'_>, now: Timestamp) -> Result<(), Refusal> {
    may_grant(Holding::of(standing), one.role, one.expires_at, now)
}

/// The tenant's roles of these keys, each with its end. Every problem is named at once.
pub(super) fn offers<'p>(
    policy: &'p TenantPolicy,
    wanted: &[RoleAssignment],
    now: Timestamp,
) -> Result<Vec<Offer<'p>>> {
    let mut offers: Vec<Offer<'p>> = Vec::with_capacity(wanted.len());
    let mut problems = Vec::new();
    for (place, RoleAssignment { key, expires_at }) in wanted.iter().enumerate() {
        let mut say = |pointer, code, detail: &'static str| {
            problems.push(FieldError { pointer, code, detail: detail.into() });
        };
        let Some(role) = policy.role_by_key(key) else {
            say(format!("/roles/{place}"), "unknown", "This tenant has no role with this key.");
            continue;
        };
        if expires_at.is_some_and(|end| end <= now) {
            say(format!("/roles/{place}/expires_at"), "past", "Choose a time that is still to come.");
        }
        match offers.iter().find(|offer| offer.role.id == role.id) {
            None => offers.push(Offer { role, expires_at: *expires_at }),
            Some(same) if same.expires_at == *expires_at => {}
            Some(_) => say(format!("/roles/{place}"), "duplicate", "Name each role once."),
        }
    }
    if problems.is_empty() { Ok(offers) } else { Err(Error::Invalid(problems)) }
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
        return Err(Error::Conflict(TOO_MANY_OPEN.into()));
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
