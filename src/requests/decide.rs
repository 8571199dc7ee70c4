//! Answering a request, or taking it back. An approval gives the role in the same write and by the same rules as
//! `PUT members/{user}/roles`, asked of the approver at that moment.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::list::{load, refuse};
use super::{Approval, Decline, Deps, LONGEST_TEXT, MOST_HOURS, RoleRequest, Status, end, guards, store};
use crate::authz::{Grant, Own, perm};
use crate::clock::Timestamp;
use crate::db::{AuditEvent, Committed, Target, WriteTx};
use crate::email::EmailAddress;
use crate::error::{Error, Result};
use crate::ids::RoleRequestId;
use crate::mail::DecisionMail;
use crate::members::{self, Applied};
use crate::names;

/// For how long a mail about an answer is worth sending.
const NEWS: Duration = Duration::from_hours(7 * 24);

type MayAnswer = Grant<perm::MembersUpdate>;

/// Gives the role that was asked for. `expected` is the revision the request must still have, if any.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] for an end that is past or later than was asked for;
/// [`Error::Conflict`] when it is not open, is the approver's own, or the role is held for as long already;
/// [`Error::Forbidden`] by the rules of [`crate::roles::guards`]; [`Error::Unavailable`].
pub async fn approve(
    deps: &Deps,
    grant: &MayAnswer,
    id: RoleRequestId,
    approval: &Approval,
    expected: Option<&str>,
) -> Result<(RoleRequest, Committed)> {
    let note = read_note(approval.note.as_deref())?;
    let (mut tx, grant, request) = begin(deps, grant, id, expected).await?;
    let (tenant, now) = (grant.tenant(), tx.at());
    let until = read_end(approval, request.duration_hours, now)?;
    let before = members::within(&mut tx, tenant, request.member.id).await?.ok_or(Error::NotFound)?;
    let more = |held: &[_]| guards::with(held, request.role.id, until, now);
    match members::apply(&deps.authz, &mut tx, &grant, request.member.id, more).await? {
        Ok(Applied { after: Some(_), .. }) => {}
        Ok(Applied { after: None, .. }) => {
            let text = "They hold this role already, for at least as long. Decline the request instead.";
            return Err(Error::Conflict(text.into()));
        }
        Err(refusal) => {
            drop(tx);
            return Err(refuse(&deps.authz, grant.standing(), &refusal).await?);
        }
    }
    let after = members::within(&mut tx, tenant, request.member.id).await?.ok_or(Error::NotFound)?;
    store::decide(&mut tx, tenant, (id, Status::Approved), (grant.subject(), &note), until).await?;
    let roles = |member: &members::Member| {
        let recorded = &members::recorded(member);
        recorded["roles"].clone()
    };
    let changes = (
        json!({ "status": Status::Open, "roles": roles(&before) }),
        json!({
            "status": Status::Approved, "request": id, "role": request.role.key, "expires_at": until,
            "note": note, "roles": roles(&after),
        }),
    );
    end_with(deps, tx, &grant, (request, Status::Approved), changes).await
}

/// Declines a request. `expected` is the revision it must still have, if any.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Stale`]; [`Error::Invalid`] for the note; [`Error::Conflict`] when it is not open or
/// the caller's own; [`Error::Forbidden`] when the role is not theirs to give; [`Error::Unavailable`].
pub async fn decline(
    deps: &Deps,
    grant: &MayAnswer,
    id: RoleRequestId,
    answer: &Decline,
    expected: Option<&str>,
) -> Result<(RoleRequest, Committed)> {
    let note = read_note(answer.note.as_deref())?;
    let (mut tx, grant, request) = begin(deps, grant, id, expected).await?;
    let now = tx.at();
    let policy = Arc::clone(&grant.standing().policy);
    let asker = deps.authz.standing_in(&mut tx, &policy, request.member.id).await?.ok_or(Error::NotFound)?;
    if let Err(refusal) = guards::may_answer(grant.standing(), &asker.roles, request.role.id, now) {
        drop(tx);
        return Err(refuse(&deps.authz, grant.standing(), &refusal).await?);
    }
    store::decide(&mut tx, grant.tenant(), (id, Status::Declined), (grant.subject(), &note), None).await?;
    let changes = (
        json!({ "status": Status::Open }),
        json!({ "status": Status::Declined, "request": id, "role": request.role.key, "note": note }),
    );
    end_with(deps, tx, &grant, (request, Status::Declined), changes).await
}

/// Takes back one's own request. `expected` is the revision it must still have, if any.
///
/// # Errors
/// [`Error::NotFound`], also for a request the caller may not see; [`Error::Stale`]; [`Error::Conflict`] when it is
/// not open or somebody else's; [`Error::Unavailable`].
pub async fn withdraw(
    deps: &Deps,
    grant: &Grant<Own>,
    id: RoleRequestId,
    expected: Option<&str>,
) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let now = tx.at();
    let request = load(&mut tx, grant.tenant(), id, now).await?.ok_or(Error::NotFound)?;
    if !grant.is(request.member.id) {
        let seen = grant.can::<perm::MembersUpdate>();
        let others = Error::Conflict("Only who asked can take it back. Decline it instead.".into());
        return Err(if seen { others } else { Error::NotFound });
    }
    still_open(&request, expected)?;
    store::decide(&mut tx, grant.tenant(), (id, Status::Withdrawn), (grant.subject(), ""), None).await?;
    let target = Target::new("role", request.role.id, request.role.name);
    let event = AuditEvent::done(grant.actor(), "role_request.withdrawn", target).changing(
        &json!({ "status": Status::Open }),
        &json!({ "status": Status::Withdrawn, "request": id, "role": request.role.key }),
    );
    tx.commit(event).await
}

/// Begins an answer: the request as it is, open and somebody else's.
async fn begin(
    deps: &Deps,
    grant: &MayAnswer,
    id: RoleRequestId,
    expected: Option<&str>,
) -> Result<(WriteTx, MayAnswer, RoleRequest)> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let now = tx.at();
    let request = load(&mut tx, grant.tenant(), id, now).await?.ok_or(Error::NotFound)?;
    still_open(&request, expected)?;
    if grant.is(request.member.id) {
        return Err(Error::Conflict("Nobody answers their own request. Someone else has to.".into()));
    }
    Ok((tx, grant, request))
}

fn still_open(request: &RoleRequest, expected: Option<&str>) -> Result<()> {
    if expected.is_some_and(|revision| revision != request.revision()) {
        return Err(Error::Stale);
    }
    Err(Error::Conflict(
        match request.status {
            Status::Open => return Ok(()),
            Status::Approved => "This request was approved already.",
            Status::Declined => "This request was declined already.",
            Status::Withdrawn => "This request was taken back.",
            Status::Expired => "This request was not answered in time. The role can be asked for again.",
        }
        .into(),
    ))
}

fn read_note(note: Option<&str>) -> Result<String> {
    names::paragraph(note.unwrap_or_default(), LONGEST_TEXT, "/note")
}

/// When the role is to end: as the approver says, but no later than was asked for.
fn read_end(approval: &Approval, asked: Option<i64>, now: Timestamp) -> Result<Option<Timestamp>> {
    let latest = end(now, asked);
    let (pointer, until) = match (approval.expires_at, approval.duration_hours) {
        (None, None) => return Ok(latest),
        (Some(_), Some(_)) => {
            let text = "Give either a time or a number of hours.";
            return Err(Error::invalid("/duration_hours", "both", text));
        }
        (Some(at), None) => ("/expires_at", at),
        (None, Some(hours)) if (1..=MOST_HOURS).contains(&hours) => {
            ("/duration_hours", now + Duration::from_hours(hours.unsigned_abs()))
        }
        (None, Some(_)) => {
            return Err(Error::invalid("/duration_hours", "range", "Give 1 to 8760 hours."));
        }
    };
    if until <= now {
        return Err(Error::invalid(pointer, "past", "Choose a time that is still to come."));
    }
    if latest.is_some_and(|latest| until > latest) {
        return Err(Error::invalid(pointer, "too_late", "This is longer than was asked for."));
    }
    Ok(Some(until))
}

/// Tells who asked, and commits.
async fn end_with(
    deps: &Deps,
    mut tx: WriteTx,
    grant: &MayAnswer,
    (request, status): (RoleRequest, Status),
    (before, after): (Value, Value),
) -> Result<(RoleRequest, Committed)> {
    let now = tx.at();
    let answered = load(&mut tx, grant.tenant(), request.id, now).await?;
    let answered = answered.ok_or(Error::Internal("a request is gone", None))?;
    let address = store::address(&mut tx, request.member.id).await?;
    if let Some(Ok(to)) = address.as_deref().map(str::parse::<EmailAddress>) {
        let mail = DecisionMail {
            to: &to,
            tenant: &grant.policy().name,
            decider: grant.principal().name(),
            role: &request.role.name,
            approved: status == Status::Approved,
            until: answered.given_until,
            note: &answered.note,
            link: &format!("{}/t/{}/requests/{}", deps.origin, grant.policy().slug, request.id),
        };
        deps.outbox.enqueue(&mut tx, &mail.render()?, now + NEWS).await?;
    }
    let target = Target::new("member", request.member.id, request.member.name);
    let event = match status {
        Status::Approved => {
            AuditEvent::done(grant.actor(), "role_request.approved", target).affecting_access()
        }
        Status::Open | Status::Declined | Status::Withdrawn | Status::Expired => {
            AuditEvent::done(grant.actor(), "role_request.declined", target)
        }
    };
    let committed = tx.commit(event.changing(&before, &after)).await?;
    deps.outbox.wake();
    Ok((answered, committed))
}
