//! Asking for a role. Any member may; those who can give it are told by mail.

use std::sync::Arc;

use serde_json::{Value, json};

use super::list::{can_answer, load};
use super::{
    ANSWERED_WITHIN, Deps, LONGEST_TEXT, MOST_HOURS, NewRequest, Shown, end, guards, in_words, store,
};
use crate::authz::{Grant, Own};
use crate::db::{AuditEvent, Target, WriteTx};
use crate::email::EmailAddress;
use crate::error::{Error, FieldError, Result};
use crate::ids::RoleRequestId;
use crate::mail::RequestMail;
use crate::names;

/// Asks for a role.
///
/// # Errors
/// [`Error::Invalid`] by field; [`Error::Conflict`] when the role is held for as long already, was asked for already,
/// or five requests are open; [`Error::TooMany`] after twenty in a day; [`Error::Unavailable`].
pub async fn create(deps: &Deps, grant: &Grant<Own>, new: &NewRequest) -> Result<Shown> {
    let reason = check(new)?;
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let (tenant, user, now) = (grant.tenant(), grant.person()?.user.id, tx.at());
    let standing = Arc::clone(grant.standing());
    let unknown = || Error::invalid("/role", "unknown", "This tenant has no role with this key.");
    let role = standing.policy.role_by_key(&new.role).ok_or_else(unknown)?;
    if guards::has(&standing.roles, role.id, end(now, new.duration_hours), now) {
        return Err(Error::Conflict("You hold this role already, for at least as long.".into()));
    }
    guards::within_limits(&mut tx, tenant, user, role.id).await?;
    let row = store::NewRow {
        id: RoleRequestId::new(),
        user,
        role: role.id,
        reason: &reason,
        hours: new.duration_hours,
        expires_at: now + ANSWERED_WITHIN,
    };
    store::insert(&mut tx, tenant, &row).await?;
    let told = can_answer(&mut tx, &standing.policy, (user, &standing.roles, role.id), now).await?;
    tell(deps, &mut tx, &grant, &row, &role.name, &told).await?;
    let request = load(&mut tx, tenant, row.id, now).await?;
    let request = request.ok_or(Error::Internal("a request is gone", None))?;
    let after = json!({
        "request": row.id, "role": role.key, "reason": reason, "duration_hours": row.hours,
        "expires_at": row.expires_at,
    });
    let event =
        AuditEvent::done(grant.actor(), "role_request.created", Target::new("role", role.id, &role.name))
            .changing(&Value::Null, &after);
    tx.commit(event).await?;
    deps.outbox.wake();
    Ok(Shown { request, deciders: told.into_iter().map(|candidate| candidate.person).collect() })
}

fn check(new: &NewRequest) -> Result<String> {
    let mut wrong = Vec::new();
    let reason = match names::paragraph(&new.reason, LONGEST_TEXT, "/reason") {
        Ok(reason) if reason.is_empty() => {
            let detail = "Say why you need it: whoever answers decides by that.".into();
            wrong.push(FieldError { pointer: "/reason".to_owned(), code: "required", detail });
            reason
        }
        Ok(reason) => reason,
        Err(Error::Invalid(problems)) => {
            wrong.extend(problems);
            String::new()
        }
        Err(error) => return Err(error),
    };
    if new.duration_hours.is_some_and(|hours| !(1..=MOST_HOURS).contains(&hours)) {
        let detail = "Give 1 to 8760 hours, or leave it out for a role without end.".into();
        wrong.push(FieldError { pointer: "/duration_hours".to_owned(), code: "range", detail });
    }
    if wrong.is_empty() { Ok(reason) } else { Err(Error::Invalid(wrong)) }
}

/// Puts a mail to each of those who can answer into the outbox.
async fn tell(
    deps: &Deps,
    tx: &mut WriteTx,
    grant: &Grant<Own>,
    row: &store::NewRow<'_>,
    role: &str,
    told: &[store::Candidate],
) -> Result<()> {
    let policy = grant.policy();
    let link = format!("{}/t/{}/requests/{}", deps.origin, policy.slug, row.id);
    let duration = in_words(row.hours);
    for candidate in told {
        // An address that cannot be read cannot be written to; the page tells them all the same.
        let Some(Ok(to)) = candidate.email.as_deref().map(str::parse::<EmailAddress>) else { continue };
        let mail = RequestMail {
            to: &to,
            tenant: &policy.name,
            asker: grant.principal().name(),
            role,
            duration: &duration,
            reason: row.reason,
            link: &link,
            until: row.expires_at,
        };
        deps.outbox.enqueue(tx, &mail.render()?, row.expires_at).await?;
    }
    Ok(())
}
