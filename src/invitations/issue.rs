//! Sending an invitation: a new one, or an old one again with a new link.

use std::time::Duration;

use serde_json::json;

use crate::authz::{Grant, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Target, WriteTx};
use crate::email::EmailAddress;
use crate::error::{Error, FieldError, Result};
use crate::ids::{self, InvitationId};
use crate::invitations::accept::recorded;
use crate::invitations::guards::Offer;
use crate::invitations::{Deps, Issued, NewInvitation, Status, guards, load, store};
use crate::mail::{InvitationMail, RoleInMail};
use crate::members::RoleAssignment;

/// Hours an invitation lasts unless the body says otherwise, and how many it may say.
const HOURS: i64 = 168;
const MOST_HOURS: i64 = 720;
/// Roles one invitation may offer.
const MOST_ROLES: usize = 20;

pub(super) type MayInvite = Grant<perm::MembersInvite>;

/// What becomes of an open invitation of the tenant to the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// It is withdrawn: the new one takes its place.
    Replaced,
    /// It stays, and no other is sent.
    Kept,
}

/// What is said of an address that an open invitation was sent to.
pub(super) const IS_INVITED: &str = "This address has an open invitation. Send that again if it got lost.";

/// Invites an address. An open invitation of the tenant to the same address is replaced.
///
/// # Errors
/// [`Error::Invalid`] by field; [`Error::Forbidden`] when a role allows more than the inviter holds for as long;
/// [`Error::Conflict`] when the address is a member's or the tenant has too many open invitations;
/// [`Error::TooMany`] when the address got too many in a day, whoever sent them.
pub async fn create(deps: &Deps, grant: &MayInvite, new: NewInvitation) -> Result<Issued> {
    let email = new.email.trim().parse::<EmailAddress>();
    let mut wrong = Vec::new();
    if email.is_err() {
        wrong.push(FieldError {
            pointer: "/email".to_owned(),
            code: "email",
            detail: "Give one plain e-mail address, such as ada@example.com.".into(),
        });
    }
    let lifetime = check(&new.roles, new.expires_in_hours, &mut wrong);
    match email {
        Ok(email) if wrong.is_empty() => {
            create_one(deps, grant, &email, (&new.roles, lifetime), Open::Replaced).await
        }
        Ok(_) | Err(_) => Err(Error::Invalid(wrong)),
    }
}

/// Invites one address into what was checked before.
pub(super) async fn create_one(
    deps: &Deps,
    grant: &MayInvite,
    email: &EmailAddress,
    (wanted, lifetime): (&[RoleAssignment], Duration),
    open: Open,
) -> Result<Issued> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let offers = guards::offers(grant.policy(), wanted, tx.at())?;
    let id = InvitationId::new();
    if open == Open::Kept && store::is_invited(&mut tx, grant.tenant(), email).await? {
        return Err(Error::Conflict(IS_INVITED.into()));
    }
    let replaced = prepare(deps, &mut tx, &grant, &offers, (id, email)).await?;
    let secret = ids::secret_text();
    let row = new_row(&grant, id, email, &secret, end(tx.at() + lifetime, &offers));
    store::insert(&mut tx, grant.tenant(), &row).await?;
    for offer in &offers {
        store::insert_role(&mut tx, grant.tenant(), id, offer.held()).await?;
    }
    let roles: Vec<_> = offers.iter().map(recorded).collect();
    let after = json!({ "email": email, "roles": roles, "expires_at": row.expires_at, "replaces": replaced });
    let event =
        AuditEvent::done(grant.actor(), "invitation.created", Target::new("invitation", id, email.as_str()))
            .changing(&json!({}), &after);
    send(deps, tx, &grant, (id, email), &secret, event).await
}

/// Sends an invitation again, as the caller's: its old link dies, its time starts anew. `expected` is the
/// revision it must still have, if any.
///
/// # Errors
/// As [`create`]; [`Error::NotFound`]; [`Error::Stale`]; [`Error::Conflict`] when it was accepted or withdrawn, or a
/// role it offers is over or gone.
pub async fn resend(
    deps: &Deps,
    grant: &MayInvite,
    id: InvitationId,
    expected: Option<&str>,
) -> Result<Issued> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let now = tx.at();
    let old = load(&mut tx, grant.tenant(), id, now).await?.ok_or(Error::NotFound)?;
    if expected.is_some_and(|revision| revision != old.revision()) {
        return Err(Error::Stale);
    }
    match old.status {
        Status::Pending | Status::Expired => {}
        Status::Accepted => return Err(Error::Conflict("This invitation was accepted already.".into())),
        Status::Revoked => return Err(Error::Conflict("This invitation was withdrawn.".into())),
    }
    let email: EmailAddress =
        old.email.parse().map_err(|error| Error::internal("a stored address cannot be read", error))?;
    if old.roles.is_empty() {
        return Err(Error::Conflict("The roles it offered are gone. Make a new invitation.".into()));
    }
    if old.role_ends.values().any(|end| *end <= now) {
        return Err(Error::Conflict("A role it offers is over by now. Make a new invitation.".into()));
    }
    let wanted: Vec<RoleAssignment> = old
        .roles
        .iter()
        .map(|key| RoleAssignment { key: key.clone(), expires_at: old.role_ends.get(key).copied() })
        .collect();
    let offers = guards::offers(grant.policy(), &wanted, now)?;
    let replaced = prepare(deps, &mut tx, &grant, &offers, (id, &email)).await?;
    let secret = ids::secret_text();
    let expires_at = end(now + old.expires_at.since(old.sent_at), &offers);
    let row = new_row(&grant, id, &email, &secret, expires_at);
    store::renew(&mut tx, grant.tenant(), &row, InvitationId::new()).await?;
    let before = json!({ "expires_at": old.expires_at, "invited_by": old.invited_by.id });
    let after =
        json!({ "expires_at": row.expires_at, "invited_by": grant.subject().uuid(), "replaces": replaced });
    let event =
        AuditEvent::done(grant.actor(), "invitation.resent", Target::new("invitation", id, email.as_str()))
            .changing(&before, &after);
    send(deps, tx, &grant, (id, &email), &secret, event).await
}

/// The guards both ways of sending share. Gives the invitations that this one replaces.
async fn prepare(
    deps: &Deps,
    tx: &mut WriteTx,
    grant: &MayInvite,
    offers: &[Offer<'_>],
    (id, email): (InvitationId, &EmailAddress),
) -> Result<Vec<InvitationId>> {
    guards::require_offer(deps, grant.standing(), offers, tx.at()).await?;
    // Members see who is one anyway. Whether someone has an account here is not asked.
    if store::is_members_address(tx, grant.tenant(), email).await? {
        return Err(Error::Conflict(guards::IS_MEMBER.into()));
    }
    let replaced = store::revoke_open(tx, grant.tenant(), email, id).await?;
    guards::within_limits(deps, tx, grant.tenant(), id, email).await?;
    Ok(replaced)
}

/// An invitation ends with the first of its roles, if not before: who accepts gets all that was offered.
fn end(wanted: Timestamp, offers: &[Offer<'_>]) -> Timestamp {
    offers.iter().filter_map(|offer| offer.expires_at).fold(wanted, Timestamp::min)
}

fn new_row<'a>(
    grant: &MayInvite,
    id: InvitationId,
    email: &'a EmailAddress,
    secret: &str,
    expires_at: Timestamp,
) -> store::NewRow<'a> {
    let token_hash = ids::secret_hash(secret);
    store::NewRow { id, email: email.as_str(), token_hash, invited_by: grant.subject(), expires_at }
}

async fn send(
    deps: &Deps,
    mut tx: WriteTx,
    grant: &MayInvite,
    (id, email): (InvitationId, &EmailAddress),
    secret: &str,
    event: AuditEvent,
) -> Result<Issued> {
    let now = tx.at();
    let invitation = load(&mut tx, grant.tenant(), id, now)
        .await?
        .ok_or(Error::Internal("an invitation is gone", None))?;
    let offered = store::roles(&mut tx, grant.tenant(), id, id).await?;
    let roles: Vec<RoleInMail<'_>> =
        offered.iter().map(|role| RoleInMail { name: &role.name, until: role.expires_at }).collect();
    let link = format!("{}/invitations/{secret}", deps.origin);
    let mail = InvitationMail {
        to: email,
        tenant: &grant.policy().name,
        inviter: grant.principal().name(),
        roles: &roles,
        link: &link,
        until: invitation.expires_at,
    };
    deps.outbox.enqueue(&mut tx, &mail.render()?, invitation.expires_at).await?;
    let committed = tx.commit(event).await?;
    deps.outbox.wake();
    Ok(Issued { invitation, link, committed })
}

/// What concerns all addresses alike: says what is wrong, and gives how long an invitation lasts.
pub(super) fn check(
    roles: &[RoleAssignment],
    expires_in_hours: Option<i64>,
    wrong: &mut Vec<FieldError>,
) -> Duration {
    let mut say = |pointer: &str, code, detail: &'static str| {
        wrong.push(FieldError { pointer: pointer.to_owned(), code, detail: detail.into() });
    };
    if roles.is_empty() {
        say("/roles", "required", "Offer at least one role.");
    } else if roles.len() > MOST_ROLES {
        say("/roles", "too_many", "Offer at most 20 roles.");
    }
    let hours = expires_in_hours.unwrap_or(HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        say("/expires_in_hours", "range", "Give 1 to 720 hours.");
    }
    Duration::from_hours(hours.clamp(1, MOST_HOURS).unsigned_abs())
}
