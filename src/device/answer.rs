//! The person's answer to a tool. Called by the panel; must never be given for anyone but who typed the code, nor by an
//! old sign-in, nor promise more than they hold.

use serde_json::json;

use super::store::{self, WaitingRow};
use super::{Deps, Waiting};
use crate::authz::{Grant, Own, PermissionSet, Right, perm};
use crate::db::{AuditEvent, Committed, Target, WriteTx};
use crate::error::{Error, Result};
use crate::ids::DeviceRequestId;
use crate::tokens;

/// What waits for the answer of the grant's person.
///
/// # Errors
/// [`Error::NotFound`] when they did not type its code, or it was answered, or is over; [`Error::Unavailable`].
pub async fn find(deps: Deps<'_>, grant: &Grant<Own>, id: DeviceRequestId) -> Result<Waiting> {
    let who = (grant.person()?.user.id, deps.database.clock().now());
    let row = store::for_person(&mut deps.database.read().await?, (grant.tenant(), id), who).await?;
    let row = row.ok_or(Error::NotFound)?;
    let (given, not_given) = split(deps, &row, grant);
    Ok(Waiting {
        id,
        tool: row.app_name,
        asked_from: row.asked_from,
        created_at: row.created_at,
        expires_at: row.expires_at,
        given,
        not_given,
    })
}

/// What of the scopes that were asked for the person holds, and the others.
fn split<R: Right>(deps: Deps<'_>, row: &WaitingRow, grant: &Grant<R>) -> (PermissionSet, PermissionSet) {
    let asked = crate::authz::scopes(deps.authz.catalogue(), &row.scopes);
    (asked.intersection(grant.effective()), asked.minus(grant.effective()))
}

/// Agrees: the tool may fetch a token for the scopes that were `shown` to the person, by name.
///
/// # Errors
/// [`Error::ReauthenticationRequired`] when the person signed in over ten minutes ago; [`Error::Conflict`] when it was
/// answered or is over, when they hold nothing of what it asks for, or have as many tokens as they may;
/// [`Error::Unavailable`].
pub async fn approve(
    deps: Deps<'_>,
    grant: &Grant<perm::TokensCreate>,
    id: DeviceRequestId,
    shown: &str,
) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    grant.principal().require_fresh(tx.at())?;
    let row = open(&mut tx, &grant, id).await?;
    let (given, not_given) = split(deps, &row, &grant);
    if given.is_empty() {
        return Err(Error::Conflict("You hold nothing of what this tool asks for.".into()));
    }
    let names = |scopes| deps.authz.catalogue().names(scopes);
    let scopes = names(given).join(" ");
    if scopes != shown {
        return Err(Error::Conflict("What you may give was changed meanwhile. Look again.".into()));
    }
    tokens::room(&mut tx, grant.tenant(), grant.subject(), deps.most_tokens).await?;
    store::approve(&mut tx, (grant.tenant(), id), &scopes).await?;
    let after =
        json!({ "scopes": names(given), "not_given": names(not_given), "asked_from": row.asked_from });
    let event = AuditEvent::done(grant.actor(), "device.approved", target(&row)).changing(&json!({}), &after);
    tx.commit(event).await
}

/// Turns the tool away.
///
/// # Errors
/// [`Error::Conflict`] when it was answered or is over; [`Error::Unavailable`].
pub async fn decline(deps: Deps<'_>, grant: &Grant<Own>, id: DeviceRequestId) -> Result<Committed> {
    let (mut tx, grant) = deps.authz.write(grant).await?;
    let row = open(&mut tx, &grant, id).await?;
    store::decline(&mut tx, grant.tenant(), id).await?;
    let event = AuditEvent::done(grant.actor(), "device.declined", target(&row))
        .changing(&json!({}), &json!({ "asked_from": row.asked_from }));
    tx.commit(event).await
}

async fn open<R: Right>(tx: &mut WriteTx, grant: &Grant<R>, id: DeviceRequestId) -> Result<WaitingRow> {
    let who = (grant.person()?.user.id, tx.at());
    let row = store::for_person(tx, (grant.tenant(), id), who).await?;
    row.ok_or_else(|| Error::Conflict("This tool has an answer, or has waited too long.".into()))
}

fn target(row: &WaitingRow) -> Target {
    Target::new("app", row.app_id, row.app_name.clone())
}
