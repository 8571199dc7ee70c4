//! A tool asks whether it was let in, and gets its token, once. Called by the token endpoint; must never make a token that
//! nobody agreed to, nor a second one, nor one for somebody who could not make it themselves by now.

use std::sync::Arc;

use serde_json::json;

use super::store::{self, ToolRow};
use super::{Deps, TOKEN_LIFETIME, codes};
use crate::authz::{Permission as _, TenantPolicy};
use crate::authz::{PermissionSet, Standing, UserHead, perm};
use crate::db::{Actor, ActorKind, AuditEvent, Chain, Target, Via, WriteTx};
use crate::error::Error;
use crate::ids::Subject;
use crate::oauth::{Answer, Client, Issued, Refused};
use crate::tokens::format::Kind;
use crate::tokens::{self, Access};

/// The token of the person who agreed, named after the tool: for what they hold of what it asked for.
///
/// # Errors
/// [`Refused::Grant`] when the code is not this tool's, or was used; [`Refused::Expired`]; [`Refused::Pending`];
/// [`Refused::SlowDown`]; [`Refused::Denied`] when the person declined or may not any more; [`Refused::Failed`].
pub async fn fetch(deps: Deps<'_>, client: &Client, device_code: &str, via: Via) -> Answer<Issued> {
    let now = deps.database.clock().now();
    let hash = codes::device_hash(device_code);
    let found = store::for_tool(&mut deps.database.read().await?, client, &hash).await?;
    let row = found.filter(|row| row.fetched_at.is_none()).ok_or(Refused::Grant)?;
    if row.expires_at <= now {
        return Err(Refused::Expired);
    }
    if row.declined_at.is_some() {
        return Err(Refused::Denied);
    }
    if row.approved_at.is_none() {
        let mut on = deps.database.upkeep().await?;
        if store::asks(&mut on, (client.tenant, row.id), now).await? == 1 {
            return Err(Refused::Pending);
        }
        store::slow_down(&mut on, (client.tenant, row.id), now).await?;
        return Err(Refused::SlowDown);
    }
    take(deps, client, &row, via).await
}

async fn take(deps: Deps<'_>, client: &Client, row: &ToolRow, via: Via) -> Answer<Issued> {
    let user = row.user_id.ok_or(Refused::Denied)?;
    let person = deps.authz.user(user).await?.filter(|person| !person.disabled).ok_or(Refused::Denied)?;
    let mut tx = deps.database.write(Chain::Tenant(client.tenant)).await?;
    // Of all who ask at once, one.
    if store::take(&mut tx, client.tenant, row.id).await? != 1 {
        return Err(Refused::Grant);
    }
    let policy = deps.authz.policy_in(&mut tx, client.tenant).await.map_err(gone)?;
    let standing = deps.authz.standing_in(&mut tx, &policy, user).await?.ok_or(Refused::Denied)?;
    let scopes = allowed(deps, row, (&policy, &standing))?;
    issue(deps, tx, (client, row), (&person, scopes, via)).await
}

fn gone(error: Error) -> Refused {
    match error {
        Error::NotFound => Refused::Client,
        other => Refused::Failed(other),
    }
}

/// What the person may put into a token now, of what the tool asked for.
fn allowed(
    deps: Deps<'_>,
    row: &ToolRow,
    (policy, standing): (&Arc<TenantPolicy>, &Standing),
) -> Answer<PermissionSet> {
    let scopes = crate::authz::scopes(deps.authz.catalogue(), &row.scopes).intersection(standing.effective);
    let may = policy.suspended.is_none() && standing.effective.contains(perm::TokensCreate::ID);
    if may && !scopes.is_empty() { Ok(scopes) } else { Err(Refused::Denied) }
}

async fn issue(
    deps: Deps<'_>,
    mut tx: WriteTx,
    (client, row): (&Client, &ToolRow),
    (person, scopes, via): (&UserHead, PermissionSet, Via),
) -> Answer<Issued> {
    let owner = Subject::User(person.id);
    match tokens::room(&mut tx, client.tenant, owner, deps.most_tokens).await {
        Err(Error::Conflict(_)) => return Err(Refused::Denied),
        other => other?,
    }
    let names = deps.authz.catalogue().names(scopes);
    let expires_at = tx.at() + TOKEN_LIFETIME;
    let access = Access { tenant: client.tenant, owner, name: &row.app_name, scopes: &names, expires_at };
    let (id, minted) = tokens::issue(&mut tx, Kind::Personal, &access).await?;
    let actor = Actor { kind: ActorKind::User(person.id), name: person.name.clone(), via };
    let after =
        json!({ "owner": person.id, "scopes": names, "expires_at": expires_at, "by_app": client.app });
    let event = AuditEvent::done(actor, "token.created", Target::new("token", id, row.app_name.clone()))
        .changing(&json!({}), &after);
    tx.commit(event).await?;
    Ok(Issued {
        access_token: minted.text,
        token_type: "Bearer",
        expires_in: TOKEN_LIFETIME.as_secs(),
        scope: names.join(" "),
    })
}
